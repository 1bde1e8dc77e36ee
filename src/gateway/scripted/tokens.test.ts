import { expect, test } from "bun:test";
import fc from "fast-check";
import { firstTokens, inputTokens, outputTokens, pieces } from "./tokens.ts";

test("pieces add up to the text, are as many as its tokens, and split no character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const ones = [...pieces(text, 1)];
      expect(ones.join("")).toBe(text);
      expect(ones).toHaveLength(outputTokens(text));
      expect([...pieces(text, 3)].join("")).toBe(text);
      expect(ones.every((piece) => piece.isWellFormed())).toBe(true);
    }),
  );
});

test("firstTokens takes exactly that many", () => {
  expect(firstTokens("abcdefghij", 2)).toBe("abcdefgh");
  expect(firstTokens("abc", 5)).toBe("abc");
  expect(firstTokens("abc", 0)).toBe("");
  expect(outputTokens("")).toBe(0);
  expect(outputTokens("abcde")).toBe(2);
});

test("input is counted in bytes, not characters", () => {
  expect(inputTokens("abcd")).toBe(1);
  expect(inputTokens("日本語日")).toBe(3);
});
