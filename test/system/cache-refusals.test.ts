// What is never stored: answers that are not whole, not successful or not valid, and questions whose answer depends on
// more than their text. Each is asked twice; the second time the upstream must be asked again.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Fault, type FaultUpstream, faultUpstream } from "../kit/fault-upstream.ts";
import { cutAfter, errorEvent, invalidUtf8, noTerminalEvent, refuses, wrongLength } from "../kit/faults.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";

let upstream: FaultUpstream;
let millrace: Millrace;
beforeAll(async () => {
  upstream = await faultUpstream();
  millrace = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url) } });
});
afterAll(async () => {
  await millrace.stop();
  await upstream.close();
});

const user = (content: string) => [{ role: "user", content }];
const FORMS: readonly (readonly [path: string, body: (content: string) => object])[] = [
  ["/v1/messages", (content) => ({ model: "m", max_tokens: 30, temperature: 0, messages: user(content) })],
  ["/v1/chat/completions", (content) => ({ model: "m", temperature: 0, messages: user(content) })],
  ["/v1/responses", (content) => ({ model: "m", temperature: 0, store: false, input: content })],
];

async function ask(path: string, body: object, headers: Record<string, string> = {}) {
  const init = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
  const answer = await fetch(millrace.url + path, init);
  const text = await answer.text().catch(() => "cut");
  return { status: answer.status, cache: answer.headers.get("x-millrace-cache"), text };
}

/** Asks twice, the first time with the fault: true when the second answer came from the upstream and was right. */
async function askedAgain(path: string, body: object, fault: Fault): Promise<boolean> {
  const before = upstream.requests.length;
  upstream.once(fault);
  await ask(path, body);
  const second = await ask(path, body);
  return upstream.requests.length - before === 2 && second.cache === "miss" && second.status === 200;
}

const ERROR_EVENTS: Record<string, string> = {
  "/v1/messages": 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n',
  "/v1/chat/completions": 'data: {"error":{"message":"busy","type":"server_error","code":"server_is_overloaded"}}\n\n',
  "/v1/responses":
    'event: response.failed\ndata: {"type":"response.failed","response":{"status":"failed","error":{"code":"server_is_overloaded","message":"busy"}}}\n\n',
};

describe.each(FORMS)("%s: a stream is asked for again when it", (path, body) => {
  const streamed = (what: string) => ({ ...body(what), stream: true });
  test.each([
    ["was an error status", refuses(500)],
    ["was too many requests", refuses(429)],
    ["broke off by RST", cutAfter({ how: "reset", events: 4 })],
    ["broke off by FIN", cutAfter({ how: "close", events: 4 })],
    ["ended regularly in the middle", cutAfter({ how: "close", events: 4, framing: "ended" })],
    ["ended in the middle of an event", cutAfter({ how: "close", events: 4, midEvent: true, framing: "ended" })],
    ["lacked its terminal event", noTerminalEvent],
    ["carried an error event", errorEvent(4, ERROR_EVENTS[path] ?? "")],
    ["carried an error event and then went on", errorEvent(100, ERROR_EVENTS[path] ?? "")],
    ["began with an error event", errorEvent(0, ERROR_EVENTS[path] ?? "")],
    ["was empty", errorEvent(0, "")],
  ])("%s", async (what, fault) => {
    expect(await askedAgain(path, streamed(what), fault)).toBe(true);
    expect((await ask(path, streamed(what))).cache).toBe("hit"); // The right answer was stored.
  });
});

describe.each(FORMS)("%s: a plain answer is asked for again when it", (path, body) => {
  test.each([
    ["was an error status", refuses(503)],
    ["was an error under 200", refuses(200, '{"type":"error","error":{"type":"api_error","message":"no"}}')],
    ["was no JSON", refuses(200, "<html>")],
    ["was an empty object", refuses(200, "{}")],
    ["had no content", refuses(200, '{"type":"message","role":"assistant","content":[],"choices":[],"output":[]}')],
    [
      "was 201",
      refuses(201, '{"type":"message","role":"assistant","content":[{"type":"text","text":"x"}],"stop_reason":"end_turn"}'),
    ],
    ["was shorter than it said", wrongLength(50)],
    ["was no UTF-8", invalidUtf8],
  ])("%s", async (what, fault) => {
    expect(await askedAgain(path, body(`plain ${what}`), fault)).toBe(true);
  });
});

/** Arguments that are no JSON, in each form, as whole answers. */
const BROKEN_TOOLS: Record<string, string> = {
  "/v1/messages":
    'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}\n\n' +
    'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"read","input":{}}}\n\n' +
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\\"path\\": \\"a"}}\n\n' +
    'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n' +
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":3}}\n\n' +
    'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  "/v1/chat/completions":
    'data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"read","arguments":"{\\"pa"}}]}}]}\n\n' +
    'data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n',
  "/v1/responses":
    'event: response.completed\ndata: {"type":"response.completed","response":{"id":"r1","object":"response","status":"completed","output":[{"type":"function_call","id":"f","call_id":"t","name":"read","arguments":"{\\"pa","status":"completed"}]}}\n\n',
};
const INCOMPLETE: Record<string, string> = {
  "/v1/responses":
    'event: response.incomplete\ndata: {"type":"response.incomplete","response":{"id":"r1","object":"response","status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[]}}\n\n',
};

describe.each(FORMS)("%s: tool arguments", (path, body) => {
  test("that are no JSON are passed on and not stored", async () => {
    const broken = BROKEN_TOOLS[path] ?? "";
    const streamed = { ...body("broken tool"), stream: true };
    upstream.once(errorEvent(0, broken));
    expect((await ask(path, streamed)).text).toBe(broken);
    expect((await ask(path, streamed)).cache).toBe("miss");
  });
});

test("an incomplete response is passed on and not stored", async () => {
  const [path, body] = FORMS[2] as (typeof FORMS)[number];
  expect(await askedAgain(path, { ...body("incomplete"), stream: true }, errorEvent(0, INCOMPLETE[path] ?? ""))).toBe(true);
});

const tool = (fields: object) => ({ tools: [fields] });
const image = (url: string) => [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }];
const UNCACHEABLE: readonly (readonly [string, string, object])[] = [
  ["/v1/messages", "a server tool", tool({ type: "web_search_20250305", name: "web_search" })],
  ["/v1/messages", "an unknown kind of tool", tool({ type: "robot_20300101", name: "robot" })],
  ["/v1/messages", "MCP servers", { mcp_servers: [{ type: "url", url: "https://x.example", name: "x" }] }],
  ["/v1/messages", "a container", { container: "c_1" }],
  [
    "/v1/messages",
    "an image by URL",
    { messages: [{ role: "user", content: [{ type: "image", source: { type: "url", url: "https://x.example/a.png" } }] }] },
  ],
  ["/v1/chat/completions", "store", { store: true }],
  ["/v1/chat/completions", "web search", { web_search_options: {} }],
  ["/v1/chat/completions", "an image by URL", { messages: image("https://x.example/a.png") }],
  ["/v1/chat/completions", "a hosted tool", tool({ type: "web_search" })],
  ["/v1/responses", "store", { store: true }],
  ["/v1/responses", "storing by default", { store: undefined }],
  ["/v1/responses", "background", { background: true }],
  ["/v1/responses", "previous_response_id", { previous_response_id: "resp_1" }],
  ["/v1/responses", "a conversation", { conversation: "conv_1" }],
  ["/v1/responses", "a hosted tool", tool({ type: "code_interpreter", container: { type: "auto" } })],
  ["/v1/responses", "an item by reference", { input: [{ type: "item_reference", id: "i_1" }] }],
];

describe("never, not even when the client opts in:", () => {
  test.each(UNCACHEABLE)("%s with %s", async (path, what, fields) => {
    const body = FORMS.find(([known]) => known === path)?.[1](`never ${what}`);
    const before = upstream.requests.length;
    upstream.behave(refuses(200, '{"any":"answer"}'));
    for (const mode of [undefined, "on", "refresh"]) {
      const asked = await ask(path, { ...body, ...fields }, mode ? { "x-millrace-cache": mode } : {});
      expect([mode, asked.cache, asked.status]).toEqual([mode, "bypass", 200]);
    }
    expect(upstream.requests.length - before).toBe(3);
  });
});
