// Many time limits on one timer: each is kept to within a sweep, and one that was put off does not come.

import { expect, test } from "bun:test";
import { VirtualClock } from "../base/index.ts";
import { Sweep } from "./sweep.ts";

test("what is past is told at the next sweep, and again until it is gone", async () => {
  const clock = new VirtualClock();
  const sweep = new Sweep(clock, 250);
  const told: number[] = [];
  const timed = { deadlineAt: 1000, expire: () => void told.push(clock.monotonic()) };
  sweep.add(timed);
  await clock.advance(999);
  expect(told).toEqual([]);
  await clock.advance(300);
  expect(told).toEqual([1000, 1250]);
  timed.deadlineAt = 2000;
  await clock.advance(700);
  expect(told.length).toBe(2);
  sweep.delete(timed);
  await clock.advance(5000);
  expect(told.length).toBe(2);
  sweep.stop();
});

test("one may leave, and take others with it, while it is told", async () => {
  const clock = new VirtualClock();
  const sweep = new Sweep(clock, 100);
  const left: string[] = [];
  const other = { deadlineAt: 50, expire: () => void left.push("other") };
  const first = {
    deadlineAt: 50,
    expire: () => {
      left.push("first");
      sweep.delete(first);
      sweep.delete(other);
    },
  };
  sweep.add(first);
  sweep.add(other);
  await clock.advance(1000);
  expect(left).toEqual(["first"]);
  sweep.stop();
});

test("a sweep that never or always runs is refused", () => {
  for (const ms of [0, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => new Sweep(new VirtualClock(), ms)).toThrow("must be over 0");
});
