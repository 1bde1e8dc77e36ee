import { describe, expect, test } from "bun:test";
import { asked, key, make, never, restarted } from "./testing.ts";

describe("a tier in trouble", () => {
  test("a slow one costs 50 ms once, then nothing, and comes back after a probe", async () => {
    const one = make();
    one.cache.set(key("a"), "value");
    await one.cache.flush(never);
    const two = restarted(one);
    one.tier.mood = "slow";
    const startMs = one.clock.monotonic();
    let answeredMs = -1;
    const first = Promise.resolve(two.get(key("a"))).then((value) => {
      answeredMs = one.clock.monotonic() - startMs;
      return value;
    });
    await one.clock.advance(49);
    expect(answeredMs).toBe(-1);
    await one.clock.advance(1);
    expect(await first).toBeUndefined();
    expect(answeredMs).toBe(50);
    const before = one.tier.calls;
    expect(await two.get(key("a"))).toBeUndefined(); // Time stands still: this one waited for nothing.
    expect(one.tier.calls).toBe(before);
    expect(two.stats()).toMatchObject({ breakerOpened: 1, isTierBypassed: true });
    one.tier.mood = "well";
    await one.clock.advance(5000);
    expect(two.stats().isTierBypassed).toBe(false);
    expect(await two.get(key("a"))).toBe("value");
  });

  test("callers already waiting are let go with the first that waited too long", async () => {
    const { cache, tier, clock } = make();
    tier.mood = "hung";
    const first = cache.get(key("a"));
    await clock.advance(40);
    let isAnswered = false;
    const second = Promise.resolve(cache.get(key("b"))).then(() => {
      isAnswered = true;
    });
    await clock.advance(10);
    expect(isAnswered).toBe(true);
    await Promise.all([first, second]);
  });

  test("a probe that hangs keeps it bypassed, and the cool-down grows", async () => {
    const { cache, tier, clock } = make();
    tier.mood = "hung";
    const first = cache.get(key("a"));
    await clock.advance(50);
    await first;
    await clock.advance(5050);
    expect(tier.calls).toBe(2);
    tier.mood = "well";
    await clock.advance(9000);
    expect(cache.stats().isTierBypassed).toBe(true);
    await clock.advance(1000);
    expect(cache.stats().isTierBypassed).toBe(false);
  });

  test("a dead one is never an error, and memory works on", async () => {
    const { cache, tier, clock } = make();
    tier.mood = "dead";
    expect(await cache.get(key("a"))).toBeUndefined();
    cache.set(key("a"), "value");
    cache.delete(key("b"));
    cache.invalidateTag("t");
    expect(await cache.get(key("a"))).toBe("value");
    expect(await cache.fetch(key("c"), async () => "loaded")).toBe("loaded");
    await cache.flush(never);
    await clock.advance(100_000);
    expect(cache.stats().isTierBypassed).toBe(true);
    cache.close();
    expect(clock.pendingCount).toBe(0);
  });

  test("a full disk is counted, reads go on", async () => {
    const { cache, tier } = make();
    tier.mood = "full";
    cache.set(key("a"), "value");
    await cache.flush(never);
    expect(cache.stats()).toMatchObject({ tierWritesFailed: 1, isTierBypassed: false, tierQueued: 0 });
  });

  const damage: [string, (bytes: Uint8Array) => Uint8Array][] = [
    ["cut", (bytes) => bytes.subarray(0, bytes.length - 1)],
    ["empty", () => new Uint8Array(0)],
    ["of another format", (bytes) => Uint8Array.from(bytes, (byte, index) => (index === 0 ? 99 : byte))],
    ["altered", (bytes) => Uint8Array.from(bytes, (byte, index) => (index === bytes.length - 2 ? byte ^ 1 : byte))],
  ];
  test.each(damage)("a record that is %s is a miss, counted and deleted", async (_, harm) => {
    const one = make();
    one.cache.set(key("a"), "value");
    await one.cache.flush(never);
    for (const record of one.tier.values.values()) record.bytes = harm(record.bytes);
    const two = restarted(one);
    expect(await two.get(key("a"))).toBeUndefined();
    await two.flush(never);
    expect(two.stats()).toMatchObject({ tierCorrupt: 1, tierMisses: 1, tierHits: 0 });
    expect(one.tier.values.size).toBe(0);
  });

  test("a value that cannot be decoded or encoded harms nobody", async () => {
    const broken = () => {
      throw new Error("broken");
    };
    const one = make();
    one.cache.set(key("a"), "value");
    await one.cache.flush(never);
    const two = restarted(one, { decode: broken, encode: broken });
    expect(await two.get(key("a"))).toBeUndefined();
    two.set(key("b"), "value");
    expect(await two.get(key("b"))).toBe("value");
    await two.flush(never);
    expect(two.stats()).toMatchObject({ tierCorrupt: 1, tierWritesFailed: 1 });
  });
});

describe("the queue", () => {
  test("drops writes when full, and counts them", async () => {
    const { cache, tier, clock } = make({ writesMax: 2 });
    await asked(cache, "0", "1", "2", "3", "4", "5");
    tier.mood = "slow";
    tier.slowMs = 100;
    for (let id = 0; id < 6; id++) cache.set(key(`${id}`), "value");
    await clock.advance(0);
    expect(cache.stats()).toMatchObject({ tierQueued: 2, tierWritesDropped: 4 });
    await clock.advance(1000);
    expect(tier.values.size).toBe(2);
  });

  test("a delete on order displaces a write; with none left to displace, nothing stored is believed", async () => {
    const one = make();
    for (const id of ["a", "b", "c"]) one.cache.set(key(id), "value");
    await one.cache.flush(never);
    const two = restarted(one, { writesMax: 2 });
    one.tier.mood = "slow";
    one.tier.slowMs = 10;
    for (const id of ["a", "b", "x"]) two.delete(key(id));
    await one.clock.advance(0);
    expect(two.stats().tierQueued).toBeLessThanOrEqual(2);
    one.tier.mood = "well";
    for (const id of ["a", "b", "c"]) expect(await two.get(key(id))).toBeUndefined();
    await one.clock.advance(100);
    await two.flush(never);
    expect(one.tier.values.size).toBe(0);
  });

  test("flush ends when its signal does, and says what is left", async () => {
    const { cache, tier, clock } = make();
    await asked(cache, "a");
    tier.mood = "slow";
    tier.slowMs = 900;
    cache.set(key("a"), "value");
    const limit = new AbortController();
    const flushing = cache.flush(limit.signal);
    await clock.advance(10);
    limit.abort();
    expect(await flushing).toBe(1);
    await clock.advance(900);
    expect(await cache.flush(never)).toBe(0);
    expect(tier.values.size).toBe(1);
  });

  test("a write that hangs opens the breaker and blocks nothing", async () => {
    const { cache, tier, clock } = make();
    await asked(cache, "a");
    tier.mood = "hung";
    cache.set(key("a"), "value");
    await clock.advance(1000);
    expect(cache.stats()).toMatchObject({ isTierBypassed: true, tierWritesFailed: 1 });
    expect(await cache.flush(never)).toBe(0);
  });
});
