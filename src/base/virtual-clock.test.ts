import { expect, test } from "bun:test";
import fc from "fast-check";
import { VirtualClock } from "./virtual-clock.ts";

test("calls run in the order of their due time, then of their scheduling", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 30 }), async (delays) => {
      const clock = new VirtualClock();
      const ran: { order: number; at: number }[] = [];
      delays.forEach((ms, order) => void clock.schedule(ms, () => ran.push({ order, at: clock.monotonic() })));
      await clock.advance(20);
      const expected = delays.map((at, order) => ({ order, at })).sort((a, b) => a.at - b.at || a.order - b.order);
      expect(ran).toEqual(expected);
      expect(clock.pendingCount).toBe(0);
    }),
    { numRuns: 20 },
  );
});

test("nothing runs before its time", async () => {
  const clock = new VirtualClock();
  const ran: number[] = [];
  clock.schedule(10, () => ran.push(clock.monotonic()));
  await clock.advance(9);
  expect(ran).toEqual([]);
  await clock.advance(1);
  expect(ran).toEqual([10]);
});

test("code that awaits a sleep goes on before a later call, and may schedule more within the same advance", async () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  const worker = (async () => {
    for (let step = 1; step <= 3; step++) {
      await clock.sleep(10);
      await Promise.resolve();
      ran.push(`step ${step} at ${clock.monotonic()}`);
    }
  })();
  clock.schedule(15, () => ran.push("between"));
  await clock.advance(30);
  await worker;
  expect(ran).toEqual(["step 1 at 10", "between", "step 2 at 20", "step 3 at 30"]);
});

test("a cancelled call never runs, also when cancelled by an earlier call", async () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  const cancel = clock.schedule(10, () => ran.push("late"));
  clock.schedule(5, () => {
    cancel();
    ran.push("early");
  });
  await clock.advance(20);
  expect(ran).toEqual(["early"]);
  expect(clock.pendingCount).toBe(0);
});

test("an aborted sleep rejects with the reason and leaves nothing behind", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const reason = new Error("left");
  const asleep = clock.sleep(10, controller.signal);
  controller.abort(reason);
  await expect(asleep).rejects.toBe(reason);
  expect(clock.pendingCount).toBe(0);
  await expect(clock.sleep(10, controller.signal)).rejects.toBe(reason);
  expect(clock.pendingCount).toBe(0);
});

test("a sleep that ended no longer hears its signal", async () => {
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  const heard: unknown[] = [];
  const add = signal.addEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => void heard.push(args[1]);
  signal.removeEventListener = (...args: Parameters<typeof add>) => void heard.splice(heard.indexOf(args[1]), 1);
  const asleep = clock.sleep(10, signal);
  expect(heard).toHaveLength(1);
  await clock.advance(10);
  await asleep;
  expect(heard).toEqual([]);
});

test("stepping wall time moves neither monotonic time nor timers", async () => {
  const clock = new VirtualClock(1000);
  let ranAt = -1;
  clock.schedule(10, () => {
    ranAt = clock.monotonic();
  });
  clock.stepWall(-500);
  expect([clock.now(), clock.monotonic()]).toEqual([500, 0]);
  await clock.advance(10);
  expect(ranAt).toBe(10);
  expect(clock.now()).toBe(510);
});
