// What a client sends is what the upstream gets: the body byte for byte, every header that is not of one connection, and
// the credential that is meant for it and no other.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { text, utf8 } from "../../src/base/index.ts";
import { type FaultUpstream, faultUpstream } from "../kit/fault-upstream.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { rawExchange } from "../kit/raw-client.ts";
import type { RawRequest } from "../kit/raw-request.ts";

let upstream: FaultUpstream;
const open: Millrace[] = [];
let plain: Millrace;
const ALIASES = { "small-and-fast": 'claude-"haiku"-é', shown: "hidden-behind" };

async function start(config: object, env: Record<string, string> = {}): Promise<Millrace> {
  const millrace = await startMillrace({ config: { ...config }, env });
  open.push(millrace);
  return millrace;
}

beforeAll(async () => {
  upstream = await faultUpstream();
  plain = await start({ upstreams: upstreamsAt(upstream.url, { credential: "passthrough", aliases: ALIASES }) });
});
afterAll(async () => {
  for (const millrace of open) await millrace.stop();
  await upstream.close();
});

/** Sends a body through `millrace` and returns what arrived behind it. */
async function through(
  millrace: Millrace,
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<RawRequest> {
  const before = upstream.requests.length;
  const bytes = (typeof body === "string" ? utf8(body) : body) as Uint8Array<ArrayBuffer>;
  const init = { method: "POST", body: bytes, headers: { "content-type": "application/json", ...headers } };
  const answer = await fetch(millrace.url + path, init);
  await answer.bytes();
  expect(upstream.requests.length).toBe(before + 1);
  return upstream.requests[before] as RawRequest;
}

const MESSAGES = '"messages":[{"role":"user","content":"hi"}]';

describe("the body", () => {
  test.each([
    ["odd key order and white space", `\n{ "stream" :true,\t${MESSAGES},  "max_tokens": 10 , "model":  "claude-x"\r\n}\n\n`],
    ["unknown fields", `{"model":"claude-x","new_field":{"a":[null,1e2,-0.0]},${MESSAGES},"max_tokens":1.0e1}`],
    [
      "escapes",
      `{"model":"claude-\\u0078","max_tokens":10,"messages":[{"role":"user","content":"\\u0041\\/\\u00e9 é 😀 \\ud83d\\ude00"}]}`,
    ],
    ["a name twice", `{"model":"claude-x","max_tokens":5,"max_tokens":10,${MESSAGES}}`],
    ["numbers of many digits", `{"model":"claude-x","max_tokens":10,"seed":12345678901234567890123,${MESSAGES}}`],
  ])("arrives byte for byte: %s", async (_what, body) => {
    const request = await through(plain, "/v1/messages?beta=true", body);
    expect(text(request.body)).toBe(body);
    expect(request.target).toBe("/v1/messages?beta=true");
    expect(request.headers.get("content-length")).toBe(String(utf8(body).byteLength));
  });

  test.each([
    ["/v1/chat/completions", `{ "messages" : [{"content":"hi","role":"user"}],"model":"gpt-x" , "x": 1 }`],
    ["/v1/responses", `{ "store":false,"input" : "hi","model":"gpt-x" , "x": 1 }`],
    ["/v1/embeddings", `{ "input" : "hi","model":"text-embedding-x" , "x": 1 }`],
    ["/v1/messages/count_tokens", `{ ${MESSAGES} , "model":"claude-x" , "x": 1 }`],
  ])("arrives byte for byte at %s", async (path, body) => {
    const request = await through(plain, path, body);
    expect(text(request.body)).toBe(body);
    expect(request.target).toBe(path);
  });

  test("arrives whole in chunks, and uncoded when it was compressed", async () => {
    const body = `{"model":"claude-x","max_tokens":10,"messages":[{"role":"user","content":"${"long ".repeat(50_000)}"}]}`;
    const packed = Bun.zstdCompressSync(utf8(body));
    const request = await through(plain, "/v1/messages", new Uint8Array(packed), { "content-encoding": "zstd" });
    expect(text(request.body)).toBe(body);
    expect(request.headers.has("content-encoding")).toBe(false);
    const arriving = upstream.next();
    const pieces = [body.slice(0, 7), body.slice(7, 100_000), body.slice(100_000)];
    const chunks = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join("");
    const head =
      "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    expect((await rawExchange(plain.url, `${head}${chunks}0\r\n\r\n`))?.status).toBe(200);
    expect(text((await arriving).body)).toBe(body);
  });

  test("any JSON in any spacing arrives byte for byte", async () => {
    const body = fc
      .tuple(fc.jsonValue(), fc.constantFrom("", " ", "\t", "\n  "))
      .map(([extra, space]) =>
        JSON.stringify({ extra, messages: [{ role: "user", content: "x" }], max_tokens: 3, model: "m" }, null, space),
      );
    await fc.assert(
      fc.asyncProperty(body, async (sent) => {
        expect(text((await through(plain, "/v1/messages", sent)).body)).toBe(sent);
      }),
      { numRuns: 60, seed: 20_261_122 },
    );
  });

  test("an alias changes the model's own bytes and no other", async () => {
    const sent = `{ "metadata":{"model":"small-and-fast"},\n"messages" :[{"role":"user","content":"\\"model\\":\\"small-and-fast\\""}], "model" :\t"small-and-\\u0066ast" ,"max_tokens":1e1}`;
    const request = await through(plain, "/v1/messages", sent);
    expect(text(request.body)).toBe(sent.replace('"small-and-\\u0066ast"', JSON.stringify(ALIASES["small-and-fast"])));
  });

  test("with a name twice, an alias changes the one that counts", async () => {
    const request = await through(plain, "/v1/messages", `{"model":"other","max_tokens":10,${MESSAGES},"model":"shown"}`);
    expect(JSON.parse(text(request.body)).model).toBe("hidden-behind");
  });
});

describe("headers", () => {
  const BODY = `{"model":"claude-x","max_tokens":10,${MESSAGES}}`;

  test("what the client wrote arrives, known or not", async () => {
    const sent = {
      "anthropic-version": "2023-06-01",
      "anthropic-beta": "one-2026-01-01,two-2027-12-31",
      "anthropic-unheard-of": "yes",
      "openai-beta": "assistants=v9",
      "x-stainless-retry-count": "0",
      "user-agent": "a client/1.0",
      "x-claude-code-session-id": "11111111-2222-3333-4444-555555555555",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };
    const request = await through(plain, "/v1/messages", BODY, sent);
    for (const [name, value] of Object.entries(sent)) expect([name, request.headers.get(name)]).toEqual([name, value]);
    expect(request.headers.get("content-type")).toBe("application/json");
    expect(request.headers.get("host")).toBe(`127.0.0.1:${upstream.port}`);
  });

  test("what belongs to one connection, or to Millrace, does not", async () => {
    const arriving = upstream.next();
    const lines = [
      "POST /v1/messages HTTP/1.1",
      "Host: localhost",
      "Content-Type: application/json",
      `Content-Length: ${BODY.length}`,
      "Connection: keep-alive, X-Of-This-Hop",
      "X-Of-This-Hop: secret of the hop",
      "Keep-Alive: timeout=5",
      "Proxy-Authorization: Basic aG9w",
      "Proxy-Connection: keep-alive",
      "TE: trailers",
      "X-Millrace-Cache: off",
      "X-Millrace-Session: mine",
      "X-Millrace-Priority: high",
      "X-Millrace-Deadline-Ms: 1000",
      "X-Kept: yes",
    ];
    expect((await rawExchange(plain.url, `${lines.join("\r\n")}\r\n\r\n${BODY}`))?.status).toBe(200);
    const { headers } = await arriving;
    expect(headers.get("x-kept")).toBe("yes");
    for (const name of ["x-of-this-hop", "keep-alive", "proxy-authorization", "proxy-connection", "te"]) {
      expect([name, headers.get(name)]).toEqual([name, null]);
    }
    expect([...headers.keys()].filter((name) => name.startsWith("x-millrace"))).toEqual([]);
  });
});

describe("credentials", () => {
  const bodyFor = (path: string) =>
    path === "/v1/messages" ? `{"model":"m","max_tokens":10,${MESSAGES}}` : `{"model":"m",${MESSAGES}}`;
  const PATHS = ["/v1/messages", "/v1/chat/completions"];
  const credentialsOf = ({ headers }: RawRequest) => [headers.get("authorization"), headers.get("x-api-key")];
  const CALLERS = { authorization: "Bearer sk-of-the-caller", "x-api-key": "sk-other-of-the-caller", cookie: "session=caller" };

  test("a key that the server holds takes the place of the caller's", async () => {
    const config = { upstreams: upstreamsAt(upstream.url, { credential: "env:HELD_KEY" }) };
    const millrace = await start(config, { HELD_KEY: "sk-held-by-the-server" });
    const [messages, chat] = [
      await through(millrace, "/v1/messages", bodyFor("/v1/messages"), CALLERS),
      await through(millrace, "/v1/chat/completions", bodyFor("chat"), CALLERS),
    ];
    expect(credentialsOf(messages)).toEqual([null, "sk-held-by-the-server"]);
    expect(credentialsOf(chat)).toEqual(["Bearer sk-held-by-the-server", null]);
    expect([messages.headers.get("cookie"), chat.headers.get("cookie")]).toEqual([null, null]);
  });

  test("an OAuth key of Anthropic goes as a bearer token", async () => {
    const config = { upstreams: upstreamsAt(upstream.url, { credential: "env:HELD_KEY" }) };
    const millrace = await start(config, { HELD_KEY: "sk-ant-oat-held" });
    const request = await through(millrace, "/v1/messages", bodyFor("/v1/messages"), CALLERS);
    expect(credentialsOf(request)).toEqual(["Bearer sk-ant-oat-held", null]);
  });

  test("the caller's own passes where the upstream asks for it, and nothing passes where it wants none", async () => {
    const none = await start({ upstreams: upstreamsAt(upstream.url, { credential: "none" }) });
    for (const path of PATHS) {
      const passed = await through(plain, path, bodyFor(path), CALLERS);
      expect(credentialsOf(passed)).toEqual([CALLERS.authorization, CALLERS["x-api-key"]]);
      expect(credentialsOf(await through(none, path, bodyFor(path), CALLERS))).toEqual([null, null]);
    }
  });

  test("a Millrace token reaches no upstream, in whichever header and with whatever beside it", async () => {
    const required = await start({
      auth: { required: true },
      upstreams: upstreamsAt(upstream.url, { credential: "passthrough" }),
    });
    const { token } = await required.token({ user: "ada", team: "core" });
    for (const path of PATHS) {
      const [bearer, key, both] = [
        await through(required, path, bodyFor(path), { authorization: `Bearer ${token}` }),
        await through(required, path, bodyFor(path), { "x-api-key": token }),
        await through(required, path, bodyFor(path), { "x-api-key": token, authorization: "Bearer sk-of-the-caller" }),
      ];
      expect(credentialsOf(bearer)).toEqual([null, null]);
      expect(credentialsOf(key)).toEqual([null, null]);
      expect(credentialsOf(both)).toEqual(["Bearer sk-of-the-caller", null]);
    }
    const everything = upstream.requests.map(({ headers, body }) => JSON.stringify([...headers]) + text(body)).join("\n");
    expect(everything).not.toContain(token);
  });
});
