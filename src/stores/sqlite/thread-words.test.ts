// Words are the same whichever way they are found: by us, or by the tokenizer of FTS5 in what we give it.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { wordsOf } from "../records/index.ts";
import { indexText } from "./thread-words.ts";

/** As FTS5's tokenizer `ascii` does: ASCII's letters and digits, and all that is not ASCII. */
const asFtsDoes = (text: string) => new Set(text.toLowerCase().match(/[a-z0-9\u0080-\uffff]+/g) ?? []);

test.each([
  ["plain Text, with_parts and 42", ["plain", "text", "with", "parts", "and", "42"]],
  ["naïve — café", ["naïve", "café"]],
  ["検索する", ["検", "索", "す", "る"]],
  ["x検y§any1", ["x", "検", "y", "any1"]],
  ["x".repeat(100), ["x".repeat(64)]],
  ["a\0b", ["a", "b"]],
])("%p is made of the words %p", (text, words) => {
  expect([...wordsOf(text)]).toEqual(words);
  expect([...asFtsDoes(indexText(text))]).toEqual(words);
});

test("any text has the same words both ways, long ones too", () => {
  const letter = fc.oneof(
    fc.constantFrom("a", "Z", "9", " ", "_", "§", "é", "検", "ﬁ", "\u0301", "—"),
    fc.string({ unit: "binary" }),
  );
  const text = fc.array(letter, { maxLength: 200 }).map((letters) => letters.join(""));
  const isSame = (each: string) => expect(asFtsDoes(indexText(each))).toEqual(new Set(wordsOf(each)));
  fc.assert(fc.property(text, (each) => void isSame(each)));
  fc.assert(
    fc.property(text, (each) => void isSame(`${"long ".repeat(20_000)}${each}`)),
    { numRuns: 3 },
  );
});
