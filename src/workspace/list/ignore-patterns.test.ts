import { describe, expect, test } from "bun:test";
import { foldCase, IgnorePatterns } from "./ignore-patterns.ts";

/** What an ignore file at the top says of a path (a folder, when it ends with a slash); a path below an ignored folder is not asked. */
function verdict(content: string, path: string, isFolded = false): boolean | undefined {
  const isFolder = path.endsWith("/");
  const whole = isFolder ? path.slice(0, -1) : path;
  const at = whole.lastIndexOf("/") + 1;
  const bytes = Buffer.from(content).toString("latin1");
  const fold = isFolded ? foldCase : (text: string) => text;
  return new IgnorePatterns(bytes, isFolded).decide(fold(whole.slice(0, at)), 0, fold(whole.slice(at)), isFolder);
}

/** Ignore file, what it ignores, what it says nothing of. */
const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["foo", ["foo", "foo/", "a/foo", "a/b/foo/"], ["foobar", "Foo", "fo"]],
  ["foo/", ["foo/", "a/foo/"], ["foo", "a/foo"]],
  ["/foo", ["foo", "foo/"], ["a/foo"]],
  ["/foo/", ["foo/"], ["foo", "a/foo/"]],
  ["doc/frotz", ["doc/frotz", "doc/frotz/"], ["a/doc/frotz", "frotz"]],
  ["doc/frotz/", ["doc/frotz/"], ["doc/frotz", "a/doc/frotz/"]],
  ["frotz/", ["frotz/", "doc/frotz/"], ["doc/frotz"]],
  ["foo/*", ["foo/test.json", "foo/bar/"], ["foo/bar/hello.c", "foo"]],
  ["*.c", ["a.c", "b/a.c", ".c"], ["a.cc", "c"]],
  ["*~", ["a~", "~"], ["~a"]],
  ["*", ["a", "a/b/c/", ".x"], []],
  ["*/", ["a/", "a/b/"], ["a"]],
  ["/*", ["a", "a/"], ["a/b"]],
  ["hello.*", ["hello.txt", "a/hello.java"], ["hello"]],
  ["/hello.*", ["hello.txt"], ["a/hello.java"]],
  ["**/foo", ["foo", "a/foo", "a/b/foo"], ["afoo"]],
  ["**/foo/bar", ["foo/bar", "a/foo/bar"], ["foo/a/bar"]],
  ["abc/**", ["abc/a", "abc/a/b/c/"], ["abc", "abc/", "x/abc/a"]],
  ["a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb", "x/a/b"]],
  ["a/***/b", ["a/b", "a/x/y/b"], ["ab"]],
  ["a**/b", ["a/b", "ab", "ax/b", "ax/y/b"], ["ax"]],
  ["x**y", ["xy", "xay"], ["x/y"]],
  ["**", ["a", "a/b"], []],
  ["**/", ["a/", "a/b/"], ["a"]],
  ["/**", ["a", "a/b/c"], []],
  ["a/**/**/b", ["a/b", "a/x/b"], []],
  ["foo?bar", ["fooxbar", "foo-bar"], ["foo/bar", "foobar", "fooébar"]],
  ["foo??bar", ["fooébar"], ["fooxbar"]],
  ["a/?", ["a/b"], ["a/bc", "a"]],
  ["[ab]x", ["ax", "bx"], ["cx", "x"]],
  ["[!ab]x", ["cx"], ["ax", "x"]],
  ["[^ab]x", ["cx"], ["ax"]],
  ["[a-cx-z]1", ["a1", "c1", "y1"], ["d1", "-1"]],
  ["[]a]1", ["]1", "a1"], ["b1"]],
  ["[!]a]1", ["b1"], ["]1", "a1"]],
  ["[a-]1", ["-1", "a1"], ["b1"]],
  ["[\\]]1", ["]1"], ["\\1"]],
  ["[[:digit:]a]1", ["01", "a1"], ["b1", ":1"]],
  ["[[:upper:][:space:]]1", ["A1", " 1"], ["a1"]],
  ["[[:nonsense:]]", [], ["n", ":", "]"]],
  ["[[:alpha]1", ["a1", "[1", ":1"], ["b1"]],
  ["a[/]b", [], ["a/b", "a[/]b"]],
  ["a[b", [], ["ab", "a[b"]],
  ["a[]", [], ["a[]", "a"]],
  ["\\#a", ["#a"], ["\\#a"]],
  ["\\!a", ["!a"], ["a"]],
  ["#a", [], ["#a", "a"]],
  ["a\\*", ["a*"], ["ab", "a\\*"]],
  ["a\\", [], ["a", "a\\"]],
  ["a  ", ["a"], ["a  "]],
  ["a\\ ", ["a "], ["a", "a\\ "]],
  ["a\\  ", ["a "], ["a  ", "a"]],
  ["a\\\\ ", ["a\\"], ["a\\ "]],
  ["a\t", ["a\t"], ["a"]],
  ["a\r\nb\r", ["a", "b"], ["a\r"]],
  ["\ufeffa", ["a"], ["\ufeffa"]],
  ["é", ["é"], ["e"]],
  ["*é", ["xé"], ["x"]],
  ["foo//", [], ["foo/", "foo"]],
  ["//foo", [], ["foo"]],
  ["/", [], ["a", "a/"]],
  ["!", [], ["a", "!"]],
  ["a\0b", ["a"], ["b", "ab"]],
];

describe("each kind of pattern", () => {
  for (const [content, ignored, others] of table) {
    test(JSON.stringify(content), () => {
      for (const path of ignored) expect([path, verdict(content, path)]).toEqual([path, true]);
      for (const path of others) expect([path, verdict(content, path)]).toEqual([path, undefined]);
    });
  }
});

test("the last pattern that fits decides, whatever its shape", () => {
  expect(verdict("*.log\n!keep.log\n", "keep.log")).toBe(false);
  expect(verdict("!keep.log\n*.log\n", "keep.log")).toBe(true);
  expect(verdict("/*\n!/foo\n", "foo")).toBe(false);
  expect(verdict("a*\n!a.c\n*.c\n!*.[ch]\n", "a.c")).toBe(false);
  expect(verdict("foo/\n!foo\n", "foo/")).toBe(false);
  expect(verdict("!foo\nfoo/\n", "foo")).toBe(false);
  expect(verdict("!foo\nfoo/\n", "foo/")).toBe(true);
});

test("where case does not matter, A to Z are as a to z, but not in escapes and sets, as in git", () => {
  expect(verdict("Foo", "fOO", true)).toBe(true);
  expect(verdict("*.TXT", "a.txt", true)).toBe(true);
  expect(verdict("/A/b*/C", "a/Bx/c", true)).toBe(true);
  expect(verdict("[A-C]1", "b1", true)).toBe(true);
  expect(verdict("[[:upper:]]1", "b1", true)).toBe(true);
  expect(verdict("[B]1", "b1", true)).toBeUndefined();
  expect(verdict("\\B1*", "b1", true)).toBeUndefined();
  expect(verdict("É", "é", true)).toBeUndefined();
});

test("no pattern is exponential (one that were would not end)", () => {
  expect(verdict(`${"*a".repeat(60)}*b`, "a".repeat(250))).toBeUndefined();
  expect(verdict(`${"**/".repeat(60)}x/${"*a".repeat(60)}b`, `${"a/".repeat(1000)}${"a".repeat(250)}`)).toBeUndefined();
});
