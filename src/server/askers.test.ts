// Who is waited for before a server that stops closes its door, and how long.

import { expect, test } from "bun:test";
import { VirtualClock } from "../base/index.ts";
import { Askers } from "./askers.ts";

/** Asks every second until `atMs`. */
async function asking(clock: VirtualClock, askers: Askers, name: string, times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    askers.asked(name);
    await clock.advance(1000);
  }
}

const settled = (promise: Promise<void>) => Promise.race([promise.then(() => true), Promise.resolve(false)]);

test("nobody, and one who asked once, is not waited for", async () => {
  const clock = new VirtualClock();
  const askers = new Askers(clock, 2500);
  askers.asked("curl");
  await askers.tellAll();
  expect(clock.monotonic()).toBe(0);
});

test("each who asks regularly is told first", async () => {
  const clock = new VirtualClock();
  const askers = new Askers(clock, 2500);
  await asking(clock, askers, "one", 2);
  await asking(clock, askers, "two", 2);
  askers.asked("one");
  const told = askers.tellAll();
  askers.asked("one");
  expect(await settled(told)).toBe(false);
  askers.asked("two");
  await clock.advance(249);
  expect(await settled(told)).toBe(false);
  await clock.advance(1);
  await told;
});

test("one who does not come is waited for until the grace is over; one long gone is not waited for", async () => {
  const clock = new VirtualClock();
  const askers = new Askers(clock, 2500);
  await asking(clock, askers, "one", 2);
  const told = askers.tellAll();
  await clock.advance(2749);
  expect(await settled(told)).toBe(false);
  await clock.advance(1);
  await told;
  const later = new Askers(clock, 2500);
  await asking(clock, later, "one", 2);
  await clock.advance(2001);
  await later.tellAll();
});

test("one who says how often it asks is waited for from its first question on", async () => {
  const clock = new VirtualClock();
  const askers = new Askers(clock, 2500);
  askers.asked("front (every 1000 ms)");
  const told = askers.tellAll();
  await clock.advance(500);
  expect(await settled(told)).toBe(false);
  askers.asked("front (every 1000 ms)");
  await clock.advance(250);
  await told;
});
