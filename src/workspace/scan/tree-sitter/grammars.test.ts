// Each grammar on a small source of its language: what is defined, imported and named; and what happens at the limits.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { systemClock } from "../../../base/index.ts";
import type { GrammarLanguage, Scanner } from "../record.ts";
import { scanFile } from "../scan-file.ts";
import { problemsOfScan } from "../testing/check-scan.ts";
import { grammarQueries } from "./grammar-queries.ts";
import { SCAN_MS_MAX, SOURCE_UNITS_MAX } from "./grammar-scanner.ts";
import { Grammars } from "./grammars.ts";

const SOURCES: Readonly<
  Record<Exclude<GrammarLanguage, "elm" | "lua">, readonly [source: string, seen: string, imports: string]>
> = {
  elixir: [
    "defmodule A.B do\n  import X.Y\n  def foo(a, b), do: a\n  defp bar do\n    c = 1\n  end\n  defmacro baz(a) when a > 1 do\n    a\n  end\nend\n",
    "1-10 A.B namespace +,3-3 foo function +,4-6 bar function -,7-9 baz macro +",
    "X.Y",
  ],
  dart: [
    "import 'a.dart';\nclass A extends B {\n  int x = 1;\n  A(this.x);\n  void foo(int a) { var b = 1; }\n  int get y => 1;\n}\nenum E { f, g }\nvoid main() {}\nfinal _z = 1;\n",
    "2-7 A class +,3-3 x field +,4-4 A constructor +,5-5 foo method +,6-6 y property +,8-8 E enum +,8-8 f constant +,8-8 g constant +,9-9 main function +,10-10 _z constant -",
    "a.dart",
  ],
  zig: [
    'const std = @import("std");\npub const S = struct {\n  x: i32,\n  pub fn foo(self: S) void {}\n};\nfn main() !void { const a = 1; }\n',
    "1-1 std constant -,2-5 S constant +,3-3 x field +,4-4 foo function +,6-6 main function -",
    "std",
  ],
  ocaml: [
    "open Foo.Bar\nlet f a = let b = 1 in b\nmodule M = struct\n  let y = 2\nend\ntype t = A | B\n",
    "2-2 f variable +,3-5 M namespace +,4-4 y variable +,6-6 t type +",
    "Foo.Bar",
  ],
  objc: [
    '#import "A.h"\n@interface A : NSObject\n@property int x;\n- (void)foo:(int)a bar:(int)b;\n@end\nstatic int f(int a) { int c = 1; return c; }\n',
    "2-5 A class +,3-3 x property +,4-4 foo method +,6-6 f function -",
    "A.h",
  ],
  elisp: [
    '(defun foo (a) (let ((b a)) b))\n(defvar x 1)\n(defmacro m (a) a)\n(defcustom y 2 "s")\n',
    "1-1 foo function +,2-2 x variable +,3-3 m macro +,4-4 y variable +",
    "",
  ],
  rescript: [
    "open Belt\nlet x = 1\nmodule M = {\n  let y = (a) => a\n}\ntype t = int\n",
    "2-2 x variable +,3-5 M namespace +,4-4 y variable +,6-6 t type +",
    "Belt",
  ],
  solidity: [
    'import "./a.sol";\ncontract A is B {\n  uint x;\n  struct S { uint y; }\n  function foo(uint a) public { uint b; }\n}\ninterface I {}\n',
    "2-6 A class +,3-3 x field +,4-4 S struct +,4-4 y field +,5-5 foo function +,7-7 I interface +",
    "./a.sol",
  ],
};
const languages = Object.keys(SOURCES) as (keyof typeof SOURCES)[];
const grammars = new Grammars(systemClock);
const scannerOf = (language: GrammarLanguage) => grammars.scanners.get(language) as Scanner;

beforeAll(() => grammars.load([...languages, "elm", "lua", "python"]));
afterAll(() => grammars.close());

test("every grammar is loaded; what has none, or one that does not fit, is left to words", () => {
  expect([...grammars.scanners.keys()].sort()).toEqual([...grammarQueries.keys()].sort());
  expect([...grammars.failures]).toEqual([]);
  for (const language of ["elm", "lua"] as const) expect(scanFile(language, "x = 1\n", grammars.scanners).tier).toBe("words");
});

describe.each(languages)("%s", (language) => {
  const [source, seen, imports] = SOURCES[language];

  test("definitions, imports and identifiers", () => {
    const record = scanFile(language, source, grammars.scanners);
    const found = record.definitions.map(
      ({ name, kind, line, endLine, exported }) => `${line}-${endLine} ${name} ${kind} ${exported ? "+" : "-"}`,
    );
    expect(record.tier).toBe("tree-sitter");
    expect(found.join(",")).toBe(seen);
    expect(record.imports.map(({ specifier }) => specifier).join(",")).toBe(imports);
    expect(record.identifiers.names.length).toBeGreaterThan(3);
    expect(record.definitions.every(({ signature }) => signature !== "")).toBe(true);
  });

  test("pieces of it in any order give a sound scan", () => {
    const pieces = source.split(/(?<=\W)/);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (chosen) => {
        expect(problemsOfScan(scannerOf(language), chosen.join(""))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

test("over the limit of size the file keeps its words, and the next one is read as ever", () => {
  const [zig] = SOURCES.zig;
  const large = zig.repeat(Math.ceil(SOURCE_UNITS_MAX / zig.length) + 1);
  expect(scanFile("zig", large, grammars.scanners)).toMatchObject({ tier: "words", definitions: [] });
  expect(scanFile("zig", zig, grammars.scanners).definitions.length).toBe(5);
});

test.each([
  ["ocaml", "(*"],
  ["rescript", "let a = "],
  ["zig", "("],
  ["elixir", "foo do "],
] as const)("over the limit of time the file keeps its words: %s, %s line by line", async (language, piece) => {
  let [nowMs, stepMs] = [0, 0];
  const slow = new Grammars({ monotonic: () => (nowMs += stepMs) });
  await slow.load([language]);
  const [source] = SOURCES[language];
  const read = scanFile(language, source, slow.scanners);
  stepMs = SCAN_MS_MAX / 2;
  expect(scanFile(language, `${piece}\n`.repeat(500), slow.scanners)).toMatchObject({ tier: "words", definitions: [] });
  stepMs = 0;
  expect(read.tier).toBe("tree-sitter");
  expect(scanFile(language, source, slow.scanners)).toEqual(read);
  slow.close();
});
