// The clock that decides expiry on disk: forwards with the wall, never backwards.

import { expect, test } from "bun:test";
import { VirtualClock } from "../../base/index.ts";
import { ForwardClock } from "./forward-clock.ts";

test("follows the wall forwards, goes on steadily when it steps back, and joins it again later", async () => {
  const wall = new VirtualClock(1_000_000);
  const clock = new ForwardClock(wall);
  expect(clock.now()).toBe(1_000_000);
  await wall.advance(10);
  expect(clock.now()).toBe(1_000_010);
  wall.stepWall(5000);
  expect(clock.now()).toBe(1_005_010);
  wall.stepWall(-6000);
  expect(clock.now()).toBe(1_005_010);
  await wall.advance(100);
  expect(clock.now()).toBe(1_005_110);
  wall.stepWall(1000);
  expect(clock.now()).toBe(1_005_110);
  wall.stepWall(5000);
  expect(clock.now()).toBe(wall.now());
});
