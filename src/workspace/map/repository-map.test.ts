import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MillraceError } from "../../base/index.ts";
import { definitionKinds } from "../scan/record.ts";
import type { MapSource } from "./analysis.ts";
import { RepositoryMap } from "./repository-map.ts";
import { lines, recordOf, sourceOf } from "./testing.ts";

const word = fc.oneof(
  fc.constantFrom(
    "parseQuery",
    "parse_query",
    "Client",
    "client",
    "HTTPServer",
    "toString",
    "__proto__",
    "constructor",
    "utf8",
    "$get",
  ),
  fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }),
);

const definition = fc.record({
  name: word,
  kind: fc.constantFrom(...definitionKinds),
  parent: fc.integer({ min: -1, max: 5 }),
  exported: fc.boolean(),
  signature: fc.oneof(fc.string({ maxLength: 120, unit: "binary" }), word),
});

const records = fc
  .tuple(fc.array(definition, { maxLength: 12 }), fc.array(word, { maxLength: 12 }))
  .map(([definitions, words]) => recordOf(definitions, words));

const path = fc
  .array(
    fc.oneof(
      fc.constantFrom("src", "test", "vendor", "client.ts", "index.ts"),
      fc.string({ minLength: 1, maxLength: 8, unit: "binary" }),
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((parts) => parts.join("/"));

const sources = fc.uniqueArray(fc.record({ path, record: records }), { selector: (entry) => entry.path, maxLength: 25 });

const questions = fc.oneof(
  fc.constantFrom("", "fix(client): parse the query", "HTTPServer in src/client.ts", "to string", "__proto__ constructor"),
  fc.string({ maxLength: 60, unit: "binary" }),
);

const focusOf = (source: MapSource) => source.slice(0, 1).map(({ path }) => path);

function everything(map: RepositoryMap, query: string, focus: readonly string[]): string {
  const asks = [{}, { query }, { focus }, { query, focus }];
  return JSON.stringify(asks.map((ask) => [map.rank(ask), map.render({ ...ask, budget: 300, lines })]));
}

describe("the same files give the same map, byte for byte", () => {
  test("in whatever order they come", () => {
    const shuffled = sources.chain((source) =>
      fc.tuple(fc.constant(source), fc.shuffledSubarray(source, { minLength: source.length }), questions),
    );
    fc.assert(
      fc.property(shuffled, ([source, other, query]) => {
        const focus = focusOf(source);
        expect(everything(new RepositoryMap(other), query, focus)).toBe(everything(new RepositoryMap(source), query, focus));
      }),
      { numRuns: 150 },
    );
  });

  test("whatever was edited, added, removed and renamed before", () => {
    fc.assert(
      fc.property(
        fc.array(sources, { minLength: 1, maxLength: 4 }),
        sources,
        fc.array(records, { maxLength: 3 }),
        questions,
        (past, source, other, query) => {
          let map = new RepositoryMap([]);
          for (const step of past) map = new RepositoryMap(step, map);
          // Some of the files as they were before, under the paths of today.
          map = new RepositoryMap(
            source.map(({ path, record }, at) => ({ path, record: other[at] ?? record })),
            map,
          );
          const focus = focusOf(source);
          expect(everything(new RepositoryMap(source, map), query, focus)).toBe(
            everything(new RepositoryMap(source), query, focus),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  test("in another process, from records that were written down", async () => {
    const source = sourceOf({
      "src/client.ts":
        "import { parseUrl } from './parse-url.ts';\nexport class Client { send(url: string) { return parseUrl(url); } }",
      "src/parse-url.ts": "export function parseUrl(url: string) { return new URL(url); }",
      "src/server.ts": "import { parseUrl } from './parse-url.ts';\nexport function serve() { parseUrl('x'); }",
    });
    const ask = { query: "client sends", budget: 200 };
    const script = `
      import { definitionKinds } from "../scan/record.ts";
import { RepositoryMap } from ${JSON.stringify(`${import.meta.dir}/repository-map.ts`)};
      import { LineTokens, loadTokenizer } from ${JSON.stringify(`${import.meta.dir}/count-tokens.ts`)};
      const source = JSON.parse(await Bun.stdin.text()).toReversed();
      const lines = new LineTokens(await loadTokenizer());
      console.log(JSON.stringify(new RepositoryMap(source).render({ ...${JSON.stringify(ask)}, lines })));`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdin: new Blob([JSON.stringify(source)]), stdout: "pipe" });
    expect((await new Response(child.stdout).text()).trim()).toBe(
      JSON.stringify(new RepositoryMap(source).render({ ...ask, lines })),
    );
  });
});

test("never above the budget, whatever the records, the question and the names", () => {
  fc.assert(
    fc.property(sources, questions, fc.boolean(), fc.integer({ min: 64, max: 600 }), (source, query, isFocused, budget) => {
      const focus = isFocused ? focusOf(source) : [];
      const { text, tokens, files } = new RepositoryMap(source).render({ query, focus, budget, lines });
      const shown = files.map(({ path }) => path);
      expect(new Set(shown).size).toBe(shown.length);
      expect(shown.filter((path) => focus.some((focused) => path === focused || path.startsWith(`${focused}/`)))).toEqual([]);
      expect(tokens).toBeLessThanOrEqual(budget);
      expect(tokens).toBe(lines.tokenizer.count(text));
      expect(text.split("\n").length - 1).toBe(files.reduce((sum, { definitions }) => sum + 1 + definitions.length, 0));
      expect(/[\p{Cc}\p{Cs}\u202e]/u.test(text.replaceAll("\n", ""))).toBe(false);
    }),
    { numRuns: 200 },
  );
});

describe("ranks", () => {
  const source = sourceOf({
    "packages/openai/src/chat-model.ts": "export class ChatModel { generate(prompt: string) { return parseAnswer(prompt); } }",
    "packages/openai/src/parse-answer.ts": "export function parseAnswer(text: string) { return text; }",
    "packages/mistral/src/chat-model.ts": "export class ChatModel { generate(prompt: string) { return prompt; } }",
    "packages/mistral/test/chat-model.test.ts":
      "import { ChatModel } from '../src/chat-model.ts'; new ChatModel().generate('x');",
    "vendor/chat-model.ts": "export class ChatModel { generate(prompt: string) { return prompt; } }",
    "src/unrelated.ts": "export const colour = 'red';",
  });
  const map = new RepositoryMap(source);
  const first = (query: string, focus: string[] = []) => map.rank({ query, focus })[0]?.path;

  test("the file that a question names first", () => {
    expect(first("why does packages/mistral/src/chat-model.ts fail?")).toBe("packages/mistral/src/chat-model.ts");
    expect(first("parseAnswer returns nothing")).toBe("packages/openai/src/parse-answer.ts");
    expect(first("answers are not parsed")).toBe("packages/openai/src/parse-answer.ts");
  });

  test("the part of the repository that a scope names first", () => {
    expect(first("fix(openai): generate twice")).toBe("packages/openai/src/chat-model.ts");
    expect(first("fix(mistral): generate twice")).toBe("packages/mistral/src/chat-model.ts");
  });

  test("two words in a row as one name", () => {
    const names = new RepositoryMap(
      sourceOf({
        "src/source.ts": "export const source = 1; export const sources = 2;",
        "src/map.ts": "export const map = 1; export const maps = 2;",
        "src/visual.ts": "export function show(sourceMap: string) { return sourceMap; }",
      }),
    );
    const scoreOf = (query: string) => names.rank({ query }).find(({ path }) => path === "src/visual.ts")?.score ?? 0;
    expect(scoreOf("show source maps")).toBeGreaterThan(scoreOf("show maps, source"));
  });

  test("a file without a name of its own by its folder's", () => {
    const packages = new RepositoryMap(
      sourceOf({
        "packages/pool/src/index.ts": "export const a = 1;",
        "packages/parser/src/index.ts": "export const b = 1;",
        "packages/parser/src/pool-of-words-and-more.ts": "export const c = 1;",
      }),
    );
    expect(packages.rank({ query: "the pool is empty" })[0]?.path).toBe("packages/pool/src/index.ts");
  });

  test("source before tests and vendored files", () => {
    const paths = map.rank({ query: "chat model" }).map(({ path }) => path);
    expect(paths.indexOf("vendor/chat-model.ts")).toBeGreaterThan(paths.indexOf("packages/mistral/src/chat-model.ts"));
    expect(paths.indexOf("packages/mistral/test/chat-model.test.ts")).toBeGreaterThan(
      paths.indexOf("packages/openai/src/chat-model.ts"),
    );
  });

  test("what the files in focus use", () => {
    const paths = map.rank({ focus: ["packages/openai/src/chat-model.ts"] }).map(({ path }) => path);
    expect(paths.slice(0, 2)).toEqual(["packages/openai/src/chat-model.ts", "packages/openai/src/parse-answer.ts"]);
    const text = map.render({ focus: ["packages/openai/src/chat-model.ts"], budget: 500, lines }).text;
    expect(text).not.toContain("packages/openai/src/chat-model.ts");
    expect(text.startsWith("packages/openai/src/parse-answer.ts")).toBe(true);
  });

  test("the same for the same files in focus, whatever was asked between", () => {
    const focuses = source.flatMap(({ path }) => [[path], [path, "src"], []]);
    const ranked = focuses.map((focus) => new RepositoryMap(source).rank({ query: "parse the answer", focus }));
    for (let round = 0; round < 2; round++)
      expect(focuses.map((focus) => map.rank({ query: "parse the answer", focus }))).toEqual(ranked);
  });

  test("folders in focus are all their files; unknown names say nothing", () => {
    const text = map.render({ focus: ["packages/", "nowhere.ts"], budget: 500, lines }).text;
    expect(text).not.toContain("packages/");
    expect(map.rank({ focus: ["nowhere.ts"] })).toEqual(map.rank());
  });

  test("a question that fits nothing: as without one", () => {
    expect(map.rank({ query: "zzz" })).toEqual(map.rank());
    expect(map.rank({ query: "  " })).toEqual(map.rank());
  });
});

describe("what is refused", () => {
  const refused = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      return MillraceError.is(error, "option_invalid");
    }
    return false;
  };

  test("a path that comes twice, a budget out of bounds, a focus without end", () => {
    const record = recordOf([]);
    expect(
      refused(
        () =>
          new RepositoryMap([
            { path: "b", record },
            { path: "a", record },
            { path: "b", record },
          ]),
      ),
    ).toBe(true);
    const map = new RepositoryMap([]);
    for (const budget of [0, 63, 100_001, 64.5, Number.NaN]) expect(refused(() => map.render({ budget, lines }))).toBe(true);
    expect(refused(() => map.rank({ focus: new Array(1_001).fill("a") }))).toBe(true);
  });
});
