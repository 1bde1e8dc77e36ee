// The front door between bad clients and bad servers: what could be read in two ways reaches nobody, slow ones are ended by
// the clock, a request moves to another server only when that is safe, and a broken answer is never taken for a whole one.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VirtualClock } from "../../src/base/index.ts";
import { type FrontOptions, frontLimits, type RunningFront, serverAddress, startFront } from "../../src/front/index.ts";
import { type Fault, type FaultUpstream, faultUpstream, rightAnswer } from "../kit/fault-upstream.ts";
import {
  closeBeforeHeaders,
  cutAfter,
  invalidChunk,
  refuses,
  resetBeforeHeaders,
  silentAfter,
  silentBeforeHeaders,
  wrongLength,
} from "../kit/faults.ts";
import { rawConnection, rawExchange } from "../kit/raw-client.ts";
import { smugglingCorpus } from "../kit/smuggling-corpus.ts";
import { blackHole, refusingAddress } from "../kit/unreachable.ts";

let clock: VirtualClock;
let server: FaultUpstream;
let front: RunningFront;
beforeEach(async () => {
  // Nobody is asked at /readyz until the clock is moved, so each fault meets the request that it is meant for.
  clock = new VirtualClock(0, setImmediate);
  server = await faultUpstream();
  front = frontOver([server.url]);
});
afterEach(async () => {
  await stopped(front);
  await server.close();
});

const frontOver = (urls: readonly string[], more: Partial<FrontOptions> = {}): RunningFront =>
  startFront({ host: "127.0.0.1", port: 0, servers: urls.map(serverAddress), clock, ...more });

/** Moves the clock until it is so. */
async function untilSo<T>(promise: Promise<T>, stepMs = 1000): Promise<T> {
  let isDone = false;
  void promise
    .finally(() => {
      isDone = true;
    })
    .catch(() => {});
  while (!isDone) await clock.advance(stepMs);
  return promise;
}
const stopped = (door: RunningFront) => untilSo(door.stop());

const BODY = JSON.stringify({ model: "m", max_tokens: 20, stream: true, messages: [{ role: "user", content: "hi" }] });
const ask = (url: string, path = "/v1/messages", body = BODY) =>
  fetch(url + path, { method: "POST", body, headers: { "content-type": "application/json" } });
const GET = "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n";
const errorOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;

describe("requests that could be read in two ways", () => {
  test.each(smugglingCorpus)("%s", async (_what, request, status) => {
    const strict = frontOver([server.url], { limits: { headBytesMax: 512, bodyBytesMax: 100 } });
    const connection = await rawConnection(strict.url);
    connection.send(Buffer.from(`${request}GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n`, "latin1"));
    const answer = await connection.answer();
    expect(answer?.status).toBe(status);
    expect(JSON.parse(answer?.body ?? "").error.code).toBeString();
    await connection.closed;
    // Whatever the server has of it, no whole request but the one before.
    expect(server.requests.filter(({ target }) => target !== "/v1/models")).toEqual([]);
    connection.reset();
    await stopped(strict);
  });

  test("a body reaches the server byte for byte, however it was cut and coded", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 10 }),
        fc.nat(200),
        async (parts, at) => {
          server.behave(refuses(404));
          const chunks = parts.map((part) => `${part.byteLength.toString(16)};x\r\n${Buffer.from(part).toString("latin1")}\r\n`);
          const coded = `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join("")}0\r\nX-Trailer: 1\r\n\r\n`;
          const bytes = Buffer.from(coded + GET, "latin1");
          const connection = await rawConnection(front.url);
          connection.send(bytes.subarray(0, at));
          connection.send(bytes.subarray(at));
          expect([(await connection.answer())?.status, (await connection.answer())?.status]).toEqual([404, 404]);
          connection.reset();
          const [request] = server.requests.slice(-2);
          expect([request?.target, Buffer.from(request?.body ?? [])]).toEqual(["/a", Buffer.concat(parts)]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("clients that are slow", () => {
  test("half a head is 408, and nobody else hears of it", async () => {
    const connection = await rawConnection(front.url);
    connection.send(`${GET}GET /half HTTP/1.1\r\nHost: loc`);
    expect((await connection.answer())?.status).toBe(200);
    const answer = connection.answer();
    expect((await untilSo(answer))?.status).toBe(408);
    expect(clock.monotonic()).toBeLessThanOrEqual(frontLimits.headMs + 2000);
    await connection.closed;
    expect(server.requests.some(({ target }) => target === "/half")).toBe(false);
    connection.reset();
  });

  test("a head that comes byte by byte has no more time than another", async () => {
    const connection = await rawConnection(front.url);
    connection.send(`${GET}GET /slow HTTP/1.1\r\n`);
    expect((await connection.answer())?.status).toBe(200);
    const answer = connection.answer();
    let isOver = false;
    void answer.then(() => {
      isOver = true;
    });
    while (!isOver) {
      connection.send("X-A: b\r\n");
      await clock.advance(500);
    }
    expect((await answer)?.status).toBe(408);
    expect(clock.monotonic()).toBeLessThanOrEqual(frontLimits.headMs + 5000);
    connection.reset();
  });

  test("half a body is 408, and the server is left alone", async () => {
    const connection = await rawConnection(front.url);
    connection.send("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n{");
    await connection.seen("100 Continue");
    expect((await untilSo(connection.answer()))?.status).toBe(408);
    expect(server.requests.filter(({ method }) => method === "POST")).toEqual([]);
    connection.reset();
  });

  test("a connection without a request is closed, without a word", async () => {
    const connection = await rawConnection(front.url);
    await untilSo(connection.closed);
    expect(connection.received).toBe("");
    expect(clock.monotonic()).toBeGreaterThanOrEqual(frontLimits.idleMs);
  });

  test("one connection too many is told so", async () => {
    const small = frontOver([server.url], { limits: { connectionsMax: 1 } });
    const first = await rawConnection(small.url);
    first.send(GET);
    expect((await first.answer())?.status).toBe(200);
    const second = await rawConnection(small.url);
    const answer = await second.answer();
    expect([answer?.status, answer?.headers.get("retry-after")]).toEqual([503, "2"]);
    first.reset();
    await stopped(small);
  });
});

describe("servers that do not answer", () => {
  test("one that refuses connections costs nothing: another one answers", async () => {
    const nowhere = refusingAddress();
    const both = frontOver([nowhere.url, server.url]);
    for (let count = 0; count < 20; count++) {
      const answer = await ask(both.url);
      expect(answer.status).toBe(200);
      await answer.text();
    }
    await stopped(both);
    nowhere.close();
  });

  test("none left is 502, with a time to try again", async () => {
    const nowhere = refusingAddress();
    const lost = frontOver([nowhere.url]);
    const answer = await ask(lost.url);
    expect([answer.status, answer.headers.get("retry-after"), await errorOf(answer)]).toEqual([502, "1", "server_unreachable"]);
    await stopped(lost);
    nowhere.close();
  });

  test("one that takes no connection is left after the limit for connecting", async () => {
    const hole = await blackHole();
    const lost = frontOver([hole.url]);
    const connection = await rawConnection(lost.url);
    connection.send("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    await connection.seen("100 Continue\r\n\r\n");
    expect((await untilSo(connection.answer(), 250))?.status).toBe(502);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(frontLimits.connectMs);
    expect(clock.monotonic()).toBeLessThanOrEqual(frontLimits.connectMs + 1000);
    connection.reset();
    await stopped(lost);
    hole.close();
  });

  test.each([
    ["resets", resetBeforeHeaders],
    ["closes", closeBeforeHeaders],
  ])("one that %s before it answers: what may be sent twice is, on another server; a POST is 502", async (_how, fault) => {
    const other = await faultUpstream();
    // As many retries as there are requests: the budget has tests of its own.
    const both = frontOver([server.url, other.url], { balancer: { retryShare: 1 } });
    for (const broken of [server, other]) {
      broken.behave(fault);
      // Fresh connections each time: a kept one that closes in order may just have been idle for too long.
      for (let count = 0; count < 8; count++) {
        expect((await rawExchange(both.url, GET))?.status).toBe(200);
      }
      broken.behave(rightAnswer);
    }
    server.behave(fault);
    other.behave(fault);
    expect((await ask(both.url)).status).toBe(502);
    const posts = [...server.requests, ...other.requests].filter(({ method }) => method === "POST");
    expect(posts.length).toBe(1);
    await stopped(both);
    await other.close();
  });

  test("a kept connection that was closed in order is replaced for what may be sent twice, and no failure of its server", async () => {
    // The server closes the connection as it reads the next request, as one does that was idle for too long.
    const closes: Fault = { stage: "head", act: (wire) => wire.finish() };
    for (let count = 0; count < 20; count++) {
      expect((await rawExchange(front.url, GET))?.status).toBe(200);
      server.once(closes);
    }
    expect((await ask(front.url)).status).toBe(502);
    expect((await ask(front.url)).status).toBe(200);
  });

  test("one that never answers is 504 in the end", async () => {
    server.behave(silentBeforeHeaders);
    const answer = await untilSo(ask(front.url), 20_000);
    expect([answer.status, await errorOf(answer)]).toEqual([504, "server_timeout"]);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(frontLimits.answerMs);
  });
});

describe("answers that break off", () => {
  const STREAMS: readonly (readonly [path: string, body: object, last: RegExp])[] = [
    [
      "/v1/messages",
      { model: "m", max_tokens: 20, stream: true, messages: [{ role: "user", content: "hi" }] },
      /event: error\ndata: \{"type":"error".*\n\n$/,
    ],
    [
      "/v1/chat/completions",
      { model: "m", stream: true, messages: [{ role: "user", content: "hi" }] },
      /data: \{"error":\{.*\n\n/,
    ],
    ["/v1/responses?a=b", { model: "m", stream: true, store: false, input: "hi" }, /"type":"(?:error|response\.failed)".*\n\n$/],
  ];
  const HOW = [
    ["is reset", cutAfter({ how: "reset", events: 3 })],
    ["is closed", cutAfter({ how: "close", events: 3 })],
    ["is closed inside an event", cutAfter({ how: "close", events: 3, midEvent: true })],
    ["sends a chunk of no size", invalidChunk],
  ] as const;

  test.each(STREAMS)("a stream of %s ends with an error event of its API", async (path, body, last) => {
    for (const [, fault] of HOW) {
      server.once(fault);
      const answer = await ask(front.url, path, JSON.stringify(body));
      expect(answer.status).toBe(200);
      const text = await answer.text();
      expect(text).toMatch(last);
      expect(text).toContain("The app server was lost");
    }
  });

  test("one that falls silent is ended by the clock", async () => {
    server.behave(silentAfter(3));
    const answer = await ask(front.url);
    const text = await untilSo(answer.text(), 20_000);
    expect(text).toMatch(/event: error\n/);
  });

  test("any other answer is cut where the client sees it", async () => {
    for (const [path, fault] of [
      ["/v1/messages", wrongLength(100)],
      ["/elsewhere", cutAfter({ how: "close", events: 0 })],
    ] as const) {
      server.once(fault);
      const connection = await rawConnection(front.url);
      const body = JSON.stringify({ ...JSON.parse(BODY), stream: false });
      connection.send(
        `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      await connection.closed;
      expect(connection.received).toStartWith("HTTP/1.1 200 OK\r\n");
      expect(connection.received).not.toContain("\r\n0\r\n\r\n");
      const length = /content-length: (\d+)/.exec(connection.received)?.[1];
      if (length) expect(connection.received.split("\r\n\r\n")[1]?.length).toBeLessThan(Number(length));
    }
  });
});

test("a client that leaves frees its server at once", async () => {
  server.behave(silentAfter(2));
  const gone = Promise.withResolvers<void>();
  server.once({
    stage: "request",
    act: async (wire, answer) => {
      void wire.closed.then(gone.resolve);
      await (silentAfter(2) as { act: (w: typeof wire, a: typeof answer) => Promise<void> }).act(wire, answer);
    },
  });
  const connection = await rawConnection(front.url);
  connection.send(
    `POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  );
  await connection.seen("message_start");
  connection.finish();
  await gone.promise;
});

test("a stop lets a stream end, closes what is idle, and takes nothing new", async () => {
  const told = Promise.withResolvers<void>();
  const idle = await rawConnection(front.url);
  idle.send(GET);
  expect((await idle.answer())?.status).toBe(200);
  server.once(cutAfter({ how: "close", events: 3, framing: "ended", when: told.promise }));
  const answer = await ask(front.url);
  const stop = front.stop();
  await idle.closed;
  expect(
    await fetch(front.url).then(
      () => "served",
      () => "refused",
    ),
  ).toBe("refused");
  told.resolve();
  expect((await answer.text()).split("\n\n").length).toBe(4);
  await stop;
  front = frontOver([server.url]);
});
