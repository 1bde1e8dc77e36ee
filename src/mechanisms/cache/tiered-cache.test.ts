import { describe, expect, test } from "bun:test";
import { MillraceError } from "../../base/index.ts";
import { asked, key, make, never, restarted } from "./testing.ts";

describe("two tiers", () => {
  test("a value survives the loss of memory, with its age, cost, tags and what is left of its life", async () => {
    const one = make({ ttlMs: 1000, cost: () => 42 });
    one.cache.set(key("a"), "value", { tags: ["t"] });
    await one.clock.advance(300);
    await one.cache.flush(never);
    const [stored] = [...one.tier.values.values()];
    expect(stored?.ttlMs).toBe(1000);
    const two = restarted(one);
    expect(await two.get(key("a"))).toBe("value");
    expect(two.peek(key("a"))).toMatchObject({ ageMs: 300, leftMs: 700, cost: 42, tags: ["t"] });
    expect(two.stats()).toMatchObject({ tierHits: 1, hits: 0 });
    expect(await two.get(key("a"))).toBe("value");
    expect(two.stats()).toMatchObject({ tierHits: 1, hits: 1 });
    await one.clock.advance(700);
    expect(await two.get(key("a"))).toBeUndefined();
    expect(await restarted(one).get(key("a"))).toBeUndefined();
  });

  test("wall time set back does not lengthen a life", async () => {
    const one = make({ ttlMs: 1000 });
    one.cache.set(key("a"), "value");
    await one.cache.flush(never);
    one.clock.stepWall(-1_000_000);
    const two = restarted(one);
    expect(await two.get(key("a"))).toBe("value");
    expect(two.peek(key("a"))?.leftMs).toBe(1000);
  });

  test("the tier's keys are hashes under the prefix", async () => {
    const { cache, tier } = make();
    cache.set(key("secret id", "secret team"), "value");
    await cache.flush(never);
    expect([...tier.values.keys()]).toEqual([expect.stringMatching(/^c:[0-9a-f]{64}$/)]);
  });

  test("another scope or another prefix sees nothing", async () => {
    const one = make();
    one.cache.set(key("a", "red"), "value");
    await one.cache.flush(never);
    expect(await restarted(one).get(key("a", "blue"))).toBeUndefined();
    expect(await restarted(one, { prefix: "d:" }).get(key("a", "red"))).toBeUndefined();
  });

  test("by default only what is hit often or costs much is persisted", async () => {
    const { cache, tier } = make({ persist: undefined as never, cost: (value) => Number(value) });
    await asked(cache, "dear", "cheap");
    cache.set(key("dear"), "4001");
    cache.set(key("cheap"), "4000");
    await cache.flush(never);
    expect(tier.values.size).toBe(1);
    for (let hit = 0; hit < 5; hit++) await cache.get(key("cheap"));
    await cache.flush(never);
    expect(tier.values.size).toBe(1);
    await cache.get(key("cheap"));
    await cache.get(key("cheap"));
    await cache.flush(never);
    expect(tier.values.size).toBe(2);
    expect(cache.stats().tierWrites).toBe(2); // The tier was asked before, so there was nothing to delete.
  });

  test("concurrent reads of one key are one read of the tier", async () => {
    const one = make();
    one.cache.set(key("a"), "value");
    await one.cache.flush(never);
    const two = restarted(one);
    const before = one.tier.calls;
    const all = await Promise.all(Array.from({ length: 50 }, () => two.get(key("a"))));
    expect(new Set(all)).toEqual(new Set(["value"]));
    expect(one.tier.calls - before).toBe(1);
  });

  test("fetch looks into the tier before it loads, and keeps what it loaded in both", async () => {
    const one = make();
    let loads = 0;
    const load = async () => `loaded ${++loads}`;
    expect(await one.cache.fetch(key("a"), load)).toBe("loaded 1");
    await one.cache.flush(never);
    const two = restarted(one);
    expect(await Promise.all([two.fetch(key("a"), load), two.fetch(key("a"), load)])).toEqual(["loaded 1", "loaded 1"]);
    expect(loads).toBe(1);
  });
});

describe("what was withdrawn stays away", () => {
  test("a deleted value is not read back, not even before the tier has deleted it", async () => {
    const one = make();
    one.cache.set(key("a"), "value");
    await one.cache.flush(never);
    one.cache.delete(key("a"));
    expect(await one.cache.get(key("a"))).toBeUndefined();
    await one.cache.flush(never);
    expect(one.tier.values.size).toBe(0);
  });

  test("a value replaced by one not worth persisting is not read back", async () => {
    const one = make({ entriesMax: 1, persist: (value) => value === "old" });
    one.cache.set(key("a"), "old");
    await one.cache.flush(never);
    one.cache.set(key("a"), "new");
    one.cache.set(key("b"), "pushes it out");
    await one.cache.flush(never);
    expect(await one.cache.get(key("a"))).toBeUndefined();
  });

  test("a read under way when the key is deleted does not bring it back", async () => {
    const one = make();
    one.cache.set(key("a"), "value");
    await one.cache.flush(never);
    const two = restarted(one);
    one.tier.mood = "slow";
    one.tier.slowMs = 20;
    const reading = two.get(key("a"));
    await one.clock.advance(5);
    two.delete(key("a"));
    await one.clock.advance(20);
    expect(await reading).toBeUndefined();
    expect(two.peek(key("a"))).toBeUndefined();
  });

  test("a tag reaches what only the tier holds, at once", async () => {
    const one = make();
    one.cache.set(key("a"), "tagged", { tags: ["t"] });
    one.cache.set(key("b"), "other");
    await one.cache.flush(never);
    const two = restarted(one);
    two.invalidateTag("t");
    expect(await two.get(key("a"))).toBeUndefined();
    expect(await two.get(key("b"))).toBe("other");
    await two.flush(never);
    expect(one.tier.values.size).toBe(1);
  });

  test("clear empties the prefix and no other", async () => {
    const one = make();
    const other = restarted(one, { prefix: "other:" });
    one.cache.set(key("a"), "mine");
    other.set(key("a"), "other's");
    await Promise.all([one.cache.flush(never), other.flush(never)]);
    one.cache.clear();
    expect(await one.cache.get(key("a"))).toBeUndefined();
    await one.cache.flush(never);
    expect([...one.tier.values.keys()]).toEqual([expect.stringMatching(/^other:/)]);
  });

  test("a tag withdrawn while the store is away is still withdrawn when it is back", async () => {
    const one = make();
    one.cache.set(key("a"), "tagged", { tags: ["t"] });
    await one.cache.flush(never);
    const two = restarted(one);
    one.tier.mood = "dead";
    expect(await two.get(key("b"))).toBeUndefined();
    two.invalidateTag("t");
    one.tier.mood = "well";
    await one.clock.advance(5000);
    expect(await two.get(key("a"))).toBeUndefined();
    await two.flush(never);
    expect(one.tier.values.size).toBe(0);
  });
});

test.each([
  { prefix: "" },
  { tierMsMax: 0 },
  { tierMsMax: Number.POSITIVE_INFINITY },
  { tierWriteMsMax: Number.NaN },
  { coolDownMs: -1 },
  { writesMax: 0.5 },
  { readsMax: 0 },
  { bytesMax: Number.POSITIVE_INFINITY },
])("refuses %p", (options) => {
  expect(() => make(options)).toThrow(MillraceError);
});
