// What the OpenAI dialect reads from requests, what it keys them by, its refusals, and the endpoints without streams.

import { describe, expect, test } from "bun:test";
import { createOpenAI } from "@ai-sdk/openai";
import { streamText } from "ai";
import fc from "fast-check";
import OpenAI from "openai";
import { text, utf8 } from "../../../base/index.ts";
import type { Endpoint, RefusalKind, RequestFacts } from "../dialect.ts";
import { openai } from "./openai.ts";

const chat = { model: "gpt-x", messages: [{ role: "user", content: "hi" }] };
const response = { model: "gpt-x", input: "hi", store: false };

function facts(endpoint: Endpoint, body: unknown): RequestFacts {
  const read = openai.read(endpoint, body);
  if ("badRequest" in read) throw new Error(read.badRequest);
  return read;
}
const problem = (endpoint: Endpoint, body: unknown): string | undefined => {
  const read = openai.read(endpoint, body);
  return "badRequest" in read ? read.badRequest : undefined;
};
const json = (value: unknown) => ({ wire: "json", bytes: utf8(JSON.stringify(value)) }) as const;

describe("read", () => {
  test("takes the plain bodies of each endpoint", () => {
    expect(facts("chat_completions", { ...chat, stream: true, temperature: 0 })).toMatchObject({
      model: "gpt-x",
      stream: true,
      deterministic: true,
      uncacheable: undefined,
      bodySession: undefined,
    });
    expect(facts("responses", response)).toMatchObject({ stream: false, deterministic: false, uncacheable: undefined });
    expect(facts("responses", { model: "gpt-x", prompt: { id: "pmpt_1" } }).model).toBe("gpt-x");
    expect(facts("embeddings", { model: "e", input: ["a"], stream: true })).toMatchObject({ stream: false, deterministic: true });
    expect(facts("models", undefined)).toMatchObject({ model: undefined, deterministic: true, uncacheable: undefined });
  });

  test.each<[Endpoint, unknown, string]>([
    ["chat_completions", null, "JSON object"],
    ["chat_completions", [chat], "JSON object"],
    ["chat_completions", { messages: [] }, "`model`"],
    ["chat_completions", { ...chat, model: "" }, "`model`"],
    ["chat_completions", { ...chat, model: "m".repeat(257) }, "`model`"],
    ["chat_completions", { ...chat, stream: "yes" }, "`stream`"],
    ["chat_completions", { ...chat, temperature: "0" }, "`temperature`"],
    ["chat_completions", { model: "m" }, "`messages`"],
    ["chat_completions", { model: "m", messages: "hi" }, "`messages`"],
    ["chat_completions", { model: "m", messages: ["hi"] }, "`messages`"],
    ["responses", { model: "m" }, "`input`"],
    ["responses", { model: "m", input: 5, prompt: {} }, "`input`"],
    ["responses", { model: "m", input: ["hi"] }, "`input`"],
    ["embeddings", { model: "m" }, "`input`"],
  ])("refuses a %s body %j, naming what to change", (endpoint, body, word) => {
    expect(problem(endpoint, body)).toContain(word);
  });

  test("never throws, whatever the JSON", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Endpoint>("chat_completions", "responses", "embeddings", "models"),
        fc.dictionary(fc.constantFrom("messages", "input", "tools", "metadata", "modalities", "conversation"), fc.jsonValue()),
        (endpoint, body) => {
          const read = openai.read(endpoint, { model: "m", ...body });
          if (!("badRequest" in read)) openai.fingerprint(endpoint, read);
        },
      ),
    );
  });

  test("a body nested without end is read, but not answered from cache", () => {
    const deep: unknown = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
    const read = facts("embeddings", { model: "m", input: deep });
    expect(read.uncacheable).toContain("deep");
    expect(openai.fingerprint("embeddings", read)).toBeString();
    const message = facts("chat_completions", { model: "m", messages: [{ role: "user", content: [{ type: "x", deep }] }] });
    expect(message.uncacheable).toContain("deep");
    expect(openai.fingerprint("chat_completions", message)).toBeString();
  });
});

describe("uncacheable", () => {
  const content = (part: unknown) => ({ messages: [{ role: "user", content: [part] }] });
  test.each<[object, string | undefined]>([
    [{}, undefined],
    [{ store: true }, "store"],
    [{ web_search_options: {} }, "server_tool"],
    [{ model: "gpt-4o-search-preview" }, "server_tool"],
    [{ tools: [{ type: "function", function: { name: "a" } }] }, undefined],
    [{ tools: [{ type: "web_search" }] }, "server_tool"],
    [{ modalities: ["text", "audio"] }, "audio_output"],
    [content({ type: "image_url", image_url: { url: "https://example.test/a.png" } }), "remote_attachment"],
    [content({ type: "image_url", image_url: { url: "data:image/png;base64,AA" } }), undefined],
    [content({ type: "file", file: { file_id: "file-1" } }), "remote_attachment"],
    [content({ type: "file", file: { file_data: "data:;base64,AA", filename: "a" } }), undefined],
    [content({ type: "text", text: "see https://example.test" }), undefined],
    [{ messages: [{ role: "assistant", audio: { id: "audio_1" } }] }, "remote_attachment"],
  ])("chat with %j: %p", (more, reason) => {
    expect(facts("chat_completions", { ...chat, ...more }).uncacheable).toBe(reason);
  });

  const output = (part: unknown) => ({ input: [{ type: "function_call_output", call_id: "c", output: [part] }] });
  test.each<[object, string | undefined]>([
    [{}, undefined],
    [{ store: undefined }, "store"],
    [{ store: null }, "store"],
    [{ store: true }, "store"],
    [{ background: true }, "background"],
    [{ previous_response_id: "resp_1" }, "previous_response_id"],
    [{ conversation: "conv_1" }, "conversation"],
    [{ prompt: { id: "pmpt_1" } }, "prompt"],
    [{ tools: [{ type: "function" }, { type: "custom" }, { type: "local_shell" }, { type: "apply_patch" }] }, undefined],
    [{ tools: [{ type: "web_search_preview" }] }, "server_tool"],
    [{ tools: [{ type: "mcp" }] }, "server_tool"],
    [{ tools: [{ type: "shell", environment: { type: "local" } }] }, undefined],
    [{ tools: [{ type: "shell", environment: { type: "container_auto" } }] }, "server_tool"],
    [{ tools: [{ type: "namespace", tools: [{ type: "function" }] }] }, undefined],
    [{ tools: [{ type: "namespace", tools: [{ type: "mcp" }] }] }, "server_tool"],
    [{ input: [{ type: "additional_tools", role: "developer", tools: [{ type: "file_search" }] }] }, "server_tool"],
    [{ input: [{ type: "item_reference", id: "msg_1" }] }, "remote_attachment"],
    [{ input: [{ role: "user", content: [{ type: "input_image", image_url: "https://example.test" }] }] }, "remote_attachment"],
    [{ input: [{ role: "user", content: [{ type: "input_image", image_url: "data:image/png;base64,AA" }] }] }, undefined],
    [{ input: [{ role: "user", content: [{ type: "input_file", file_url: "https://example.test" }] }] }, "remote_attachment"],
    [output({ type: "input_image", file_id: "file-1" }), "remote_attachment"],
    [output({ type: "input_text", text: "a" }), undefined],
    [
      { input: [{ type: "computer_call_output", output: { type: "computer_screenshot", file_id: "file-1" } }] },
      "remote_attachment",
    ],
  ])("responses with %j: %p", (more, reason) => {
    expect(facts("responses", { ...response, ...more }).uncacheable).toBe(reason);
  });
});

describe("canonical text", () => {
  const canonical = (endpoint: Endpoint, body: unknown) => openai.canonical(endpoint, facts(endpoint, body));

  test("is the same for the same request in another order and wire form", () => {
    const reordered = { messages: [{ content: "hi", role: "user" }], stream: true, model: "gpt-x" };
    expect(canonical("chat_completions", reordered)).toBe(canonical("chat_completions", chat));
    expect(canonical("responses", { ...response, stream: true })).toBe(canonical("responses", response));
    expect(canonical("models", undefined)).toBe(canonical("models", {}));
  });

  test("leaves out the routing hint of a chat, keeps that of a response, which its answer repeats", () => {
    expect(canonical("chat_completions", { ...chat, prompt_cache_key: "s" })).toBe(canonical("chat_completions", chat));
    expect(canonical("responses", { ...response, prompt_cache_key: "s" })).not.toBe(canonical("responses", response));
  });

  test("differs whenever any other field differs", () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean());
    fc.assert(
      fc.property(
        fc.string().filter((name) => name !== "stream" && name !== "prompt_cache_key"),
        value,
        (name, given) => {
          fc.pre(!["model", "messages", "temperature"].includes(name));
          const with_ = canonical("chat_completions", Object.fromEntries([...Object.entries(chat), [name, given]]));
          expect(with_).not.toBe(canonical("chat_completions", chat));
        },
      ),
    );
    for (const messages of [[{ role: "user", content: "Hi" }], [{ role: "user", content: "hi " }]]) {
      expect(canonical("chat_completions", { ...chat, messages })).not.toBe(canonical("chat_completions", chat));
    }
    const usage = { ...chat, stream: true, stream_options: { include_usage: true } };
    expect(canonical("chat_completions", usage)).not.toBe(canonical("chat_completions", chat));
  });
});

describe("session and fingerprint", () => {
  test("prefers the cache key, then the conversation, then the response before", () => {
    const all = { ...response, prompt_cache_key: "k", conversation: { id: "conv_1" }, previous_response_id: "resp_0" };
    expect(facts("responses", all).bodySession).toBe("k");
    expect(facts("responses", { ...all, prompt_cache_key: 5 }).bodySession).toBe("conv_1");
    expect(facts("responses", { ...all, prompt_cache_key: "k".repeat(257), conversation: null }).bodySession).toBe("resp_0");
    expect(facts("chat_completions", { ...chat, prompt_cache_key: "k" }).bodySession).toBe("k");
  });

  const fingerprint = (endpoint: Endpoint, body: unknown) => openai.fingerprint(endpoint, facts(endpoint, body));

  test("a chat keeps its fingerprint over its turns, and when a cache mark moves on", () => {
    const system = { role: "system", content: "You help." };
    const marked = { role: "user", content: [{ type: "text", text: "hi", cache_control: { type: "ephemeral" } }] };
    const first = fingerprint("chat_completions", { ...chat, messages: [system, marked] });
    const later = [system, chat.messages[0], { role: "assistant", content: "Hello" }, { role: "user", content: "more" }];
    expect(fingerprint("chat_completions", { ...chat, messages: later })).toBe(first);
    expect(fingerprint("chat_completions", { ...chat, messages: [system, { role: "user", content: "ho" }] })).not.toBe(first);
    expect(fingerprint("chat_completions", chat)).not.toBe(first);
  });

  test("a response keeps its fingerprint when the ids of its items change", () => {
    const user = (id: string, words: string) => ({
      type: "message",
      role: "user",
      id,
      content: [{ type: "input_text", text: words }],
    });
    const first = fingerprint("responses", { ...response, instructions: "Be brief.", input: [user("msg_1", "hi")] });
    const later = [user("msg_9", "hi"), { type: "reasoning", id: "rs_1", summary: [] }, user("msg_8", "more")];
    expect(fingerprint("responses", { ...response, instructions: "Be brief.", input: later })).toBe(first);
    expect(fingerprint("responses", { ...response, instructions: "Be long.", input: later })).not.toBe(first);
    expect(fingerprint("responses", { ...response, input: "hi" })).toBe(
      fingerprint("responses", { ...response, input: [user("a", "hi")] }),
    );
  });
});

describe("embeddings and models", () => {
  const vectors = { object: "list", data: [{ index: 0, embedding: [0.1] }], usage: { prompt_tokens: 5, total_tokens: 5 } };

  test("only whole lists are stored, and there is no other form of them", () => {
    expect(openai.storable("embeddings", json(vectors))).toBe(true);
    expect(openai.storable("embeddings", json({ data: [{ embedding: "AAAA" }] }))).toBe(true);
    expect(openai.storable("embeddings", json({ data: [{ embedding: [] }] }))).toBe(false);
    expect(openai.storable("embeddings", json({ error: { message: "no" } }))).toBe(false);
    expect(openai.storable("models", json({ object: "list", data: [{ id: "gpt-x" }] }))).toBe(true);
    expect(openai.storable("models", json({ object: "list", data: [] }))).toBe(false);
    for (const endpoint of ["embeddings", "models"] as const) {
      expect(openai.convert(endpoint, json(vectors), "events")).toBeUndefined();
      expect(openai.answerId(endpoint, json({ id: "x" }))).toBeUndefined();
    }
  });

  test("usage is read, and is absent where nothing was counted", () => {
    expect(openai.usageOf("embeddings", vectors)).toEqual({ input: 5, cacheRead: 0, cacheWrite: 0, output: 0 });
    expect(openai.usageOf("chat_completions", { usage: {} })).toBeUndefined();
    expect(openai.usageOf("chat_completions", { usage: { prompt_tokens: -1, completion_tokens: 2 } })).toMatchObject({
      input: 0,
      output: 2,
    });
    expect(openai.usageOf("models", { data: [] })).toBeUndefined();
  });

  test("the watch on a JSON answer learns only that it began, and nothing may be put into it", () => {
    const watch = openai.watch("chat_completions", "json");
    expect(watch).toMatchObject({ contentSeen: false, atBoundary: false });
    watch.push(utf8("{}\n\n"));
    expect(watch).toMatchObject({ contentSeen: true, atBoundary: false, complete: false, usage: undefined });
  });

  test("an endpoint of another API is a mistake of the caller", () => {
    expect(() => openai.read("messages", {})).toThrow("no endpoint");
  });
});

describe("refusals and keep-alives", () => {
  test("the official SDK shows message, type and code of a refusal", async () => {
    const kinds: readonly [RefusalKind, number][] = [
      ["invalid_request", 400],
      ["authentication", 401],
      ["permission", 403],
      ["rate_limited", 429],
      ["upstream_timeout", 504],
    ];
    for (const [kind, status] of kinds) {
      const body = text(openai.errorBody(kind, "Do this.", "req_1"));
      const reply = async () => new Response(body, { status, headers: { "content-type": "application/json" } });
      const client = new OpenAI({ apiKey: "none", maxRetries: 0, fetch: reply as unknown as typeof fetch });
      const error = await client.models.list().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(OpenAI.APIError);
      expect(error).toMatchObject({ status, message: `${status} Do this.`, param: null });
      expect(error).toMatchObject({ type: expect.any(String), code: expect.any(String) });
    }
  });

  test("both SDKs read past keep-alives and stop at the error event", async () => {
    const alive = text(openai.keepAlive("chat_completions"));
    const chunk = `data: {"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]}\n\n`;
    const body = alive + chunk + alive + text(openai.errorEvent("chat_completions", "upstream_unreachable", "It was cut."));
    const reply = (async () =>
      new Response(body, { headers: { "content-type": "text/event-stream" } })) as unknown as typeof fetch;

    const client = new OpenAI({ apiKey: "none", fetch: reply });
    const seen: unknown[] = [];
    const read = async () => {
      for await (const each of await client.chat.completions.create({ model: "m", messages: [], stream: true })) seen.push(each);
    };
    await expect(read()).rejects.toThrow("It was cut.");
    expect(seen).toHaveLength(1);

    const errors: unknown[] = [];
    const model = createOpenAI({ apiKey: "none", fetch: reply }).chat("m");
    const result = streamText({ model, prompt: "hi", onError: ({ error }) => void errors.push(error) });
    await result.consumeStream();
    expect(JSON.stringify(errors)).toContain("It was cut.");
  });
});
