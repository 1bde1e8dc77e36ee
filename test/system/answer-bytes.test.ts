// What an upstream answers is what the client gets: the bytes of its events, its error bodies, its headers, and when.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { text } from "../../src/base/index.ts";
import { type Fault, type FaultUpstream, faultUpstream, head, type Wire } from "../kit/fault-upstream.ts";
import { byteByByte, gzipped, informationalFirst, redirects, refuses } from "../kit/faults.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { SseReader } from "../kit/sse-reader.ts";

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

const user = [{ role: "user", content: "hi" }];
const BODIES: Record<string, object> = {
  "/v1/messages": { model: "claude-x", max_tokens: 30, messages: user },
  "/v1/chat/completions": { model: "gpt-x", messages: user },
  "/v1/responses": { model: "gpt-x", input: "hi" },
};
const PATHS = Object.keys(BODIES);
const ask = (path: string, more: object = {}) =>
  fetch(millrace.url + path, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...BODIES[path], ...more }),
  });

const answers = (act: (wire: Wire) => Promise<void>): Fault => ({ stage: "request", act: (wire) => act(wire) });
const EVENT_STREAM = [
  ["content-type", "text/event-stream; charset=utf-8"],
  ["transfer-encoding", "chunked"],
] as const;
const chunk = (piece: string) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`;
const streams = (pieces: readonly string[], headers: readonly (readonly [string, string])[] = []): Fault =>
  answers((wire) => wire.write(`${head(200, [...EVENT_STREAM, ...headers])}${pieces.map(chunk).join("")}0\r\n\r\n`));

const ODD_STREAMS: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "comments, ids, retry lines and unknown events",
    "/v1/messages",
    [
      ': a comment\n\nevent: message_start\nid: 7\nretry: 10\ndata: {"type":"message_start", "message":{"id":"m","usage":{"input_tokens":1}}}\n\n',
      'event: vendor_news\ndata: {"type":"vendor_news","b":1,"a":"\\u00e9"}\n\nevent: message_stop\ndata: { "type" : "message_stop" }\n\n',
    ],
  ],
  [
    "CRLF line ends, cut anywhere",
    "/v1/messages",
    [
      "event: mess",
      'age_start\r\ndata: {"type":"message_start","message":{"id":"m"}}\r\n\r',
      '\nevent: content_block_delta\r\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"',
      'é😀"}}\r\n\r\nevent: message_stop\r\ndata: {"type":"message_stop"}\r\n\r\n',
    ],
  ],
  [
    "thinking and its signature",
    "/v1/messages",
    [
      'event: content_block_delta\ndata: {"index":0,"type":"content_block_delta","delta":{"signature":"Eq+/=\\/abc==","type":"signature_delta"}}\n\n',
      'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    ],
  ],
  [
    "several data lines, no event lines, spaces after [DONE]",
    "/v1/chat/completions",
    ['data:{"choices":[],\ndata: "x":1}\n\n: OPENROUTER PROCESSING\n\n', "data: [DONE] \n\ndata: [DONE]\n\n"],
  ],
  [
    "responses events with fields of tomorrow",
    "/v1/responses",
    [
      'event: response.created\ndata: {"sequence_number":0,"type":"response.created","response":{"id":"r"},"obfuscation":"aX"}\n\n',
      'event: response.completed\ndata: {"type":"response.completed","response":{"id":"r","status":"completed","usage":null}}\n\n',
    ],
  ],
];

describe("streams", () => {
  test.each(ODD_STREAMS)("pass byte for byte: %s", async (_what, path, pieces) => {
    upstream.once(streams(pieces));
    const answer = await ask(path, { stream: true });
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(text(await answer.bytes())).toBe(pieces.join(""));
  });

  test.each(PATHS)("%s: byte by byte gives what all at once gives", async (path) => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    upstream.once({
      stage: "request",
      act: async (wire, answer) => {
        resolve(answer.body);
        if (byteByByte.stage === "request") await byteByByte.act(wire, answer);
      },
    });
    const answer = await ask(path, { stream: true });
    expect(await answer.bytes()).toEqual(new Uint8Array(await promise));
  });

  test("each piece goes on as soon as it came: the next is sent only when the one before arrived", async () => {
    const [, , pieces] = ODD_STREAMS[0] as (typeof ODD_STREAMS)[number];
    const [first = "", second = ""] = pieces;
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    upstream.once(
      answers(async (wire) => {
        await wire.write(head(200, EVENT_STREAM) + chunk(first));
        await arrived;
        await wire.write(`${chunk(second)}0\r\n\r\n`);
      }),
    );
    const reader = new SseReader(await ask("/v1/messages", { stream: true }));
    for await (const { event } of reader) if (event === "message_start") resolve();
    expect(text(reader.raw)).toBe(first + second);
  });
});

describe("plain answers", () => {
  test.each(PATHS)("%s passes byte for byte", async (path) => {
    const body = '{ "id":"a", "unknown" : [1.0, 1e3, "\\u00e9é"],\r\n"content":[] }\n';
    upstream.once(refuses(200, body));
    const answer = await ask(path);
    expect([answer.status, await answer.text()]).toEqual([200, body]);
  });

  test("compressed against our wish, it arrives as it is, labelled", async () => {
    upstream.once(gzipped);
    const answer = await ask("/v1/messages");
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    expect(await answer.json()).toMatchObject({ type: "message" });
    expect(upstream.requests.at(-1)?.headers.get("accept-encoding")).toBe("identity");
  });

  test("informational answers before it are no answer", async () => {
    upstream.once(informationalFirst);
    expect(await (await ask("/v1/messages")).json()).toMatchObject({ type: "message" });
  });

  test("a redirect is the client's to follow", async () => {
    upstream.once(redirects(307, "https://elsewhere.example/v1/messages"));
    const answer = await ask("/v1/messages");
    expect([answer.status, answer.headers.get("location")]).toEqual([307, "https://elsewhere.example/v1/messages"]);
  });
});

describe("errors of the upstream", () => {
  const LIMITS = [
    ["request-id", "req_of_the_upstream"],
    ["retry-after", "17"],
    ["x-should-retry", "true"],
    ["anthropic-ratelimit-unified-reset", "2026-11-22T00:00:00Z"],
    ["x-ratelimit-remaining-tokens", "0"],
    ["openai-processing-ms", "3"],
    ["cf-ray", "abc"],
  ] as const;

  test.each([400, 401, 402, 403, 404, 413, 422, 429, 500, 502, 503, 529])(
    "%d: body, headers and status unchanged",
    async (status) => {
      for (const path of PATHS) {
        for (const stream of [true, false]) {
          const body = `{"type":"error", "error":{"type":"some_error","message":"because \\u2014 ${status}"}}\n`;
          upstream.once(refuses(status, body, LIMITS));
          const answer = await ask(path, { stream });
          expect([answer.status, await answer.text()]).toEqual([status, body]);
          for (const [name, value] of LIMITS) expect([name, answer.headers.get(name)]).toEqual([name, value]);
          expect(answer.headers.get("content-type")).toBe("application/json");
        }
      }
    },
  );

  test("an error page that is no JSON passes too", async () => {
    const page = "<html>bad gateway</html>";
    upstream.once(
      answers((wire) =>
        wire.write(
          head(502, [
            ["content-type", "text/html"],
            ["content-length", String(page.length)],
          ]) + page,
        ),
      ),
    );
    const answer = await ask("/v1/chat/completions", { stream: true });
    expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([502, "text/html", page]);
  });
});

describe("headers of the answer", () => {
  test("the upstream's pass, hop-by-hop and Connection-named ones do not, Millrace adds its own", async () => {
    upstream.once(
      streams(
        ['event: message_stop\ndata: {"type":"message_stop"}\n\n'],
        [
          ["request-id", "req_1"],
          ["x-request-id", "their-own"],
          ["anthropic-organization-id", "org"],
          ["x-new", "kept"],
          ["connection", "x-of-the-hop"],
          ["x-of-the-hop", "secret"],
          ["keep-alive", "timeout=3"],
          ["proxy-authenticate", "Basic"],
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
        ],
      ),
    );
    const { headers, ...answer } = await ask("/v1/messages", { stream: true }).then(async (response) => {
      return { headers: response.headers, body: await response.text() };
    });
    expect(answer.body).toContain("message_stop");
    const expected = { "request-id": "req_1", "x-request-id": "their-own", "anthropic-organization-id": "org", "x-new": "kept" };
    for (const [name, value] of Object.entries(expected)) expect([name, headers.get(name)]).toEqual([name, value]);
    for (const name of ["x-of-the-hop", "proxy-authenticate", "keep-alive"])
      expect([name, headers.get(name)]).toEqual([name, null]);
    expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(headers.get("x-millrace-upstream")).toBe("claude");
    expect(headers.get("x-millrace-cache")).toBe("bypass");
    expect(headers.get("x-millrace-session")).toStartWith("s_");
  });

  test("x-request-id is Millrace's own where the upstream names none", async () => {
    upstream.once(refuses(200, "{}"));
    const [first, second] = [await ask("/v1/messages"), await ask("/nothing-here").catch(() => undefined)];
    expect(first.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(second?.status).toBe(404);
  });
});
