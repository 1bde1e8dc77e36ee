// What holds for every string in every language with braces: no exception, no hang, definitions in order, the same answer
// twice, time that grows with the length alone.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Scanner } from "../record.ts";
import { bombs, problemsOfScan } from "../testing/check-scan.ts";
import { c, cpp } from "./c.ts";
import { csharp } from "./csharp.ts";
import { go } from "./go.ts";
import { java } from "./java.ts";
import { kotlin } from "./kotlin.ts";
import { php } from "./php.ts";
import { rust } from "./rust.ts";
import { scala } from "./scala.ts";
import { swift } from "./swift.ts";

/** With what a file begins so that the rest is code. */
const scanners: [string, Scanner, string][] = [
  ["Go", go, ""],
  ["Java", java, ""],
  ["Rust", rust, ""],
  ["C#", csharp, ""],
  ["C", c, ""],
  ["C++", cpp, ""],
  ["Kotlin", kotlin, ""],
  ["PHP", php, "<?php "],
  ["Swift", swift, ""],
  ["Scala", scala, ""],
];
const TOKENS =
  `class|struct|enum|interface|trait|impl|fn|func|fun|def|val|var|let|const|type|typedef|namespace|module|object|case|import|use|
using|package|public|private|static|template|operator|new|record|extension|given|if|else|for|a|B|c_=|'s'|"t"|"|'|\`|"""|\x24"|@"|r#"|R"(|
#"|{|}|(|)|[|]|<|>|/|//|/*|*/|<?php|?>|<<<A|\nA|#if|#else|#endif|#define X(a) b|#include <x>|\\\n|=>|->|=|==|:|::|;|,|.|?|!|@|@a|#|#[|*|&|~|
+|++|-|1|0x|1'0|\n|\r\n| |\t|\\|\ud83d|é|\u2028|\0|where|extends|with|extern|"C"|macro_rules!|\x24|\x24{|\\(|end|as|this`
    .replaceAll("|\n", "|")
    .split("|");
const soup = fc.array(fc.constantFrom(...TOKENS), { maxLength: 60 }).map((tokens) => tokens.join(" "));
const glued = fc.array(fc.constantFrom(...TOKENS), { maxLength: 60 }).map((tokens) => tokens.join(""));
const anything = fc.oneof(soup, glued, fc.string({ unit: "binary", maxLength: 200 }));

describe.each(scanners)("%s", (_, scanner, beginning) => {
  test("any string gives a sound scan", () => {
    fc.assert(
      fc.property(anything, (source) => {
        expect(problemsOfScan(scanner, beginning + source)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("what follows a broken piece of a function is still found", () => {
    const pieces = ["(", "[", "a <", "a = b ? c", "@", "if (a", "[ (("];
    const { text, name } = enclosed(scanner);
    for (const piece of pieces) {
      const source = `${beginning}${text.replace("BODY", piece)}`;
      expect(scanner.scan(source).definitions.map((definition) => definition.name)).toContain(name);
    }
  });
});

/** A function with something in its body, and one after it, in the words of a language. */
function enclosed(scanner: Scanner): { text: string; name: string } {
  const name = "after";
  const inClass = (method: string) => `class A {\n ${method} before() { BODY }\n ${method} after() { }\n}\n`;
  if (scanner === java || scanner === csharp) return { text: inClass("void"), name };
  const word = new Map<Scanner, string>([
    [go, "func"],
    [rust, "fn"],
    [c, "int"],
    [cpp, "int"],
    [kotlin, "fun"],
    [php, "function"],
    [swift, "func"],
    [scala, "def"],
  ]).get(scanner) as string;
  return { text: `${word} before() { BODY }\n${word} after() { }\n`, name };
}

const PIECES = [
  ..."{|(|[|<|}|)|a<|a<b,|class A {|class A(|class A : B<|interface A {|enum A { B {|trait A {|impl A {|impl<|namespace a {|func f(".split(
    "|",
  ),
  ..."fun <|fn f<|def f = |val a = |var (|let a, |const a, |type A struct {|import a.{|use a::{|use a\\{|@a(|#[|template <a> |/*|'|\"|`".split(
    "|",
  ),
  ...'"""|\x24"{|"\x24{|"\\(|r#"|R"(|<<<A |\'a|extern "C" {|public: |int a(|int (*|A::|case a, |extension (|macro_rules! a |#|##'.split(
    "|",
  ),
  "#if a\n",
  "#else\n",
  "#if a\n{\n#else\n}\n#endif\n",
  "#define a(",
  "  class A:\n",
];

describe("hundreds of thousands of units", () => {
  test.each(scanners)("%s: every piece again and again ends", (_, scanner, beginning) => {
    for (const { source } of bombs(20_000, PIECES)) {
      expect(scanner.scan(beginning + source).definitions.length).toBeLessThanOrEqual(source.length);
    }
    for (const { source } of bombs(400_000, ["{", "([", "class A {"])) {
      expect(scanner.scan(beginning + source).definitions.length).toBeLessThanOrEqual(source.length);
    }
  });
});
