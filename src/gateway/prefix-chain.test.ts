import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { anthropic } from "./dialects/anthropic/anthropic.ts";
import type { Dialect, Endpoint, RequestFacts } from "./dialects/dialect.ts";
import { openai } from "./dialects/openai/openai.ts";
import { prefixChain } from "./prefix-chain.ts";

const hashes = (scope: string, pieces: readonly unknown[]) => prefixChain(scope, pieces, 0.25).map(({ hash }) => hash);

function chainOf(dialect: Dialect, endpoint: Endpoint, body: object): number[] {
  return hashes("acme m", dialect.prefix(endpoint, { json: body } as unknown as RequestFacts));
}

describe("prefixChain", () => {
  test("two prompts agree exactly as far as their pieces do", () => {
    const piece = fc.jsonValue({ maxDepth: 3 });
    const prompt = fc.array(piece, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(prompt, prompt, prompt, (shared, left, right) => {
        const a = hashes("s", [...shared, ...left]);
        const b = hashes("s", [...shared, ...right]);
        const same = [...shared, ...left].findIndex(
          (each, at) => JSON.stringify(each) !== JSON.stringify([...shared, ...right][at]),
        );
        const agreed = same < 0 ? Math.min(a.length, b.length) : same;
        expect(a.slice(0, agreed)).toEqual(b.slice(0, agreed));
        for (let at = agreed; at < Math.min(a.length, b.length); at++) expect(a[at]).not.toBe(b[at] as number);
      }),
    );
  });

  test("texts cannot pass for structure, nor one text for two", () => {
    const prompts = [
      ["ab", "c"],
      ["a", "bc"],
      ["abc"],
      [["a", "bc"]],
      [{ a: "bc" }],
      ["a;2:bc"],
      ["1"],
      [1],
      ["null"],
      [null],
      [["a"], "bc"],
      ["x".repeat(300)],
      ["x".repeat(299), "x"],
    ];
    const ends = prompts.map((pieces) => hashes("s", pieces).at(-1));
    expect(new Set(ends).size).toBe(prompts.length);
  });

  test("scopes share nothing", () => {
    expect(hashes("acme m", ["hello"])).not.toEqual(hashes("other m", ["hello"]));
  });

  test("tokens grow with the text", () => {
    const chain = prefixChain("s", ["a".repeat(400), "b".repeat(4000)], 0.25);
    expect(chain.map(({ tokens }) => tokens)).toEqual([100, 1100]);
  });

  test("cache marks, which clients move from turn to turn, do not count", () => {
    const marked = [{ type: "text", text: "hi", cache_control: { type: "ephemeral" } }];
    expect(hashes("s", [marked])).toEqual(hashes("s", [[{ type: "text", text: "hi" }]]));
  });

  test("stops neither at deep nesting nor at many messages", () => {
    let deep: unknown = "end";
    for (let level = 0; level < 20_000; level++) deep = [deep];
    expect(hashes("s", [deep])).toHaveLength(1);
    expect(hashes("s", new Array(10_000).fill("hi"))).toHaveLength(4096);
  });
});

describe("a next turn", () => {
  const grow = (messages: object[]) => [
    ...messages,
    { role: "assistant", content: "Yes." },
    { role: "user", content: "And now?" },
  ];

  test("of the Anthropic API has the chain of the one before, billing line and marks aside", () => {
    const system = (cch: string, text: string) => [
      { type: "text", text: `x-anthropic-billing-header: cc_version=1; cch=${cch};` },
      { type: "text", text },
    ];
    const first = {
      tools: [{ name: "read" }],
      system: system("aaaaa", "Be brief."),
      messages: [{ role: "user", content: "Hi" }],
    };
    const marked = [{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }];
    const second = { ...first, system: system("bbbbb", "Be brief."), messages: grow([{ role: "user", content: marked }]) };
    const before = chainOf(anthropic, "messages", first);
    expect(chainOf(anthropic, "messages", second).slice(0, before.length)).toEqual(before);
    const other = { ...first, system: system("aaaaa", "Be long.") };
    expect(chainOf(anthropic, "messages", other).slice(1)).not.toEqual(before.slice(1));
  });

  test("of the OpenAI APIs has the chain of the one before", () => {
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
    ];
    const chat = chainOf(openai, "chat_completions", { messages });
    const parts = [messages[0] as object, { role: "user", content: [{ type: "text", text: "Hi" }] }];
    expect(chainOf(openai, "chat_completions", { messages: grow(parts) }).slice(0, chat.length)).toEqual(chat);
    const input = [{ role: "user", content: [{ type: "input_text", text: "Hi" }] }];
    const responses = chainOf(openai, "responses", { instructions: "Be brief.", input });
    expect(chainOf(openai, "responses", { instructions: "Be brief.", input: grow(input) }).slice(0, responses.length)).toEqual(
      responses,
    );
  });
});
