// What holds for every string: no exception, no hang, lines in order, the same answer twice. And for every program made
// of known definitions: those are found. Both sides of the comparison with tree-sitter on hard sources.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bombs, problemsOfScan } from "../../testing/check-scan.ts";
import { compareWithOracle } from "../../testing/oracle.ts";
import { python } from "./scan-python.ts";

const TOKENS =
  'def|class|async|import|from|as|if|else|lambda|type|match|case|a|B|__all__|\'|"|\'\'\'|"""|f\'|rf"|f"""|{|}|(|)|[|]|:|:=|=|==|,|.|;|*|@|!|\\|#|0x|\n|\n  |\n\t|\r\n|\f| |\ud83d|é|\0';
const token = fc.constantFrom(...TOKENS.split("|"));
const glued = fc.array(token, { maxLength: 60 }).map((tokens) => tokens.join(""));
const spaced = fc.array(token, { maxLength: 60 }).map((tokens) => tokens.join(" "));

test("any string gives a sound scan", () => {
  fc.assert(
    fc.property(fc.oneof(glued, spaced, fc.string({ unit: "binary", maxLength: 200 })), (source) => {
      expect(problemsOfScan(python, source)).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

const PIECES =
  "(|[|{|)|'|'''|\"\\|f'{|f'''{|f\"{a:{|f\"{f'{|{'a':|def f(|def a():|class A:|  def a():|if a:|if a: b: |a = |a, |a: int = |import a, |from a import (|from . |@|\\|\\\n|__all__ = [|__all__ += ['a', |#|type A = |lambda: |a.b[|\t|async ";
describe("half a million units of", () => {
  test.each(bombs(500_000, PIECES.split("|")).map(({ name, source }): [string, string] => [name, source]))(
    "%s end",
    (_, source) => {
      expect(python.scan(source).definitions.length).toBeLessThanOrEqual(source.length);
    },
  );
});

test("a thousand levels of indentation", () => {
  const source = Array.from({ length: 1_000 }, (_, depth) => `${" ".repeat(depth)}class A${depth}:`).join("\n");
  const { definitions } = python.scan(`${source}\n${" ".repeat(1_000)}pass\n`);
  expect(definitions.map(({ parent }) => parent)).toEqual(definitions.map((_, index) => index - 1));
  expect(definitions.every(({ endLine }) => endLine === 1_001)).toBe(true);
});

interface Piece {
  /** Its lines, as deep as the definition itself. */
  readonly lines: readonly string[];
  readonly names: readonly string[];
}

const name = fc.stringMatching(/^[a-z]{4}$/).map((word) => `${word}_`);
const value = fc.constantFrom(
  "1",
  "'def no(): pass'",
  "[x for x in y if x == 1]",
  "{'a': lambda no=1: {no: 2}}",
  'f"{a:>{b}} {"c"}"',
  '"""\nclass No:\n  no = 1\n"""',
  "(\n1, # (\n2)",
  "a \\\n  if b else c",
);
const variable = fc
  .tuple(name, fc.constantFrom("", ": int", ": dict[str, int]"), value)
  .map(([word, type, text]): Piece => ({ lines: [`${word}${type} = ${text}`], names: [word] }));
const noise = fc
  .constantFrom("print(no)", "# no = 1", "no.no = 1", "no[0] = 1", "if no == 1: pass", "'''no = 1'''", "", "assert no, 'x'")
  .map((line): Piece => ({ lines: [line], names: [] }));

const pieces: fc.Arbitrary<Piece[]> = fc.letrec<{ pieces: Piece[] }>((tie) => {
  const body = fc
    .tuple(name, fc.constantFrom("class ", "def ", "async def "), tie("pieces"))
    .map(([word, keyword, inner]): Piece => {
      const head = keyword === "class " ? `${keyword}${word}(no):` : `${keyword}${word}(no: int = {1: 2}) -> no:`;
      const isFunction = keyword !== "class ";
      const lines = [head, ...inner.flatMap((piece) => piece.lines).map((line) => `    ${line}`), "    pass"];
      const names = inner.flatMap((piece) => (isFunction && piece.lines.length === 1 ? [] : piece.names));
      return { lines: ["@no", ...lines], names: [word, ...names] };
    });
  return { pieces: fc.array(fc.oneof({ maxDepth: 3 }, variable, noise, body), { maxLength: 4 }) };
}).pieces;

test("every program of known definitions gives exactly these", () => {
  fc.assert(
    fc.property(pieces, (program) => {
      const source = program.flatMap((piece) => piece.lines).join("\n");
      expect(python.scan(source).definitions.map((entry) => entry.name)).toEqual(program.flatMap((piece) => [...piece.names]));
    }),
    { numRuns: 300 },
  );
});

test("hard sources: no difference from tree-sitter", async () => {
  const source = `from __future__ import annotations
X: dict[str, int] = {"a": 1}; Y = Z = 2
a, (b, *c) = d, e
type Pair[T] = tuple[T, T]
with open(f"{a!r:>{b}}") as f, g: h = 1
try:
    import json
except ImportError: json = None
else:
    i = lambda j=1: j
class A(B, k=1):
    l: int
    m = n = property(lambda self: self.o)
    for p in q: r = p
    @overload
    async def s(self, *t: u, **v) -> w:
        x = 1
        def y(): z = 2
        class AA: bb = 1
match cc:
    case {"dd": ee}:
        ff = 1
gg = """def no(): pass""" if hh else r'\\\\'
`;
  const comparison = await compareWithOracle("python", [{ path: "hard.py", source }]);
  expect(comparison).toMatchObject({ missing: [], files: 1, skipped: 0 });
  expect(comparison.extra).toEqual([]);
  expect(comparison.oracle).toBeGreaterThan(15);
});
