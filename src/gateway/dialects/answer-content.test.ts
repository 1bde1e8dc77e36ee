import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { utf8 } from "../../base/index.ts";
import { answerText } from "./answer-text.ts";
import type { DialectName, Endpoint, TurnMessage } from "./dialect.ts";
import { dialects } from "./dialects.ts";

const frames = (...events: readonly (Readonly<Record<string, unknown>> | string)[]): Uint8Array =>
  utf8(events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join(""));

const conversation = (name: DialectName, endpoint: Endpoint, json: Readonly<Record<string, unknown>>): readonly TurnMessage[] => {
  const facts = dialects[name].read(endpoint, { model: "m", max_tokens: 10, ...json });
  if ("badRequest" in facts) throw new Error(facts.badRequest);
  return dialects[name].conversation(endpoint, facts);
};
const content = (name: DialectName, endpoint: Endpoint, bytes: Uint8Array, wire: "events" | "json" = "events") =>
  dialects[name].answerContent(endpoint, { wire, bytes });

const text = (said: string) => ({ type: "text", text: said });
const TOOL = { name: "read", input_schema: {} };

describe("messages", () => {
  const start = (index: number, content_block: object) => ({ type: "content_block_start", index, content_block });
  const delta = (index: number, change: object) => ({ type: "content_block_delta", index, delta: change });
  const stop = (index: number) => ({ type: "content_block_stop", index });
  const answer = [
    { type: "message_start", message: { type: "message", role: "assistant", content: [] } },
    start(0, { type: "thinking", thinking: "" }),
    delta(0, { type: "thinking_delta", thinking: "hm" }),
    delta(0, { type: "signature_delta", signature: "s" }),
    stop(0),
    start(1, { type: "text", text: "" }),
    delta(1, { type: "text_delta", text: "I read " }),
    delta(1, { type: "text_delta", text: "it." }),
    stop(1),
    start(2, { type: "tool_use", id: "t1", name: "read", input: {} }),
    delta(2, { type: "input_json_delta", partial_json: '{"pa' }),
    delta(2, { type: "input_json_delta", partial_json: 'th":"a"}' }),
    stop(2),
    { type: "message_delta", delta: { stop_reason: "tool_use" } },
    { type: "message_stop" },
  ];
  const whole = [
    { type: "thinking", thinking: "hm", signature: "s" },
    text("I read it."),
    { type: "tool_use", id: "t1", name: "read", input: { path: "a" } },
  ];

  test("a request: the prompt with its tools, then each message in blocks", () => {
    const messages = [
      { role: "user", content: "hi" },
      { role: "assistant", content: whole },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "x" }] },
    ];
    expect(conversation("anthropic", "messages", { system: "You help.", tools: [TOOL], messages })).toEqual([
      { role: "system", content: [text("You help."), { type: "tools", tools: [TOOL] }] },
      { role: "user", content: [text("hi")] },
      { role: "assistant", content: whole },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "x" }] },
    ]);
    expect(conversation("anthropic", "messages", { messages: [{ role: "user", content: "hi" }] })).toHaveLength(1);
  });

  test("an answer: the blocks that its client sends back, from events as from JSON", () => {
    expect(content("anthropic", "messages", frames(...answer))).toEqual({ content: whole, isWhole: true });
    const json = utf8(JSON.stringify({ type: "message", content: whole, stop_reason: "tool_use" }));
    expect(content("anthropic", "messages", json, "json")).toEqual({ content: whole, isWhole: true });
    expect(answerText(dialects.anthropic, "messages", frames(...answer))).toBe("I read it.");
  });

  test("what breaks off is kept as far as it came, and is not whole", () => {
    expect(content("anthropic", "messages", frames(...answer.slice(0, 11)))).toEqual({
      content: [whole[0], whole[1], { type: "tool_use", id: "t1", name: "read", input: '{"pa' }] as never,
      isWhole: false,
    });
    expect(
      content("anthropic", "messages", frames(...answer.slice(0, 7), { type: "error", error: {} }, ...answer.slice(7))),
    ).toEqual({ content: whole, isWhole: false });
    expect(answerText(dialects.anthropic, "messages", frames(...answer.slice(6, 7)))).toBe("I read ");
    const error = utf8(JSON.stringify({ type: "error", error: { type: "overloaded_error", message: "x" } }));
    expect(content("anthropic", "messages", error, "json")).toEqual({ content: [], isWhole: false });
  });
});

describe("chat completions", () => {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...{ id: "c", object: "chat.completion.chunk", created: 1, model: "m" },
    choices: [{ index: 0, delta, finish_reason }],
  });
  const call = { id: "t1", type: "function", function: { name: "read", arguments: '{"path":"a"}' } };
  const answer = [
    chunk({ role: "assistant", content: "" }),
    chunk({ reasoning_content: "hm" }),
    chunk({ content: "I read " }),
    chunk({ content: "it." }),
    chunk({ tool_calls: [{ index: 0, id: "t1", type: "function", function: { name: "read", arguments: '{"path"' } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: ':"a"}' } }] }),
    chunk({}, "tool_calls"),
    "[DONE]",
  ];

  test("an answer reads like the message that its client sends back", () => {
    const told = content("openai", "chat_completions", frames(...answer));
    expect(told.isWhole).toBe(true);
    const message = { role: "assistant", content: "I read it.", reasoning_content: "hm", tool_calls: [call] };
    const sentBack = conversation("openai", "chat_completions", {
      messages: [{ role: "system", content: "You help." }, message, { role: "tool", tool_call_id: "t1", content: "x" }],
    });
    expect(sentBack).toEqual([
      { role: "system", content: [text("You help.")] },
      { role: "assistant", content: told.content },
      { role: "tool", content: [{ type: "tool_result", tool_call_id: "t1", content: [text("x")] }] },
    ]);
    const json = utf8(
      JSON.stringify({ object: "chat.completion", choices: [{ index: 0, message, finish_reason: "tool_calls" }] }),
    );
    expect(content("openai", "chat_completions", json, "json")).toEqual({ content: told.content, isWhole: true });
    expect(answerText(dialects.openai, "chat_completions", frames(...answer))).toBe("I read it.");
  });

  test("what breaks off is not whole", () => {
    expect(content("openai", "chat_completions", frames(...answer.slice(0, 3)))).toEqual({
      content: [{ type: "reasoning", text: "hm" }, text("I read ")],
      isWhole: false,
    });
    expect(answerText(dialects.openai, "chat_completions", frames(...answer.slice(3, 4)))).toBe("it.");
  });
});

describe("responses", () => {
  const reasoning = { type: "reasoning", id: "r1", summary: [], encrypted_content: "x" };
  const message = { type: "message", id: "m1", role: "assistant", content: [{ type: "output_text", text: "I read it." }] };
  const call = { type: "function_call", id: "f1", call_id: "t1", name: "read", arguments: "{}" };
  const output = { type: "function_call_output", call_id: "t1", output: "x" };
  const done = [reasoning, message, call].map((item, output_index) => ({
    type: "response.output_item.done",
    output_index,
    item,
  }));
  const textDelta = { type: "response.output_text.delta", output_index: 1, delta: "I read " };

  test("several items are one answer, and one message when they come back", () => {
    const told = content(
      "openai",
      "responses",
      frames(textDelta, ...done, { type: "response.completed", response: { output: [] } }),
    );
    expect(told).toEqual({ content: [reasoning, ...message.content, call], isWhole: true });
    const input = [{ role: "developer", content: "Terse." }, { role: "user", content: "hi" }, reasoning, message, call, output];
    expect(conversation("openai", "responses", { instructions: "You help.", tools: [TOOL], input })).toEqual([
      { role: "system", content: [text("You help."), { type: "tools", tools: [TOOL] }] },
      { role: "developer", content: [text("Terse.")] },
      { role: "user", content: [text("hi")] },
      { role: "assistant", content: told.content },
      { role: "tool", content: [output] },
    ]);
    const json = utf8(JSON.stringify({ object: "response", status: "completed", output: [reasoning, message, call] }));
    expect(content("openai", "responses", json, "json")).toEqual(told);
    expect(conversation("openai", "responses", { input: "hi" })).toEqual([{ role: "user", content: [text("hi")] }]);
  });

  test("the text of an item that was not done is kept", () => {
    expect(content("openai", "responses", frames(done[0] as object as Record<string, unknown>, textDelta))).toEqual({
      content: [reasoning, text("I read ")],
      isWhole: false,
    });
    expect(answerText(dialects.openai, "responses", frames(textDelta))).toBe("I read ");
  });
});

test("what makes no sense is passed over", () => {
  const odd = fc.oneof(fc.json(), fc.string(), fc.constantFrom('{"type":"content_block_delta","delta":{"text":"x"}}', "[DONE]"));
  const endpoints = [
    ["anthropic", "messages"] as const,
    ["openai", "chat_completions"] as const,
    ["openai", "responses"] as const,
  ];
  fc.assert(
    fc.property(fc.array(odd), fc.constantFrom(...endpoints), (events, [name, endpoint]) => {
      expect(typeof answerText(dialects[name], endpoint, frames(...events))).toBe("string");
      expect(content(name, endpoint, utf8(events.join("")), "json").isWhole).toBe(false);
    }),
  );
});
