// The generated pages of docs/reference and what generates each. A test holds every page equal to its source.

import { configReference } from "../src/server/index.ts";
import { errorsPage } from "./errors-page.ts";

/** File name below docs/reference → its whole text. */
export const pages: Readonly<Record<string, () => string>> = {
  "config.md": configReference,
  "errors.md": errorsPage,
};
