// The front door before real app servers and a model: what passes, byte for byte and as it comes; where it goes; what is
// said about the one who asked.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { VirtualClock } from "../../src/base/index.ts";
import { type RunningFront, serverAddress, startFront } from "../../src/front/index.ts";
import { forms } from "../kit/asked.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { rawConnection, rawExchange } from "../kit/raw-client.ts";
import { type ScriptedServer, scriptedServer } from "../kit/scripted-server.ts";

let models: ScriptedServer[];
let servers: Millrace[];
let front: RunningFront;
beforeAll(async () => {
  models = [scriptedServer(), scriptedServer(), scriptedServer()];
  servers = await Promise.all(models.map(({ url }) => startMillrace({ config: { upstreams: upstreamsAt(url) } })));
  front = frontOver(servers);
});
afterAll(async () => {
  await front.stop();
  for (const server of servers) await server.stop();
  for (const model of models) await model.close();
});

/** On a clock that stands still: nothing here waits, and no server has to take leave of a front door that is gone. */
const frontOver = (over: readonly { url: string }[], more: object = {}): RunningFront =>
  startFront({
    host: "127.0.0.1",
    port: 0,
    clock: new VirtualClock(),
    servers: over.map(({ url }) => serverAddress(url)),
    ...more,
  });

type Form = readonly [path: string, body: object];
const MESSAGES: Form = ["/v1/messages", { model: "m", max_tokens: 200, messages: [{ role: "user", content: "hello" }] }];
const FORMS: readonly Form[] = [
  MESSAGES,
  ["/v1/chat/completions", { model: "m", messages: [{ role: "user", content: "hello" }] }],
  ["/v1/responses", { model: "m", store: false, input: "hello" }],
];
const post = (url: string, [path, body]: Form, headers: Record<string, string> = {}) =>
  fetch(url + path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } });

describe.each(FORMS)("%s", (path, body) => {
  test("an answer is the server's own, streamed or not", async () => {
    for (const stream of [false, true]) {
      const form: Form = [path, { ...body, temperature: 0, stream }];
      const asked = { "x-millrace-session": `same ${stream}` };
      const first = await (await post(front.url, form, asked)).text();
      const again = await post(front.url, form, asked);
      // From the cache of the server that answered first, and so the same but for ids: the session stayed.
      expect(again.headers.get("x-millrace-cache")).toBe("hit");
      expect(again.headers.get("content-type")).toStartWith(stream ? "text/event-stream" : "application/json");
      expect((await again.text()).length).toBe(first.length);
    }
  });
});

test.each(forms)("the official SDK of %s gets the same through the front door, streamed or not", async (_name, ask) => {
  for (const stream of [false, true]) {
    // The second is answered from what the first left, so both come from one server.
    const question = { content: "What is a millrace?", stream, headers: { "x-millrace-session": `sdk ${stream}` } };
    const through = await ask(front.url, "sk-a", question);
    expect((await ask(front.url, "sk-a", question)).said).toEqual(through.said);
    expect(through.headers.get("via")).toMatch(/^1\.1 millrace-/);
  }
});

test("a body of many megabytes arrives as it was sent, by length and in chunks", async () => {
  const model = scriptedServer();
  const door = frontOver([model]);
  const bytes = Buffer.alloc(12_000_000, "0123456789abcdef!");
  const chunked = () =>
    new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.byteLength; at += 100_000) controller.enqueue(bytes.subarray(at, at + 100_000));
        controller.close();
      },
    });
  for (const body of [bytes, chunked()]) {
    const answer = await fetch(`${door.url}/v1/messages`, { method: "POST", body });
    expect(answer.status).toBe(400);
    await answer.text();
    expect(Buffer.from(model.requests.at(-1)?.body ?? []).equals(bytes)).toBe(true);
  }
  await door.stop();
  await model.close();
});

test("a server without authentication answers nobody from elsewhere through a front door", async () => {
  const door = frontOver(servers, { trustsProxy: true });
  for (const path of ["/", "/healthz", "/metrics", "/v1/models"]) {
    const get = async (from: string) => (await fetch(door.url + path, { headers: { "x-forwarded-for": from } })).status;
    expect([path, await get("10.0.0.9"), await get("127.0.0.1")]).toEqual([path, 403, 200]);
  }
  await door.stop();
});

test("errors of a server pass as they are, and so do pages, lists and HEAD", async () => {
  const refused = await post(front.url, ["/v1/messages", { nonsense: true }]);
  expect([refused.status, (await refused.json()).type]).toEqual([400, "error"]);
  expect((await fetch(`${front.url}/v1/models`)).status).toBe(200);
  expect((await fetch(`${front.url}/nowhere`)).status).toBe(404);
  const head = await fetch(`${front.url}/healthz`, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

const NAMES = ["x-millrace-session", "x-claude-code-session-id", "thread-id", "session-id", "x-session-affinity", "x-session-id"];

describe("where it goes", () => {
  /** Which of the models was asked by the last call. */
  async function serverOf(url: string, headers: Record<string, string>): Promise<number> {
    const before = models.map(({ requests }) => requests.length);
    await (await post(url, MESSAGES, headers)).text();
    return models.findIndex(({ requests }, index) => requests.length > (before[index] ?? 0));
  }

  test("a session stays, whichever header names it, and two front doors agree without talking", async () => {
    for (const name of NAMES) {
      // Of their own for each, so that no server is fuller than others in the eyes of one of them.
      const doors = [frontOver(servers), frontOver([...servers].reverse())] as const;
      for (const session of ["one", "two"]) {
        const headers = { [name]: `${name} ${session}`, "x-api-key": "sk-a" };
        const home = await serverOf(doors[0].url, headers);
        expect(await serverOf(doors[1].url, headers)).toBe(home);
        expect(await serverOf(doors[0].url, { ...headers, "x-claude-code-agent-id": "sub" })).toBe(home);
      }
      for (const door of doors) await door.stop();
    }
  });

  test("sessions are spread, and so are requests without one", async () => {
    const door = frontOver(servers);
    const used = [new Set<number>(), new Set<number>()] as const;
    for (let count = 0; count < 24; count++) {
      used[0].add(await serverOf(door.url, { "thread-id": `thread ${count}` }));
      used[1].add(await serverOf(door.url, {}));
    }
    expect(used.map(({ size }) => size)).toEqual([3, 3]);
    await door.stop();
  });
});

describe("what is said about the one who asked", () => {
  /** The headers with which a request comes to its server. */
  async function received(headers: Record<string, string>, more: object = {}): Promise<Headers> {
    const model = scriptedServer();
    const door = frontOver([model], more);
    await (await post(door.url, MESSAGES, headers)).text();
    await door.stop();
    await model.close();
    const [request] = model.requests.filter(({ method }) => method === "POST");
    return request?.headers ?? new Headers();
  }
  const LIES = {
    "x-forwarded-for": "1.2.3.4",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "evil.example",
    forwarded: "for=1.2.3.4",
    "x-real-ip": "1.2.3.4",
    via: "1.1 elsewhere",
  };

  test("is what was seen here; what came from outside is dropped", async () => {
    const headers = await received({ ...LIES, host: "front.example:80" });
    expect(Object.fromEntries(headers)).toMatchObject({
      host: "front.example:80",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": "front.example:80",
      "x-forwarded-proto": "http",
      via: expect.stringMatching(/^1\.1 elsewhere, 1\.1 millrace-[0-9a-f]{12}$/),
    });
    expect([headers.has("forwarded"), headers.has("x-real-ip")]).toEqual([false, false]);
  });

  test("is added to, where the one before is trusted", async () => {
    const headers = await received(LIES, { trustsProxy: true });
    expect(Object.fromEntries(headers)).toMatchObject({
      ...{ "x-forwarded-for": "1.2.3.4, 127.0.0.1", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" },
      ...{ forwarded: "for=1.2.3.4", "x-real-ip": "1.2.3.4" },
    });
  });

  test("headers of the connection stay on it", async () => {
    const model = scriptedServer();
    const door = frontOver([model]);
    const body = JSON.stringify(MESSAGES[1]);
    const answer = await rawExchange(
      door.url,
      `POST /v1/messages HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: x\r\nUpgrade: h2c\r\nX-Kept: a  b\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer?.status).toBe(200);
    const { headers } = model.requests.find(({ method }) => method === "POST") ?? { headers: new Headers() };
    const gone = ["x-mine", "keep-alive", "te", "proxy-authorization", "upgrade", "connection"];
    expect(gone.filter((name) => headers.has(name))).toEqual([]);
    expect(headers.get("x-kept")).toBe("a  b");
    await door.stop();
    await model.close();
  });
});

describe("on one connection", () => {
  const GET = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

  test("requests sent all at once are answered in their order", async () => {
    const connection = await rawConnection(front.url);
    connection.send(GET("/healthz") + GET("/nowhere") + GET("/v1/models") + GET("/healthz", "Connection: close\r\n"));
    const statuses: unknown[] = [];
    for (let count = 0; count < 4; count++) statuses.push((await connection.answer())?.status);
    expect(statuses).toEqual([200, 404, 200, 200]);
    await connection.closed;
  });

  test("one that waits for 100 Continue gets it, and an answer", async () => {
    const body = JSON.stringify(MESSAGES[1]);
    const connection = await rawConnection(front.url);
    const head = `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    connection.send(head);
    await connection.seen("HTTP/1.1 100 Continue\r\n\r\n");
    connection.send(body);
    expect((await connection.answer())?.status).toBe(200);
    connection.reset();
  });

  test("HTTP/1.0 is answered without chunks, and the connection closed", async () => {
    const body = JSON.stringify({ ...MESSAGES[1], stream: true });
    const connection = await rawConnection(front.url);
    connection.send(
      `POST /v1/messages HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const answer = await connection.answer();
    expect([answer?.status, answer?.headers.get("transfer-encoding")]).toEqual([200, null]);
    await connection.closed;
    expect(answer?.body).toEndWith('data: {"type":"message_stop"}\n\n');
  });

  test("a WebSocket is refused as the server would, other upgrades are overlooked", async () => {
    const refused = await rawExchange(front.url, GET("/v1/responses", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    expect([refused?.status, refused?.headers.get("upgrade")]).toEqual([426, "HTTP/1.1"]);
    expect(
      (
        await rawExchange(
          front.url,
          GET("/healthz", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"),
        )
      )?.status,
    ).toBe(200);
  });

  test("a refused request gets its answer, though it goes on sending", async () => {
    const connection = await rawConnection(front.url);
    connection.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n");
    for (let count = 0; count < 10; count++) connection.send(new Uint8Array(100_000));
    const answer = await connection.answer();
    expect([answer?.status, answer?.headers.get("connection")]).toEqual([413, "close"]);
    expect(JSON.parse(answer?.body ?? "").error.code).toBe("body_too_large");
    connection.reset();
  });
});

test("a front door among its own servers says so, instead of asking itself without end", async () => {
  const loop = frontOver([servers[0] as Millrace]);
  loop.setServers([serverAddress(loop.url)]);
  const answer = await fetch(`${loop.url}/healthz`);
  expect([answer.status, (await answer.json()).error.code]).toEqual([508, "loop_detected"]);
  await loop.stop();
});

test("without a server that takes requests it is 503, with a time to try again", async () => {
  const empty = frontOver([]);
  const answer = await fetch(`${empty.url}/v1/models`);
  expect([answer.status, answer.headers.get("retry-after"), (await answer.json()).error.code]).toEqual([503, "2", "no_server"]);
  await empty.stop();
});

test("pages of its own are on a port of their own: health, readiness with every server, metrics", async () => {
  const door = frontOver([servers[0] as Millrace], { adminPort: 0 });
  await (await post(door.url, MESSAGES)).text();
  await (await fetch(`${door.url}/nowhere`)).text();
  await rawExchange(door.url, "nonsense\r\n\r\n");
  const page = (path: string, init: RequestInit = {}) => fetch(`${door.adminUrl}${path}`, init);
  expect(await (await page("/healthz")).json()).toEqual({ status: "ok" });
  const origin = (servers[0] as Millrace).url;
  const ready = await page("/readyz");
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { ready: true, servers: [{ origin, state: "unknown", openRequests: 0 }] },
  ]);
  const metrics = await (await page("/metrics")).text();
  for (const line of [
    "millrace_front_requests_total 2",
    'millrace_front_answers_total{status="2xx"} 1',
    'millrace_front_answers_total{status="4xx"} 1',
    'millrace_front_refusals_total{code="request_invalid"} 1',
    "millrace_front_retries_total 0",
    "millrace_front_cut_total 0",
    `millrace_front_open_requests{server="${origin}"} 0`,
    `millrace_front_server_up{server="${origin}"} 1`,
  ]) {
    expect(metrics).toContain(`${line}\n`);
  }
  expect((await page("/")).status).toBe(404);
  expect((await page("/metrics", { method: "POST" })).status).toBe(405);
  door.setServers([]);
  expect((await page("/readyz")).status).toBe(503);
  await door.stop();
});

test("limits that bound nothing are refused", () => {
  for (const limits of [{ headBytesMax: 0 }, { idleMs: Number.POSITIVE_INFINITY }, { triesMax: 1.5 }]) {
    expect(() => frontOver([], { limits })).toThrow("must be a whole number");
  }
});
