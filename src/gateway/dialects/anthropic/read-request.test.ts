import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { RequestFacts } from "../dialect.ts";
import { readRequest } from "./read-request.ts";

const ask = { model: "claude-x", max_tokens: 10, messages: [{ role: "user", content: "hi" }] };

function facts(body: object, endpoint: "messages" | "count_tokens" = "messages"): RequestFacts {
  const read = readRequest(endpoint, body);
  if ("badRequest" in read) throw new Error(read.badRequest);
  return read;
}

describe("readRequest", () => {
  test("reads a plain request", () => {
    expect(facts({ ...ask, stream: true })).toEqual({
      model: "claude-x",
      stream: true,
      deterministic: false,
      uncacheable: undefined,
      bodySession: undefined,
      json: { ...ask, stream: true },
    });
  });

  test("says what to do about a body that cannot be used", () => {
    const bad: [unknown, string][] = [
      [undefined, "JSON object"],
      [[ask], "JSON object"],
      ["text", "JSON object"],
      [{ ...ask, model: undefined }, "`model`"],
      [{ ...ask, model: 7 }, "`model`"],
      [{ ...ask, model: "" }, "`model`"],
      [{ model: "claude-x" }, "`messages`"],
      [{ ...ask, messages: {} }, "`messages`"],
      [{ ...ask, messages: ["hi"] }, "`messages`"],
      [{ ...ask, stream: "yes" }, "`stream`"],
      [{ ...ask, temperature: "0" }, "`temperature`"],
      [{ ...ask, system: {} }, "`system`"],
      [{ ...ask, tools: {} }, "`tools`"],
      [{ ...ask, metadata: "me" }, "`metadata`"],
      [{ ...ask, thinking: true }, "`thinking`"],
    ];
    for (const [body, named] of bad) {
      const read = readRequest("messages", body);
      expect("badRequest" in read && read.badRequest).toContain(named);
    }
    expect(facts({ ...ask, stream: null, metadata: null, tools: null }).stream).toBe(false);
  });

  test("never throws, whatever the JSON", () => {
    const field = fc.constantFrom(
      "model",
      "messages",
      "system",
      "tools",
      "metadata",
      "thinking",
      "temperature",
      "container",
      "x",
    );
    const body = fc.dictionary(
      field,
      fc.oneof(fc.jsonValue(), fc.constant("claude-x"), fc.constant([{ role: "user", content: [{}] }])),
    );
    fc.assert(fc.property(fc.oneof(fc.jsonValue(), body), (json) => readRequest("messages", json) !== undefined));
  });

  test("is deterministic at temperature 0 without thinking, for counts and for model lists", () => {
    expect(facts({ ...ask, temperature: 0 }).deterministic).toBe(true);
    expect(facts({ ...ask, temperature: 0, thinking: { type: "disabled" } }).deterministic).toBe(true);
    expect(facts({ ...ask, temperature: 0, thinking: { type: "enabled", budget_tokens: 1024 } }).deterministic).toBe(false);
    expect(facts({ ...ask, temperature: 0, thinking: { type: "adaptive" } }).deterministic).toBe(false);
    expect(facts({ ...ask, temperature: 0.1 }).deterministic).toBe(false);
    expect(facts(ask).deterministic).toBe(false);
    expect(facts(ask, "count_tokens").deterministic).toBe(true);
    expect(readRequest("models", undefined)).toMatchObject({ model: undefined, deterministic: true, json: {} });
  });

  test("finds the session in both forms of metadata.user_id", () => {
    const session = (user_id: unknown): string | undefined => facts({ ...ask, metadata: { user_id } }).bodySession;
    const id = "0b9a6f2c-1111-4222-8333-444455556666";
    expect(session(JSON.stringify({ device_id: "d", account_uuid: "", session_id: id }))).toBe(id);
    expect(session(`user_${"ab".repeat(32)}_account_${id.replace("0", "1")}_session_${id}`)).toBe(id);
    expect(session(`user_ab_account__session_${id}`)).toBe(id);
    for (const none of [
      "someone",
      "{broken",
      '{"session_id":7}',
      '{"session_id":""}',
      "user_a_session_",
      7,
      null,
      "{".repeat(5000),
    ]) {
      expect(session(none)).toBeUndefined();
    }
  });

  test("never caches what runs at the provider or points outside the body", () => {
    const tool = (type: unknown): object => ({
      ...ask,
      tools: [
        { name: "t", input_schema: {} },
        { type, name: "x" },
      ],
    });
    for (const type of ["web_search_20250305", "web_fetch_20260318", "code_execution_20260521", "mcp_toolset", "new_thing", 7]) {
      expect(facts(tool(type)).uncacheable).toBe("server_tool");
      expect(facts(tool(type), "count_tokens").uncacheable).toBeUndefined();
    }
    for (const type of [undefined, "custom", "bash_20250124", "text_editor_20250728", "computer_20251124", "memory_20250818"]) {
      expect(facts(tool(type)).uncacheable).toBeUndefined();
    }
    expect(facts({ ...ask, mcp_servers: [{ type: "url", url: "https://x.example" }] }).uncacheable).toBe("mcp_servers");
    expect(facts({ ...ask, mcp_servers: [], container: null }).uncacheable).toBeUndefined();
    expect(facts({ ...ask, container: "container_1" }).uncacheable).toBe("container");
  });

  test("never caches attachments by reference, however deep", () => {
    const holding = (block: object): object => ({
      ...ask,
      messages: [{ role: "user", content: [{ type: "text", text: "see" }, block] }],
    });
    const image = { type: "image", source: { type: "url", url: "https://x.example/a.png" } };
    const remote = [
      image,
      { type: "document", source: { type: "file", file_id: "file_1" } },
      { type: "container_upload", file_id: "file_1" },
      { type: "tool_result", tool_use_id: "t", content: [image] },
      { type: "document", source: { type: "content", content: [image] } },
    ];
    for (const block of remote) expect(facts(holding(block)).uncacheable).toBe("remote_attachment");
    const inline = { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" } };
    expect(facts(holding(inline)).uncacheable).toBeUndefined();
    expect(facts(holding({ type: "search_result", source: "https://x.example", content: [] })).uncacheable).toBeUndefined();
  });

  test("never caches what has no canonical text", () => {
    expect(facts({ ...ask, x: JSON.parse("[1e400]") }).uncacheable).toContain("number");
    expect(facts({ ...ask, x: JSON.parse("[".repeat(5000) + "]".repeat(5000)) }).uncacheable).toContain("levels");
  });
});
