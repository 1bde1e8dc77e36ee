// Two servers that tell each other by Redis where conversations went, while Redis is frozen, killed and back: no caller gets an
// error for it, none waits for it twice, and what is told afterwards is found again.

import { afterAll, expect, test } from "bun:test";
import { type RedisServer, startRedis } from "../kit/engines.ts";
import { type FaultUpstream, faultUpstream, rightAnswer } from "../kit/fault-upstream.ts";
import { refuses } from "../kit/faults.ts";
import { JumpingClock } from "../kit/jumping-clock.ts";
import { type Millrace, startMillrace } from "../kit/millrace.ts";

const COUNT = 4;
const LOOK_UP_MS = 50;
const COOL_DOWN_MS = 5000;
const redis = await startRedis();
afterAll(async () => {
  if (redis.kind === "ready") await redis.engine.stop();
});

async function ask(millrace: Millrace, session: string): Promise<string> {
  const answer = await fetch(`${millrace.url}/v1/messages`, {
    method: "POST",
    body: JSON.stringify({ model: "m", max_tokens: 20, messages: [{ role: "user", content: "hi" }] }),
    headers: { "content-type": "application/json", "x-claude-code-session-id": session },
  });
  await answer.text();
  return answer.status === 200 ? (answer.headers.get("x-millrace-upstream") ?? "") : String(answer.status);
}

/** Makes the session's upstream fail until the session is elsewhere for good. @returns where */
async function moved(millrace: Millrace, upstreams: readonly FaultUpstream[], session: string): Promise<string> {
  const home = await ask(millrace, session);
  upstreams[Number(home.at(-1))]?.behave(refuses(500));
  while ((await millrace.metric(`millrace_upstream_healthy{upstream="${home}"}`)) === 1) await ask(millrace, session);
  upstreams[Number(home.at(-1))]?.behave(rightAnswer);
  const there = await ask(millrace, session);
  expect(there).not.toBe(home);
  return there;
}

async function spillsOver(server: RedisServer): Promise<void> {
  const upstreams = await Promise.all(Array.from({ length: COUNT }, faultUpstream));
  const config = {
    upstreams: upstreams.map(({ url }, at) => ({ name: `claude-${at}`, dialect: "anthropic", baseUrl: url })),
    redisUrl: server.url,
  };
  const clock = new JumpingClock();
  const [one, other] = await Promise.all([startMillrace({ config, clock }), startMillrace({ config, clock })]);
  const there = await moved(one, upstreams, "first");
  expect(await ask(other, "first")).toBe(there);

  server.freeze();
  const waiting = ask(other, "while it is frozen");
  let isAnswered = false;
  void waiting.finally(() => {
    isAnswered = true;
  });
  let waitedMs = 0;
  while (!isAnswered) {
    await fetch(`${other.url}/healthz`);
    if (isAnswered) break;
    clock.jump(10);
    waitedMs += 10;
  }
  expect(await waiting).toStartWith("claude-");
  expect(waitedMs).toBeGreaterThanOrEqual(LOOK_UP_MS);
  for (let at = 0; at < 20; at++) expect(await ask(other, `nobody waits again ${at}`)).toStartWith("claude-");
  server.thaw();

  await server.kill();
  for (const millrace of [one, other]) {
    clock.jump(COOL_DOWN_MS);
    for (let at = 0; at < 20; at++) expect(await ask(millrace, `while it is gone ${at}`)).toStartWith("claude-");
  }
  await server.restart();
  // One tries it that nobody waits for; once that has come back it is used again.
  let isFound = false;
  for (let round = 0; !isFound; round++) {
    clock.jump(31_000);
    const told = await moved(one, upstreams, `back ${round}`);
    await ask(other, `tries ${round}`);
    isFound = (await ask(other, `back ${round}`)) === told && round > 2;
  }
  await Promise.all([one.stop(), other.stop()]);
  await Promise.all(upstreams.map((upstream) => upstream.close()));
}

const NAME = "where conversations went is told by Redis; frozen, gone and back, it costs nobody an answer";
if (redis.kind === "ready") {
  const server = redis.engine;
  test(NAME, () => spillsOver(server), 60_000);
} else test.skip(`skipped: ${NAME} (${redis.reason})`, () => {});
