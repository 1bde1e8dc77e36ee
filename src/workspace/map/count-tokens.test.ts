import { expect, test } from "bun:test";
import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { LineTokens, loadTokenizer } from "./count-tokens.ts";

const tokenizer = await loadTokenizer();
const asThey = (text: string) => countTokens(text, { disallowedSpecial: new Set() });

/** Pieces of code and of writing, glued together at random. */
const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      "export ",
      "const",
      "getUserById",
      "HTTPServer",
      "don't",
      "I'LL",
      "\n",
      "\r\n  ",
      "\t",
      " ",
      "  ",
      "//",
      "=>",
      "<|endoftext|>",
    ),
    fc.constantFrom("größe", "дружба", "日本語", "ไทย", "한국어", "مرحبا", "🙂", "👩‍👩‍👧", "é", "\u0301", "\u00a0", "½", "٣"),
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.string({ maxLength: 12 }),
    fc.nat().map(String),
  ),
  { maxLength: 30 },
);

test("counts as the tokenizer does whose vocabulary it reads", () => {
  fc.assert(
    fc.property(pieces, (parts) => {
      // A byte order mark is a letter to the one and nothing to the other.
      const text = parts.join("").replaceAll("\ufeff", "");
      expect(tokenizer.count(text)).toBe(asThey(text));
    }),
    { numRuns: 2000 },
  );
});

test("counts long runs that are no words", () => {
  for (const text of ["a".repeat(3000), "=".repeat(1000), "ß".repeat(1000), " ".repeat(1000), "0123456789abcdef".repeat(100)])
    expect(tokenizer.count(text)).toBe(asThey(text));
});

test("counts nothing, and single bytes", () => {
  expect(tokenizer.count("")).toBe(0);
  for (let unit = 0; unit < 256; unit++)
    expect(tokenizer.count(String.fromCharCode(unit))).toBe(asThey(String.fromCharCode(unit)));
});

test("remembers lines, and counts their line feed", () => {
  const lines = new LineTokens(tokenizer, 1);
  expect(lines.count("export const a = 1;")).toBe(asThey("export const a = 1;\n"));
  expect(lines.count("}")).toBe(asThey("}\n"));
  expect(lines.count("export const a = 1;")).toBe(asThey("export const a = 1;\n"));
});
