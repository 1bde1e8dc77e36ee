// The generated pages in the repository are what their sources say today.

import { expect, test } from "bun:test";
import { errorCodes } from "../src/base/index.ts";
import { errorsPage } from "./errors-page.ts";
import { pages } from "./pages.ts";

test.each(Object.keys(pages))("docs/reference/%s is up to date", async (name) => {
  const written = await Bun.file(new URL(`reference/${name}`, import.meta.url)).text();
  expect(written === pages[name]?.(), "the page is out of date: run `npm run docs`").toBe(true);
});

test("every error code is on its page once, as a table's row, with its meaning", () => {
  const rows = [...errorsPage().matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
  expect(rows).toEqual(Object.entries(errorCodes));
});

test("codes are words in snake case and meanings are sentences", () => {
  for (const [code, meaning] of Object.entries(errorCodes)) {
    expect(code).toMatch(/^[a-z]+(?:_[a-z]+)+$/);
    expect(meaning).toMatch(/^[A-Z].+\.$/);
  }
});
