// What callers send that cannot be served: each gets a clear answer in its dialect with the right status, the upstream
// hears nothing of it, and the server goes on.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { rawConnection, rawExchange } from "../kit/raw-client.ts";
import { type ScriptedServer, scriptedServer } from "../kit/scripted-server.ts";

let upstream: ScriptedServer;
let millrace: Millrace;
const BODY_BYTES_MAX = 4096;
beforeAll(async () => {
  upstream = scriptedServer();
  millrace = await startMillrace({
    config: { upstreams: upstreamsAt(upstream.url), limits: { bodyBytesMax: BODY_BYTES_MAX, bodyMs: 300 } },
  });
});
afterAll(async () => {
  expect(upstream.requests.length).toBe(served);
  await millrace.stop();
  await upstream.close();
});
let served = 0;

const messages = [{ role: "user", content: "hi" }];
const DIALECTS = [
  ["anthropic", "/v1/messages", { model: "m", max_tokens: 5, messages }],
  ["anthropic", "/v1/messages/count_tokens", { model: "m", messages }],
  ["openai", "/v1/chat/completions", { model: "m", messages }],
  ["openai", "/v1/responses", { model: "m", input: "hi" }],
  ["openai", "/v1/embeddings", { model: "m", input: "hi" }],
] as const;

const TYPES: Record<number, readonly [anthropic: string, code: string]> = {
  400: ["invalid_request_error", "invalid_request"],
  408: ["timeout_error", "request_timeout"],
  413: ["request_too_large", "request_too_large"],
  415: ["invalid_request_error", "unsupported_media_type"],
};

interface Refused {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Is it an error of this status in the shape of the dialect, with a message for people? */
function expectRefusal(dialect: string, status: number, { body, headers, ...answer }: Refused): void {
  expect([answer.status, body]).toEqual([status, expect.any(String)]);
  expect(headers.get("content-type")).toBe("application/json");
  const parsed: unknown = JSON.parse(body);
  const [type, code] = TYPES[status] ?? ["", ""];
  if (dialect === "anthropic") {
    expect(parsed).toEqual({ type: "error", error: { type, message: expect.any(String) }, request_id: expect.any(String) });
  } else {
    expect(parsed).toEqual({ error: { message: expect.any(String), type: expect.any(String), param: null, code } });
  }
  expect(parsed).toMatchObject({ error: { message: expect.stringMatching(/^.{15,}[.]$/s) } });
}

async function send(path: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Refused> {
  const init = { method: "POST", body: body as string, headers: { "content-type": "application/json", ...headers } };
  const answer = await fetch(millrace.url + path, init);
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

const head = (path: string, lines: readonly string[]) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${lines.join("\r\n")}\r\n\r\n`;
const JSON_TYPE = "Content-Type: application/json";

describe.each(DIALECTS)("%s %s", (dialect, path, good) => {
  test.each([
    ["nothing", ""],
    ["half an object", '{"model":"m","messages":['],
    ["no JSON", "model=m&messages=hi"],
    ["a comma too many", '{"model":"m",}'],
    ["two values", "{}{}"],
    ["NaN", '{"model":"m","temperature":NaN}'],
    ["a lone surrogate's bytes", Uint8Array.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ["bytes that are no UTF-8", Uint8Array.from([0x7b, 0xff, 0xfe, 0x7d])],
    ["UTF-16", new Uint8Array(Buffer.from('{"model":"m"}', "utf16le"))],
    ["deeper than any parser goes", "[".repeat(BODY_BYTES_MAX)],
  ])("%s is 400", async (_what, body) => {
    expectRefusal(dialect, 400, await send(path, body));
  });

  const content = "input" in good ? "input" : "messages";
  test.each([
    ["a list for an object", []],
    ["null for an object", null],
    ["a number for an object", 5],
    ["no model", { ...good, model: undefined }],
    ["an empty model", { ...good, model: "" }],
    ["a model that is a list", { ...good, model: ["m"] }],
    ["a model that is an object", { ...good, model: { toString: "m" } }],
    ["a temperature in words", { ...good, temperature: "hot" }],
  ])("%s is 400", async (what, body) => {
    if (what.startsWith("a temperature") && path === "/v1/embeddings") return;
    expectRefusal(dialect, 400, await send(path, JSON.stringify(body)));
  });

  test.each([
    ["a number for the conversation", 5],
    ["numbers in the conversation", [1, 2]],
    ["an object for the conversation", { role: "user" }],
  ])("%s is 400", async (_what, value) => {
    if (path === "/v1/embeddings" || (path.endsWith("count_tokens") && !Array.isArray(value))) return;
    expectRefusal(dialect, 400, await send(path, JSON.stringify({ ...good, [content]: value })));
  });

  test("a content type that is not JSON is 415; one with a charset, or none, is fine", async () => {
    for (const type of [
      "text/plain",
      "multipart/form-data; boundary=x",
      "application/x-www-form-urlencoded",
      "application/jsonp",
      "json",
    ]) {
      expectRefusal(dialect, 415, await send(path, JSON.stringify(good), { "content-type": type }));
    }
    const fine = ["Content-Type: Application/JSON;charset=utf-8", "Content-Type: application/vnd.x+json", "X-None: 1"];
    for (const line of fine) {
      const body = JSON.stringify({ ...good, user: line });
      const answer = await rawExchange(millrace.url, head(path, [line, `Content-Length: ${body.length}`]) + body);
      expect([line, answer?.status]).toEqual([line, 200]);
      served += 1;
    }
  });

  test("a body over the limit is 413 before it is read, by its length or by its chunks", async () => {
    const long = "x".repeat(BODY_BYTES_MAX + 1);
    expectRefusal(dialect, 413, await send(path, long));
    const declared = await rawConnection(millrace.url);
    declared.send(head(path, [JSON_TYPE, "Content-Length: 1099511627776"]));
    expectRefusal(dialect, 413, (await declared.answer()) as Refused);
    declared.reset();
    const chunked = await rawConnection(millrace.url);
    chunked.send(head(path, [JSON_TYPE, "Transfer-Encoding: chunked"]));
    // It never ends: the answer must come without its end.
    chunked.send(`${long.length.toString(16)}\r\n${long}\r\n`);
    expectRefusal(dialect, 413, (await chunked.answer()) as Refused);
    chunked.reset();
  });

  test("exactly the limit is fine, in either framing", async () => {
    for (const framing of ["length", "chunked"]) {
      const bare = JSON.stringify({ ...good, user: framing });
      const body = bare + " ".repeat(BODY_BYTES_MAX - bare.length);
      const request =
        framing === "length"
          ? `${head(path, [JSON_TYPE, `Content-Length: ${body.length}`])}${body}`
          : `${head(path, [JSON_TYPE, "Transfer-Encoding: chunked"])}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      expect((await rawExchange(millrace.url, request))?.status).toBe(200);
      served += 1;
    }
  });

  test("a small body that unpacks to more than the limit is 413, an unknown or false coding 415", async () => {
    const bomb = Bun.gzipSync(new Uint8Array(50 * 1024 * 1024));
    expect(bomb.byteLength).toBeGreaterThan(BODY_BYTES_MAX); // Refused by its length; the next one by what it unpacks to.
    expectRefusal(dialect, 413, await send(path, bomb, { "content-encoding": "gzip" }));
    const packed = Bun.gzipSync(new Uint8Array(1024 * 1024));
    expect(packed.byteLength).toBeLessThan(BODY_BYTES_MAX);
    expectRefusal(dialect, 413, await send(path, packed, { "content-encoding": "gzip" }));
    expectRefusal(dialect, 415, await send(path, JSON.stringify(good), { "content-encoding": "compress" }));
    expectRefusal(dialect, 415, await send(path, JSON.stringify(good), { "content-encoding": "br" }));
    expectRefusal(dialect, 415, await send(path, JSON.stringify(good), { "content-encoding": "gzip, gzip" }));
  });

  test("a body that comes too slowly, or never, is 408", async () => {
    const full = JSON.stringify(good);
    for (const framing of [`Content-Length: ${full.length}`, "Transfer-Encoding: chunked"]) {
      const slow = await rawConnection(millrace.url);
      slow.send(head(path, [JSON_TYPE, framing]));
      slow.send(framing.startsWith("C") ? full.slice(0, 5) : "5\r\nhello\r\n");
      expectRefusal(dialect, 408, (await slow.answer()) as Refused);
      slow.reset();
    }
  });
});

describe("what breaks HTTP itself", () => {
  test.each([
    ["no HTTP", "hello\r\n\r\n"],
    ["a length that is no number", "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: ten\r\n\r\n"],
    ["a negative length", "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n"],
    [
      "a length and chunks",
      "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["two lengths", "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"],
    ["no Host", "POST /v1/messages HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"],
    ["a header of 100 KB", `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nX-Long: ${"x".repeat(100_000)}\r\n\r\n`],
    [
      "a chunk size that is no number",
      "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
  ])("%s is refused, or the connection ends", async (_what, bytes) => {
    const answer = await rawExchange(millrace.url, bytes);
    expect(answer === undefined || (answer.status >= 400 && answer.status < 500)).toBe(true);
    expect((await fetch(`${millrace.url}/healthz`)).status).toBe(200);
  });
});

test("names of objects' own methods are no models", async () => {
  for (const model of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    const answer = await send("/v1/messages", JSON.stringify({ model, max_tokens: 5, messages }));
    served += 1;
    expect([model, answer.status]).toEqual([model, 200]);
    expect(JSON.parse(answer.body)).toMatchObject({ model });
  }
});
