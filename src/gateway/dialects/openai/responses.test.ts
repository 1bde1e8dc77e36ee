// Responses: round trips between the wire forms, read by the official SDKs; what counts as whole; the watch; failures.

import { describe, expect, test } from "bun:test";
import { createOpenAI } from "@ai-sdk/openai";
import { streamText } from "ai";
import fc from "fast-check";
import OpenAI from "openai";
import { accumulateResponse } from "openai/lib/responses/ResponseAccumulator";
import type { Response as ModelResponse, ResponseStreamEvent } from "openai/resources/responses/responses";
import { text, utf8 } from "../../../base/index.ts";
import type { WireAnswer } from "../dialect.ts";
import type { JsonObject } from "../json-object.ts";
import { openai } from "./openai.ts";
import { framesOf } from "./sse-frames.ts";

const RESPONSES = "responses";
const events = (body: string): WireAnswer => ({ wire: "events", bytes: utf8(body) });
const json = (value: unknown): WireAnswer => ({ wire: "json", bytes: utf8(JSON.stringify(value)) });
const parsed = (answer: WireAnswer | undefined): JsonObject => JSON.parse(answer ? text(answer.bytes) : "null");
const event = (type: string, fields: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

const usage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 107,
};
const messageItem = (content: unknown) => ({ id: "msg_1", type: "message", role: "assistant", status: "completed", content });
const hello = messageItem([{ type: "output_text", text: "Hello", annotations: [] }]);
const callItem = { id: "fc_1", type: "function_call", status: "completed", call_id: "call_1", name: "read", arguments: "{}" };

const base = {
  id: "resp_1",
  object: "response",
  created_at: 1_763_800_000,
  status: "completed",
  completed_at: 1_763_800_001,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  model: "gpt-x",
  output: [hello],
  parallel_tool_calls: true,
  temperature: 0,
  tool_choice: "auto",
  tools: [],
  top_p: 1,
  usage,
};
const created = event("response.created", {
  sequence_number: 0,
  response: { ...base, status: "in_progress", output: [], usage: null },
});
const added = event("response.output_item.added", { output_index: 0, item: { ...hello, content: [] } });
const delta = event("response.output_text.delta", { output_index: 0, content_index: 0, item_id: "msg_1", delta: "Hello" });
const done = event("response.output_item.done", { output_index: 0, item: hello });
const completed = event("response.completed", { response: base });
const whole = created + added + delta + done + completed;

const said = fc.string({ unit: "grapheme", maxLength: 700 });
const citation = { type: "url_citation", start_index: 0, end_index: 1, title: "t", url: "https://example.test" };
const textPart = fc.record({
  type: fc.constant("output_text"),
  text: said,
  annotations: fc.oneof(fc.constant([]), fc.constant([citation])),
  logprobs: fc.constant([]),
});
const refusalPart = fc.record({ type: fc.constant("refusal"), refusal: said });
const summaryPart = fc.record({ type: fc.constant("summary_text"), text: said });
const reasoningPart = fc.record({ type: fc.constant("reasoning_text"), text: said });
const status = fc.constant("completed");
const item = fc.oneof(
  fc.record({
    id: fc.uuid(),
    type: fc.constant("message"),
    role: fc.constant("assistant"),
    status,
    content: fc.array(fc.oneof(textPart, refusalPart), { maxLength: 3 }),
  }),
  fc.record(
    {
      id: fc.uuid(),
      type: fc.constant("reasoning"),
      summary: fc.array(summaryPart, { maxLength: 3 }),
      content: fc.array(reasoningPart, { maxLength: 2 }),
      encrypted_content: fc.base64String(),
    },
    { requiredKeys: ["id", "type", "summary"] },
  ),
  fc.record({
    id: fc.uuid(),
    type: fc.constant("function_call"),
    status,
    call_id: fc.uuid(),
    name: fc.constant("read"),
    arguments: fc.json(),
  }),
  fc.record({
    id: fc.uuid(),
    type: fc.constant("custom_tool_call"),
    status,
    call_id: fc.uuid(),
    name: fc.constant("patch"),
    input: said,
  }),
  fc.record({
    id: fc.uuid(),
    type: fc.constant("local_shell_call"),
    status,
    call_id: fc.uuid(),
    action: fc.constant({ type: "exec" }),
  }),
);
const response = fc
  .record({ output: fc.array(item, { minLength: 1, maxLength: 5 }), ended: fc.constantFrom("completed", "incomplete") })
  .map(({ output, ended }) => ({
    ...base,
    status: ended,
    output,
    incomplete_details: ended === "incomplete" ? { reason: "max_output_tokens" } : null,
  }));

describe("wire forms", () => {
  test("a response survives the way to events and back", () => {
    fc.assert(
      fc.property(response, (original) => {
        const streamed = openai.convert(RESPONSES, json(original), "events");
        expect(streamed && openai.storable(RESPONSES, streamed)).toBe(true);
        expect(parsed(streamed && openai.convert(RESPONSES, streamed, "json"))).toEqual(original);
      }),
    );
  });

  test("the official SDK gathers the same output from the events before the last", () => {
    fc.assert(
      fc.property(response, (original) => {
        const streamed = openai.convert(RESPONSES, json(original), "events");
        const list: ResponseStreamEvent[] = framesOf(streamed?.bytes ?? new Uint8Array()).map((frame) => JSON.parse(frame));
        expect(list.map((each) => each.sequence_number)).toEqual(list.map((_, index) => index));
        let gathered: ModelResponse | undefined;
        for (const each of list.slice(0, -1)) gathered = accumulateResponse(each, gathered);
        expect(JSON.parse(JSON.stringify(gathered?.output))).toEqual(original.output);
      }),
    );
  });

  test("the deltas alone, without the finished parts and items, spell the same texts", () => {
    fc.assert(
      fc.property(response, (original) => {
        const streamed = openai.convert(RESPONSES, json(original), "events");
        const list: JsonObject[] = framesOf(streamed?.bytes ?? new Uint8Array()).map((frame) => JSON.parse(frame));
        const spelt = list.filter((each) => String(each.type).endsWith(".delta")).map((each) => each.delta);
        expect(spelt.join("")).toBe(textsOf(original.output).join(""));
      }),
    );
  });

  test("the Vercel SDK reads text, a tool call and the usage from an unfolded stream", async () => {
    const streamed = openai.convert(RESPONSES, json({ ...base, output: [hello, callItem] }), "events");
    const provider = createOpenAI({ apiKey: "none", fetch: answering(streamed) });
    const result = streamText({ model: provider.responses("gpt-x"), prompt: "hi" });
    expect(await result.text).toBe("Hello");
    expect((await result.toolCalls).map((call) => call.toolCallId)).toEqual(["call_1"]);
    expect((await result.usage).inputTokens).toBe(100);
  });

  test("a terminal event without output is filled from the finished items", () => {
    const bare = event("response.completed", { response: { ...base, output: [] } });
    expect(parsed(openai.convert(RESPONSES, events(created + added + done + bare), "json"))).toEqual(base);
  });

  test("what is no response object is stored but not converted", () => {
    const bare = event("response.completed", { response: { id: "resp_1" } });
    expect(openai.storable(RESPONSES, events(done + bare))).toBe(true);
    expect(openai.convert(RESPONSES, events(done + bare), "json")).toBeUndefined();
  });
});

describe("storable", () => {
  test("no strict prefix of a stream is whole, wherever it was cut", () => {
    expect(openai.storable(RESPONSES, events(whole))).toBe(true);
    for (let length = 0; length < whole.length; length++) {
      expect(openai.storable(RESPONSES, events(whole.slice(0, length)))).toBe(false);
    }
  });

  const failed = event("response.failed", {
    response: { ...base, status: "failed", error: { code: "server_error", message: "m" } },
  });
  test.each([
    ["a failed response", created + added + done + failed],
    ["an error event before the end", created + event("error", { code: "x", message: "m" }) + done + completed],
    [
      "an item left open",
      created + added + event("response.output_item.added", { output_index: 1, item: callItem }) + done + completed,
    ],
    ["arguments cut short", event("response.incomplete", { response: { ...base, output: [{ ...callItem, arguments: '{"a' }] } })],
    ["no output", event("response.completed", { response: { ...base, output: [] } })],
    ["a frame that is no JSON", `${created}data: {\n\n${completed}`],
  ])("not with %s", (_name, body) => {
    expect(openai.storable(RESPONSES, events(body))).toBe(false);
  });

  test.each([
    ["an error body", { error: { message: "no" } }],
    ["a response still running", { ...base, status: "in_progress" }],
    ["a failed response", { ...base, status: "failed", error: { code: "server_error" } }],
    ["a queued response", { ...base, status: "queued", output: [] }],
  ])("not as JSON with %s", (_name, body) => {
    expect(openai.storable(RESPONSES, json(body))).toBe(false);
  });
});

describe("watch", () => {
  test.each([
    ["with name lines", whole],
    ["without name lines", whole.replace(/^event: .*\n/gm, "")],
    ["without spaces and with CRLF", whole.replace(/^(event|data): /gm, "$1:").replaceAll("\n", "\r\n")],
  ])("learns the same from a stream %s, however it is cut", (_name, body) => {
    for (const size of [1, 7, 64, body.length]) {
      const watch = openai.watch(RESPONSES, "events");
      const bytes = utf8(body);
      for (let at = 0; at < bytes.length; at += size) watch.push(bytes.subarray(at, at + size));
      expect(watch).toMatchObject({ complete: true, failure: undefined, atBoundary: true, contentSeen: true });
      expect(watch.usage).toEqual({ input: 30, cacheRead: 60, cacheWrite: 10, output: 7 });
    }
  });

  test("an announced item is no content yet; a delta is", () => {
    const watch = openai.watch(RESPONSES, "events");
    watch.push(utf8(created + added));
    expect(watch).toMatchObject({ contentSeen: false, complete: false });
    watch.push(utf8(delta));
    expect(watch).toMatchObject({ contentSeen: true, complete: false });
  });

  test("an incomplete response is whole and has its usage", () => {
    const watch = openai.watch(RESPONSES, "events");
    watch.push(utf8(created + added + delta + event("response.incomplete", { response: { ...base, status: "incomplete" } })));
    expect(watch).toMatchObject({ complete: true, failure: undefined });
    expect(watch.usage?.output).toBe(7);
  });

  test.each([
    [
      "a failed response",
      event("response.failed", { response: { error: { code: "rate_limit_exceeded" } } }),
      "rate_limit_exceeded",
    ],
    ["a flat error event", event("error", { code: "server_error", message: "m" }), "server_error"],
    ["a nested error event", event("error", { error: { type: "server_error", message: "m" } }), "server_error"],
    ["an error frame without a name", `data: {"error":{"code":"x"}}\n\n`, "x"],
    ["our own error event", text(openai.errorEvent(RESPONSES, "upstream_timeout", "m")), "server_error"],
  ])("sees %s", (_name, body, failure) => {
    for (const before of ["", created + added + delta]) {
      const watch = openai.watch(RESPONSES, "events");
      watch.push(utf8(before + body));
      expect(watch).toMatchObject({ failure, complete: false });
    }
  });
});

describe("a failed stream", () => {
  const cut = events(created + added + delta + text(openai.errorEvent(RESPONSES, "upstream_timeout", "The model went silent.")));

  test("throws in the official SDK", async () => {
    const client = new OpenAI({ apiKey: "none", fetch: answering(cut) });
    const stream = await client.responses.create({ model: "gpt-x", input: "hi", stream: true });
    const read = async () => {
      for await (const each of stream) expect(each.type).not.toBe("response.completed");
    };
    await expect(read()).rejects.toThrow("The model went silent.");
  });

  test("reaches the reader of the Vercel SDK as one error", async () => {
    const provider = createOpenAI({ apiKey: "none", fetch: answering(cut) });
    const errors: unknown[] = [];
    const result = streamText({
      model: provider.responses("gpt-x"),
      prompt: "hi",
      onError: ({ error }) => {
        errors.push(error);
      },
    });
    await result.consumeStream();
    expect(JSON.stringify(errors)).toContain("The model went silent.");
    expect(errors).toHaveLength(1);
  });

  test("names codes that Codex tries again after, unless the caller has to change something", () => {
    const code = (kind: "upstream_unreachable" | "overloaded" | "rate_limited" | "invalid_request") => {
      const frames = framesOf(openai.errorEvent(RESPONSES, kind, "m")).map((frame) => JSON.parse(frame));
      expect(frames.map((frame) => frame.type)).toEqual(["error", "response.failed"]);
      return frames[1].response.error.code;
    };
    expect([code("upstream_unreachable"), code("overloaded")]).toEqual(["server_error", "server_error"]);
    expect(code("rate_limited")).toBe("rate_limit_exceeded");
    expect(code("invalid_request")).toBe("invalid_prompt");
  });
});

test("the answer's id is found in both forms", () => {
  expect(openai.answerId(RESPONSES, events(whole))).toBe("resp_1");
  expect(openai.answerId(RESPONSES, json(base))).toBe("resp_1");
  expect(openai.answerId(RESPONSES, events(added))).toBeUndefined();
});

function answering(answer: WireAnswer | undefined): typeof fetch {
  const body = answer ? text(answer.bytes) : "";
  const reply = async () => new Response(body, { headers: { "content-type": "text/event-stream" } });
  return reply as unknown as typeof fetch;
}

/** Every text of the items, in the order in which it is streamed. */
function textsOf(output: readonly JsonObject[]): string[] {
  return output.flatMap((each) => {
    const parts = [each.summary, each.content].flatMap((list) => (Array.isArray(list) ? list : []));
    return [...parts.map((part) => part.text ?? part.refusal), each.arguments ?? each.input ?? ""];
  });
}
