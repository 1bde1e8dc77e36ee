import { expect, test } from "bun:test";
import fc from "fast-check";
import { partsOf, splitWord } from "./split-words.ts";

test("parts of camelCase, snake_case, acronyms and digits, stemmed, and the whole", () => {
  expect(splitWord("HTTPServerError2xx")).toEqual(["http", "server", "error", "xx", "httpservererror2xx"]);
  expect(splitWord("connection_pools")).toEqual(["connect", "pool", "connectionpools"]);
  expect(splitWord("getURL")).toEqual(["get", "url", "geturl"]);
  expect(splitWord("migrations")).toEqual(["migrat"]);
  expect(splitWord("__")).toEqual([]);
  expect(splitWord("größeÄndern")).toEqual(["größ", "ändern", "größeändern"]);
});

test("the quick way finds the parts that the expression finds", () => {
  const expression = /\p{Lu}+(?!\p{Ll})|[\p{Lu}\p{Lt}]?\p{Ll}+|\p{N}+|[\p{Lo}\p{Lm}\p{M}]+/gu;
  const piece = fc.constantFrom("a", "B", "xy", "ZW", "7", "_", "$", "-", "Q", "ß", "Ä", "日", " ");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const word = pieces.join("");
      expect(partsOf(word)).toEqual(word.match(expression) ?? []);
    }),
    { numRuns: 2000 },
  );
});
