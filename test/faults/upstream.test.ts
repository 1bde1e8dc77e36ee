// Upstreams that refuse, break, lie or fall silent. The client gets a clear error in its dialect, as a status while that
// is possible, as an error event after that; the call ends, its connection too, and nothing of it is stored.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { type Fault, type FaultUpstream, faultUpstream, rightAnswer } from "../kit/fault-upstream.ts";
import {
  closeBeforeHeaders,
  cutAfter,
  errorEvent,
  hugeHeader,
  invalidChunk,
  neverReads,
  noTerminalEvent,
  notHttp,
  refuses,
  resetBeforeHeaders,
  resetOnConnection,
  silentAfter,
  silentAfterHeaders,
  silentBeforeHeaders,
  wrongLength,
} from "../kit/faults.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { SseReader } from "../kit/sse-reader.ts";
import { blackHole, refusingAddress, type Unreachable } from "../kit/unreachable.ts";

let upstream: FaultUpstream;
let millrace: Millrace;
const LIMITS = { connectMs: 300, headersMs: 300, firstByteMs: 300, idleMs: 400, totalMs: 10_000, keepAliveMs: 100 };
beforeAll(async () => {
  upstream = await faultUpstream();
  millrace = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url), limits: LIMITS } });
});
afterEach(() => upstream.behave(rightAnswer));
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

const post = (url: string, path: string, body: object, init: RequestInit = {}) =>
  fetch(url + path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" }, ...init });

/** An error body in the shape of the path's API. */
async function expectError(path: string, answer: Response, status: number, kind: "api_error" | "timeout_error"): Promise<void> {
  expect(answer.status).toBe(status);
  expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d?$/);
  const body: unknown = await answer.json();
  const message = expect.stringMatching(/upstream.*Try again\.$/);
  if (path === "/v1/messages")
    expect(body).toMatchObject({ type: "error", error: { type: kind, message }, request_id: expect.any(String) });
  else
    expect(body).toMatchObject({
      error: { type: "server_error", code: kind === "api_error" ? "upstream_unreachable" : "upstream_timeout", message },
    });
}

/** The last event of a stream that failed, in the shape of the path's API. */
function expectErrorEvent(path: string, last: { event: string | undefined; data: string } | undefined): void {
  const data: unknown = JSON.parse(last?.data ?? "null");
  if (path === "/v1/messages") {
    expect(last?.event).toBe("error");
    expect(data).toMatchObject({
      type: "error",
      error: { type: expect.any(String), message: expect.stringContaining("Try again") },
    });
  } else if (path === "/v1/chat/completions")
    expect(data).toMatchObject({ error: { message: expect.stringContaining("Try again") } });
  else expect(data).toMatchObject({ type: expect.stringMatching(/^(?:response\.failed|error)$/) });
}

/** The same question again is answered by the upstream, rightly: nothing was stored, and the connection pool is sound. */
async function expectRecovery(path: string, body: object): Promise<void> {
  upstream.behave(rightAnswer);
  const answer = await post(millrace.url, path, body);
  expect([answer.status, answer.headers.get("x-millrace-cache")]).toEqual([200, "miss"]);
  await answer.bytes();
}

describe.each(FORMS)("%s", (path, body) => {
  const BEFORE_HEADERS: readonly (readonly [string, Fault, 502 | 504])[] = [
    ["resets on connection", resetOnConnection, 502],
    ["resets before its headers", resetBeforeHeaders, 502],
    ["closes before its headers", closeBeforeHeaders, 502],
    ["does not speak HTTP", notHttp, 502],
    ["never answers", silentBeforeHeaders, 504],
    ["never reads", neverReads, 504],
  ];
  test.each(BEFORE_HEADERS)("an upstream that %s", async (what, fault, status) => {
    for (const stream of [false, true]) {
      upstream.behave(fault);
      const question = { ...body(`${what} ${stream}`), stream };
      await expectError(path, await post(millrace.url, path, question), status, status === 502 ? "api_error" : "timeout_error");
      await expectRecovery(path, { ...question, stream: false });
    }
  });

  const MIDSTREAM: readonly (readonly [string, Fault])[] = [
    ["is reset", cutAfter({ how: "reset", events: 3 })],
    ["is reset inside an event", cutAfter({ how: "reset", events: 3, midEvent: true })],
    ["is closed without its last chunk", cutAfter({ how: "close", events: 3 })],
    ["ends regularly, but not at its end", cutAfter({ how: "close", events: 3, framing: "ended" })],
    ["lacks only its terminal event", noTerminalEvent],
    ["sends a chunk of no size", invalidChunk],
    ["falls silent", silentAfter(3)],
    ["falls silent after its headers", silentAfterHeaders],
  ];
  test.each(MIDSTREAM)("a stream that %s", async (what, fault) => {
    upstream.behave(fault);
    const answer = await post(millrace.url, path, { ...body(what), stream: true });
    expect(answer.status).toBe(200);
    const reader = new SseReader(answer);
    const events = await Array.fromAsync(reader);
    expectErrorEvent(path, events.at(-1));
    expect(reader.unfinished).toBe("");
    if (what.startsWith("falls silent")) {
      const kept = events.filter(({ event, comment }) => event === "ping" || comment === "keep-alive");
      expect(kept.length).toBeGreaterThan(1);
    }
    await expectRecovery(path, body(what));
  });

  test("a plain answer that breaks off, or stalls, is an error and no half answer", async () => {
    for (const [what, fault, status] of [
      ["short", wrongLength(100), 502],
      ["stalled", silentAfterHeaders, 504],
    ] as const) {
      upstream.behave(fault);
      const answer = await post(millrace.url, path, body(what));
      await expectError(path, answer, status, status === 502 ? "api_error" : "timeout_error");
      await expectRecovery(path, body(what));
    }
  });

  test("429, 500 and 529 pass with their headers, streamed or not, and are not stored", async () => {
    for (const status of [429, 500, 529]) {
      for (const stream of [false, true]) {
        const words = `{"error":{"type":"t","message":"${status}"}}`;
        upstream.once(
          refuses(status, words, [
            ["retry-after", "3"],
            ["x-ratelimit-reset-requests", "1s"],
            ["request-id", "req_x"],
          ]),
        );
        const answer = await post(millrace.url, path, { ...body(`status ${status}`), stream });
        expect([answer.status, await answer.text()]).toEqual([status, words]);
        expect([answer.headers.get("retry-after"), answer.headers.get("request-id")]).toEqual(["3", "req_x"]);
      }
      await expectRecovery(path, body(`status ${status}`));
    }
  });

  test("an error event inside a stream passes as it is, and no second one is added", async () => {
    const event =
      path === "/v1/messages"
        ? 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n'
        : path === "/v1/responses"
          ? 'event: error\ndata: {"type":"error","code":"server_error","message":"busy","param":null,"sequence_number":9}\n\n'
          : 'data: {"error":{"message":"busy","type":"server_error","param":null,"code":"overloaded"}}\n\n';
    upstream.once(errorEvent(3, event));
    const answer = await post(millrace.url, path, { ...body("error event"), stream: true });
    const whole = await answer.text();
    expect(whole).toEndWith(event);
    expect(whole.split("busy").length).toBe(2);
    await expectRecovery(path, body("error event"));
  });

  test("a header larger than anyone should send is an error, or passes whole", async () => {
    upstream.once(hugeHeader(300_000));
    const answer = await post(millrace.url, path, body("huge header"));
    expect([200, 502]).toContain(answer.status);
    await answer.bytes();
  });
});

describe("addresses where nobody answers", () => {
  async function against(nowhere: Unreachable, status: 502 | 504, message: RegExp): Promise<void> {
    const config = { upstreams: upstreamsAt(nowhere.url), limits: { ...LIMITS, headersMs: 60_000 } };
    const lost = await startMillrace({ config });
    for (const [path, body] of FORMS) {
      for (const stream of [false, true]) {
        const answer = await post(lost.url, path, { ...body("anyone?"), stream });
        expect(await answer.clone().text()).toMatch(message);
        await expectError(path, answer, status, status === 502 ? "api_error" : "timeout_error");
      }
    }
    const [call] = await lost.calls(1);
    expect(call).toMatchObject({
      outcome: "upstream_failed",
      reason: status === 502 ? "upstream_unreachable" : "upstream_timeout",
    });
    await lost.stop();
    nowhere.close();
  }

  test("a port that refuses is 502 at once", () => against(refusingAddress(), 502, /refused or dropped/));

  test("one that takes no connection is 504 after the limit for connecting, not that for headers", async () =>
    against(await blackHole(), 504, /within 300 ms/));
});

test("no connection to an upstream outlives the faults", async () => {
  const before = upstream.counts.open;
  upstream.behave(silentAfter(2));
  const answer = await post(millrace.url, "/v1/messages", { ...(FORMS[0]?.[1]("last") as object), stream: true });
  await answer.text();
  expect(upstream.counts.open).toBeLessThanOrEqual(before + 1);
  expect(await millrace.metric("millrace_open_calls")).toBe(0);
});
