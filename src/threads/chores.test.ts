import { expect, test } from "bun:test";
import type { Clock } from "../base/index.ts";
import { Chores } from "./chores.ts";

/** Time passes only by work; what is scheduled runs when it is told to. */
function slowClock() {
  const scheduled: (() => void)[] = [];
  let nowMs = 0;
  const clock: Clock = {
    now: () => nowMs,
    monotonic: () => nowMs,
    sleep: () => Promise.resolve(),
    schedule(_, run) {
      scheduled.push(run);
      return () => void scheduled.splice(scheduled.indexOf(run), 1);
    },
  };
  return {
    clock,
    pass: (ms: number) => {
      nowMs += ms;
    },
    turn: () => scheduled.shift()?.(),
    left: () => scheduled.length,
  };
}

test("work is done in order, a quarter of a millisecond in each turn of the event loop, more once it is late", () => {
  const { clock, pass, turn, left } = slowClock();
  const chores = new Chores(clock);
  const done: number[] = [];
  for (let each = 0; each < 100; each++) {
    chores.add(() => {
      done.push(each);
      pass(0.1);
    });
  }
  expect([done.length, left()]).toEqual([0, 1]);
  turn();
  expect(done.length).toBe(3);
  turn();
  expect(done.length).toBe(6);
  pass(1000);
  turn();
  expect(done.length).toBeGreaterThanOrEqual(26);
  while (left() > 0) turn();
  expect(done).toEqual(Array.from({ length: 100 }, (_, each) => each));
  chores.add(() => done.push(100));
  chores.finish();
  expect([done.length, left()]).toEqual([101, 0]);
});
