// The line before an upstream, through the whole server: who goes next, who is told early that it is no use, and what
// becomes of those who leave. One seat, taken for as long as a test likes; what a test waits for is an event, never time.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { text } from "../../src/base/index.ts";
import { type FaultUpstream, faultUpstream, rightAnswer } from "../kit/fault-upstream.ts";
import { errorEvent, rateLimited, refuses } from "../kit/faults.ts";
import { type HeldAnswers, holdAnswers } from "../kit/held-answers.ts";
import { JumpingClock } from "../kit/jumping-clock.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { SseReader } from "../kit/sse-reader.ts";

let upstream: FaultUpstream;
let held: HeldAnswers;
let millrace: Millrace;
let clock: JumpingClock;

async function start(admission: object = {}, more: object = { seatsMax: 1 }): Promise<void> {
  millrace = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url, more), admission }, clock });
}

beforeEach(async () => {
  upstream = await faultUpstream();
  held = holdAnswers(upstream);
  clock = new JumpingClock();
});
afterEach(async () => {
  held.releaseAll();
  await millrace.stop();
  await upstream.close();
});

const ask = (content: string, headers: Record<string, string> = {}, more: object = {}, signal?: AbortSignal) =>
  fetch(`${millrace.url}/v1/messages`, {
    method: "POST",
    body: JSON.stringify({ model: "m", max_tokens: 20, messages: [{ role: "user", content }], ...more }),
    headers: { "content-type": "application/json", ...headers },
    ...(signal ? { signal } : {}),
  });

/** Resolves when so many calls of these priorities stand in line: the server itself says so. */
async function inLine(count: number): Promise<void> {
  for (;;) {
    const page = await (await fetch(`${millrace.url}/metrics`)).text();
    const counts = [...page.matchAll(/^millrace_waiting_calls\{upstream="claude",priority="\w+"\} (\d+)$/gm)];
    if (counts.reduce((sum, [, waiting]) => sum + Number(waiting), 0) === count) return;
  }
}

/** The log gathers lines for 100 ms of its clock. */
async function logged(count: number) {
  await settled();
  clock.jump(200);
  return millrace.calls(count);
}
const settled = async () => (await fetch(`${millrace.url}/healthz`)).text();

const arrivals = () => upstream.requests.map(({ body }) => JSON.parse(text(body)).messages[0].content as string);

/** The seat is taken by a call of its own when this resolves. */
async function takeSeat(content = "first"): Promise<{ answer: Promise<Response> }> {
  const arriving = upstream.next();
  const answer = ask(content);
  await arriving;
  return { answer };
}

/** Lets all answers go, which the one seat makes come one by one; the order in which the upstream was asked. */
async function drain(...coming: Promise<Response>[]): Promise<string[]> {
  held.releaseAll();
  await Promise.all(coming);
  return arrivals();
}

describe("order", () => {
  test("priorities go before one another, whoever came first", async () => {
    await start();
    const first = await takeSeat();
    const coming = [first.answer];
    for (const [at, priority] of ["low", "normal", "high", "critical"].entries()) {
      coming.push(ask(priority, { "x-millrace-priority": priority }));
      await inLine(at + 1);
    }
    expect(await drain(...coming)).toEqual(["first", "critical", "high", "normal", "low"]);
    const waited = await coming[1];
    expect(waited?.headers.get("x-millrace-queue-ms")).toMatch(/^\d+$/);
    const lines = await logged(5);
    expect(lines.map(({ priority }) => priority)).toEqual(["normal", "critical", "high", "normal", "low"]);
  });

  test("without a header the user's own turn goes before a sub-agent's, and that before a title", async () => {
    await start();
    const first = await takeSeat();
    const session = { "x-claude-code-session-id": "s" };
    const format = { type: "json_schema", schema: { type: "object", properties: { title: { type: "string" } } } };
    const title = ask("title", session, { output_config: { format } });
    await inLine(1);
    const agent = ask("agent", { ...session, "x-claude-code-agent-id": "a" });
    await inLine(2);
    const turn = ask("turn", session);
    await inLine(3);
    expect(await drain(first.answer, title, agent, turn)).toEqual(["first", "turn", "agent", "title"]);
  });

  test("a tenant that asks once goes before the rest of a flood", async () => {
    await start();
    const first = await takeSeat();
    const flood: Promise<Response>[] = [];
    for (let at = 0; at < 6; at++) {
      flood.push(ask(`flood ${at}`, { "x-api-key": "the flooding one" }));
      await inLine(at + 1);
    }
    const light = ask("light", { "x-api-key": "the light one" });
    await inLine(7);
    const order = await drain(first.answer, ...flood, light);
    expect(order.indexOf("light")).toBeLessThan(3);
  });
});

describe("early answers", () => {
  test("a full line sheds the newest of the lowest priority at once, in the dialect", async () => {
    await start({ waitingMax: 1 });
    const first = await takeSeat();
    const low = ask("low", { "x-millrace-priority": "low" });
    await inLine(1);
    const high = ask("high", { "x-millrace-priority": "high" });
    const shed = await low;
    expect(shed.status).toBe(503);
    expect(Number(shed.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(Number(shed.headers.get("retry-after"))).toBeLessThanOrEqual(60);
    expect(await shed.json()).toMatchObject({ type: "error", error: { message: expect.stringContaining("retry-after") } });
    expect(await drain(first.answer, high)).toEqual(["first", "high"]);
    expect(await millrace.metric('millrace_turned_away_total{upstream="claude",how="full"}')).toBe(1);
    expect(await millrace.metric('millrace_refusals_total{dialect="anthropic",reason="overloaded"}')).toBe(1);
  });

  test("who waits too long leaves at that time, not at its turn", async () => {
    await start({ waitMsMax: 1000 });
    const first = await takeSeat();
    const late = ask("late");
    await inLine(1);
    clock.jump(1001);
    const answer = await late;
    expect([answer.status, await answer.json()]).toMatchObject([503, { error: { message: expect.stringContaining("No seat") } }]);
    held.releaseAll();
    expect((await first.answer).status).toBe(200);
    expect(arrivals()).toEqual(["first"]);
  });

  test("so does who set itself a deadline, and its place is free for another", async () => {
    await start({ waitingMax: 1 });
    const first = await takeSeat();
    const late = ask("late", { "x-millrace-deadline-ms": "1000" });
    await inLine(1);
    clock.jump(1001);
    expect([503, 504]).toContain((await late).status);
    await inLine(0);
    const next = ask("next", { "x-millrace-priority": "low" });
    await inLine(1);
    expect(await drain(first.answer, next)).toEqual(["first", "next"]);
    expect((await next).status).toBe(200);
  });

  test("a request that needs more than there may ever be is told so", async () => {
    await start({}, { seatsMax: 1, tokensMax: 1000 });
    const answer = await ask("long ".repeat(2000));
    expect(answer.status).toBe(413);
    expect(upstream.requests).toHaveLength(0);
  });

  test("a priority that is none is refused", async () => {
    await start();
    const answer = await ask("hi", { "x-millrace-priority": "urgent" });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("x-millrace-priority")]);
  });
});

describe("leaving and coming back", () => {
  test("a caller that leaves the line is never asked for", async () => {
    await start();
    const first = await takeSeat();
    const leaving = new AbortController();
    const gone = ask("gone", {}, {}, leaving.signal).catch((error: Error) => error.name);
    await inLine(1);
    const next = ask("next");
    await inLine(2);
    leaving.abort();
    expect(await gone).toBe("AbortError");
    await inLine(1);
    expect(await drain(first.answer, next)).toEqual(["first", "next"]);
    expect((await logged(3)).map(({ outcome }) => outcome).sort()).toEqual(["client_left", "ok", "ok"]);
  });

  test("a retry takes the place of what it retries, by its body or by Codex's turn", async () => {
    await start();
    for (const headers of [{ "x-claude-code-session-id": "s" }, { "thread-id": "t", "x-codex-turn-state": "turn-1" }]) {
      held = holdAnswers(upstream);
      const before = upstream.requests.length;
      const first = await takeSeat();
      const once = ask("again", headers);
      await inLine(1);
      const other = ask("other", { "x-claude-code-session-id": "another" });
      await inLine(2);
      const twice = ask("again", headers);
      const replaced = await once;
      expect([replaced.status, await replaced.text()]).toEqual([429, expect.stringContaining("sent again")]);
      const order = await drain(first.answer, twice, other);
      expect(order.slice(before).sort()).toEqual(["again", "first", "other"]);
    }
  });

  test("the same body in two sessions is two requests", async () => {
    await start();
    const first = await takeSeat();
    const ours = ask("same", { "x-claude-code-session-id": "one" });
    await inLine(1);
    const theirs = ask("same", { "x-claude-code-session-id": "two" });
    await inLine(2);
    expect(await drain(first.answer, ours, theirs)).toEqual(["first", "same", "same"]);
  });

  test("a stream that waits is kept alive, and then answered", async () => {
    await start({ waitMsMax: 120_000 });
    const first = await takeSeat();
    const waiting = ask("patient", {}, { stream: true });
    await inLine(1);
    clock.jump(45_001);
    const answer = await waiting;
    expect(answer.status).toBe(200);
    const events = new SseReader(answer);
    const seen: (string | undefined)[] = [];
    for await (const { event } of events) {
      if (seen.push(event) === 1) held.releaseAll();
    }
    await first.answer;
    expect([seen[0], seen.at(-1)]).toEqual(["ping", "message_stop"]);
  });
});

const OVERLOADED = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"no"}}\n\n';

describe("what the upstream says", () => {
  const seats = () => millrace.metric('millrace_seats{upstream="claude",kind="limit"}');

  test("a push-back cuts its seats, once for a burst, and an error of the caller does not", async () => {
    await start({}, { seatsMax: 100 });
    expect(await seats()).toBe(100);
    upstream.once(refuses(400));
    expect((await ask("mistake")).status).toBe(400);
    expect(await seats()).toBe(100);
    const calls = 10;
    const burst = Array.from({ length: calls }, (_, at) => {
      upstream.once(rateLimited(1));
      return ask(`burst ${at}`);
    });
    const answers = await Promise.all(burst);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([429]));
    expect(answers[0]?.headers.get("retry-after")).toBe("1");
    const after = await seats();
    expect(after).toBeLessThan(100);
    expect(after).toBeGreaterThanOrEqual(2);
  });

  test("what failed gives it none back, what was answered does", async () => {
    await start({}, { seatsMax: 100 });
    const many = (count = 40) => Promise.all(Array.from({ length: count }, (_, at) => ask(`many ${at}`)));
    upstream.behave(rateLimited(1));
    await many(10);
    const cut = await seats();
    expect(cut).toBeLessThanOrEqual(10);
    clock.jump(1001);
    upstream.behave(refuses(500));
    await many();
    expect(await seats()).toBe(cut);
    upstream.behave(rightAnswer);
    await many();
    expect(await seats()).toBeGreaterThan(cut);
  });

  test("an overload inside a stream cuts its seats too", async () => {
    await start({}, { seatsMax: 100 });
    upstream.once(errorEvent(1, OVERLOADED));
    await (await ask("stream", {}, { stream: true })).text();
    expect(await seats()).toBeLessThan(100);
  });

  test("seats and tokens are given back however a call ends", async () => {
    await start();
    held.releaseAll();
    upstream.once(refuses(500));
    await (await ask("fails")).text();
    await (await ask("works")).text();
    const leaving = new AbortController();
    held = holdAnswers(upstream);
    const arriving = upstream.next();
    const gone = ask("leaves", {}, {}, leaving.signal).catch(() => {});
    await arriving;
    leaving.abort();
    await gone;
    held.releaseAll();
    await (await ask("and on")).text();
    for (const name of ["seats", "flight_tokens"]) {
      expect(await millrace.metric(`millrace_${name}{upstream="claude",kind="used"}`)).toBe(0);
    }
  });
});
