// Words are those a regular expression finds, counted exactly, in order, however the hash table grows.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { countLines } from "./count-lines.ts";
import { countWords, DISTINCT_WORDS_MAX, wordsOf } from "./count-words.ts";
import { WordTable } from "./word-table.ts";
import { isLetterBeyondAscii, isWordUnit } from "./word-units.ts";

/** The same by the simplest means. */
function reference(source: string): [string, number][] {
  const counts = new Map<string, number>();
  for (const [word] of source.matchAll(/[\w$\u0080-\uffff]+/g)) {
    const parts = word.split(/[^\w$]/g).length === 1 ? [word] : splitBeyondAscii(word);
    for (const part of parts.filter((text) => text.length > 1 && !/^[0-9]/.test(text))) {
      counts.set(part, (counts.get(part) ?? 0) + 1);
    }
  }
  return [...counts];
}

function splitBeyondAscii(word: string): string[] {
  const isWord = (unit: string) => unit.charCodeAt(0) < 128 || isLetterBeyondAscii(unit.charCodeAt(0));
  return Array.from({ length: word.length }, (_, at) => (isWord(word[at] as string) ? word[at] : " "))
    .join("")
    .split(" ");
}

const counted = (source: string): [string, number][] => {
  const { names, counts } = countWords(source);
  return names.map((name, index) => [name, counts[index] as number]);
};

test("in code, comments and strings alike; numbers and single letters are none", () => {
  expect(counted("fooBar = a + 0xff + 12px; // fooBar's $x _y\n'größe 語彙 naïve'")).toEqual([
    ["fooBar", 2],
    ["$x", 1],
    ["_y", 1],
    ["größe", 1],
    ["語彙", 1],
    ["naïve", 1],
  ]);
});

test("emoji and surrogate halves end a word", () => {
  expect(counted("ab😀cd\ud83def → gh…ij")).toEqual([
    ["ab", 1],
    ["cd", 1],
    ["ef", 1],
    ["gh", 1],
    ["ij", 1],
  ]);
});

test("any string gives what the regular expression gives", () => {
  const text = fc
    .array(fc.constantFrom("ab", "a", "1", "_", "$", " ", "\n", "é", "×", "語", "\ud83d", "\ude00", "x9", "."))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: "binary", maxLength: 100 })), (source) => {
      expect(counted(source)).toEqual(reference(source));
    }),
    { numRuns: 1_000 },
  );
});

test("thousands of distinct words are counted exactly; those after the limit are left out", () => {
  const words = Array.from({ length: DISTINCT_WORDS_MAX + 500 }, (_, index) => `word${index}`);
  const { names, counts } = countWords([...words, ...words, ...words].join(" "));
  expect(names).toEqual(words.slice(0, DISTINCT_WORDS_MAX));
  expect(new Set(counts)).toEqual(new Set([3]));
});

test("a table takes counts back and forgets no word", () => {
  const table = new WordTable("one two one");
  expect([table.count(0), table.end, table.count(4), table.count(8), table.size]).toEqual([0, 3, 1, 0, 2]);
  table.uncount(1);
  expect(table.counts()).toEqual({ names: ["one"], counts: [2] });
  expect(table.name(1)).toBe("two");
});

test("words are the same wherever a scanner sees identifiers, and one table serves one source after another", () => {
  const piece = fc.constantFrom("alpha", "Beta", "a", "größe", " ", "\n", "+", "0xff", "12px", "$x", "\ud83d");
  const table = new WordTable("");
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(60)), (pieces, offsets) => {
      const source = pieces.join("");
      table.begin(source, DISTINCT_WORDS_MAX);
      // Scanners go forward, but for a look back now and then.
      for (const at of offsets.sort((a, b) => Math.floor(a / 8) - Math.floor(b / 8)))
        if (isWordUnit(source.charCodeAt(at))) table.count(at);
      table.readRest();
      expect(table.words()).toEqual(countWords(source));
    }),
    { numRuns: 1_000 },
  );
});

test("lines end with a line feed", () => {
  expect(["", "a", "a\n", "a\nb", "\n\n", "a\r\nb\r"].map(countLines)).toEqual([0, 1, 1, 2, 2, 2]);
});

test("a table finds each of its words where the counts have it, and no others", () => {
  const piece = fc.constantFrom("alpha", "Beta", "gamma9", "größe", " ", "\n", "+", "0xff", "$x", "__");
  fc.assert(
    fc.property(fc.array(piece), fc.string(), (pieces, other) => {
      const table = wordsOf(pieces.join(" "));
      const { names } = table.words();
      expect(names.map((name) => table.find(name))).toEqual(names.map((_, index) => index));
      expect(table.find(other)).toBe(names.indexOf(other));
      expect(table.find("alph")).toBe(-1);
    }),
  );
});
