// Clients that leave: at whatever stage, the call ends, its upstream call is aborted, and nothing stays open. What is
// awaited is the upstream's connection closing; a test that never sees it fails by its deadline.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Fault, type FaultUpstream, faultUpstream, type Wire } from "../kit/fault-upstream.ts";
import { neverReads, silentAfter, silentAfterHeaders, silentBeforeHeaders } from "../kit/faults.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { rawConnection } from "../kit/raw-client.ts";

let upstream: FaultUpstream;
let millrace: Millrace;
beforeAll(async () => {
  upstream = await faultUpstream();
  millrace = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url), limits: { keepAliveMs: 100 } } });
});
afterAll(async () => {
  await millrace.stop();
  await upstream.close();
});

const user = (content: string) => [{ role: "user", content }];
const FORMS: readonly (readonly [path: string, body: (content: string) => object])[] = [
  ["/v1/messages", (content) => ({ model: "m", max_tokens: 50_000, messages: user(content) })],
  ["/v1/chat/completions", (content) => ({ model: "m", messages: user(content) })],
  ["/v1/responses", (content) => ({ model: "m", input: content })],
];
const request = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Sets the next fault; resolves with the upstream's end of the connection that meets it. */
function met(fault: Fault): Promise<Wire> {
  return new Promise((resolve) => {
    if (fault.stage === "request") {
      upstream.once({
        stage: "request",
        act: (wire, answer) => {
          resolve(wire);
          return fault.act(wire, answer);
        },
      });
    } else {
      upstream.once({
        stage: fault.stage,
        act: (wire) => {
          resolve(wire);
          return fault.act(wire);
        },
      });
    }
  });
}

const WAYS = [
  ["RST", (connection: Awaited<ReturnType<typeof rawConnection>>) => connection.reset()],
  ["FIN", (connection: Awaited<ReturnType<typeof rawConnection>>) => connection.finish()],
] as const;
const KINDS = [
  ["plain", false, ""],
  ["streamed", true, ""],
  ["shared", true, "shared"],
] as const;

describe.each(FORMS)("%s", (path, body) => {
  const STAGES: readonly (readonly [string, Fault, string | undefined])[] = [
    ["while the upstream takes the body", neverReads, undefined],
    ["before the upstream's headers", silentBeforeHeaders, undefined],
    ["after the upstream's headers", silentAfterHeaders, undefined],
    ["in the middle of the stream", silentAfter(3), "data: "],
  ];
  for (const [stage, fault, seen] of STAGES) {
    test.each(KINDS)(`leaving ${stage}: %s`, async (kind, stream, mode) => {
      for (const [how, leave] of WAYS) {
        if (seen !== undefined && !stream) continue;
        const meeting = met(fault);
        const connection = await rawConnection(millrace.url);
        const question = {
          ...body(`${stage} ${kind} ${how}`),
          stream,
          ...(mode === "shared" ? { temperature: 0, store: false } : {}),
        };
        connection.send(request(path, JSON.stringify(question)));
        const wire = await meeting;
        if (seen !== undefined) await connection.seen(seen);
        leave(connection);
        await wire.closed; // The upstream call was aborted.
      }
    });
  }

  test("leaving while sending the body: no upstream hears of it", async () => {
    const before = upstream.counts.connections + upstream.requests.length;
    const text = JSON.stringify(body("unfinished"));
    for (const [, leave] of WAYS) {
      const length = await rawConnection(millrace.url);
      length.send(request(path, text).slice(0, -10));
      const chunked = await rawConnection(millrace.url);
      chunked.send(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"mod\r\n`);
      const lines = millrace.lines().filter(({ event }) => event === "call").length;
      leave(length);
      leave(chunked);
      const calls = await millrace.calls(lines + 2);
      expect(calls.slice(-2).map(({ outcome }) => outcome)).toEqual(["client_left", "client_left"]);
    }
    expect(upstream.counts.connections + upstream.requests.length).toBe(before);
  });
});

test("a client that stops reading holds its upstream back, and leaving frees both", async () => {
  const { promise: started, resolve } = Promise.withResolvers<Wire>();
  let written = 0;
  upstream.once({
    stage: "request",
    act: async (wire, answer) => {
      const event = (answer.pieces[3] ?? "").repeat(1000);
      const chunk = `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`;
      await wire.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`);
      let gone = false;
      void wire.closed.then(() => {
        gone = true;
      });
      for (; !gone && written < 5000; written++) {
        await wire.write(chunk);
        if (written === 20) resolve(wire);
      }
    },
  });
  const connection = await rawConnection(millrace.url);
  connection.pause();
  const [path, body] = FORMS[0] as (typeof FORMS)[number];
  connection.send(request(path, JSON.stringify({ ...body("endless"), stream: true })));
  const wire = await started;
  // Once the buffers between are full it stops: round trips go by and nothing more was written.
  let heldAt: number;
  do {
    heldAt = written;
    for (let trip = 0; trip < 500; trip++) await (await fetch(`${millrace.url}/healthz`)).text();
  } while (written > heldAt && written < 500);
  connection.reset();
  await wire.closed;
  expect(heldAt).toBeLessThan(500); // 65 MB; the whole of it would be ten times as much.
});

test("after all of it nothing is open: no call here, no connection there", async () => {
  const answer = await fetch(`${millrace.url}/readyz`);
  expect(await answer.json()).toMatchObject({ openCalls: 0 });
  const outcomes = new Set(
    millrace
      .lines()
      .filter(({ event }) => event === "call")
      .map(({ outcome }) => outcome),
  );
  expect([...outcomes]).toEqual(["client_left"]);
});
