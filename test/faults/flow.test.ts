// Several upstreams of one model when one of them is ill: silent, refusing for a minute, flapping, coming back. Whatever it
// does, its callers get answers, and the others' callers notice nothing. All waiting is on a clock that jumps.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type FaultUpstream, faultUpstream, rightAnswer } from "../kit/fault-upstream.ts";
import { rateLimited, refuses, silentBeforeHeaders } from "../kit/faults.ts";
import { JumpingClock } from "../kit/jumping-clock.ts";
import { type Millrace, startMillrace } from "../kit/millrace.ts";

const COUNT = 4;
const SESSIONS = 24;
const SECOND = 1000;
const HEADERS_MS = 20 * SECOND;
const FAILURES_MAX = 5;

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

async function ask(session: string, text = "hi"): Promise<string> {
  const answer = await fetch(`${millrace.url}/v1/messages`, {
    method: "POST",
    body: JSON.stringify({ model: "m", max_tokens: 20, messages: [{ role: "user", content: text }] }),
    headers: { "content-type": "application/json", "x-claude-code-session-id": session },
  });
  await answer.text();
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
  test("is not ill: it is asked once, left in peace until then, and has its sessions back", async () => {
    const homes = await homesOf(names);
    const { ill, its, others } = busiest(homes);
    const upstream = upstreamOf(ill);
    upstream.behave(rateLimited(60));
    const before = upstream.requests.length;
    for (let second = 0; second < 58; second += 2) {
      for (const session of its) expect(await ask(session)).toStartWith("claude-");
      for (const session of others) expect(await ask(session)).toBe(homes.get(session) ?? "");
      clock.jump(2 * SECOND);
    }
    expect(upstream.requests.length - before).toBeLessThanOrEqual(its.length);
    expect(await healthy(ill)).toBe(1);
    upstream.behave(rightAnswer);
    clock.jump(5 * SECOND);
    const asked = upstream.requests.length;
    for (const session of ["new", ...Array.from({ length: 40 }, (_, at) => `new ${at}`)]) await ask(session);
    expect(upstream.requests.length).toBeGreaterThan(asked);
  });
});

describe("an upstream that flaps each second", () => {
  test("is left alone for longer each time, and no session goes back and forth", async () => {
    const homes = await homesOf(names);
    const { ill } = busiest(homes);
    const upstream = upstreamOf(ill);
    const moves = new Map<string, number>();
    const last = new Map(homes);
    let failed = 0;
    for (let second = 0; second < 180; second++) {
      upstream.behave(second % 2 === 0 ? refuses(500) : rightAnswer);
      for (const session of names) {
        const where = await ask(session);
        if (!where.startsWith("claude-")) failed++;
        else if (where !== last.get(session)) {
          moves.set(session, (moves.get(session) ?? 0) + 1);
          last.set(session, where);
        }
      }
      clock.jump(SECOND);
    }
    expect(failed).toBe(0);
    expect(Math.max(...moves.values())).toBeLessThanOrEqual(3);
  });
});

describe("an upstream that comes back", () => {
  test("gets new sessions slowly: a part of its share at first, all of it later", async () => {
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
      for (let at = 0; at < 100; at++) await ask(`${round} ${at}`);
      return upstream.requests.length - before;
    };
    const atFirst = await share("at first");
    clock.jump(300 * SECOND);
    const later = await share("later");
    expect(later).toBeGreaterThanOrEqual(15);
    expect(atFirst).toBeLessThan(later / 2);
  });
});

describe("calls that wait before an upstream which then fails", () => {
  test("go elsewhere when it is their turn, and are no retries", async () => {
    await millrace.stop();
    const config = {
      upstreams: upstreams.map(({ url }, at) => ({
        name: `claude-${at}`,
        dialect: "anthropic",
        baseUrl: url,
        seatsMax: FAILURES_MAX,
      })),
      routing: { retryShare: 0 },
    };
    millrace = await startMillrace({ config, clock });
    const { ill, its } = busiest(await homesOf(Array.from({ length: 100 }, (_, at) => `w${at}`)));
    const upstream = upstreamOf(ill);
    const { promise: told, resolve: fail } = Promise.withResolvers<void>();
    upstream.behave({
      stage: "request",
      act: async (wire) => {
        await told;
        wire.reset();
      },
    });
    const before = upstream.requests.length;
    const waiting = its.map((session) => ask(session));
    const inLine = () => millrace.metric(`millrace_waiting_calls{upstream="${ill}",priority="high"}`);
    while ((await inLine()) + FAILURES_MAX < its.length) await fetch(`${millrace.url}/healthz`);
    fail();
    const answers = await Promise.all(waiting);
    // Each failure lets one more in, until there are enough.
    const failed = upstream.requests.length - before;
    expect(failed).toBeLessThanOrEqual(2 * FAILURES_MAX);
    expect(answers.filter((answer) => answer === "502")).toHaveLength(failed);
    expect(answers.filter((answer) => answer.startsWith("claude-") && answer !== ill)).toHaveLength(its.length - failed);
    expect(its.length).toBeGreaterThan(3 * FAILURES_MAX);
  });
});
