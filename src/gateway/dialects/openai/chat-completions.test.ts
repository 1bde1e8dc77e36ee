// Chat completions: round trips between the wire forms, read by the official SDKs; what counts as whole; the watch.

import { describe, expect, test } from "bun:test";
import { createOpenAI } from "@ai-sdk/openai";
import { streamText } from "ai";
import fc from "fast-check";
import OpenAI from "openai";
import { text, utf8 } from "../../../base/index.ts";
import type { WireAnswer } from "../dialect.ts";
import type { JsonObject } from "../json-object.ts";
import { openai } from "./openai.ts";

const CHAT = "chat_completions";
const events = (body: string): WireAnswer => ({ wire: "events", bytes: utf8(body) });
const json = (value: unknown): WireAnswer => ({ wire: "json", bytes: utf8(JSON.stringify(value)) });
const parsed = (answer: WireAnswer | undefined): JsonObject => JSON.parse(answer ? text(answer.bytes) : "null");
const frame = (chunk: unknown): string => `data: ${JSON.stringify(chunk)}\n\n`;
const END = "data: [DONE]\n\n";

const head = { id: "chatcmpl-1", created: 1_763_800_000, model: "gpt-x" };
const chunk = (delta: unknown, finish_reason: string | null = null, more: object = {}) =>
  frame({ ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, logprobs: null, finish_reason }], ...more });
const usage = {
  prompt_tokens: 100,
  completion_tokens: 7,
  total_tokens: 107,
  prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
};
const usageChunk = frame({ ...head, object: "chat.completion.chunk", choices: [], usage });
const hello = chunk({ role: "assistant", content: "", refusal: null }) + chunk({ content: "Hel" }) + chunk({ content: "lo" });
const whole = hello + chunk({}, "stop") + usageChunk + END;

const jsonText = fc.json();
const nonEmpty = fc.string({ unit: "grapheme", minLength: 1, maxLength: 700 });
const functionCall = fc.record({
  id: fc.uuid(),
  type: fc.constant("function"),
  function: fc.record({ name: fc.constant("read"), arguments: jsonText }),
});
const customCall = fc.record({
  id: fc.uuid(),
  type: fc.constant("custom"),
  custom: fc.record({ name: fc.constant("patch"), input: fc.string() }),
});
const messageWith = (toolCall: fc.Arbitrary<{ id: string; type: string }>) =>
  fc
    .record(
      {
        content: nonEmpty,
        refusal: fc.oneof(fc.constant(null), nonEmpty),
        reasoning_content: nonEmpty,
        tool_calls: fc.array(toolCall, { minLength: 1, maxLength: 4 }),
      },
      { requiredKeys: ["content", "refusal"] },
    )
    .map((fields) => ({ role: "assistant", ...fields }));
const logprobs = fc.oneof(
  fc.constant(null),
  fc.constant({ content: [{ token: "Hi", logprob: -0.5, bytes: [72, 105], top_logprobs: [] }], refusal: null }),
);
const completionWith = (toolCall: fc.Arbitrary<{ id: string; type: string }>) =>
  fc
    .record({
      choices: fc.array(fc.tuple(messageWith(toolCall), logprobs), { minLength: 1, maxLength: 3 }),
      withUsage: fc.boolean(),
    })
    .map(({ choices, withUsage }) => ({
      ...head,
      object: "chat.completion",
      choices: choices.map(([message, probabilities], index) => ({
        index,
        message,
        logprobs: probabilities,
        finish_reason: "tool_calls" in message ? "tool_calls" : "stop",
      })),
      ...(withUsage ? { usage } : {}),
      service_tier: "default",
      system_fingerprint: "fp_1",
    }));

describe("wire forms", () => {
  test("a completion survives the way to events and back", () => {
    fc.assert(
      fc.property(completionWith(fc.oneof(functionCall, customCall)), (original) => {
        const streamed = openai.convert(CHAT, json(original), "events");
        expect(streamed && openai.storable(CHAT, streamed)).toBe(true);
        expect(parsed(streamed && openai.convert(CHAT, streamed, "json"))).toEqual(original);
      }),
    );
  });

  test("the official SDK reads an unfolded stream as the same completion", async () => {
    // Its stream helper knows function calls only.
    await fc.assert(
      fc.asyncProperty(completionWith(functionCall), async (original) => {
        const streamed = openai.convert(CHAT, json(original), "events");
        const client = new OpenAI({ apiKey: "none", fetch: async () => eventResponse(streamed) });
        const read = await client.chat.completions
          .stream({ model: "gpt-x", messages: [{ role: "user", content: "hi" }] })
          .finalChatCompletion();
        expect(read).toMatchObject(original);
      }),
      { numRuns: 25 },
    );
  });

  test("the Vercel SDK reads text, a tool call and the usage from an unfolded stream", async () => {
    const original = {
      ...head,
      object: "chat.completion",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "Reading.",
            refusal: null,
            tool_calls: [{ id: "call_1", type: "function", function: { name: "read", arguments: '{"path":"a"}' } }],
          },
          logprobs: null,
          finish_reason: "tool_calls",
        },
      ],
      usage,
    };
    const streamed = openai.convert(CHAT, json(original), "events");
    const provider = createOpenAI({ apiKey: "none", fetch: (async () => eventResponse(streamed)) as unknown as typeof fetch });
    const result = streamText({ model: provider.chat("gpt-x"), prompt: "hi" });
    expect(await result.text).toBe("Reading.");
    expect((await result.toolCalls).map((call) => call.toolCallId)).toEqual(["call_1"]);
    expect((await result.usage).inputTokens).toBe(100);
  });

  test("a stream folds into text, usage and the fields that stand in every chunk", () => {
    const folded = parsed(openai.convert(CHAT, events(whole), "json"));
    expect(folded).toEqual({
      ...head,
      object: "chat.completion",
      choices: [
        { index: 0, message: { role: "assistant", content: "Hello", refusal: null }, logprobs: null, finish_reason: "stop" },
      ],
      usage,
    });
  });

  test("tool calls whose pieces are interleaved fold by index", () => {
    const call = (index: number, fields: object) => chunk({ tool_calls: [{ index, ...fields }] });
    const body =
      chunk({ role: "assistant", content: null }) +
      call(1, { id: "call_b", type: "function", function: { name: "write", arguments: "" } }) +
      call(0, { id: "call_a", type: "function", function: { name: "read", arguments: '{"a"' } }) +
      call(1, { function: { arguments: "{}" } }) +
      call(0, { function: { arguments: ":1}" } }) +
      chunk({}, "tool_calls") +
      END;
    expect(parsed(openai.convert(CHAT, events(body), "json")).choices).toEqual([
      {
        index: 0,
        message: {
          role: "assistant",
          content: null,
          refusal: null,
          tool_calls: [
            { id: "call_a", type: "function", function: { name: "read", arguments: '{"a":1}' } },
            { id: "call_b", type: "function", function: { name: "write", arguments: "{}" } },
          ],
        },
        logprobs: null,
        finish_reason: "tool_calls",
      },
    ]);
  });

  test("padding and placeholders of a stream are not part of the answer", () => {
    const azure = frame({ id: "", created: 0, model: "", object: "", choices: [], prompt_filter_results: [{ prompt_index: 0 }] });
    const padded = azure + chunk({ role: "assistant", content: "Hi" }, null, { obfuscation: "xyz" }) + chunk({}, "stop") + END;
    const folded = parsed(openai.convert(CHAT, events(padded), "json"));
    expect(folded).toMatchObject({ ...head, prompt_filter_results: [{ prompt_index: 0 }] });
    expect(folded).not.toHaveProperty("obfuscation");
  });

  test("what cannot be joined is stored but not converted", () => {
    const unknown = hello + chunk({ reasoning_details: [{ data: "x" }] }) + chunk({}, "stop") + END;
    expect(openai.storable(CHAT, events(unknown))).toBe(true);
    expect(openai.convert(CHAT, events(unknown), "json")).toBeUndefined();
    const audio = { role: "assistant", content: "a", audio: { id: "audio_1" } };
    const spoken = { ...head, object: "chat.completion", choices: [{ index: 0, message: audio, finish_reason: "stop" }] };
    expect(openai.convert(CHAT, json(spoken), "events")).toBeUndefined();
  });

  test("an answer nested deeper than the platform can write is neither stored nor converted", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const body = hello + `data: {"choices":[],"a":${deep}}\n\n`.repeat(2) + chunk({}, "stop") + END;
    expect(openai.storable(CHAT, events(body))).toBe(false);
    expect(openai.convert(CHAT, events(body), "json")).toBeUndefined();
  });
});

describe("storable", () => {
  test("no strict prefix of a stream is whole, wherever it was cut", () => {
    expect(openai.storable(CHAT, events(whole))).toBe(true);
    for (let length = 0; length < whole.length; length++)
      expect(openai.storable(CHAT, events(whole.slice(0, length)))).toBe(false);
  });

  const error = frame({ error: { message: "no", type: "server_error" } });
  const badCall = { index: 0, id: "call_1", type: "function", function: { name: "read", arguments: '{"path' } };
  test.each([
    ["an error event before the end", hello + error + chunk({}, "stop") + END],
    ["an error inside a chunk", hello + chunk({}, "stop", { error: { code: 502 } }) + END],
    ["a choice ended by an error", hello + chunk({}, "error") + END],
    [
      "a second choice without an end",
      whole.replace(END, frame({ ...head, choices: [{ index: 1, delta: { content: "a" } }] }) + END),
    ],
    ["nothing said", chunk({ role: "assistant", content: "" }) + chunk({}, "stop") + END],
    ["arguments cut short", chunk({ tool_calls: [badCall] }) + chunk({}, "length") + END],
    ["a frame that is no JSON", `${hello}data: {"id":\n\n${chunk({}, "stop")}${END}`],
    ["an empty body", ""],
  ])("not with %s", (_name, body) => {
    expect(openai.storable(CHAT, events(body))).toBe(false);
  });

  test.each([
    ["an error body", { error: { message: "no" } }],
    ["no choices", { ...head, choices: [] }],
    ["no finish", { ...head, choices: [{ index: 0, message: { content: "a" }, finish_reason: null }] }],
    ["a list", [1]],
  ])("not as JSON with %s", (_name, body) => {
    expect(openai.storable(CHAT, json(body))).toBe(false);
  });
});

describe("watch", () => {
  test("learns the same from a stream however it is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }), (sizes) => {
        const watch = openai.watch(CHAT, "events");
        const bytes = utf8(whole);
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          watch.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(watch).toMatchObject({ complete: true, failure: undefined, atBoundary: true, contentSeen: true });
        expect(watch.usage).toEqual({ input: 30, cacheRead: 60, cacheWrite: 10, output: 7 });
      }),
    );
  });

  test("tells a role and a comment from content, and a whole stream from a cut one", () => {
    const watch = openai.watch(CHAT, "events");
    expect(watch.atBoundary).toBe(true);
    watch.push(utf8(`: wait\n\n${chunk({ role: "assistant", content: "" })}`));
    expect(watch).toMatchObject({ contentSeen: false, complete: false, atBoundary: true });
    watch.push(utf8(chunk({ content: "a" }).trimEnd()));
    expect(watch).toMatchObject({ contentSeen: false, atBoundary: false });
    watch.push(utf8("\n\n"));
    expect(watch).toMatchObject({ contentSeen: true, atBoundary: true, complete: false });
  });

  test("does not take the words of the answer for fields", () => {
    const watch = openai.watch(CHAT, "events");
    watch.push(
      utf8(hello + chunk({ content: '"usage":{"prompt_tokens":5},"error":{"code":"x"}' }) + chunk({ content: "error" })),
    );
    watch.push(utf8(chunk({ content: "usage" }, null, { usage: null, error: null })));
    expect(watch).toMatchObject({ usage: undefined, failure: undefined });
  });

  test.each([
    ["an error frame", frame({ error: { message: "m", type: "server_error", code: null } }), "server_error"],
    ["an error inside a chunk", chunk({ content: "" }, "error", { error: { code: 502, message: "m" } }), "502"],
    ["a named error event", `event: error\ndata: {"message":"m","code":"overloaded"}\n\n`, "overloaded"],
    ["an error that says nothing safe", frame({ error: { message: "m", code: "your prompt was: x" } }), "error"],
    ["our own error event", text(openai.errorEvent(CHAT, "upstream_timeout", "m")), "upstream_timeout"],
  ])("sees %s", (_name, body, failure) => {
    for (const before of ["", hello]) {
      const watch = openai.watch(CHAT, "events");
      watch.push(utf8(before + body));
      expect(watch.failure).toBe(failure);
    }
  });

  test("reads frames without the space after the field name and with CRLF line ends", () => {
    const watch = openai.watch(CHAT, "events");
    watch.push(utf8(whole.replaceAll("data: ", "data:").replaceAll("\n", "\r\n")));
    expect(watch).toMatchObject({ complete: true, contentSeen: true });
    expect(watch.usage?.output).toBe(7);
  });
});

test("the answer's id is found in both forms", () => {
  expect(openai.answerId(CHAT, events(whole))).toBe("chatcmpl-1");
  expect(openai.answerId(CHAT, json({ ...head }))).toBe("chatcmpl-1");
  expect(openai.answerId(CHAT, events(END))).toBeUndefined();
});

function eventResponse(answer: WireAnswer | undefined): Response {
  return new Response(answer ? text(answer.bytes) : "", { headers: { "content-type": "text/event-stream" } });
}
