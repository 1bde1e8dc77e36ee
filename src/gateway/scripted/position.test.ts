import { describe, expect, test } from "bun:test";
import { type Body, probe, request, textOf, tools } from "./testing.ts";

const SCRIPT = '[[tool a {"n":1}]] [[also b]] [[tool c]] [[say Done.]]';

const use = (id: string) => ({ type: "tool_use", id, name: "a", input: {} });
const result = (id: string, content: unknown = "first line\nsecond") => ({ type: "tool_result", tool_use_id: id, content });

async function anthropic(messages: readonly unknown[]): Promise<Body> {
  return probe().ask("/v1/messages", "", { messages, ...tools("/v1/messages", "a", "b", "c") });
}
const calls = (answer: Body): unknown[] =>
  (answer.content as Body[]).filter((block) => block.type === "tool_use").map((block) => block.name);

describe("a script goes on with the results it got", () => {
  const start = { role: "user", content: SCRIPT };
  const called = { role: "assistant", content: [use("1"), use("2")] };

  test("step by step", async () => {
    expect(calls(await anthropic([start]))).toEqual(["a", "b"]);
    const both = { role: "user", content: [result("1"), result("2")] };
    expect(calls(await anthropic([start, called, both]))).toEqual(["c"]);
    const last = await anthropic([
      start,
      called,
      both,
      { role: "assistant", content: [use("3")] },
      { role: "user", content: [result("3")] },
    ]);
    expect(textOf(last)).toBe("Done.");
    expect(last.stop_reason).toBe("end_turn");
  });

  test("a call without a result is made again", async () => {
    expect(calls(await anthropic([start, called, { role: "user", content: [result("1")] }]))).toEqual(["b"]);
  });

  test("reminders beside results, and messages of nothing else, are no new request", async () => {
    const reminded = { role: "user", content: [result("1"), result("2"), { type: "text", text: "Remember the list." }] };
    expect(calls(await anthropic([start, called, reminded]))).toEqual(["c"]);
    const apart = { role: "user", content: "<system-reminder>[[cut]] x</system-reminder>" };
    expect(calls(await anthropic([start, called, reminded, apart, { role: "system", content: "mode" }]))).toEqual(["c"]);
  });

  test("a script beside results, as clients merge them, starts anew", async () => {
    const merged = { role: "user", content: [result("1"), { type: "text", text: "[[tool b]]" }] };
    expect(calls(await anthropic([start, called, merged]))).toEqual(["b"]);
  });

  test("only the last message counts", async () => {
    const answer = await anthropic([
      start,
      called,
      { role: "user", content: [result("1"), result("2")] },
      { role: "assistant", content: "ok" },
      { role: "user", content: "And now?" },
    ]);
    expect(calls(answer)).toEqual([]);
    expect(textOf(answer)).toContain('"And now?"');
  });

  test("without more to say it quotes the start of the result", async () => {
    const quote = async (content: unknown) =>
      textOf(
        await anthropic([
          { role: "user", content: "[[tool a]]" },
          { role: "assistant", content: [use("1")] },
          { role: "user", content: [result("1", content)] },
        ]),
      );
    expect(await quote("first line\nsecond")).toBe("The tool a answered: first line second");
    expect(await quote([{ type: "text", text: "from parts\r\nx" }])).toBe("The tool a answered: from parts x");
    expect(await quote("")).toBe("The tool a answered: (nothing)");
    expect(await quote("x".repeat(500))).toBe(`The tool a answered: ${"x".repeat(400)}…`);
  });
});

test("a step may fail after the tool before it succeeded", async () => {
  const { send } = probe();
  const base = request("/v1/messages", "");
  const messages = [
    { role: "user", content: "[[tool a]] [[error 503]]" },
    { role: "assistant", content: [use("1")] },
    { role: "user", content: [result("1")] },
  ];
  expect((await send("/v1/messages", { ...base, ...tools("/v1/messages", "a"), messages: messages.slice(0, 1) })).status).toBe(
    200,
  );
  expect((await send("/v1/messages", { ...base, ...tools("/v1/messages", "a"), messages })).status).toBe(503);
});
