import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { QUESTION_UNITS_MAX, questionWeights, readQuestion } from "./question.ts";

const weightOf = (text: string, term: string) => readQuestion(text).terms.get(term) ?? 0;

describe("terms", () => {
  test("the first line weighs more than what follows", () => {
    expect(weightOf("pools\n\nconnections", "pool")).toBeGreaterThan(weightOf("connections\n\npools", "pool"));
  });

  test("a name counts as a whole, and by its parts for less", () => {
    const { terms } = readQuestion("parseQuery");
    expect([...terms.keys()]).toEqual(["pars", "query", "parsequery"]);
    expect(terms.get("parsequery")).toBeGreaterThan(terms.get("query") ?? 0);
  });

  test("words in a row may be one name, in the singular too; punctuation parts them", () => {
    const { terms } = readQuestion("Show source maps visually");
    expect(terms.has("sourcemap") && terms.has("sourcemaps")).toBe(true);
    expect(readQuestion("source, maps").terms.has("sourcemaps")).toBe(false);
  });

  test("saying a word again says less each time", () => {
    const once = weightOf("title\n\npool", "pool");
    expect(weightOf("title\n\npool, pool", "pool")).toBeGreaterThan(once);
    expect(weightOf("title\n\npool, pool", "pool")).toBeLessThan(2 * once);
  });
});

describe("conventions of messages", () => {
  test("a type says nothing of where, a scope does", () => {
    const { terms, scopes } = readQuestion("perf(parser)!: fewer copies");
    expect([...scopes.keys()]).toEqual(["parser"]);
    expect(terms.has("perf")).toBe(false);
    expect(terms.has("parser") && terms.has("copy")).toBe(true);
    expect(readQuestion("perf: fewer copies").terms.has("perf")).toBe(false);
    expect(readQuestion("parser: fewer copies").terms.has("parser")).toBe(true);
  });

  test("trailers, addresses and ids are left out", () => {
    const text =
      "title\n\nSigned-off-by: Jane Doe <jane@example.org>\nChange-Id: I0123456789abcdef0123\nsee https://example.org/pool";
    expect([...readQuestion(text).terms.keys()].filter((term) => /jane|doe|pool|example/.test(term))).toEqual([]);
  });

  test("roles of reStructuredText are no words", () => {
    expect(readQuestion("uses :class:`.Table`").terms.has("class")).toBe(false);
    expect(readQuestion("uses :class:`.Table`").terms.has("tabl")).toBe(true);
  });

  test("paths are mentioned as written, and say where", () => {
    const { paths, scopes } = readQuestion("why does ./src/pool/client.ts wait?");
    expect(paths).toEqual(["src/pool/client.ts"]);
    expect(scopes.has("pool") && scopes.has("client")).toBe(true);
  });
});

test("any text is a question: weights are above 0 and bounded, and only its beginning is read", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300, unit: "binary" }), (text) => {
      for (const weight of readQuestion(text).terms.values()) {
        expect(weight).toBeGreaterThan(0);
        expect(weight).toBeLessThanOrEqual(questionWeights.saturation + 1);
      }
    }),
    { numRuns: 100 },
  );
  const long = "word ".repeat(QUESTION_UNITS_MAX / 5);
  expect(readQuestion(`${long}after`)).toEqual(readQuestion(long));
});
