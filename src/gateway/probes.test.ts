import { expect, test } from "bun:test";
import { Secret, seededRandom, VirtualClock } from "../base/index.ts";
import { startProbes } from "./probes.ts";
import { fetchTransport } from "./transport/fetch-transport.ts";
import type { Upstream } from "./upstream.ts";

const EVERY_MS = 10_000;

function rig(answer: (request: Request) => Response | Promise<Response>, dialect: Upstream["dialect"] = "anthropic") {
  const clock = new VirtualClock(0, setImmediate);
  const found: boolean[] = [];
  const asked: { url: string; headers: Headers; body: unknown }[] = [];
  const transport = fetchTransport(async (request) => {
    asked.push({ url: request.url, headers: request.headers, body: await request.clone().json() });
    return answer(request);
  });
  const upstream: Upstream = {
    ...{
      name: "a",
      dialect,
      baseUrl: "http://a.invalid",
      models: ["*"],
      aliases: {},
      headers: {},
      affinity: "session",
      transport,
    },
    credential: { kind: "env", secret: new Secret("key") },
  };
  const stop = startProbes({
    clock,
    random: seededRandom(1),
    probes: [{ upstream, model: "small", everyMs: EVERY_MS }],
    answerMsMax: 5000,
    found: (_upstream, isOk) => found.push(isOk),
  });
  return { clock, found, asked, stop };
}

test("asks on the way of calls, signed, for one token, and tells what it found", async () => {
  const statuses = [200, 500, 401, 429, 529, 200];
  const { clock, found, asked, stop } = rig(() => new Response("{}", { status: statuses.shift() ?? 200 }));
  await clock.advance(6.5 * EVERY_MS);
  stop();
  expect(found.slice(0, 4)).toEqual([true, false, false, true]);
  expect(asked[0]).toMatchObject({ url: "http://a.invalid/v1/messages", body: { model: "small", max_tokens: 1 } });
  expect(asked[0]?.headers.get("x-api-key")).toBe("key");
});

test("speaks the dialect of OpenAI where that is asked for", async () => {
  const { clock, asked, stop } = rig(() => new Response("{}"), "openai");
  await clock.advance(1.3 * EVERY_MS);
  stop();
  expect(asked[0]).toMatchObject({
    url: "http://a.invalid/chat/completions",
    body: { model: "small", max_completion_tokens: 1 },
  });
});

test("an answer that does not come is none, and the next is asked for", async () => {
  const { clock, found, asked, stop } = rig(() => new Promise(() => {}));
  await clock.advance(4 * (EVERY_MS + 5000));
  stop();
  expect(found.length).toBeGreaterThanOrEqual(2);
  expect(found).not.toContain(true);
  expect(asked.length - found.length).toBeLessThanOrEqual(1);
});

test("stops at once, also while it waits for an answer", async () => {
  const { clock, found, asked, stop } = rig(() => new Promise(() => {}));
  await clock.advance(1.3 * EVERY_MS);
  expect(asked).toHaveLength(1);
  stop();
  await clock.advance(10 * EVERY_MS);
  expect([asked.length, found]).toEqual([1, []]);
});
