import { describe, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import fc from "fast-check";
import { text, utf8 } from "../../../base/index.ts";
import { canonicalFault } from "../canonical-json.ts";
import type { WireAnswer } from "../dialect.ts";
import { EventWatch } from "./answer-watch.ts";
import { answerId, convertAnswer, isStorable } from "./stored-answer.ts";

interface Frame {
  readonly type: string;
  readonly [field: string]: unknown;
}

const json = (value: unknown): WireAnswer => ({ wire: "json", bytes: utf8(JSON.stringify(value)) });
const events = (frames: readonly Frame[]): WireAnswer => ({
  wire: "events",
  bytes: utf8(frames.map((frame) => `event: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`).join("")),
});
const parsed = (answer: WireAnswer | undefined): unknown => answer && JSON.parse(text(answer.bytes));
const converted = (answer: WireAnswer, to: WireAnswer["wire"]): WireAnswer => {
  const other = convertAnswer("messages", answer, to);
  if (other === undefined) throw new Error("no conversion");
  return other;
};

const words = fc.string({ unit: "binary", maxLength: 20 });
const input = fc.dictionary(words, fc.jsonValue({ maxDepth: 2 })).map((value) => JSON.parse(JSON.stringify(value)) as object);
const citation = fc.record({ type: fc.constant("char_location"), cited_text: words, document_index: fc.nat(9) });
const count = fc.nat(1_000_000);
const block = fc.oneof(
  fc.record({ type: fc.constant("text"), text: words, citations: fc.constant(null) }),
  fc.record({ type: fc.constant("text"), text: words, citations: fc.array(citation, { maxLength: 3 }) }),
  fc.record({ type: fc.constant("text"), text: words }),
  fc.record({ type: fc.constant("thinking"), thinking: words, signature: words }),
  fc.record({ type: fc.constant("redacted_thinking"), data: words }),
  fc.record({ type: fc.constantFrom("tool_use", "server_tool_use"), id: words, name: words, input }),
  fc.record({ type: fc.constant("web_search_tool_result"), tool_use_id: words, content: fc.array(input, { maxLength: 2 }) }),
);
const message = fc.record({
  id: words.map((word) => `msg_${word}`),
  type: fc.constant("message"),
  role: fc.constant("assistant"),
  model: words,
  content: fc.array(block, { minLength: 1, maxLength: 5 }),
  stop_reason: fc.constantFrom("end_turn", "tool_use", "max_tokens", "stop_sequence"),
  stop_sequence: fc.option(words),
  stop_details: fc.option(input),
  container: fc.constant(null),
  unknown: fc.jsonValue(),
  context_management: fc.option(input),
  usage: fc.record({
    input_tokens: count,
    cache_read_input_tokens: fc.option(count),
    cache_creation_input_tokens: count,
    output_tokens: count,
    service_tier: fc.constant("standard"),
  }),
});
const wire = message
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>)
  .filter((value) => canonicalFault(value) === undefined);

const streamed: readonly Frame[] = [
  {
    type: "message_start",
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-x",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: 25,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 9,
        output_tokens: 1,
        service_tier: "standard",
      },
    },
  },
  { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } },
  { type: "ping" },
  { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "Let me " } },
  { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "see" } },
  { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "EqQB" } },
  { type: "content_block_stop", index: 0 },
  { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "smile \ud83d" } },
  { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "\ude00" } },
  { type: "content_block_stop", index: 1 },
  { type: "content_block_start", index: 2, content_block: { type: "tool_use", id: "toolu_1", name: "read", input: {} } },
  { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: "" } },
  { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: '{"path": "a' } },
  { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: '.ts"}' } },
  { type: "content_block_stop", index: 2 },
  {
    type: "message_delta",
    delta: { stop_reason: "tool_use", stop_sequence: null },
    usage: { output_tokens: 89, cache_read_input_tokens: null },
    context_management: { applied_edits: [] },
  },
  { type: "message_stop" },
];
const folded = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-x",
  content: [
    { type: "thinking", thinking: "Let me see", signature: "EqQB" },
    { type: "text", text: "smile 😀" },
    { type: "tool_use", id: "toolu_1", name: "read", input: { path: "a.ts" } },
  ],
  stop_reason: "tool_use",
  stop_sequence: null,
  usage: {
    input_tokens: 25,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 9,
    output_tokens: 89,
    service_tier: "standard",
  },
  context_management: { applied_edits: [] },
};

describe("fold and unfold", () => {
  test("folds a recorded stream into the message it streamed", () => {
    expect(parsed(converted(events(streamed), "json"))).toEqual(folded);
  });

  test("folds a stream without event lines, with CRLF and with comments all the same", () => {
    const bare = text(events(streamed).bytes)
      .replace(/^event: .*\n/gm, "")
      .replace(/^/, ": hello\n\n")
      .replaceAll("\n", "\r\n");
    expect(parsed(converted({ wire: "events", bytes: utf8(bare) }, "json"))).toEqual(folded);
  });

  test("unfold, then fold, gives any message back", () => {
    fc.assert(
      fc.property(wire, (value) => {
        const stream = converted(json(value), "events");
        expect(isStorable("messages", stream)).toBe(true);
        expect(parsed(converted(stream, "json"))).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  test("fold, then unfold, keeps what a stream said", () => {
    const again = converted(converted(events(streamed), "json"), "events");
    expect(parsed(converted(again, "json"))).toEqual(folded);
    const kinds = [...text(again.bytes).matchAll(/^event: (\S+)$/gm)].map((match) => match[1]);
    const block = (deltas: number): string[] => [
      "content_block_start",
      ...Array(deltas).fill("content_block_delta"),
      "content_block_stop",
    ];
    expect(kinds).toEqual(["message_start", ...block(2), ...block(1), ...block(2), "message_delta", "message_stop"]);
  });

  test("the watch reads the same tokens from an unfolded message", () => {
    fc.assert(
      fc.property(wire, (value) => {
        const watch = new EventWatch();
        watch.push(converted(json(value), "events").bytes);
        const usage = value.usage as Record<string, number | null>;
        expect(watch.usage).toEqual({
          input: usage.input_tokens ?? 0,
          cacheRead: usage.cache_read_input_tokens ?? 0,
          cacheWrite: usage.cache_creation_input_tokens ?? 0,
          output: usage.output_tokens ?? 0,
        });
        expect([watch.complete, watch.failure, watch.atBoundary]).toEqual([true, undefined, true]);
      }),
      { numRuns: 50 },
    );
  });

  test("the official SDK reads an unfolded message as the message", async () => {
    await fc.assert(
      fc.asyncProperty(wire, async (value) => {
        const { bytes } = converted(json(value), "events");
        const headers = { "content-type": "text/event-stream" };
        const client = new Anthropic({
          apiKey: "none",
          fetch: async () => new Response(bytes as Uint8Array<ArrayBuffer>, { headers }),
        });
        const stream = client.beta.messages.stream({ model: "m", max_tokens: 1, messages: [{ role: "user", content: "hi" }] });
        const { parsed_output: _added, ...read } = (await stream.finalMessage()) as object & { parsed_output: unknown };
        expect(JSON.parse(JSON.stringify(read))).toEqual(value);
      }),
      { numRuns: 50 },
    );
  });

  test("has no other form for what would lose something", () => {
    const delta = { type: "content_block_delta", index: 1, delta: { type: "sparkle_delta", sparkle: 1 } };
    expect(convertAnswer("messages", events(streamed.toSpliced(9, 0, delta)), "json")).toBeUndefined();
    expect(convertAnswer("messages", json({ ...folded, content: [{ type: "hologram", data: 1 }] }), "events")).toBeUndefined();
    const big = JSON.stringify(folded).replace('"a.ts"', "9007199254740993");
    expect(convertAnswer("messages", { wire: "json", bytes: utf8(big) }, "events")).toBeUndefined();
    expect(convertAnswer("count_tokens", json({ input_tokens: 3 }), "events")).toBeUndefined();
    const same = json({ input_tokens: 3 });
    expect(convertAnswer("count_tokens", same, "json")).toBe(same);
  });
});

describe("isStorable", () => {
  const without = (at: number): WireAnswer => events(streamed.toSpliced(at, 1));
  const added = (at: number, frame: Frame): WireAnswer => events(streamed.toSpliced(at, 0, frame));

  test("takes a whole stream and a whole message", () => {
    expect(isStorable("messages", events(streamed))).toBe(true);
    expect(isStorable("messages", json(folded))).toBe(true);
    expect(isStorable("messages", json({ ...folded, content: [{ type: "hologram" }] }))).toBe(true);
  });

  test("refuses a stream cut anywhere", () => {
    const { bytes } = events(streamed);
    for (let length = 0; length < bytes.length; length++) {
      expect(isStorable("messages", { wire: "events", bytes: bytes.subarray(0, length) })).toBe(false);
    }
  });

  test("refuses a stream that lacks a frame it needs, or has one it must not have", () => {
    for (const needed of [0, 1, 6, 7, 10, 11, 14, 15, 16, 17]) expect(isStorable("messages", without(needed))).toBe(false);
    const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    for (let at = 0; at <= streamed.length; at++) {
      expect(isStorable("messages", added(at, error))).toBe(false);
      expect(isStorable("messages", added(at, { type: "never_heard_of" }))).toBe(false);
      expect(isStorable("messages", added(at, { type: "ping" }))).toBe(true);
    }
    expect(isStorable("messages", { wire: "events", bytes: utf8(`${text(events(streamed).bytes)}event: error\n\n`) })).toBe(
      false,
    );
    expect(isStorable("messages", { wire: "events", bytes: utf8(`${text(events(streamed).bytes)}data: [DONE]\n\n`) })).toBe(
      false,
    );
  });

  test("refuses tool arguments that are no JSON object, in both forms", () => {
    for (const partial_json of ['{"path"', "[]", "null", "7"]) {
      const delta = { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json } };
      expect(isStorable("messages", events(streamed.toSpliced(13, 2, delta)))).toBe(false);
    }
    for (const value of ["{}", null, [], 7]) {
      const content = [{ type: "tool_use", id: "t", name: "n", input: value }];
      expect(isStorable("messages", json({ ...folded, content }))).toBe(false);
    }
  });

  test("refuses JSON that is no whole message", () => {
    const bad = [
      { type: "error", error: { type: "api_error", message: "x" } },
      { ...folded, content: [] },
      { ...folded, stop_reason: null },
      { ...folded, usage: undefined },
      { ...folded, content: ["text"] },
      { ...folded, content: [{ type: "text" }] },
      [folded],
      null,
    ];
    for (const value of bad) expect(isStorable("messages", json(value))).toBe(false);
    expect(isStorable("messages", { wire: "json", bytes: utf8(JSON.stringify(folded).slice(0, -1)) })).toBe(false);
  });

  test("knows counts and model lists", () => {
    expect(isStorable("count_tokens", json({ input_tokens: 7 }))).toBe(true);
    expect(isStorable("count_tokens", json({ input_tokens: "7" }))).toBe(false);
    expect(isStorable("count_tokens", json({ type: "error", error: {} }))).toBe(false);
    expect(isStorable("models", json({ data: [], has_more: false }))).toBe(true);
    expect(isStorable("models", json({ type: "model", id: "claude-x" }))).toBe(true);
    expect(isStorable("models", json({ data: [], error: {} }))).toBe(false);
    expect(isStorable("models", { ...json({ data: [] }), wire: "events" })).toBe(false);
  });
});

test("answerId finds the id in both forms, and none where there is none", () => {
  expect(answerId("messages", json(folded))).toBe("msg_1");
  expect(answerId("messages", events(streamed))).toBe("msg_1");
  expect(answerId("messages", events([{ type: "ping" }]))).toBeUndefined();
  expect(answerId("messages", json({ type: "message" }))).toBeUndefined();
  expect(answerId("count_tokens", json({ input_tokens: 1, id: "x" }))).toBeUndefined();
});
