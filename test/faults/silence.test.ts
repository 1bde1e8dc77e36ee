// An upstream that takes very long to answer at all: the client of a stream gets its headers and pings long before, and
// then the answer, or the error as an event. On virtual time, so that three quarters of a minute take no time.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type FaultUpstream, faultUpstream, head } from "../kit/fault-upstream.ts";
import { refuses } from "../kit/faults.ts";
import { JumpingClock } from "../kit/jumping-clock.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { type SseEvent, SseReader } from "../kit/sse-reader.ts";

let upstream: FaultUpstream;
let clock: JumpingClock;
let millrace: Millrace;
beforeAll(async () => {
  upstream = await faultUpstream();
});
beforeEach(async () => {
  clock = new JumpingClock();
  millrace = await startMillrace({ config: { upstreams: upstreamsAt(upstream.url) }, clock });
});
afterEach(() => millrace.stop());
afterAll(() => upstream.close());

const FORMS: readonly (readonly [path: string, body: object])[] = [
  ["/v1/messages", { model: "m", max_tokens: 30, messages: [{ role: "user", content: "hi" }] }],
  ["/v1/chat/completions", { model: "m", messages: [{ role: "user", content: "hi" }] }],
  ["/v1/responses", { model: "m", input: "hi" }],
];
const ask = (path: string, body: object) =>
  fetch(millrace.url + path, {
    method: "POST",
    body: JSON.stringify({ ...body, stream: true }),
    headers: { "content-type": "application/json" },
  });

/** The stream is opened, and seen with its first ping. */
async function opened(): Promise<void> {
  clock.jump(45_000);
  await (await fetch(`${millrace.url}/healthz`)).text(); // The answer is on its way before this one is.
  clock.jump(15_000);
}

const isPing = ({ event, comment }: SseEvent) => event === "ping" || comment === "keep-alive";

describe.each(FORMS)("%s", (path, body) => {
  test("pings come after 45 and 15 seconds of silence, then the answer whole", async () => {
    const { promise: told, resolve: answer } = Promise.withResolvers<void>();
    const arriving = upstream.next();
    upstream.once({
      stage: "request",
      act: async (wire, right) => {
        await told;
        await wire.write(head(200, [...right.headers, ["content-length", String(right.body.byteLength)]]));
        await wire.write(right.body);
      },
    });
    const coming = ask(path, body);
    await arriving;
    await opened();
    const reader = new SseReader(await coming);
    const events: SseEvent[] = [];
    for await (const event of reader) {
      events.push(event);
      if (events.length === 1) clock.jump(15_000);
      if (events.length === 2) answer();
    }
    expect(events.slice(0, 2).map(isPing)).toEqual([true, true]);
    expect(events.length).toBeGreaterThan(5);
    expect(events.at(-1)?.data).toMatch(/message_stop|\[DONE\]|response\.completed/);
  });

  test("an error that comes after the stream was opened is an error event", async () => {
    const { promise: told, resolve: answer } = Promise.withResolvers<void>();
    const arriving = upstream.next();
    const refusal = refuses(429, '{"error":{"message":"slow down, please"}}');
    upstream.once({
      stage: "request",
      act: async (wire, right) => {
        await told;
        if (refusal.stage === "request") await refusal.act(wire, right);
      },
    });
    const coming = ask(path, body);
    await arriving;
    await opened();
    const reader = new SseReader(await coming);
    const events: SseEvent[] = [];
    for await (const event of reader) {
      events.push(event);
      answer();
    }
    expect(events.at(-1)?.data).toContain("slow down, please");
    // Responses tell it twice over, as their API does: once as an error, once as a failed response.
    expect(events.filter((event) => !isPing(event)).length).toBe(path === "/v1/responses" ? 2 : 1);
  });

  test("so is the end of the limit for headers", async () => {
    const arriving = upstream.next();
    upstream.once({ stage: "request", act: () => Promise.resolve() });
    const coming = ask(path, body);
    await arriving;
    await opened();
    const reader = new SseReader(await coming);
    const events: SseEvent[] = [];
    for await (const event of reader) {
      events.push(event);
      if (events.length === 1) clock.jump(10 * 60_000);
    }
    expect(isPing(events[0] as SseEvent)).toBe(true);
    expect(events.at(-1)?.data).toMatch(/within 600000 ms/);
  });
});
