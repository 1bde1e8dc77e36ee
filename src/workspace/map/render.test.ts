import { expect, test } from "bun:test";
import fc from "fast-check";
import { RepositoryMap } from "./repository-map.ts";
import { lines, recordOf, sourceOf } from "./testing.ts";

test("signatures stand in the order of the file, under their parents", () => {
  const source = sourceOf({
    "src/shapes.ts": [
      "export class Circle {",
      "  area(radius: number): number {",
      "    return radius * radius * 3;",
      "  }",
      "}",
      "export function area(shape: Circle): number {",
      "  return shape.area(1);",
      "}",
    ].join("\n"),
  });
  const { text, files, tokenizer } = new RepositoryMap(source).render({ budget: 200, lines });
  expect(text).toBe(
    "src/shapes.ts:\n  1 export class Circle\n    2 area(radius: number): number\n  6 export function area(shape: Circle): number\n",
  );
  expect(files.map(({ path, definitions }) => [path, ...definitions.map(({ name, line }) => `${name}@${line}`)])).toEqual([
    ["src/shapes.ts", "Circle@1", "area@2", "area@6"],
  ]);
  expect(tokenizer).toBe("o200k_base");
});

test("the definitions a question is about come first, then those that others use", () => {
  const names = Array.from({ length: 100 }, (_, at) => ({ name: `helper${at}` }));
  const source = [
    { path: "a.ts", record: recordOf([...names, { name: "parseQuery" }]) },
    { path: "b.ts", record: recordOf([], ["helper57"]) },
  ];
  const map = new RepositoryMap(source);
  const shown = (query: string) => map.render({ query, budget: 64, lines }).files[0]?.definitions.map(({ name }) => name);
  expect(shown("how is a query parsed")).toContain("parseQuery");
  expect(shown("")).toContain("helper57");
});

test("no file: an empty map", () => {
  expect(new RepositoryMap([]).render({ query: "x", focus: ["y"], budget: 64, lines })).toEqual({
    text: "",
    tokens: 0,
    tokenizer: "o200k_base",
    files: [],
  });
});

test("one giant file: a hundred thousand definitions fill the budget, and no more", () => {
  const definitions = Array.from({ length: 100_000 }, (_, at) => ({ name: `definition${at}`, parent: at - 1 }));
  const map = new RepositoryMap([{ path: "giant.ts", record: recordOf(definitions) }]);
  for (const budget of [64, 5_000]) {
    const { tokens } = map.render({ query: "definition 77", budget, lines });
    expect(tokens).toBeLessThanOrEqual(budget);
    expect(tokens).toBeGreaterThan(budget / 2);
  }
});

test("names that would move a cursor or break a line are shown as numbers", () => {
  const source = [{ path: "a\n\u001b[31m\u202eb.ts", record: recordOf([{ name: "x", signature: "x\r\ny\0" }]) }];
  expect(new RepositoryMap(source).render({ budget: 200, lines }).text).toBe(
    "a\\u{a}\\u{1b}[31m\\u{202e}b.ts:\n  1 x\\u{d}\\u{a}y\\u{0}\n",
  );
});

test("tokens are those of the whole text, whatever its lines begin and end with", () => {
  const piece = fc.constantFrom(
    "/",
    "//",
    " ",
    "\u00a0",
    "\u2003",
    "\t",
    "'s",
    "{",
    "}",
    ").",
    "1",
    "12",
    "x",
    "Xy",
    "é",
    "語",
    "\u0301",
    "-",
    "\\",
    "_",
  );
  const text = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(""));
  const files = fc.uniqueArray(fc.tuple(text, fc.array(text, { maxLength: 3 })), { selector: ([path]) => path, maxLength: 12 });
  fc.assert(
    fc.property(files, (made) => {
      const source = made.map(([path, signatures]) => ({
        path,
        record: recordOf(signatures.map((signature) => ({ signature }))),
      }));
      const rendered = new RepositoryMap(source).render({ budget: 4096, lines });
      expect(rendered.tokens).toBe(lines.tokenizer.count(rendered.text));
    }),
    { numRuns: 300 },
  );
});
