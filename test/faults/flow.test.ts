// Several upstreams of one model when one of them is ill: silent, refusing for a minute, flapping, coming back. Whatever it
// does, its callers get answers, and the others' callers notice nothing. All waiting is on a clock that jumps.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type Fault, type FaultUpstream, faultUpstream, rightAnswer } from "../kit/fault-upstream.ts";
import { rateLimited, refuses, silentBeforeHeaders } from "../kit/faults.ts";
import { JumpingClock } from "../kit/jumping-clock.ts";
import { type Millrace, startMillrace } from "../kit/millrace.ts";

const COUNT = 4;
const SESSIONS = 24;
const SECOND = 1000;
const HEADERS_MS = 20 * SECOND;
const FAILURES_MAX = 5;
/** Besides a tenth of the calls. */
const RETRIES_MIN = 3;
const CASE_MS_MAX = 30_000;

let upstreams: FaultUpstream[];
let millrace: Millrace;
let clock: JumpingClock;

beforeEach(async () => {
  clock = new JumpingClock();
  upstreams = await Promise.all(Array.from({ length: COUNT }, faultUpstream));
  const config = {
    upstreams: upstreams.map(({ url }, at) => ({ name: `claude-${at}`, dialect: "anthropic", baseUrl: url })),
    limits: { headersMs: HEADERS_MS },
  };
  millrace = await startMillrace({ config, clock });
});
afterEach(async () => {
  await millrace.stop();
  await Promise.all(upstreams.map((upstream) => upstream.close()));
});

async function send(session: string): Promise<Response> {
  const answer = await fetch(`${millrace.url}/v1/messages`, {
    method: "POST",
    body: JSON.stringify({ model: "m", max_tokens: 20, messages: [{ role: "user", content: "hi" }] }),
    headers: { "content-type": "application/json", "x-claude-code-session-id": session },
  });
  await answer.text();
  return answer;
}

/** @returns which upstream answered, or the status of an answer that was none. */
async function ask(session: string): Promise<string> {
  const answer = await send(session);
  return answer.status === 200 ? (answer.headers.get("x-millrace-upstream") ?? "") : String(answer.status);
}

const names = Array.from({ length: SESSIONS }, (_, at) => `s${at}`);
const upstreamOf = (name: string): FaultUpstream => upstreams[Number(name.at(-1))] as FaultUpstream;

/** Asks once for each session. @returns where each was answered. */
async function homesOf(sessions: readonly string[]): Promise<Map<string, string>> {
  const homes = new Map<string, string>();
  for (const session of sessions) homes.set(session, await ask(session));
  return homes;
}

/** Sessions that are at one upstream now, and that upstream. */
function busiest(homes: ReadonlyMap<string, string>): { ill: string; its: string[]; others: string[] } {
  const at = (name: string) => [...homes].filter(([, home]) => home === name).map(([session]) => session);
  const [ill = ""] = [...new Set(homes.values())].sort((a, b) => at(b).length - at(a).length);
  const its = at(ill);
  return { ill, its, others: names.filter((session) => !its.includes(session)) };
}

const healthy = (name: string) => millrace.metric(`millrace_upstream_healthy{upstream="${name}"}`);

describe("an upstream that takes calls and never answers", () => {
  test("costs its callers the wait for headers and no more; then it is left alone, and its sessions alone have moved", async () => {
    const homes = await homesOf(names);
    const { ill, its, others } = busiest(homes);
    const upstream = upstreamOf(ill);
    upstream.behave(silentBeforeHeaders);
    let waits = 0;
    for (const session of its) {
      const arriving = upstream.next();
      const answered = ask(session);
      if ((await Promise.race([arriving.then(() => "silent"), answered])) === "silent") {
        waits++;
        clock.jump(HEADERS_MS + 1);
      }
      expect(await answered).not.toBe(ill);
      expect(await answered).toStartWith("claude-");
    }
    expect(waits).toBe(FAILURES_MAX);
    expect(await healthy(ill)).toBe(0);
    for (const session of others) expect(await ask(session)).toBe(homes.get(session) ?? "");
  });
});

describe("an upstream that answers 429 for a minute", () => {
  test("is not ill, but has fewer seats: it is asked once, left in peace until then, and then used again", async () => {
    const homes = await homesOf(names);
    const { ill, its, others } = busiest(homes);
    const upstream = upstreamOf(ill);
    upstream.behave(rateLimited(60));
    const before = upstream.requests.length;
    const seats = () => millrace.metric(`millrace_seats{upstream="${ill}",kind="limit"}`);
    const seatsBefore = await seats();
    for (let second = 0; second < 58; second += 2) {
      for (const session of its) expect(await ask(session)).toStartWith("claude-");
      for (const session of others) expect(await ask(session)).toBe(homes.get(session) ?? "");
      clock.jump(2 * SECOND);
    }
    expect(upstream.requests.length - before).toBe(1);
    expect(await healthy(ill)).toBe(1);
    expect(await seats()).toBeLessThan(seatsBefore);
    upstream.behave(rightAnswer);
    clock.jump(5 * SECOND);
    const asked = upstream.requests.length;
    for (const session of ["new", ...Array.from({ length: 40 }, (_, at) => `new ${at}`)]) await ask(session);
    expect(upstream.requests.length).toBeGreaterThan(asked);
  });

  test("when all of them do, callers are told so and when to come back, and few are asked twice", async () => {
    await homesOf(names);
    for (const upstream of upstreams) upstream.behave(rateLimited(60));
    const asked = () => upstreams.reduce((sum, { requests }) => sum + requests.length, 0);
    const before = asked();
    const calls = 200;
    for (let at = 0; at < calls; at++) {
      const answer = await send(`s${at % SESSIONS}`);
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "60"]);
    }
    expect(asked() - before).toBeGreaterThanOrEqual(calls);
    expect(asked() - before).toBeLessThanOrEqual(calls * 1.1 + RETRIES_MIN + SESSIONS * 0.1);
    for (const at of upstreams.keys()) expect(await healthy(`claude-${at}`)).toBe(1);
    for (const upstream of upstreams) upstream.behave(rightAnswer);
    clock.jump(60 * SECOND);
    for (const session of names) expect(await ask(session)).toStartWith("claude-");
  });
});

describe("an upstream that flaps each second", () => {
  test(
    "is left alone for longer each time; its sessions move once, the others never",
    async () => {
      const homes = await homesOf(names);
      const { ill, its } = busiest(homes);
      const upstream = upstreamOf(ill);
      const moved: string[] = [];
      const last = new Map(homes);
      const spellsSeconds: number[] = [];
      let wasHealthy = true;
      for (let second = 0; spellsSeconds.length < 3; second++) {
        expect(second).toBeLessThan(300);
        upstream.behave(second % 2 === 0 ? refuses(500) : rightAnswer);
        // New ones come to it all the time. Those that were there before are asked in good seconds and in bad ones.
        for (let at = 0; at < 8; at++) expect(await ask(`new ${second} ${at}`)).toStartWith("claude-");
        for (const session of second % 9 === 0 ? names : []) {
          const where = await ask(session);
          expect(where).toStartWith("claude-");
          if (where !== last.get(session)) moved.push(session);
          last.set(session, where);
        }
        const isHealthy = (await healthy(ill)) === 1;
        if (wasHealthy && !isHealthy) spellsSeconds.push(0);
        wasHealthy = isHealthy;
        if (!isHealthy) spellsSeconds.push((spellsSeconds.pop() ?? 0) + 1);
        clock.jump(SECOND);
      }
      expect(spellsSeconds).toEqual([30, 60, 1]);
      expect(moved.sort()).toEqual(its.sort());
    },
    CASE_MS_MAX,
  );
});

describe("an upstream that comes back", () => {
  test("gets new sessions slowly: a little of its share at first, then more, all of it later", async () => {
    const { ill } = busiest(await homesOf(names));
    const upstream = upstreamOf(ill);
    upstream.behave(refuses(500));
    for (let at = 0; (await healthy(ill)) === 1; at++) {
      expect(at).toBeLessThan(200);
      await ask(`until it is left alone ${at}`);
    }
    upstream.behave(rightAnswer);
    clock.jump(30 * SECOND);
    const share = async (round: string) => {
      const before = upstream.requests.length;
      for (let at = 0; at < 200; at++) await ask(`${round} ${at}`);
      return upstream.requests.length - before;
    };
    const atFirst = await share("at first");
    clock.jump(15 * SECOND);
    const halfway = await share("halfway");
    clock.jump(300 * SECOND);
    const later = await share("later");
    expect(later).toBeGreaterThanOrEqual(30);
    expect(atFirst).toBeLessThan(later / 2);
    expect(halfway).toBeGreaterThan(atFirst);
    expect(halfway).toBeLessThan(later);
  });
});

describe("calls that wait before an upstream which then fails", () => {
  /** As many at one upstream as it has seats, which all end as `fault` ends them once it is told; the rest in line. */
  async function lineBefore(fault: Fault, more: object = {}) {
    await millrace.stop();
    const config = {
      upstreams: upstreams.map(({ url }, at) => ({
        name: `claude-${at}`,
        dialect: "anthropic",
        baseUrl: url,
        seatsMax: FAILURES_MAX,
        ...more,
      })),
      limits: { headersMs: HEADERS_MS },
      routing: { retryShare: 0 },
    };
    millrace = await startMillrace({ config, clock });
    const { ill, its } = busiest(await homesOf(Array.from({ length: 100 }, (_, at) => `w${at}`)));
    expect(its.length).toBeGreaterThan(3 * FAILURES_MAX);
    const upstream = upstreamOf(ill);
    upstream.behave(fault);
    const before = upstream.requests.length;
    const answers = its.map((session) => ask(session));
    const inLine = () => millrace.metric(`millrace_waiting_calls{upstream="${ill}",priority="high"}`);
    const asked = () => upstream.requests.length - before;
    while ((await inLine()) + FAILURES_MAX < its.length || asked() < FAILURES_MAX) await fetch(`${millrace.url}/healthz`);
    return { ill, upstream, answers, asked };
  }

  /** What was asked failed, the rest was answered elsewhere, and none of that was a retry. */
  async function expectMoved({ ill, answers, asked }: Awaited<ReturnType<typeof lineBefore>>, failure: string): Promise<void> {
    const all = await Promise.all(answers);
    // Each failure lets one more in, until there are enough.
    expect(asked()).toBeLessThanOrEqual(2 * FAILURES_MAX);
    expect(all.filter((answer) => answer === failure)).toHaveLength(asked());
    expect(all.filter((answer) => answer.startsWith("claude-") && answer !== ill)).toHaveLength(all.length - asked());
    expect(await millrace.metric('millrace_retries_total{dialect="anthropic"}')).toBe(0);
    for (const name of ["seats", "flight_tokens"]) {
      expect(await millrace.metric(`millrace_${name}{upstream="${ill}",kind="used"}`)).toBe(0);
    }
  }

  test("go elsewhere, and are no retries", async () => {
    const { promise: told, resolve: fail } = Promise.withResolvers<void>();
    const line = await lineBefore({
      stage: "request",
      act: async (wire) => {
        await told;
        wire.reset();
      },
    });
    fail();
    await expectMoved(line, "502");
  });

  test("go as soon as it is left alone, not when it next gives a seat back", async () => {
    const line = await lineBefore(silentBeforeHeaders);
    clock.jump(HEADERS_MS + 1);
    const isMoved = (answer: string) => answer.startsWith("claude-");
    let moved = 0;
    const enough = Promise.withResolvers<void>();
    for (const answer of line.answers) {
      void answer.then((got) => {
        if (isMoved(got) && ++moved === line.answers.length - 2 * FAILURES_MAX) enough.resolve();
      });
    }
    await enough.promise;
    // Those that were let in as the first ones failed.
    clock.jump(HEADERS_MS + 1);
    await expectMoved(line, "504");
  });

  test("go when it is their turn at the latest, whatever found it broken", async () => {
    const { promise: told, resolve: answer } = Promise.withResolvers<void>();
    const held: Fault = {
      stage: "request",
      act: async (wire, right) => {
        await told;
        if (rightAnswer.stage === "request") await rightAnswer.act(wire, right);
      },
    };
    const { ill, upstream, answers } = await lineBefore(held, { probe: { model: "m", seconds: 1 } });
    upstream.behave(refuses(500));
    for (let second = 0; (await healthy(ill)) === 1; second++) {
      expect(second).toBeLessThan(HEADERS_MS / SECOND - 1);
      clock.jump(SECOND);
    }
    upstream.behave(rightAnswer);
    answer();
    const all = await Promise.all(answers);
    expect(all.filter((where) => where === ill)).toHaveLength(FAILURES_MAX);
    expect(all.filter((where) => where.startsWith("claude-"))).toHaveLength(all.length);
  });
});
