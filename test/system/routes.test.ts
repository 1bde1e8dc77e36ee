// Which path means what, and which upstream serves which model, over HTTP.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Millrace, startMillrace } from "../kit/millrace.ts";
import { rawExchange } from "../kit/raw-client.ts";
import { type ScriptedServer, scriptedServer } from "../kit/scripted-server.ts";

let upstream: ScriptedServer;
let millrace: Millrace;
beforeAll(async () => {
  upstream = scriptedServer();
  const { url } = upstream;
  millrace = await startMillrace({
    config: {
      upstreams: [
        { name: "wide", dialect: "anthropic", baseUrl: `${url}/`, models: ["claude-*"] },
        {
          name: "haiku",
          dialect: "anthropic",
          baseUrl: url,
          models: ["claude-haiku-*", "exact"],
          aliases: { small: "claude-haiku-9" },
        },
        { name: "gpt", dialect: "openai", baseUrl: `${url}/v1`, models: ["gpt-*", "text-embedding-*"] },
      ],
    },
  });
});
afterAll(async () => {
  await millrace.stop();
  await upstream.close();
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(millrace.url + path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });
const message = (model: string) => post("/v1/messages", { model, max_tokens: 5, messages: [{ role: "user", content: "hi" }] });

describe("models", () => {
  test.each([
    ["claude-opus-4-9", "wide"],
    ["claude-never-heard-of-20991231", "wide"],
    ["claude-haiku-4-5-20251001", "haiku"],
    ["exact", "haiku"],
    ["small", "haiku"],
  ])("%s is served by %s", async (model, name) => {
    const answer = await message(model);
    expect([answer.status, answer.headers.get("x-millrace-upstream")]).toEqual([200, name]);
    const asked = JSON.parse(new TextDecoder().decode(upstream.requests.at(-1)?.body)) as { model: string };
    expect(asked.model).toBe(model === "small" ? "claude-haiku-9" : model);
  });

  test("one that nobody serves is 404 in the dialect, and no upstream hears of it", async () => {
    const before = upstream.requests.length;
    const [anthropic, openai] = [
      await message("gpt-5"),
      await post("/v1/chat/completions", { model: "claude-opus-4-9", messages: [{ role: "user", content: "hi" }] }),
    ];
    expect(anthropic.status).toBe(404);
    expect(await anthropic.json()).toMatchObject({
      type: "error",
      error: { type: "not_found_error", message: expect.stringContaining("`gpt-5`") },
      request_id: anthropic.headers.get("x-request-id"),
    });
    expect(openai.status).toBe(404);
    expect(await openai.json()).toMatchObject({
      error: { code: "not_found", message: expect.stringContaining("claude-opus-4-9") },
    });
    expect(upstream.requests.length).toBe(before);
  });

  test("the list is in the caller's dialect", async () => {
    const asAnthropic = await fetch(`${millrace.url}/v1/models?limit=1000`, { headers: { "anthropic-version": "2023-06-01" } });
    const asOpenai = await fetch(`${millrace.url}/v1/models`, { headers: { authorization: "Bearer key" } });
    expect(await asAnthropic.json()).toMatchObject({ has_more: false, data: expect.any(Array) });
    expect(await asOpenai.json()).toMatchObject({ object: "list", data: expect.any(Array) });
    expect(upstream.requests.map(({ target }) => target)).toContain("/v1/models?limit=1000");
    const one = await fetch(`${millrace.url}/v1/models/gpt-scripted`, { headers: { authorization: "Bearer key" } });
    expect(await one.json()).toMatchObject({ id: "gpt-scripted" });
  });

  test("tokens are counted, with and without a query", async () => {
    for (const query of ["", "?beta=true"]) {
      const body = { model: "claude-x", messages: [{ role: "user", content: "How long is this?" }] };
      const answer = await post(`/v1/messages/count_tokens${query}`, body, { "anthropic-version": "2023-06-01" });
      expect(await answer.json()).toEqual({ input_tokens: expect.any(Number) });
    }
  });
});

describe("what is no model call", () => {
  test("GET and HEAD of /", async () => {
    const page = await fetch(millrace.url);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(await page.text()).toContain(millrace.url);
    const headOnly = await fetch(millrace.url, { method: "HEAD" });
    expect([headOnly.status, await headOnly.text()]).toEqual([200, ""]);
  });

  test("health and readiness", async () => {
    expect(await (await fetch(`${millrace.url}/healthz`)).json()).toEqual({ status: "ok", version: "0.0.0-test" });
    const ready = await fetch(`${millrace.url}/readyz`);
    const { load, ...rest } = (await ready.json()) as { load: { cpu: number; memory: number } };
    expect([ready.status, rest]).toEqual([200, { ready: true, openCalls: 0 }]);
    expect(load).toMatchObject({ connections: 0, connectionsMax: millrace.config.limits.callsMax });
    for (const share of [load.cpu, load.memory]) expect(share >= 0 && share <= 1).toBe(true);
    expect(load.memory).toBeGreaterThan(0);
    expect((await fetch(`${millrace.url}/readyz`, { method: "HEAD" })).status).toBe(200);
    const wrong = await fetch(`${millrace.url}/healthz`, { method: "POST" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test.each([
    "/v1",
    "/v1/message",
    "/v1/messages/",
    "/v1/messages/batches",
    "/v2/messages",
    "/V1/messages",
    "/constructor",
    "//",
  ])("%s is nothing", async (path) => {
    const answer = await rawExchange(millrace.url, `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}`);
    expect(answer?.status).toBe(404);
    expect(JSON.parse(answer?.body ?? "")).toMatchObject({ error: { code: "not_found" } });
  });

  test.each([
    ["GET", "/v1/messages", "POST"],
    ["PUT", "/v1/chat/completions", "POST"],
    ["DELETE", "/v1/responses", "POST"],
    ["POST", "/v1/models", "GET"],
  ])("%s %s is 405 in the dialect", async (method, path, allowed) => {
    const answer = await fetch(millrace.url + path, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, allowed]);
    expect(await answer.json()).toMatchObject({
      error: { type: "invalid_request_error", message: expect.stringContaining(allowed) },
    });
  });

  test("a WebSocket upgrade is answered 426 at once, with and without required authentication", async () => {
    const upgrade =
      "GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOpenAI-Beta: responses_websockets=2026-02-06\r\n\r\n";
    const answer = await rawExchange(millrace.url, upgrade);
    expect(answer?.status).toBe(426);
    expect(JSON.parse(answer?.body ?? "")).toMatchObject({ error: { code: "upgrade_required" } });
    const strict = await startMillrace({ config: { auth: { required: true } } });
    expect((await rawExchange(strict.url, upgrade))?.status).toBe(426);
    await strict.stop();
  });
});

test("with no upstream of a dialect, its calls and its list are 404 in that dialect", async () => {
  const onlyOpenai = await startMillrace({
    config: { upstreams: [{ name: "gpt", dialect: "openai", baseUrl: `${upstream.url}/v1` }] },
  });
  const list = await fetch(`${onlyOpenai.url}/v1/models`, { headers: { "x-api-key": "key" } });
  expect([list.status, await list.json()]).toMatchObject([404, { type: "error", error: { type: "not_found_error" } }]);
  await onlyOpenai.stop();
});

test("one call more than fit is 503 with retry-after, and room comes back", async () => {
  const narrow = await startMillrace({
    config: { upstreams: [{ name: "all", dialect: "anthropic", baseUrl: upstream.url }], limits: { callsMax: 1 } },
  });
  const call = (content: string, signal?: AbortSignal) =>
    fetch(`${narrow.url}/v1/messages`, {
      method: "POST",
      body: JSON.stringify({ model: "m", max_tokens: 5, stream: true, messages: [{ role: "user", content }] }),
      headers: { "content-type": "application/json" },
      ...(signal ? { signal } : {}),
    });
  const leaving = new AbortController();
  const arriving = upstream.next();
  const held = call("[[silent]]", leaving.signal).catch(() => undefined);
  const request = await arriving;
  const refused = await call("hi");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
  expect(await refused.json()).toMatchObject({ type: "error", error: { type: "overloaded_error" } });
  leaving.abort();
  await held;
  expect(await request.ended).toBe("aborted");
  expect((await call("hi")).status).toBe(200);
  await narrow.stop();
});
