// Several upstreams of one model, through the whole server: a conversation stays where it is warm, what fails before its
// first byte is asked elsewhere, and what only its maker can continue goes to its maker.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type FaultUpstream, faultUpstream, rightAnswer } from "../kit/fault-upstream.ts";
import { cutAfter, rateLimited, refuses, resetBeforeHeaders } from "../kit/faults.ts";
import { type Millrace, startMillrace } from "../kit/millrace.ts";

const COUNT = 4;
let upstreams: FaultUpstream[];
let millrace: Millrace;

beforeEach(async () => {
  upstreams = await Promise.all(Array.from({ length: COUNT }, faultUpstream));
  await start();
});
afterEach(async () => {
  await millrace.stop();
  await Promise.all(upstreams.map((upstream) => upstream.close()));
});

async function start(config: object = {}, more: object = {}): Promise<void> {
  const both = upstreams.flatMap(({ url }, at) => [
    { name: `claude-${at}`, dialect: "anthropic", baseUrl: url, ...more },
    { name: `gpt-${at}`, dialect: "openai", baseUrl: `${url}/v1`, ...more },
  ]);
  millrace = await startMillrace({ config: { upstreams: both, ...config } });
}

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(millrace.url + path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });
const user = (content: string) => ({ role: "user", content });
const message = (content: string, more: object = {}) => ({ model: "m", max_tokens: 20, messages: [user(content)], ...more });
const ask = (content: string, session?: string, more: object = {}) =>
  post("/v1/messages", message(content, more), session === undefined ? {} : { "x-claude-code-session-id": session });

const served = async (answer: Response): Promise<string> => {
  await answer.text();
  return `${answer.status} ${answer.headers.get("x-millrace-upstream")}`;
};
const upstreamOf = (name: string): FaultUpstream => upstreams[Number(name.at(-1))] as FaultUpstream;
const asked = () => upstreams.reduce((sum, { requests }) => sum + requests.length, 0);

describe("affinity", () => {
  test("a session stays on one upstream, and sessions are spread over all", async () => {
    const homes = new Map<string, string>();
    for (let turn = 0; turn < 3; turn++) {
      for (let session = 0; session < 24; session++) {
        const where = await served(await ask(`turn ${turn}`, `s${session}`));
        expect(where).toBe(homes.get(`s${session}`) ?? where);
        homes.set(`s${session}`, where);
      }
    }
    expect(new Set(homes.values()).size).toBe(COUNT);
  });

  test("without a session id a conversation is found again by how it began", async () => {
    const conversations = Array.from({ length: 12 }, (_, at) => [user(`Conversation ${at}. ${"words ".repeat(500)}`)]);
    const homes = new Map<number, string>();
    for (let turn = 0; turn < 3; turn++) {
      for (const [at, messages] of conversations.entries()) {
        const where = await served(await post("/v1/messages", { model: "m", max_tokens: 20, messages }));
        expect(where).toBe(homes.get(at) ?? where);
        homes.set(at, where);
        messages.push({ role: "assistant", content: "Yes." }, user(`And turn ${turn}?`));
      }
    }
    expect(new Set(homes.values()).size).toBeGreaterThan(1);
  });

  test("the most exact name goes before a wildcard, which is no second choice", async () => {
    await millrace.stop();
    const [one, two] = upstreams as [FaultUpstream, FaultUpstream];
    millrace = await startMillrace({
      config: {
        upstreams: [
          { name: "wide", dialect: "anthropic", baseUrl: one.url },
          { name: "small", dialect: "anthropic", baseUrl: two.url, models: ["m"] },
        ],
      },
    });
    two.once(refuses(500));
    expect(await served(await ask("hi"))).toBe("500 small");
    expect(one.requests).toHaveLength(0);
  });
});

describe("failing over", () => {
  for (const [how, fault] of [
    ["answers 500", refuses(500)],
    ["pushes back for a moment", rateLimited(0)],
    ["resets before its headers", resetBeforeHeaders],
  ] as const) {
    test(`an upstream that ${how} is not seen by the client, and its session comes back`, async () => {
      const home = await served(await ask("first", "s"));
      upstreamOf(home).once(fault);
      const before = asked();
      const elsewhere = await ask("second", "s");
      expect(elsewhere.status).toBe(200);
      expect(await served(elsewhere)).not.toBe(home);
      expect(asked() - before).toBe(2);
      expect(await served(await ask("third", "s"))).toBe(home);
      const [, second] = await millrace.calls(2);
      expect(second).toMatchObject({ outcome: "ok", attempts: 2 });
      expect(await millrace.metric('millrace_retries_total{dialect="anthropic"}')).toBe(1);
    });
  }

  test("a stream that breaks after its first byte is not asked again", async () => {
    const home = await served(await ask("first", "s"));
    upstreamOf(home).once(cutAfter({ how: "reset", events: 2 }));
    const before = asked();
    const answer = await ask("second", "s", { stream: true });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("event: error");
    expect(asked() - before).toBe(1);
  });

  test("a caller's own mistake is not asked again", async () => {
    for (const upstream of upstreams) upstream.once(refuses(400));
    const answer = await ask("wrong");
    expect(answer.status).toBe(400);
    expect(asked()).toBe(1);
  });

  test("when all fail, the last one's answer is the client's, and each was asked at most once", async () => {
    for (const upstream of upstreams) upstream.behave(refuses(500, '{"error":{"message":"broken"}}'));
    const answer = await ask("hopeless");
    expect([answer.status, await answer.text()]).toEqual([500, '{"error":{"message":"broken"}}']);
    expect(asked()).toBeLessThanOrEqual(COUNT);
  });

  test("retries are a share of the traffic, whatever fails", async () => {
    for (const upstream of upstreams) upstream.behave(refuses(500));
    const calls = 200;
    for (let at = 0; at < calls; at++) await (await ask(`call ${at}`, `s${at}`)).text();
    const retries = asked() - calls;
    expect(retries).toBeGreaterThan(0);
    expect(retries).toBeLessThanOrEqual(calls * 0.1 + 20);
  });

  test("the body that is sent a second time is the client's, byte for byte", async () => {
    for (const upstream of upstreams) upstream.once(refuses(500));
    for (const upstream of upstreams.slice(1)) upstream.behave(rightAnswer);
    await (await ask("the same bytes")).text();
    const bodies = upstreams.flatMap(({ requests }) => requests.map(({ body }) => Buffer.from(body).toString()));
    expect(bodies.length).toBeGreaterThan(1);
    expect(new Set(bodies)).toEqual(new Set([JSON.stringify(message("the same bytes"))]));
  });
});

describe("an upstream that keeps failing", () => {
  test("is left alone; its sessions go on elsewhere, stay there when it is back, and nobody else moves", async () => {
    const sessions = Array.from({ length: 40 }, (_, at) => `s${at}`);
    const homes = new Map<string, string>();
    for (const session of sessions) homes.set(session, await served(await ask("one", session)));
    const failing = homes.get("s0") as string;
    upstreamOf(failing).behave(refuses(500));
    for (let at = 0; at < 3; at++) for (const session of sessions) await (await ask(`two ${at}`, session)).text();
    const before = upstreamOf(failing).requests.length;
    const moved = new Map<string, string>();
    for (const session of sessions) moved.set(session, await served(await ask("three", session)));
    expect(upstreamOf(failing).requests.length).toBe(before);
    for (const [session, home] of homes) {
      if (home === failing) expect(moved.get(session)).toStartWith("200 ");
      else expect(moved.get(session)).toBe(home);
    }
    expect(await millrace.metric(`millrace_upstream_healthy{upstream="${failing.slice(4)}"}`)).toBe(0);
    upstreamOf(failing).behave(rightAnswer);
    for (const session of sessions) expect(await served(await ask("four", session))).toBe(moved.get(session) as string);
  });
});

describe("what only its maker can continue", () => {
  const respond = (input: unknown, more: object = {}) => post("/v1/responses", { model: "m", input, ...more });

  for (const stream of [false, true]) {
    test(`a response kept by the provider is continued there${stream ? ", when it was a stream" : ""}`, async () => {
      for (let at = 0; at < 8; at++) {
        const first = await respond(`begin ${at}`, { stream });
        const said = await first.text();
        const id = /"id":"(resp_[^"]+)"/.exec(said)?.[1];
        const next = await respond("go on", { previous_response_id: id });
        expect(await served(next)).toBe(`200 ${first.headers.get("x-millrace-upstream")}`);
      }
    });
  }

  test("sealed thinking goes back to who sealed it, and is not taken elsewhere when that one fails", async () => {
    const home = await served(await ask("think", "s"));
    const sealed = [
      user("think"),
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "…", signature: "c2VhbA==" },
          { type: "text", text: "Yes." },
        ],
      },
      user("go on"),
    ];
    const goOn = () => post("/v1/messages", { ...message(""), messages: sealed }, { "x-claude-code-session-id": "s" });
    expect(await served(await goOn())).toBe(home);
    upstreamOf(home).once(refuses(500));
    expect(await served(await goOn())).toBe(home.replace("200", "500"));
  });
});
