import { expect, test } from "bun:test";
import { VirtualClock } from "../../base/index.ts";
import { VerifiedCache } from "./verified-cache.ts";

test("an entry lives exactly as long as it was given", async () => {
  const clock = new VirtualClock();
  const cache = new VerifiedCache<string>(clock, 10);
  cache.set("a", "one", 100);
  await clock.advance(99);
  expect(cache.get("a")).toBe("one");
  await clock.advance(1);
  expect(cache.get("a")).toBeUndefined();
  expect(cache.size).toBe(0);
});

test("a step of wall time changes no life", () => {
  const clock = new VirtualClock();
  const cache = new VerifiedCache<string>(clock, 10);
  cache.set("a", "one", 100);
  clock.stepWall(1e9);
  expect(cache.get("a")).toBe("one");
});

test("the oldest entry goes when the cache is full; setting again makes an entry young", () => {
  const cache = new VerifiedCache<number>(new VirtualClock(), 2);
  cache.set("a", 1, 100);
  cache.set("b", 2, 100);
  cache.set("a", 3, 100);
  cache.set("c", 4, 100);
  expect([cache.get("a"), cache.get("b"), cache.get("c"), cache.size]).toEqual([3, undefined, 4, 2]);
});

test.each([0, -1, Number.NaN])("a life of %p is no life, and ends the one before", (life) => {
  const cache = new VerifiedCache<number>(new VirtualClock(), 2);
  cache.set("a", 1, 100);
  cache.set("a", 2, life);
  expect(cache.get("a")).toBeUndefined();
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("a limit of %p entries is refused", (limit) => {
  expect(() => new VerifiedCache(new VirtualClock(), limit)).toThrow("whole number");
});
