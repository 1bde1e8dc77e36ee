// Writes the generated pages of docs/reference. `npm run docs` runs it.

import { pages } from "./pages.ts";

for (const [name, page] of Object.entries(pages)) {
  await Bun.write(new URL(`reference/${name}`, import.meta.url), page());
}
