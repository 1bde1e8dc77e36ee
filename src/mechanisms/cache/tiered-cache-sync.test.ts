// A second tier that answers on the calling thread: read in place, and bypassed when it fails or takes too long.

import { expect, test } from "bun:test";
import { type Clock, MillraceError } from "../../base/index.ts";
import type { KeyValue } from "../../ports/index.ts";
import { asked, FickleStore, key, make, never, restarted } from "./testing.ts";

/** Reads at once. A slow read moves the time that the cache sees. */
class PromptStore extends FickleStore {
  readonly late = { ms: 0 };

  override get(name: string): ReturnType<KeyValue["get"]> {
    this.calls++;
    if (this.mood === "dead") return Promise.reject(new MillraceError("store_unavailable", "dead"));
    if (this.mood === "slow") this.late.ms += this.slowMs;
    return this.values.get(name)?.bytes.slice();
  }
}

function rig() {
  const { clock } = make();
  const tier = new PromptStore(clock);
  const seen: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic() + tier.late.ms,
    sleep: (ms, signal) => clock.sleep(ms, signal),
    schedule: (ms, run) => clock.schedule(ms, run),
  };
  const open = () => make({ clock, seenClock: seen }, tier).cache;
  return { clock, tier, open };
}

test("what it lacks is a miss at once, and setting the key then needs no delete", async () => {
  const { tier, open } = rig();
  const cache = open();
  expect(cache.get(key("a"))).toBeUndefined();
  expect(cache.stats()).toMatchObject({ misses: 1, tierMisses: 1 });
  cache.set(key("a"), "value");
  await cache.flush(never);
  expect([...tier.values.keys()].length).toBe(1);
  expect(cache.stats().tierWrites).toBe(1);
});

test("what it has is read once for all who ask, and moves into memory", async () => {
  const { tier, open } = rig();
  const first = open();
  first.set(key("a"), "value");
  await first.flush(never);
  const second = open();
  const callsBefore = tier.calls;
  expect(await Promise.all([second.get(key("a")), second.get(key("a"))])).toEqual(["value", "value"]);
  expect(second.get(key("a"))).toBe("value");
  expect(tier.calls - callsBefore).toBe(1);
  expect(second.stats().tierHits).toBe(1);
});

test("one that fails is left alone until a probe finds it well", async () => {
  const { clock, tier, open } = rig();
  const cache = open();
  tier.mood = "dead";
  expect(await cache.get(key("a"))).toBeUndefined();
  const { calls } = tier;
  expect(cache.get(key("b"))).toBeUndefined();
  expect(tier.calls).toBe(calls);
  expect(cache.stats()).toMatchObject({ isTierBypassed: true, breakerOpened: 1 });
  tier.mood = "well";
  await clock.advance(5000);
  expect(cache.stats().isTierBypassed).toBe(false);
});

test("one that takes too long gives what it has, once", async () => {
  const { tier, open } = rig();
  const first = open();
  first.set(key("a"), "value");
  await first.flush(never);
  const second = open();
  tier.mood = "slow";
  expect(await second.get(key("a"))).toBe("value");
  expect(second.stats()).toMatchObject({ isTierBypassed: true, breakerOpened: 1 });
  const { calls } = tier;
  expect(second.get(key("b"))).toBeUndefined();
  expect(tier.calls).toBe(calls);
});

test("a delete on its way out hides what the tier still has", async () => {
  const { clock, tier, open } = rig();
  const cache = open();
  await asked(cache, "a");
  cache.set(key("a"), "value");
  await cache.flush(never);
  cache.delete(key("a"));
  expect(cache.get(key("a"))).toBeUndefined();
  await cache.flush(never);
  expect(await restarted({ clock, tier }).get(key("a"))).toBeUndefined();
});
