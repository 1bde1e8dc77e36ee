// Crowds: a model server that is killed under a thousand streams, and callers who come back all at once.

import { afterEach, expect, test } from "bun:test";
import net from "node:net";
import { join } from "node:path";
import { faultUpstream } from "../kit/fault-upstream.ts";
import { holdAnswers } from "../kit/held-answers.ts";
import { JumpingClock } from "../kit/jumping-clock.ts";
import { type Millrace, startMillrace } from "../kit/millrace.ts";
import { type MillraceProcess, startMillraceProcess } from "../kit/millrace-process.ts";

const CASE_MS_MAX = 60_000;
const stopped: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stopped.splice(0).reverse()) await stop();
});

/** @returns its address, and its process. */
async function stalledModel(): Promise<{ url: string; child: Bun.Subprocess<"ignore", "pipe", "inherit"> }> {
  const program = join(import.meta.dir, "..", "kit", "stalled-model.ts");
  const child = Bun.spawn([process.execPath, program], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  stopped.push(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  const { value } = await child.stdout.getReader().read();
  return { url: `http://127.0.0.1:${new TextDecoder().decode(value).trim()}`, child };
}

interface Streamed {
  /** When the answer's first text is here. */
  readonly begun: Promise<void>;
  /** All that came, once the answer has ended. */
  readonly whole: Promise<string>;
}

/** On a socket of its own: a thousand of them are more than the runtime's `fetch` keeps open. */
function stream(millrace: MillraceProcess, model: string, session: string): Streamed {
  const { hostname, port } = new URL(millrace.url);
  const body = JSON.stringify({ model, max_tokens: 20, stream: true, messages: [{ role: "user", content: session }] });
  const head = ["POST /v1/messages HTTP/1.1", `host: ${hostname}`, "content-type: application/json", "connection: close"];
  head.push(`x-claude-code-session-id: ${session}`, `content-length: ${Buffer.byteLength(body)}`);
  const begun = Promise.withResolvers<void>();
  const whole = Promise.withResolvers<string>();
  let text = "";
  const socket = net.connect(Number(port), hostname, () => socket.write(`${head.join("\r\n")}\r\n\r\n${body}`));
  socket.setEncoding("utf8");
  socket.on("data", (piece) => {
    text += piece;
    if (text.includes("Well")) begun.resolve();
  });
  socket.on("close", () => {
    begun.resolve();
    whole.resolve(text);
  });
  socket.on("error", whole.reject);
  return { begun: begun.promise, whole: whole.promise };
}

async function metric(millrace: MillraceProcess, series: string): Promise<number> {
  const page = await (await fetch(`${millrace.url}/metrics`)).text();
  return Number(new RegExp(`^${RegExp.escape(series)} (.+)$`, "m").exec(page)?.[1] ?? 0);
}

test(
  "a model server that is killed under 1,000 streams: each says so at its end, the other server's lose nothing, and all seats are free",
  async () => {
    const [dying, living] = await Promise.all([stalledModel(), stalledModel()]);
    const upstreamOf = (name: string, { url }: { url: string }) => ({ name, dialect: "anthropic", baseUrl: url, models: [name] });
    const config = { upstreams: [upstreamOf("dying", dying), upstreamOf("living", living)], log: { level: "error" } };
    const millrace = await startMillraceProcess(config);
    stopped.push(() => millrace.dispose());
    const lost = Array.from({ length: 1000 }, (_, at) => stream(millrace, "dying", `a${at}`));
    const kept = Array.from({ length: 50 }, (_, at) => stream(millrace, "living", `b${at}`));
    await Promise.all([...lost, ...kept].map(({ begun }) => begun));
    expect(await metric(millrace, 'millrace_seats{upstream="dying",kind="used"}')).toBe(1000);
    dying.child.kill("SIGKILL");
    for (const text of await Promise.all(lost.map(({ whole }) => whole))) {
      expect(text).toContain("event: error\n");
      expect(text).not.toContain("message_stop");
      expect(text).toEndWith("0\r\n\r\n");
    }
    living.child.kill("SIGUSR2");
    for (const text of await Promise.all(kept.map(({ whole }) => whole))) {
      expect(text).toContain(", yes.");
      expect(text).toContain("event: message_stop");
      expect(text).not.toContain("event: error");
    }
    for (const kind of ["millrace_seats", "millrace_flight_tokens"]) {
      for (const name of ["dying", "living"]) {
        expect([kind, name, await metric(millrace, `${kind}{upstream="${name}",kind="used"}`)]).toEqual([kind, name, 0]);
      }
    }
    expect(await metric(millrace, 'millrace_retries_total{dialect="anthropic"}')).toBe(0);
    expect(await metric(millrace, "millrace_open_calls")).toBe(0);
  },
  CASE_MS_MAX,
);

test(
  "200 callers that are refused, and come back together with the same requests: the line keeps its bounds, each is told a time of its own",
  async () => {
    const WAITING = 50;
    const upstream = await faultUpstream();
    stopped.push(() => upstream.close());
    const clock = new JumpingClock();
    const millrace: Millrace = await startMillrace({
      config: {
        upstreams: [{ name: "one", dialect: "anthropic", baseUrl: upstream.url, seatsMax: 2 }],
        admission: { waitingMax: WAITING },
      },
      clock,
    });
    stopped.push(() => millrace.stop());
    const held = holdAnswers(upstream);
    const leaving = new AbortController();
    const ask = (session: number) =>
      fetch(`${millrace.url}/v1/messages`, {
        method: "POST",
        body: JSON.stringify({ model: "m", max_tokens: 20, messages: [{ role: "user", content: `caller ${session}` }] }),
        headers: { "content-type": "application/json", "x-claude-code-session-id": `s${session}` },
        signal: leaving.signal,
      });
    const waits = new Set<string | null>();
    let refused = 0;
    const all: Promise<number>[] = [];
    for (let round = 1; round <= 2; round++) {
      for (let session = 0; session < 200; session++) {
        const answer = ask(session).then(async (got) => {
          if (got.status !== 200) {
            refused++;
            waits.add(got.headers.get("retry-after"));
          }
          await got.text();
          return got.status;
        });
        all.push(answer.catch(() => 0));
      }
      while (refused < round * (200 - 2 - WAITING) || (await millrace.metric(WAITS)) > WAITING)
        await fetch(`${millrace.url}/healthz`);
      expect(await millrace.metric(WAITS)).toBeLessThanOrEqual(WAITING);
      expect(upstream.requests).toHaveLength(2);
      clock.jump(10_000);
    }
    expect(waits.size).toBeGreaterThan(3);
    for (const wait of waits) expect(wait).toMatch(/^([1-9]|[1-5]\d|60)$/);
    leaving.abort();
    held.releaseAll();
    await Promise.all(all);
    while ((await millrace.metric("millrace_open_calls")) > 0) await fetch(`${millrace.url}/healthz`);
    expect(await millrace.metric(WAITS)).toBe(0);
    expect(await millrace.metric('millrace_seats{upstream="one",kind="used"}')).toBe(0);
  },
  CASE_MS_MAX,
);

const WAITS = 'millrace_waiting_calls{upstream="one",priority="high"}';
