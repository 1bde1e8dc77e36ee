// The deadline that a client sets for itself, on virtual time: alone, in a shared call, in the middle of a stream.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { type FaultUpstream, faultUpstream, rightAnswer } from "../kit/fault-upstream.ts";
import { silentAfter, silentBeforeHeaders } from "../kit/faults.ts";
import { JumpingClock } from "../kit/jumping-clock.ts";
import { type Millrace, startMillrace, upstreamsAt } from "../kit/millrace.ts";
import { SseReader } from "../kit/sse-reader.ts";

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

const ask = (more: object, deadlineMs?: number | string) =>
  fetch(`${millrace.url}/v1/messages`, {
    method: "POST",
    body: JSON.stringify({ model: "m", max_tokens: 30, messages: [{ role: "user", content: "hi" }], ...more }),
    headers: {
      "content-type": "application/json",
      ...(deadlineMs === undefined ? {} : { "x-millrace-deadline-ms": String(deadlineMs) }),
    },
  });
/** All that was sent before is on its way before this comes back. */
const settled = async () => (await fetch(`${millrace.url}/healthz`)).text();

test("an answer that is not there in time is refused with 504, and its call ended", async () => {
  upstream.once(silentBeforeHeaders);
  const arriving = upstream.next();
  const coming = ask({}, 1000);
  await arriving;
  clock.jump(1001);
  const answer = await coming;
  expect([answer.status, await answer.json()]).toMatchObject([
    504,
    { type: "error", error: { message: expect.stringContaining("1000 ms") } },
  ]);
  expect(await millrace.metric("millrace_open_calls")).toBe(0);
});

test("in a shared call only the caller whose deadline passed leaves", async () => {
  const { promise: told, resolve: go } = Promise.withResolvers<void>();
  upstream.once({
    stage: "request",
    act: async (wire, right) => {
      await told;
      if (rightAnswer.stage === "request") await rightAnswer.act(wire, right);
    },
  });
  const arriving = upstream.next();
  const hurried = ask({ temperature: 0 }, 1000);
  await arriving;
  const patient = ask({ temperature: 0 });
  await settled();
  clock.jump(1001);
  expect((await hurried).status).toBe(504);
  go();
  const answer = await patient;
  expect([answer.status, answer.headers.get("x-millrace-cache")]).toEqual([200, "coalesced"]);
  expect(await answer.json()).toMatchObject({ type: "message" });
});

test("a stream that is not complete in time ends in an error event", async () => {
  upstream.once(silentAfter(3));
  const reader = new SseReader(await ask({ stream: true }, 1000));
  const events: string[] = [];
  for await (const { event } of reader) {
    events.push(event ?? "");
    if (events.length === 3) clock.jump(1001);
  }
  expect(events.at(-1)).toBe("error");
});

test.each(["0", "-5", "soon", "1.5", "999999999"])("%s is no deadline", async (text) => {
  expect((await ask({}, text)).status).toBe(400);
});
