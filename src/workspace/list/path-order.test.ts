import { expect, test } from "bun:test";
import fc from "fast-check";
import { comparePaths, sortPaths } from "./path-order.ts";

const path = fc.string({
  unit: fc.oneof(
    fc.constantFrom("a", "B", "/", "-", "é", "\u{e000}", "\u{ffff}", "\u{10000}", "\u{1f600}"),
    fc.string({ minLength: 1, maxLength: 1, unit: "binary" }),
  ),
  maxLength: 8,
});

test("paths are in the order of their UTF-8 bytes", () => {
  fc.assert(
    fc.property(path, path, (a, b) => {
      expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
  fc.assert(
    fc.property(fc.array(path), (paths) => {
      const bytes = paths.map((each) => Buffer.from(each)).sort(Buffer.compare);
      expect(sortPaths([...paths])).toEqual(bytes.map((each) => each.toString()));
    }),
  );
});

test("upper case comes first, and a folder's files come between its neighbours as git has them", () => {
  expect(sortPaths(["a/b", "a-b", "a.b", "B", "a", "\u{1f600}", "\u{fb00}"])).toEqual([
    "B",
    "a",
    "a-b",
    "a.b",
    "a/b",
    "\u{fb00}",
    "\u{1f600}",
  ]);
});
