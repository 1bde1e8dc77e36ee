// Writes the generated pages of docs/reference. `npm run docs` runs it; tests hold the pages equal to their sources.

import { configReference } from "../src/server/config-reference.ts";

const pages: Record<string, string> = {
  "config.md": configReference(),
};

for (const [name, text] of Object.entries(pages)) {
  await Bun.write(new URL(`reference/${name}`, import.meta.url), text);
}
