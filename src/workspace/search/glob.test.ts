import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MillraceError } from "../../base/index.ts";
import { sortPaths } from "../list/path-order.ts";
import { compileGlob, Glob } from "./glob.ts";
import { expandBraces } from "./glob-braces.ts";
import { slowGlob } from "./testing.ts";

/** Pattern, what it matches, what it does not. */
const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["*.ts", ["a.ts", "a/b.ts", ".ts", "a/.x.ts"], ["a.tsx", "ts", "a.ts/b"]],
  ["/*.ts", ["a.ts"], ["a/b.ts"]],
  ["./*.ts", ["a.ts"], ["a/b.ts"]],
  ["src/*.ts", ["src/a.ts"], ["src/a/b.ts", "x/src/a.ts"]],
  ["src/**", ["src/a", "src/a/b", "src/.a"], ["src", "srcs/a", "x/src/a"]],
  ["src/**/*.ts", ["src/a.ts", "src/a/b/c.ts", "src/.ts"], ["src.ts", "src/a.js", "a/src/b.ts"]],
  ["**/test/**/a.ts", ["test/a.ts", "x/test/y/z/a.ts"], ["test/b.ts", "tests/a.ts", "a.ts"]],
  ["**", ["a", "a/b/c", ".x/y"], []],
  ["a/**/**/b", ["a/b", "a/x/b"], ["ab"]],
  ["a**b/c", ["ab/c", "axxb/c"], ["a/b/c"]],
  ["src/", ["src/a", "x/src/a/b"], ["src", "a.src"]],
  ["package.json", ["package.json", "a/package.json"], ["xpackage.json", "package.json/a"]],
  ["?.c", ["a.c", "x/é.c", "😀.c"], ["ab.c", ".c"]],
  ["[ab]*.c", ["a.c", "bx.c"], ["c.c"]],
  ["[!ab].c", ["c.c", "x/😀.c"], ["a.c", "/.c"]],
  ["[^a-c].c", ["d.c"], ["b.c"]],
  ["[]a].c", ["].c", "a.c"], ["b.c"]],
  ["[a\\]-].c", ["a.c", "].c", "-.c"], ["\\.c"]],
  ["a[/]b", [], ["a/b"]],
  ["*.{ts,tsx}", ["a.ts", "b/a.tsx"], ["a.t", "a.{ts,tsx}"]],
  ["{src,test/{a,b}}/*.ts", ["src/x.ts", "test/a/x.ts", "test/b/x.ts"], ["test/x.ts", "test/c/x.ts"]],
  ["v{1..3}", ["v1", "v3"], ["v4", "v1..3"]],
  ["v{08..10}", ["v08", "v10"], ["v8"]],
  ["{c..a}", ["a", "b", "c"], ["d"]],
  ["a{,.min}.js", ["a.js", "a.min.js"], ["a..js"]],
  ["{a}", ["a"], ["{a}"]],
  ["a}", ["a}"], ["a"]],
  ["a\\*", ["a*"], ["ab"]],
  ["\\{a,b\\}", ["{a,b}"], ["a"]],
  ["[{]a", ["{a"], ["a"]],
  ["é*", ["école"], ["ecole"]],
  ["../a", [], ["a"]],
];

describe("each kind of glob", () => {
  for (const [pattern, fitting, others] of table) {
    test(JSON.stringify(pattern), () => {
      const matches = compileGlob(pattern);
      for (const path of fitting) expect([path, matches(path)]).toEqual([path, true]);
      for (const path of others) expect([path, matches(path)]).toEqual([path, false]);
    });
  }
});

const refused = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return MillraceError.is(error, "pattern_invalid") ? error.message : error;
  }
  return "accepted";
};

test("what cannot be read or grows without bound is refused, and said why", () => {
  expect(refused(() => new Glob(""))).toContain("is empty");
  expect(refused(() => new Glob("a[b"))).toContain("bracket that is not closed");
  expect(refused(() => new Glob("a{b"))).toContain("brace that is not closed");
  expect(refused(() => new Glob("a{b,c{d}"))).toContain("brace that is not closed");
  expect(refused(() => new Glob("a\\"))).toContain("ends with a backslash");
  expect(refused(() => new Glob("[z-a]"))).toContain("ends before it begins");
  expect(refused(() => new Glob("x".repeat(5000)))).toContain("longer than");
  expect(refused(() => new Glob("{a,b}".repeat(11)))).toContain("1024");
  expect(refused(() => new Glob("{1..999999999}"))).toContain("1024");
  expect(refused(() => new Glob("{".repeat(2000)))).toContain("not closed");
  expect(expandBraces("{a,b}".repeat(10))).toHaveLength(1024);
});

const name = fc.string({ unit: fc.constantFrom("a", "b", "ab", ".", "-", "é", "😀", "]", "{"), minLength: 1, maxLength: 4 });
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const pieces = [
  "a",
  "b",
  "ab",
  ".",
  "é",
  "😀",
  "*",
  "**",
  "?",
  "/",
  "/**/",
  "**/",
  "/**",
  "[ab]",
  "[!a]",
  "[^a-b]",
  "{a,b}",
  "{a,b/*}",
];
const glob = fc
  .array(fc.constantFrom(...pieces, "{,a}", "{a,{b,é}*}", "\\*", "-"), { minLength: 1, maxLength: 7 })
  .map((all) => all.join(""));

test("equal to a slow matcher that is plain to see right, path by path and over sorted lists", () => {
  fc.assert(
    fc.property(glob, fc.uniqueArray(path, { maxLength: 30 }), (pattern, paths) => {
      const compiled = new Glob(pattern);
      const sorted = sortPaths([...paths]);
      const expected = sorted.filter((each) => slowGlob(pattern, each));
      expect(sorted.filter((each) => compiled.matches(each))).toEqual(expected);
      expect(compiled.select(sorted)).toEqual(expected);
    }),
    { numRuns: 3000 },
  );
});

test("equal to Bun.Glob where both mean the same: anchored, ** alone between slashes, no escapes, no negated classes (there they match a slash)", () => {
  const part = fc.oneof(
    fc.constant("**"),
    fc
      .array(fc.constantFrom("a", "b", "é", "*", "?", "[ab]", "{a,b}", "."), { minLength: 1, maxLength: 4 })
      .map((all) => all.join("")),
  );
  const anchored = fc
    .array(part, { minLength: 2, maxLength: 4 })
    .filter((parts) => !parts.some((each) => /\*\*.|.\*\*|^\.+$/.test(each)));
  const plain = fc.string({ unit: fc.constantFrom("a", "b", "é", "."), minLength: 1, maxLength: 3 });
  const plainPath = fc
    .array(
      plain.filter((each) => !/^\.+$/.test(each)),
      { minLength: 1, maxLength: 4 },
    )
    .map((parts) => parts.join("/"));
  fc.assert(
    fc.property(anchored, fc.array(plainPath, { maxLength: 20 }), (parts, paths) => {
      const pattern = parts.join("/");
      const theirs = new Bun.Glob(pattern);
      for (const each of paths) expect([pattern, each, compileGlob(pattern)(each)]).toEqual([pattern, each, theirs.match(each)]);
    }),
    { numRuns: 2000 },
  );
});

test("a hostile pattern ends soon", () => {
  expect(compileGlob(`${"*a".repeat(1000)}*b`)("a".repeat(4000))).toBe(false);
  expect(compileGlob(`${"**/a*/".repeat(300)}b`)(`${"a/".repeat(2000)}c`)).toBe(false);
});
