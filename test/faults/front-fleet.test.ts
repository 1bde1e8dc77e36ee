// A fleet of real servers behind front doors, as processes that are killed, drained, restarted and flapping under load. What
// belongs to a lost one ends clearly; nobody else notices. The servers' upstream holds streams until a test lets them go.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningFront, serverAddress, startFront } from "../../src/front/index.ts";
import { type FaultUpstream, faultUpstream, head } from "../kit/fault-upstream.ts";
import { type FrontProcess, startFrontProcess } from "../kit/front-process.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { type MillraceProcess, startMillraceProcess } from "../kit/millrace-process.ts";
import { SseReader } from "../kit/sse-reader.ts";

const ROUNDS = 10;

let model: FaultUpstream;
let toStop: (() => Promise<unknown>)[];
beforeEach(async () => {
  model = await faultUpstream();
  toStop = [];
});
afterEach(async () => {
  for (const stop of toStop.reverse()) await stop();
  await model.close();
});

const body = (session: string, stream: boolean) =>
  JSON.stringify({
    model: "m",
    max_tokens: 20,
    stream,
    messages: [{ role: "user", content: `Say something about ${session}.` }],
  });
const ask = (url: string, session: string, stream = false) =>
  fetch(`${url}/v1/messages`, {
    method: "POST",
    body: body(session, stream),
    headers: { "content-type": "application/json", "x-claude-code-session-id": session },
  });
const chunk = (piece: string) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`;
const sessions = (count: number) => Array.from({ length: count }, (_, index) => `session ${index}`);

/** Every answer stops in its middle until `finish`. */
function holdStreams(): { finish: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  model.behave({
    stage: "request",
    act: async (wire, answer) => {
      const half = Math.ceil(answer.pieces.length / 2);
      await wire.write(
        head(200, [...answer.headers, ["transfer-encoding", "chunked"]]) + chunk(answer.pieces.slice(0, half).join("")),
      );
      await promise;
      await wire.write(`${chunk(answer.pieces.slice(half).join(""))}0\r\n\r\n`);
    },
  });
  return { finish: resolve };
}

/** Servers whose answers say which of them it was, in `x-millrace-upstream`. */
async function processes(count: number): Promise<MillraceProcess[]> {
  const started = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startMillraceProcess({
        upstreams: upstreamsAt(model.url).map((one) => ({ ...one, name: `${index}-${(one as { name: string }).name}` })),
      }),
    ),
  );
  for (const one of started) toStop.push(() => one.dispose());
  return started;
}
const serverOf = (answer: Response) => Number(answer.headers.get("x-millrace-upstream")?.split("-")[0]);

interface Stream {
  readonly server: number;
  /** The name of the last event, or what the connection's end was. */
  readonly last: Promise<string | undefined>;
}

/** Resolves when its first event is here. */
async function stream(url: string, session: string): Promise<Stream> {
  const answer = await ask(url, session, true);
  const begun = Promise.withResolvers<void>();
  const last = (async () => {
    let name: string | undefined;
    try {
      for await (const { event } of new SseReader(answer)) {
        name = event;
        begun.resolve();
      }
      return name;
    } catch {
      return "cut";
    } finally {
      begun.resolve();
    }
  })();
  await begun.promise;
  return { server: serverOf(answer), last };
}

test("a server killed under streams: its own end with an error event, the others are whole, its sessions go on elsewhere", async () => {
  const held = holdStreams();
  const servers = await processes(3);
  const front = startFront({ host: "127.0.0.1", port: 0, servers: servers.map(({ url }) => serverAddress(url)) });
  toStop.push(() => front.stop());
  const streams = await Promise.all(sessions(60).map((session) => stream(front.url, session)));
  const lost = streams[0]?.server ?? 0;
  expect(new Set(streams.map(({ server }) => server)).size).toBe(3);
  await servers[lost]?.dispose();
  for (const { server, last } of streams) if (server === lost) expect(await last).toBe("error");
  held.finish();
  for (const { server, last } of streams) if (server !== lost) expect(await last).toBe("message_stop");
  for (const [index, session] of sessions(60).entries()) {
    const answer = await ask(front.url, session);
    expect(answer.status).toBe(200);
    const before = streams[index]?.server;
    if (before === lost) expect(serverOf(answer)).not.toBe(lost);
    else expect(serverOf(answer)).toBe(before as number);
    await answer.text();
  }
}, 30_000);

test("a front door killed under streams: they are cut, their calls end; its successor sends each session where it was", async () => {
  const held = holdStreams();
  const servers = await processes(2);
  const list = servers.flatMap(({ url }) => ["--server", url]);
  const first = await startFrontProcess(list);
  toStop.push(async () => first.signal("SIGKILL"));
  // No more than what fills no server: a session that found its server full would be elsewhere.
  const streams = await Promise.all(sessions(2).map((session) => stream(first.url, session)));
  first.signal("SIGKILL");
  await first.exited;
  for (const { last } of streams) expect(await last).toBe("cut");
  const second = await startFrontProcess([...list, "--port", String(first.port)]);
  toStop.push(async () => second.signal("SIGKILL"));
  expect(second.url).toBe(first.url);
  held.finish();
  for (const [index, session] of sessions(2).entries()) {
    const answer = await ask(second.url, session);
    expect([answer.status, serverOf(answer)]).toEqual([200, streams[index]?.server ?? -1]);
    await answer.text();
  }
  second.signal("SIGTERM");
  expect(await second.exited).toBe(0);
  expect(await second.errors()).toContain("Stopping: open streams may finish");
}, 30_000);

interface Load {
  /** Answers that were whole. */
  served: number;
  /** Answers that said that their server was lost. */
  lost: number;
}

/** Until `isOver`, one request after another in each of some sessions. Every answer is whole, or a clear error. */
async function load(url: string, isOver: () => boolean): Promise<Load> {
  const result = { served: 0, lost: 0 };
  const one = async (session: string): Promise<void> => {
    for (let count = 0; !isOver(); count++) {
      const answer = await ask(url, session, count % 2 === 0);
      const text = await answer.text();
      if (answer.status === 200 && /event: message_stop|"stop_reason":"\w/.test(text) && !text.includes("event: error"))
        result.served++;
      else if (/was lost|server_unreachable|upstream/.test(text)) result.lost++;
      else throw new Error(`neither whole nor an error: ${answer.status} ${text}`);
    }
  };
  await Promise.all(sessions(8).map(one));
  return result;
}

/** Resolves when the front door says so of its server. Asks again and again, as a balancer before it would. */
async function untilState(front: RunningFront, origin: string, states: readonly string[]): Promise<void> {
  for (;;) {
    const { servers } = (await (await fetch(`${front.adminUrl}/readyz`)).json()) as {
      servers: { origin: string; state: string }[];
    };
    if (states.includes(servers.find((server) => server.origin === origin)?.state ?? "")) return;
  }
}

test("every server in turn drains, ends and comes back, and no request is lost", async () => {
  const config = { cache: { enabled: false }, upstreams: upstreamsAt(model.url) };
  const start = (port = 0): Promise<Millrace> => startMillrace({ config: { ...config, port } });
  const servers = await Promise.all([start(), start(), start()]);
  const front = startFront({
    host: "127.0.0.1",
    port: 0,
    adminPort: 0,
    pollMs: 20,
    servers: servers.map(({ url }) => serverAddress(url)),
  });
  // The servers first, so that they can tell the front door.
  toStop.push(() => front.stop(), ...servers.map((_, index) => async () => servers[index]?.stop()));
  let isOver = false;
  const served = load(front.url, () => isOver);
  const rolled = (async () => {
    for (const [index, server] of servers.entries()) {
      await untilState(front, server.url, ["healthy"]);
      await server.stop();
      servers[index] = await start(Number(new URL(server.url).port));
      await untilState(front, server.url, ["healthy", "returning"]);
    }
  })().finally(() => {
    isOver = true;
  });
  await rolled;
  const { served: count, lost } = await served;
  expect(lost).toBe(0);
  expect(count).toBeGreaterThan(30);
}, 60_000);

test("a server that comes and goes all the time costs what it had in its hands, and no more", async () => {
  const steady = await startMillrace({ config: { upstreams: upstreamsAt(model.url) } });
  const held = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(null) });
  const port = held.port ?? 0;
  await held.stop(true);
  const servers = [steady.url, `http://127.0.0.1:${port}`].map(serverAddress);
  const front = startFront({ host: "127.0.0.1", port: 0, adminPort: 0, pollMs: 20, servers });
  toStop.push(
    () => front.stop(),
    () => steady.stop(),
  );
  let rounds = 0;
  const loaded = load(front.url, () => rounds >= ROUNDS);
  let direct = 0;
  for (; rounds < ROUNDS; rounds++) {
    const up = Bun.serve({
      port,
      hostname: "127.0.0.1",
      fetch: (request) =>
        request.url.endsWith("/readyz") ? Response.json({ ready: true }) : fetch(`${steady.url}/v1/messages`, request),
    });
    direct += (await ask(`http://127.0.0.1:${port}`, "direct")).status === 200 ? 1 : 0;
    await up.stop(true);
    await untilState(front, `http://127.0.0.1:${port}`, ["unreachable", "ejected"]);
  }
  const { served, lost } = await loaded;
  expect(direct).toBe(ROUNDS);
  expect(served).toBeGreaterThan(ROUNDS);
  expect(lost).toBeLessThanOrEqual(ROUNDS * 8);
}, 60_000);

test("a list of servers in a file is followed, with the process running on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-front-"));
  const file = join(folder, "servers.txt");
  const [one, two] = await processes(2);
  writeFileSync(file, `# the servers\n${one?.url}\n`);
  const front: FrontProcess = await startFrontProcess(["--servers", file]);
  toStop.push(async () => {
    front.signal("SIGKILL");
    rmSync(folder, { recursive: true });
  });
  const used = async () => {
    const answers = await Promise.all(sessions(12).map((session) => ask(front.url, session)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const numbers = new Set(answers.map(serverOf));
    for (const answer of answers) await answer.text();
    return [...numbers].sort().join(" ");
  };
  expect(await used()).toBe("0");
  writeFileSync(file, `${two?.url}\n`);
  while ((await used()) !== "1");
  front.signal("SIGTERM");
  expect(await front.exited).toBe(0);
  expect(await front.errors()).toContain(`Servers now: ${two?.url}`);
}, 30_000);
