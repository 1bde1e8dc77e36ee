import { expect, test } from "bun:test";
import { pathTerms, SORT_WEIGHTS, sortOf } from "./path-terms.ts";

const countsOf = (path: string) => Object.fromEntries(pathTerms(path));

test("a file's name counts more than its folders, and its ending not at all", () => {
  expect(countsOf("src/pool/client.ts")).toEqual({ src: 1, pool: 1, client: 3 });
});

test("names of several words count as a whole too", () => {
  expect(countsOf("language-model.ts")).toEqual({ languag: 3, model: 3, languagemodel: 3 });
});

test("a file without a name of its own is known by its folder, past those that say nothing", () => {
  expect(countsOf("packages/pool/src/index.ts")).toEqual({ packag: 1, pool: 3, src: 1, index: 3 });
  expect(countsOf("lib/orm/__init__.py")).toMatchObject({ lib: 1, orm: 3 });
  expect(countsOf("index.ts")).toEqual({ index: 3 });
  expect(countsOf("src/index.ts")).toMatchObject({ src: 3, index: 3 });
});

test("sorts: of those that fit, the one that weighs least", () => {
  expect(sortOf("src/pool.ts")).toBe("source");
  expect(sortOf("src/pool.test.ts")).toBe("test");
  expect(sortOf("examples/pool.py")).toBe("aside");
  expect(sortOf("dist/pool.min.js")).toBe("generated");
  expect(sortOf("vendor/tests/pool.go")).toBe("vendored");
  expect(SORT_WEIGHTS.vendored).toBeLessThan(SORT_WEIGHTS.test);
});
