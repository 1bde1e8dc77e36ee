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
function ask(url: string, session: string, more: object): Streamed {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ max_tokens: 20, messages: [{ role: "user", content: session }], ...more });
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
    const stream = (model: string, session: string) => ask(millrace.url, session, { model, stream: true });
    const lost = Array.from({ length: 1000 }, (_, at) => stream("dying", `a${at}`));
    const kept = Array.from({ length: 50 }, (_, at) => stream("living", `b${at}`));
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

const CALLERS = 500;
const SEATS = 2;
const WAITING = 50;

test(
  "500 callers who are refused come back in the same second: the line keeps its bounds, nobody stands in it twice, each is told a time of its own",
  async () => {
    const upstream = await faultUpstream();
    stopped.push(() => upstream.close());
    const clock = new JumpingClock();
    const millrace: Millrace = await startMillrace({
      config: {
        upstreams: [{ name: "one", dialect: "anthropic", baseUrl: upstream.url, seatsMax: SEATS }],
        admission: { waitingMax: WAITING },
      },
      clock,
    });
    stopped.push(() => millrace.stop());
    const held = holdAnswers(upstream);
    const answers: string[] = [];
    const coming: Promise<void>[] = [];
    const askAll = (sessions: readonly string[]) => {
      for (const session of sessions) {
        const { whole } = ask(millrace.url, session, { model: "m" });
        coming.push(whole.then((answer) => void answers.push(answer)));
      }
    };
    const withStatus = (status: number) => answers.filter((answer) => answer.startsWith(`HTTP/1.1 ${status} `));
    const until = async (isSo: () => boolean | Promise<boolean>) => {
      while (!(await isSo())) await fetch(`${millrace.url}/healthz`);
    };
    const inLine = () => millrace.metric('millrace_waiting_calls{upstream="one",priority="high"}');

    const sessions = Array.from({ length: CALLERS }, (_, at) => `s${at}`);
    askAll(sessions.slice(0, SEATS));
    await until(() => upstream.requests.length === SEATS);
    const others = sessions.slice(SEATS);
    const over = others.length - WAITING;
    askAll(others);
    await until(async () => withStatus(503).length === over && (await inLine()) === WAITING);
    expect(answers).toHaveLength(over);

    clock.jump(10_000);
    askAll(others);
    await until(async () => answers.length === 2 * over + WAITING && (await inLine()) === WAITING);
    expect(withStatus(503)).toHaveLength(2 * over);
    expect(withStatus(429)).toHaveLength(WAITING);
    expect(await millrace.metric('millrace_turned_away_total{upstream="one",how="replaced"}')).toBe(WAITING);
    expect(upstream.requests).toHaveLength(SEATS);
    const times = new Map<string, number>();
    for (const answer of answers) {
      const [, seconds = ""] = /^retry-after: (.*)\r$/im.exec(answer) ?? [];
      expect(seconds).toMatch(/^([1-9]|[1-5]\d|60)$/);
      times.set(seconds, (times.get(seconds) ?? 0) + 1);
    }
    expect(Math.max(...times.values())).toBeLessThan(answers.length / 3);

    held.releaseAll();
    await Promise.all(coming);
    expect(withStatus(200)).toHaveLength(SEATS + WAITING);
    const bodies = upstream.requests.map(({ body }) => Buffer.from(body).toString());
    expect([bodies.length, new Set(bodies).size]).toEqual([SEATS + WAITING, SEATS + WAITING]);
    await until(async () => (await millrace.metric("millrace_open_calls")) === 0);
    expect(await inLine()).toBe(0);
    for (const kind of ["millrace_seats", "millrace_flight_tokens"]) {
      expect(await millrace.metric(`${kind}{upstream="one",kind="used"}`)).toBe(0);
    }
  },
  CASE_MS_MAX,
);
