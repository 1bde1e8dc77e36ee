// Quotas through the whole server: what is reserved before a call, what it is settled on, and what a caller over one is told.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type FaultUpstream, faultUpstream, rightAnswer } from "../kit/fault-upstream.ts";
import { cutAfter, refuses, resetBeforeHeaders } from "../kit/faults.ts";
import { holdAnswers } from "../kit/held-answers.ts";
import { JumpingClock } from "../kit/jumping-clock.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";

let upstream: FaultUpstream;
let millrace: Millrace;
let clock: JumpingClock;

beforeEach(async () => {
  upstream = await faultUpstream();
  clock = new JumpingClock();
});
afterEach(async () => {
  upstream.behave(rightAnswer);
  await millrace.stop();
  await upstream.close();
});

async function start(budgets: object, more: object = {}): Promise<void> {
  millrace = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url), budgets, ...more }, clock });
}

const user = (content: string) => [{ role: "user", content }];
const post = (path: string, body: object, key?: string, signal?: AbortSignal) =>
  fetch(millrace.url + path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...(key === undefined ? {} : { "x-api-key": key }) },
    ...(signal ? { signal } : {}),
  });
const ask = (content = "hi", more: object = {}, key?: string, signal?: AbortSignal) =>
  post("/v1/messages", { model: "m", max_tokens: 20, messages: user(content), ...more }, key, signal);
const status = async (answer: Promise<Response>) => {
  const { status: code, ...rest } = await answer.then(async (got) => ({ status: got.status, text: await got.text() }));
  return [code, rest.text] as const;
};

describe("tokens a minute", () => {
  test("a caller over them is told 429 in its dialect, which quota, and when to come back; and then let in", async () => {
    await start({ user: { tokensPerMinute: 100 } });
    let answer = await ask();
    // An answer takes 29 tokens.
    for (let served = 0; answer.status === 200; answer = await ask()) expect(++served * 29).toBeLessThanOrEqual(100);
    expect(answer.status).toBe(429);
    expect(upstream.requests.length).toBeGreaterThan(1);
    const served = upstream.requests.length;
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(Number(answer.headers.get("retry-after"))).toBeLessThanOrEqual(60);
    expect(await answer.json()).toMatchObject({
      type: "error",
      error: { type: "rate_limit_error", message: expect.stringContaining("100 tokens a minute") },
    });
    const chat = await post("/v1/chat/completions", { model: "m", max_tokens: 20, messages: user("hi") });
    expect([chat.status, await chat.json()]).toMatchObject([429, { error: { code: "rate_limit_exceeded" } }]);
    expect(upstream.requests).toHaveLength(served);
    expect(await millrace.metric('millrace_refusals_total{dialect="anthropic",reason="rate_limited"}')).toBe(1);
    clock.jump(61_000);
    expect((await ask()).status).toBe(200);
  });

  test("any number of callers at once stay within them", async () => {
    await start({ user: { tokensPerMinute: 500 } });
    const held = holdAnswers(upstream);
    const asked = Array.from({ length: 50 }, (_, at) => status(ask(`question ${at}`)));
    const refused = asked.map((answer) => answer.then(([code]) => code === 429));
    const known = async () =>
      (await Promise.all(refused.map((each) => Promise.race([each, Promise.resolve(false)])))).filter(Boolean).length;
    // Each needs about 50: whoever does not fit is refused before the first answer is there.
    while ((await known()) + upstream.requests.length < 50) await fetch(`${millrace.url}/healthz`);
    expect(upstream.requests.length).toBeLessThanOrEqual(500 / 20);
    held.releaseAll();
    const codes = (await Promise.all(asked)).map(([code]) => code);
    expect(new Set(codes)).toEqual(new Set([200, 429]));
  });

  test("a request that needs more than the quota itself is told that waiting is no use", async () => {
    await start({ user: { tokensPerMinute: 100 } });
    expect(await status(ask("long ".repeat(1000)))).toEqual([413, expect.stringContaining("fewer tokens")]);
  });

  test("counting tokens and listing models cost none", async () => {
    await start({ user: { tokensPerMinute: 10 } });
    expect((await post("/v1/messages/count_tokens", { model: "m", messages: user("hi") })).status).toBe(200);
    expect((await fetch(`${millrace.url}/v1/models`)).status).toBe(200);
  });
});

describe("what is given back", () => {
  for (const [how, fault, code] of [
    ["refused by the upstream", refuses(500), 500],
    ["reset before its headers", resetBeforeHeaders, 502],
  ] as const) {
    test(`all, when the call was ${how}`, async () => {
      await start({ user: { tokensPerMinute: 60 } });
      for (let at = 0; at < 5; at++) {
        upstream.once(fault);
        expect((await ask()).status).toBe(code);
      }
      expect((await ask()).status).toBe(200);
    });
  }

  test("all, when the caller leaves before an answer", async () => {
    await start({ user: { concurrent: 1 } });
    const held = holdAnswers(upstream);
    const leaving = new AbortController();
    const arriving = upstream.next();
    const gone = ask("gone", {}, undefined, leaving.signal).catch(() => "gone");
    await arriving;
    expect(await status(ask("second"))).toEqual([429, expect.stringContaining("1 calls open")]);
    leaving.abort();
    expect(await gone).toBe("gone");
    held.releaseAll();
    // That it left reaches the server when its socket's end does.
    while ((await millrace.metric("millrace_open_calls")) > 0) await fetch(`${millrace.url}/healthz`);
    expect((await ask("third")).status).toBe(200);
  });

  test("what a stream that broke had reported is charged", async () => {
    // Room for one call's estimate of about 40, and not for the 10 tokens of a prompt beside it.
    await start({ user: { tokensPerMinute: 45 } });
    upstream.once(cutAfter({ how: "reset", events: 2 }));
    await (await ask("hi", { stream: true })).text();
    expect((await ask()).status).toBe(429);
  });
});

describe("whose quota", () => {
  test("users, teams and tenants each have theirs; a name of its own goes before the general one", async () => {
    await start(
      {
        user: { tokensPerDay: 40 },
        team: { tokensPerDay: 150 },
        teams: { "acme/large": { tokensPerDay: 1_000_000 } },
        users: { "acme/vip": { tokensPerDay: 1_000_000 } },
      },
      { auth: { required: true } },
    );
    const token = async (name: string, team: string) => (await millrace.token({ user: name, team, tenant: "acme" })).token;
    const ann = await token("ann", "small");
    expect((await ask("hi", {}, ann)).status).toBe(200);
    expect(await status(ask("hi", {}, ann))).toEqual([429, expect.stringContaining("The user `ann`")]);
    const vip = await token("vip", "small");
    const codes: number[] = [];
    for (let at = 0; at < 6; at++) codes.push((await ask("hi", {}, vip)).status);
    expect(codes.at(-1)).toBe(429);
    expect(await status(ask("hi", {}, vip))).toEqual([429, expect.stringContaining("The team `small`")]);
    const large = await token("vip", "large");
    for (let at = 0; at < 6; at++) expect((await ask("hi", {}, large)).status).toBe(200);
    const other = (await millrace.token({ user: "ann", team: "small", tenant: "other" })).token;
    expect((await ask("hi", {}, other)).status).toBe(200);
  });

  test("an answer from cache costs nothing", async () => {
    await start({ user: { tokensPerMinute: 60 } });
    expect((await ask("repeat", { temperature: 0 })).status).toBe(200);
    for (let at = 0; at < 5; at++) {
      const answer = await ask("repeat", { temperature: 0 });
      expect([answer.status, answer.headers.get("x-millrace-cache")]).toEqual([200, "hit"]);
    }
  });

  test("those that share one upstream call pay for it once", async () => {
    await start({ user: { concurrent: 1 } });
    const held = holdAnswers(upstream);
    const arriving = upstream.next();
    const first = ask("shared", { temperature: 0 });
    await arriving;
    const second = ask("shared", { temperature: 0 });
    await (await fetch(`${millrace.url}/healthz`)).text();
    held.releaseAll();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
  });
});
