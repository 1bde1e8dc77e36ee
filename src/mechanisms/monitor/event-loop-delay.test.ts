// The sampler on a clock whose timers can be late, which is what it measures.

import { expect, test } from "bun:test";
import { VirtualClock } from "../../base/index.ts";
import { sampleEventLoopDelay } from "./event-loop-delay.ts";

/** A virtual clock whose thread is busy for `busyMs` before each timer runs. */
class BusyClock extends VirtualClock {
  busyMs = 0;
  #lateMs = 0;

  override monotonic(): number {
    return super.monotonic() + this.#lateMs;
  }

  override schedule(ms: number, run: () => void) {
    return super.schedule(ms, () => {
      this.#lateMs += this.busyMs;
      run();
    });
  }
}

test("records how late each tick ran, in seconds, until it is cancelled", async () => {
  const clock = new BusyClock();
  const recorded: number[] = [];
  const cancel = sampleEventLoopDelay({ clock, periodMs: 100, record: (seconds) => recorded.push(seconds) });
  await clock.advance(200);
  clock.busyMs = 35;
  await clock.advance(100);
  clock.busyMs = 1000;
  await clock.advance(100);
  clock.busyMs = 0;
  await clock.advance(100);
  expect(recorded.map((seconds) => Math.round(seconds * 1000))).toEqual([0, 0, 35, 1000, 0]);
  cancel();
  await clock.advance(1000);
  expect(recorded.length).toBe(5);
  expect(clock.pendingCount).toBe(0);
});

test("cancelling from within a record stops it too; a period without length is refused", async () => {
  const clock = new VirtualClock();
  let ticks = 0;
  const cancel = sampleEventLoopDelay({
    clock,
    record: () => {
      ticks++;
      cancel();
    },
  });
  await clock.advance(1000);
  expect(ticks).toBe(1);
  for (const periodMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => sampleEventLoopDelay({ clock, periodMs, record: () => {} })).toThrow("periodMs");
  }
});
