import { describe, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import { text } from "../../../base/index.ts";
import type { RefusalKind } from "../dialect.ts";
import { EventWatch } from "./answer-watch.ts";
import { anthropic } from "./anthropic.ts";

const TYPES: Record<RefusalKind, string> = {
  invalid_request: "invalid_request_error",
  authentication: "authentication_error",
  permission: "permission_error",
  not_found: "not_found_error",
  method_not_allowed: "invalid_request_error",
  body_timeout: "timeout_error",
  too_large: "request_too_large",
  unsupported_media: "invalid_request_error",
  upgrade_required: "invalid_request_error",
  rate_limited: "rate_limit_error",
  internal: "api_error",
  upstream_unreachable: "api_error",
  overloaded: "overloaded_error",
  upstream_timeout: "timeout_error",
};
const kinds = Object.keys(TYPES) as RefusalKind[];
const message = 'Say "please"\nand wait.';

describe("anthropic", () => {
  test("refuses in the words of the API", () => {
    for (const kind of kinds) {
      expect(JSON.parse(text(anthropic.errorBody(kind, message, "req_1")))).toEqual({
        type: "error",
        error: { type: TYPES[kind], message },
        request_id: "req_1",
      });
    }
  });

  test("the official SDK throws the error of an error event", async () => {
    for (const kind of kinds) {
      const bytes = anthropic.errorEvent("messages", kind, message) as Uint8Array<ArrayBuffer>;
      const headers = { "content-type": "text/event-stream" };
      const client = new Anthropic({ apiKey: "none", fetch: async () => new Response(bytes, { headers }) });
      const stream = client.messages.stream({ model: "m", max_tokens: 1, messages: [{ role: "user", content: "hi" }] });
      const failure: unknown = await stream.finalMessage().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Anthropic.APIError);
      expect(failure).toMatchObject({ type: TYPES[kind], error: { error: { message } } });
    }
  });

  test("the watch takes its own error event for a failure and its ping for nothing", () => {
    const watch = new EventWatch();
    watch.push(anthropic.keepAlive("messages"));
    expect([watch.failure, watch.contentSeen, watch.complete, watch.atBoundary]).toEqual([undefined, false, false, true]);
    watch.push(anthropic.errorEvent("messages", "overloaded", message));
    expect([watch.failure, watch.atBoundary]).toEqual(["overloaded_error", true]);
  });

  test("counts the tokens of a whole answer, and none where none were used", () => {
    const usage = { input_tokens: 3, cache_read_input_tokens: null, cache_creation_input_tokens: 2, output_tokens: 4 };
    expect(anthropic.usageOf("messages", { usage })).toEqual({ input: 3, cacheRead: 0, cacheWrite: 2, output: 4 });
    for (const none of [{ input_tokens: 3 }, { usage: {} }, { usage: { input_tokens: "3" } }, null, []]) {
      expect(anthropic.usageOf("messages", none)).toBeUndefined();
    }
  });

  test("watches JSON without looking for events", () => {
    const watch = anthropic.watch("messages", "json");
    watch.push(anthropic.errorEvent("messages", "overloaded", message));
    expect([watch.failure, watch.atBoundary]).toEqual([undefined, false]);
    expect(anthropic.watch("messages", "events").atBoundary).toBe(true);
  });

  test("keys a model list and gives it no fingerprint of its own", () => {
    const facts = anthropic.read("models", undefined);
    if ("badRequest" in facts) throw new Error(facts.badRequest);
    expect(anthropic.canonical("models", facts)).toBe("{}");
    expect(anthropic.fingerprint("models", facts)).toBe(JSON.stringify([[], []]));
  });
});
