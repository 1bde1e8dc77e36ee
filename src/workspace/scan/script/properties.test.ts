// What holds for every string: no exception, no hang, lines in order, the same answer twice; and for every program made
// of known declarations: exactly those are found.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Scanner } from "../record.ts";
import { bombs, problemsOfScan } from "../testing/check-scan.ts";
import { javascript, tsx, typescript } from "./scan-script.ts";

const scanners: [string, Scanner][] = [
  ["TypeScript", typescript],
  ["TSX", tsx],
  ["JavaScript", javascript],
];
const TOKENS =
  "class|function|const|let|interface|type|enum|namespace|module|declare|export|import|from|default|async|get|static|private|constructor|" +
  "extends|abstract|require|a|B|#c|'s'|\"t\"|`|\x24{|{|}|(|)|[|]|<|>|/|//|/*|*/|</a>|<a|/>|=>|=|==|:|;|,|.|...|?.|?|!|@|*|+|++|1|0x|\n|\r\n| |\\|\ud83d|é|\u2028|\0";
const soup = fc.array(fc.constantFrom(...TOKENS.split("|")), { maxLength: 60 }).map((tokens) => tokens.join(" "));
const glued = fc.array(fc.constantFrom(...TOKENS.split("|")), { maxLength: 60 }).map((tokens) => tokens.join(""));
const anything = fc.oneof(soup, glued, fc.string({ unit: "binary", maxLength: 200 }));

describe.each(scanners)("%s", (_, scanner) => {
  test("any string gives a sound scan", () => {
    fc.assert(
      fc.property(anything, (source) => {
        expect(problemsOfScan(scanner, source)).toEqual([]);
      }),
      { numRuns: 600 },
    );
  });
});

const PIECES =
  "{|(|[|<|<a>|<a |<a b=|{<a>|`\x24{|}|)|]|class A {|class extends |function f(|function f() |a = (b, |[a: |@a(|/|/[|/*|'|\"|`|\\|type A = <|const {a: |const [|" +
  "import {|import a, |export {|export * as |interface A {|interface A { (|enum A {|namespace A {|a<b,|<T>(|async |get |static |exports = {|require('|/* */|a ? b : |1.|..|" +
  "let a,|function f(){}|class A{b;}|import(`|require(`|export default |type A = |exports = {a |static /**/|async /**/|@a |a!|++|=> |interface A {a;}";

describe("hundreds of thousands of units of", () => {
  const many = [...bombs(250_000, PIECES.split("|")), ...bombs(1_000_000, ["{", "([", "<a>"])];
  test.each(many.map(({ name, source }): [string, string] => [name, source]))("%s end", (_, source) => {
    expect(tsx.scan(source).definitions.length).toBeLessThanOrEqual(source.length);
  });
});

interface Piece {
  text: string;
  /** Names in order, of the declaration and what is in it. */
  names: string[];
}

const name = fc.stringMatching(/^[a-z][a-z0-9]{4}$/).map((word) => `${word}_`);
const value = fc.constantFrom(
  "1",
  "'}'",
  "`\x24{'{'}`",
  "{ a: { b() {} } }",
  "[1, /[/}]/]",
  "x.y<Z, W>(1)",
  "(a) => { const no = 1 }",
  "new Map<string, { no: 1 }>()",
  "a < b",
  "typeof x",
  "/* , no */ 2",
);
const type = fc.constantFrom(
  "string",
  "{ no: 1; no2(): void }",
  "Map<string, A<B>>",
  "() => void",
  "'a' | `b`",
  "A extends B ? C : D",
  "[a: 1]",
);
const end = fc.constantFrom(";", "\n", ";\n", "\n\n// function no() {}\n");
const variable = fc
  .tuple(fc.constantFrom("const", "export let", "var"), name, type, value, end)
  .map(([word, id, kind, is, after]): Piece => ({ text: `${word} ${id}: ${kind} = ${is}${after}`, names: [id] }));
const routine = fc.tuple(fc.constantFrom("function", "export async function", "function*"), name, type, type, value, end).map(
  ([word, id, kind, gives, is, after]): Piece => ({
    text: `${word} ${id}<T>(a: ${kind} = ${is}): ${gives} { let no = ${is} }${after}`,
    names: [id],
  }),
);
const alias = fc
  .tuple(name, type, end)
  .map(([id, kind, after]): Piece => ({ text: `type ${id} = ${kind}${after}`, names: [id] }));
const field = fc
  .tuple(fc.constantFrom("", "static ", "private readonly "), name, type, value, end)
  .map(([words, id, kind, is, after]): Piece => ({ text: `${words}${id}: ${kind} = ${is}${after}`, names: [id] }));
const method = fc
  .tuple(fc.constantFrom("", "static async ", "get ", "static *"), name, type, end)
  .map(([words, id, kind, after]): Piece => ({ text: `${words}${id}(): ${kind} { return 1 }${after}`, names: [id] }));
const join = (pieces: readonly Piece[]) => pieces.map(({ text }) => text).join("");
const all = (pieces: readonly Piece[]) => pieces.flatMap(({ names }) => names);
const klass = fc
  .tuple(name, type, fc.array(fc.oneof(field, method), { maxLength: 6 }))
  .map(
    ([id, kind, inside]): Piece => ({ text: `class ${id} extends A<${kind}> {${join(inside)}}\n`, names: [id, ...all(inside)] }),
  );
const property = fc
  .tuple(name, type, fc.constantFrom(";", ",", "\n"))
  .map(([id, kind, after]): Piece => ({ text: `${id}?: ${kind}${after}`, names: [id] }));
const face = fc
  .tuple(name, fc.array(property, { maxLength: 6 }))
  .map(([id, inside]): Piece => ({ text: `export interface ${id}<T> {${join(inside)}}\n`, names: [id, ...all(inside)] }));
const program = fc.array(fc.oneof(variable, routine, alias, klass, face), { maxLength: 12 });

test("programs of known declarations give exactly those, in order", () => {
  fc.assert(
    fc.property(program, (pieces) => {
      const found = typescript.scan(join(pieces)).definitions.map((definition) => definition.name);
      expect(found).toEqual(all(pieces));
    }),
    { numRuns: 1_000 },
  );
});
