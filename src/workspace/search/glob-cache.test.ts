import { expect, test } from "bun:test";
import { GlobCache } from "./glob-cache.ts";

test("an answer is kept for one generation of the list", () => {
  const cache = new GlobCache({ patternsMax: 10, pathsMax: 100 });
  const first = cache.select("*.ts", ["a.ts", "b.js"], 1);
  expect(first).toEqual(["a.ts"]);
  expect(cache.select("*.ts", ["a.ts", "b.js"], 1)).toBe(first);
  expect(cache.select("*.ts", ["a.ts", "c.ts"], 2)).toEqual(["a.ts", "c.ts"]);
  expect(cache.stats()).toEqual({ patterns: 1, paths: 2, hits: 1, misses: 2 });
});

test("bounded by patterns and by paths: the one not used for longest leaves; what is larger than all is given, not kept", () => {
  const paths = ["a.ts", "b.ts", "c.js"];
  const cache = new GlobCache({ patternsMax: 2, pathsMax: 3 });
  cache.select("a*", paths, 1);
  cache.select("b*", paths, 1);
  cache.select("a*", paths, 1);
  cache.select("c*", paths, 1);
  expect(cache.stats()).toMatchObject({ patterns: 2, paths: 2, hits: 1 });
  cache.select("a*", paths, 1);
  expect(cache.stats().hits).toBe(2);
  cache.select("*.ts", paths, 1);
  expect(cache.stats()).toMatchObject({ patterns: 2, paths: 3 });
  expect(cache.select("**", [...paths, "d"], 1)).toHaveLength(4);
  expect(cache.stats().paths).toBe(3);
});

test("refuses the unbounded", () => {
  expect(() => new GlobCache({ patternsMax: 0, pathsMax: 1 })).toThrow("patternsMax");
  expect(() => new GlobCache({ patternsMax: 1, pathsMax: Number.POSITIVE_INFINITY })).toThrow("pathsMax");
});
