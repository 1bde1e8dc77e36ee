// A server that is told to stop: what is open may finish, nothing new begins, the exit code says how it went.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { type FaultUpstream, faultUpstream, head, type Wire } from "../kit/fault-upstream.ts";
import { upstreamsAt } from "../kit/millrace.ts";
import { type MillraceProcess, startMillraceProcess } from "../kit/millrace-process.ts";
import { rawConnection } from "../kit/raw-client.ts";
import { SseReader } from "../kit/sse-reader.ts";

let upstream: FaultUpstream;
let server: MillraceProcess | undefined;
beforeEach(async () => {
  upstream = await faultUpstream();
});
afterEach(async () => {
  await server?.dispose();
  await upstream.close();
});

const BODY = JSON.stringify({ model: "m", max_tokens: 5, stream: true, messages: [{ role: "user", content: "hi" }] });
const ask = (url: string) =>
  fetch(`${url}/v1/messages`, { method: "POST", body: BODY, headers: { "content-type": "application/json" } });
const chunk = (piece: string) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`;

/** The next stream says its first half; the rest is up to the test. */
function holdStream(): { finish: () => void; wire: Promise<Wire> } {
  const { promise: told, resolve: finish } = Promise.withResolvers<void>();
  const { promise: wire, resolve } = Promise.withResolvers<Wire>();
  upstream.once({
    stage: "request",
    act: async (socket, answer) => {
      resolve(socket);
      const half = Math.ceil(answer.pieces.length / 2);
      const [first, second] = [answer.pieces.slice(0, half).join(""), answer.pieces.slice(half).join("")];
      await socket.write(head(200, [...answer.headers, ["transfer-encoding", "chunked"]]) + chunk(first));
      await told;
      await socket.write(`${chunk(second)}0\r\n\r\n`);
    },
  });
  return { finish, wire };
}

const refused = (url: string) =>
  rawConnection(url).then(
    (connection) => {
      connection.reset();
      return false;
    },
    () => true,
  );

test("SIGTERM during a stream: no new connection, an idle one is closed, the stream ends whole, code 0", async () => {
  server = await startMillraceProcess({ upstreams: upstreamsAt(upstream.url) });
  const kept = await rawConnection(server.url);
  kept.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect((await kept.answer())?.status).toBe(200);
  const { finish } = holdStream();
  const reader = new SseReader(await ask(server.url));
  const events: (string | undefined)[] = [];
  for await (const { event } of reader) {
    if (events.push(event) > 1) continue;
    server.signal("SIGTERM");
    await server.logged("Stopping");
    // It says so just before it stops listening; from then on nobody gets in.
    while (!(await refused(server.url))) await new Promise(setImmediate);
    expect(await refused(server.url)).toBe(true);
    finish();
  }
  expect(events.at(-1)).toBe("message_stop");
  await kept.closed;
  expect(await server.exited).toBe(0);
});

test("what is still open after shutdownMs is cut, its upstream call too, and the code is 0", async () => {
  server = await startMillraceProcess({ upstreams: upstreamsAt(upstream.url), limits: { shutdownMs: 200 } });
  const { wire } = holdStream();
  const reader = new SseReader(await ask(server.url));
  const read = Array.fromAsync(reader).then(
    (events) => events.at(-1)?.event,
    () => "cut",
  );
  const upstreamEnd = await wire;
  server.signal("SIGTERM");
  expect(await server.exited).toBe(0);
  expect(await read).not.toBe("message_stop");
  await upstreamEnd.closed;
});

test("a second signal ends at once, with code 1", async () => {
  server = await startMillraceProcess({ upstreams: upstreamsAt(upstream.url), limits: { shutdownMs: 600_000 } });
  const { wire } = holdStream();
  const reader = new SseReader(await ask(server.url));
  const read = Array.fromAsync(reader).catch(() => []);
  const upstreamEnd = await wire;
  server.signal("SIGTERM");
  await server.logged("Stopping");
  server.signal("SIGINT");
  expect(await server.exited).toBe(1);
  await read;
  await upstreamEnd.closed;
});

test("an idle server stops at once, whatever idle connections it has", async () => {
  server = await startMillraceProcess({ upstreams: upstreamsAt(upstream.url), limits: { shutdownMs: 600_000 } });
  const idle = await rawConnection(server.url);
  idle.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect((await idle.answer())?.status).toBe(200);
  await (await ask(server.url)).text();
  server.signal("SIGTERM");
  expect(await server.exited).toBe(0);
  await idle.closed;
});

test("the last lines of the log are written before it ends", async () => {
  server = await startMillraceProcess({ upstreams: upstreamsAt(upstream.url) });
  await (await ask(server.url)).text();
  server.signal("SIGTERM");
  await server.logged('"event":"call"');
  await server.logged('"event":"stopped","openCalls":0');
  expect(await server.exited).toBe(0);
});
