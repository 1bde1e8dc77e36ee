import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type Fault, type FaultUpstream, faultUpstream } from "../../../test/kit/fault-upstream.ts";
import { exactly } from "../../../test/kit/faults.ts";
import { ask, request, until, wholeAnswer } from "../../../test/kit/whole-answer.ts";
import { VirtualClock } from "../../base/index.ts";
import { httpTransport } from "./http-transport.ts";

const OK = exactly("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
let upstream: FaultUpstream;
beforeAll(async () => {
  upstream = await faultUpstream();
});
beforeEach(() => upstream.behave(OK));
afterAll(() => upstream.close());

const open = () => upstream.counts.open;
const opens = (count: number) => until(() => open() === count);

test("a connection nobody takes is closed when its time is over, and no timer is left", async () => {
  const clock = new VirtualClock();
  const { send } = httpTransport({ clock, idleMs: 1000 });
  await ask(send, upstream.url);
  await clock.advance(600);
  await ask(send, upstream.url);
  await clock.advance(999);
  expect(open()).toBe(1);
  await clock.advance(1);
  await opens(0);
  expect(clock.pendingCount).toBe(0);
});

test("each goes when its own time is over; the newest is taken first", async () => {
  const clock = new VirtualClock();
  const { send, close } = httpTransport({ clock, idleMs: 1000 });
  await Promise.all([1, 2, 3].map(() => ask(send, upstream.url)));
  for (const left of [3, 1]) {
    await clock.advance(500);
    await ask(send, upstream.url);
    await opens(left);
  }
  await clock.advance(400);
  expect(open()).toBe(1);
  close();
  await opens(0);
});

test("no more are kept than asked for", async () => {
  const { send, close } = httpTransport({ clock: new VirtualClock(), idleMax: 2 });
  await Promise.all(Array.from({ length: 6 }, () => ask(send, upstream.url)));
  await opens(2);
  close();
  await opens(0);
});

test.skipIf(process.platform !== "linux")(
  "connections to the thousandth origin are kept, to the next not (Linux: it has a /8 of loopback)",
  async () => {
    const wide = Bun.serve({ port: 0, hostname: "0.0.0.0", fetch: () => new Response("ok") });
    const clock = new VirtualClock();
    const { send, close } = httpTransport({ clock });
    const origin = (index: number) => `http://127.1.${index >> 8}.${index & 255}:${wide.port}`;
    for (let index = 0; index < 1001; index++) await ask(send, origin(index));
    const connects = async (index: number) => {
      let connected = false;
      const call = send(
        request(origin(index), {
          onConnected: () => {
            connected = true;
          },
        }),
      );
      const atOnce = connected;
      await wholeAnswer(call);
      return !atOnce;
    };
    expect([await connects(999), await connects(1000)]).toEqual([false, true]);
    // When those are gone there is room again.
    await clock.advance(30_000);
    await ask(send, origin(1000));
    expect(await connects(1000)).toBe(false);
    close();
    await wide.stop(true);
  },
);

describe("close", () => {
  test("closes what is idle, lets a request end, and keeps nothing after that", async () => {
    const { send, close } = httpTransport({ clock: new VirtualClock() });
    await ask(send, upstream.url);
    const go = Promise.withResolvers<void>();
    const slow: Fault = {
      stage: "request",
      async act(wire) {
        await go.promise;
        await wire.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nslow");
      },
    };
    upstream.once(slow);
    const arrived = upstream.next();
    const under = wholeAnswer(send(request(upstream.url)));
    await arrived;
    await Promise.all([upstream.next(), ask(send, upstream.url)]);
    expect(open()).toBe(2);
    close();
    await opens(1);
    go.resolve();
    expect((await under).text).toBe("slow");
    await opens(0);
  });
});

test.each([
  { idleMs: 0 },
  { idleMs: Number.POSITIVE_INFINITY },
  { idleMs: Number.NaN },
  { idleMax: -1 },
  { idleMax: Number.POSITIVE_INFINITY },
  { idleMax: 1.5 },
])("refuses %j, which bounds nothing", (options) => {
  expect(() => httpTransport({ clock: new VirtualClock(), ...options })).toThrow(/must be/);
});
