// Who is let in, over HTTP: tokens and JWTs in either header, and the guard of a server without authentication.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { utf8, VirtualClock } from "../../src/base/index.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { rawConnection, rawExchange } from "../kit/raw-client.ts";
import { type ScriptedServer, scriptedServer } from "../kit/scripted-server.ts";

const SECRET = "a secret of the issuer, 32 bytes at the least";
let upstream: ScriptedServer;
let millrace: Millrace;
beforeAll(async () => {
  upstream = scriptedServer();
  millrace = await startMillrace({
    config: {
      upstreams: upstreamsAt(upstream.url, { credential: "passthrough" }),
      auth: {
        required: true,
        tokenCacheSeconds: 0,
        jwt: { issuer: "https://issuer.example", audience: "millrace", secret: "env:JWT_SECRET" },
      },
    },
    env: { JWT_SECRET: SECRET },
  });
});
afterAll(async () => {
  await millrace.stop();
  await upstream.close();
});

const CALLS = [
  ["/v1/messages", { model: "m", max_tokens: 3, messages: [{ role: "user", content: "hi" }] }],
  ["/v1/messages/count_tokens", { model: "m", messages: [{ role: "user", content: "hi" }] }],
  ["/v1/chat/completions", { model: "m", messages: [{ role: "user", content: "hi" }] }],
  ["/v1/responses", { model: "m", input: "hi" }],
  ["/v1/embeddings", { model: "m", input: "hi" }],
] as const;
const call = ([path, body]: (typeof CALLS)[number], headers: Record<string, string>) =>
  fetch(millrace.url + path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });
const first = CALLS[0];

const jwt = (claims: Record<string, unknown> = {}, { key = SECRET, expires = "5m", audience = "millrace" } = {}) =>
  new SignJWT({ team: "core", ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("ada")
    .setIssuer("https://issuer.example")
    .setAudience(audience)
    .setExpirationTime(expires)
    .sign(utf8(key));

const HEADERS = [
  ["Authorization: Bearer", (credential: string) => ({ authorization: `Bearer ${credential}` })],
  ["x-api-key", (credential: string) => ({ "x-api-key": credential })],
] as const;

describe.each(HEADERS)("%s", (_name, header) => {
  test("a token is let in everywhere, as its user, and goes no further", async () => {
    const { token } = await millrace.token({ user: "ada", team: "core", tenant: "acme" });
    const before = upstream.requests.length;
    for (const entry of CALLS) expect([entry[0], (await call(entry, header(token))).status]).toEqual([entry[0], 200]);
    expect((await fetch(`${millrace.url}/v1/models`, { headers: header(token) })).status).toBe(200);
    const seen = upstream.requests
      .slice(before)
      .map(({ headers }) => [...headers].flat().join(" "))
      .join(" ");
    expect(seen).not.toContain(token);
    expect(upstream.requests.length - before).toBeGreaterThan(0);
  });

  test("a JWT of the issuer is let in, and goes no further", async () => {
    const token = await jwt();
    const before = upstream.requests.length;
    for (const entry of CALLS) expect([entry[0], (await call(entry, header(token))).status]).toEqual([entry[0], 200]);
    const seen = upstream.requests
      .slice(before)
      .map(({ headers }) => [...headers].flat().join(" "))
      .join(" ");
    expect(seen).not.toContain(token);
  });

  test("anything else is 401 in the dialect, says what to do, and reaches no upstream", async () => {
    const { token, id } = await millrace.token({ user: "ada", team: "core" });
    await millrace.revoke(id);
    const aMinuteAgo = new VirtualClock(Date.now() - 60_000);
    const soon = await millrace.token({ user: "ada", team: "core", expiresAt: aMinuteAgo.now() + 1000 }, aMinuteAgo);
    const wrong: Record<string, string> = {
      revoked: token,
      expired: soon.token,
      unknown: `${token.slice(0, -4)}AAAA`,
      "cut short": token.slice(0, 20),
      "a provider's key": "sk-ant-api03-something",
      "an expired JWT": await jwt({}, { expires: "-2m" }),
      "a JWT for someone else": await jwt({}, { audience: "other" }),
      "a JWT with another key": await jwt({}, { key: "another secret, also 32 bytes or more" }),
      "a JWT with a team that is no name": await jwt({ team: "a\u0000b" }),
      "an unsigned JWT": `${btoa('{"alg":"none"}').replaceAll("=", "")}.${btoa('{"sub":"ada"}').replaceAll("=", "")}.`,
      overlong: "x".repeat(15_000),
    };
    const before = upstream.requests.length;
    for (const [what, credential] of Object.entries(wrong)) {
      for (const entry of CALLS) {
        const answer = await call(entry, header(credential));
        const words = await answer.text();
        expect([what, entry[0], answer.status]).toEqual([what, entry[0], 401]);
        expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="millrace"');
        expect(words).not.toContain(credential);
        const { error } = JSON.parse(words) as { error: { type: string; code?: string; message: string } };
        expect([error.type, error.message.length > 20]).toEqual(["authentication_error", true]);
      }
    }
    expect(upstream.requests.length).toBe(before);
  });
});

describe("a server that requires authentication", () => {
  test("nothing at all is 401", async () => {
    for (const entry of CALLS) expect((await call(entry, {})).status).toBe(401);
    expect((await fetch(`${millrace.url}/v1/models`)).status).toBe(401);
  });

  test("a refused caller is answered before it sent its body", async () => {
    const connection = await rawConnection(millrace.url);
    connection.send("POST /v1/messages HTTP/1.1\r\nHost: any.example\r\nContent-Length: 1000000\r\nx-api-key: wrong\r\n\r\n{");
    expect((await connection.answer())?.status).toBe(401);
    connection.reset();
  });

  test("serves any Host to a caller it knows", async () => {
    const { token } = await millrace.token({ user: "ada", team: "core" });
    const body = JSON.stringify(first[1]);
    const lines = [
      "Host: millrace.example",
      "Origin: https://app.example",
      "Content-Type: application/json",
      `x-api-key: ${token}`,
    ];
    const request = `POST /v1/messages HTTP/1.1\r\n${lines.join("\r\n")}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    expect((await rawExchange(millrace.url, request))?.status).toBe(200);
  });

  test("a Host that is none changes nothing", async () => {
    for (const host of ["a b", "user@host", "", "x/y?z"]) {
      const page = await rawExchange(millrace.url, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect([host, page?.status]).toEqual([host, 200]);
      const request = `POST /v1/messages?beta=true HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 2\r\n\r\n{}`;
      expect([host, (await rawExchange(millrace.url, request))?.status]).toEqual([host, 401]);
    }
  });

  test("a token may be revoked while it is in use", async () => {
    const { token, id } = await millrace.token({ user: "ada", team: "core" });
    expect((await call(first, { "x-api-key": token })).status).toBe(200);
    await millrace.revoke(id);
    expect((await call(first, { "x-api-key": token })).status).toBe(401);
  });
});

describe("a server without authentication", () => {
  let local: Millrace;
  beforeAll(async () => {
    local = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url) } });
  });
  afterAll(() => local.stop());
  const body = JSON.stringify(first[1]);
  const post = (lines: readonly string[], path = "/v1/messages") =>
    rawExchange(
      local.url,
      `POST ${path} HTTP/1.1\r\n${["Content-Type: application/json", ...lines].join("\r\n")}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  const get = (path: string, lines: readonly string[]) =>
    rawExchange(local.url, `GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);

  test.each(["localhost", "127.0.0.1:7878", "[::1]:7878", "LOCALHOST", "app.localhost"])("serves Host %s", async (host) => {
    expect((await post([`Host: ${host}`]))?.status).toBe(200);
    expect((await post([`Host: ${host}`, `Origin: http://${host}`]))?.status).toBe(200);
  });

  const FOREIGN: readonly (readonly string[])[] = [
    ["Host: evil.example"],
    ["Host: 127.0.0.1.evil.example"],
    ["Host: localhost.evil.example:7878"],
    ["Host: 10.0.0.7"],
    ["Host: 0.0.0.0"],
    ["Host: 2130706433"],
    ["Host: localhost@evil.example"],
    ["Host: localhost", "Origin: https://evil.example"],
    ["Host: localhost", "Origin: null"],
    ["Host: localhost", "Origin: https://localhost.evil.example"],
    ["Host: localhost", "Sec-Fetch-Site: cross-site"],
  ];
  test.each(FOREIGN.map((lines) => [lines.join(", "), lines] as const))("refuses %s", async (_what, lines) => {
    const before = upstream.requests.length;
    const answer = await post(lines);
    expect([answer?.status, JSON.parse(answer?.body ?? "{}")]).toMatchObject([
      403,
      { type: "error", error: { type: "permission_error" } },
    ]);
    for (const path of ["/healthz", "/metrics", "/readyz"]) expect((await get(path, lines))?.status).toBe(403);
    expect(upstream.requests.length).toBe(before);
  });

  test("a link from elsewhere opens the page, a foreign name does not", async () => {
    expect((await get("/", ["Host: localhost", "Sec-Fetch-Site: cross-site"]))?.status).toBe(200);
    expect((await get("/", ["Host: evil.example"]))?.status).toBe(403);
  });
});
