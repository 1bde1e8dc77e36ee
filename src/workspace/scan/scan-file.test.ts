// One file, whatever it is: the right tier answers, words are never lost, and equal sources give equal records.

import { expect, test } from "bun:test";
import type { Language, Scanner } from "./record.ts";
import { scanFile } from "./scan-file.ts";

const broken: Scanner = {
  scan: () => {
    throw new RangeError("out of memory");
  },
};
const grammar: Scanner = {
  scan: () => ({
    lines: 1,
    definitions: [{ name: "f", kind: "function", line: 1, endLine: 1, parent: -1, exported: true, signature: "function f" }],
    identifiers: { names: ["f"], counts: [1] },
    imports: [],
  }),
};

test("a lexical scanner answers first, a grammar where there is none, words otherwise", () => {
  const grammars = new Map<Language, Scanner>([
    ["typescript", broken],
    ["lua", grammar],
    ["elm", broken],
  ]);
  const tierOf = (language: Language) => {
    const { tier, definitions, words } = scanFile(language, "function func() end", grammars);
    return [tier, definitions.length, words.names.length];
  };
  expect(tierOf("typescript")).toEqual(["lexical", 1, 3]);
  expect(tierOf("lua")).toEqual(["tree-sitter", 1, 3]);
  expect(tierOf("elm")).toEqual(["words", 0, 3]);
  expect(tierOf("sql")).toEqual(["words", 0, 3]);
});

test("minified files keep words only, short files of one line do not", () => {
  const line = "function f(){return someWord}";
  expect(scanFile("javascript", line)).toMatchObject({ tier: "lexical", lines: 1, definitions: [{ name: "f" }] });
  const minified = scanFile("javascript", line.repeat(1_000));
  expect(minified).toMatchObject({ tier: "words", lines: 1, definitions: [], imports: [], identifiers: { names: [] } });
  expect(minified.words).toEqual({ names: ["function", "return", "someWord"], counts: [1_000, 1_000, 1_000] });
});

test("a byte order mark, no content and line ends of all kinds do no harm", () => {
  expect(
    scanFile("typescript", "\ufeffexport const a = 1\r\nconst b = 2\r\n").definitions.map(({ name, line }) => [name, line]),
  ).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
  expect(scanFile("typescript", "")).toMatchObject({ tier: "lexical", lines: 0, definitions: [] });
});

test("the record is a function of language and source, key by key in the same order", () => {
  const source = "import { a } from 'b'\nexport class C { d = a }";
  expect(JSON.stringify(scanFile("tsx", source))).toBe(JSON.stringify(scanFile("tsx", source)));
  expect(Object.keys(scanFile("sql", source))).toEqual(Object.keys(scanFile("tsx", source)));
});
