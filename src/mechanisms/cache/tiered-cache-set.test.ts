import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { asked, key, make, never, restarted } from "./testing.ts";

/** Persists values that begin with "p". */
const persist = (value: string) => value.startsWith("p");

/** A tier that has "pOld" under "a", and a cache whose memory has not. */
async function withOld() {
  const one = make({ persist });
  one.cache.set(key("a"), "pOld");
  await one.cache.flush(never);
  return { ...one, cache: restarted(one, { persist }) };
}

describe("a value set after the tier was asked in vain", () => {
  test("costs one call of the tier for the pair, and no timer", async () => {
    const { cache, tier, clock } = make({ persist });
    const reading = cache.get(key("a"));
    await Promise.resolve();
    expect(clock.pendingCount).toBe(0);
    expect(await reading).toBeUndefined();
    cache.set(key("a"), "value");
    cache.set(key("a"), "value again");
    await cache.flush(never);
    expect(tier.calls).toBe(1);
  });

  test("is deleted there when somebody persisted another one meanwhile", async () => {
    const { cache, tier, clock } = make({ persist });
    await asked(cache, "a");
    await cache.fetch(key("a"), async () => "pOld");
    await cache.flush(never);
    expect(tier.values.size).toBe(1);
    cache.set(key("a"), "new");
    await cache.flush(never);
    expect(await restarted({ clock, tier }).get(key("a"))).toBeUndefined();
  });

  test("is deleted there when the asking was during the load of another one", async () => {
    const { cache, tier, clock } = make({ persist, entriesMax: 1 });
    const gate = Promise.withResolvers<string>();
    const loading = cache.fetch(key("a"), () => gate.promise);
    await asked(cache, "b"); // By now the load has begun.
    await asked(cache, "a");
    gate.resolve("pOld");
    await loading;
    await cache.flush(never);
    expect(tier.values.size).toBe(1);
    cache.set(key("b"), "pushes it out");
    cache.set(key("a"), "new");
    await cache.flush(never);
    expect(await restarted({ clock, tier }).get(key("a"))).toBeUndefined();
  });

  test("is deleted there when the asking was long ago", async () => {
    const { cache, tier, clock } = make({ persist });
    await asked(cache, "a");
    await clock.advance(120_000);
    cache.set(key("a"), "value");
    await cache.flush(never);
    expect(tier.calls).toBe(2);
  });

  test("does not trust a question that was overtaken", async () => {
    const { cache, tier, clock } = make({ persist, entriesMax: 1 });
    await asked(cache, "a");
    tier.mood = "slow";
    tier.slowMs = 10;
    const reading = cache.get(key("a"));
    tier.mood = "well";
    cache.set(key("a"), "pOld");
    await cache.flush(never);
    await clock.advance(10);
    expect(await reading).toBeUndefined();
    cache.set(key("b"), "pushes it out");
    cache.set(key("a"), "new");
    await cache.flush(never);
    expect(await restarted({ clock, tier }).get(key("a"))).toBeUndefined();
  });
});

describe("an older record is gone", () => {
  test("when the tier was never asked", async () => {
    const { cache, tier, clock } = await withOld();
    cache.set(key("a"), "new");
    await cache.flush(never);
    expect(await restarted({ clock, tier }).get(key("a"))).toBeUndefined();
  });

  test("when it was read from there", async () => {
    const { cache, tier, clock } = await withOld();
    expect(await cache.get(key("a"))).toBe("pOld");
    cache.set(key("a"), "new");
    await cache.flush(never);
    expect(await restarted({ clock, tier }).get(key("a"))).toBeUndefined();
  });

  test("when the tier was away at the question and is back at the set", async () => {
    const { cache, tier, clock } = await withOld();
    tier.mood = "dead";
    await asked(cache, "a");
    tier.mood = "well";
    await clock.advance(5000);
    cache.set(key("a"), "new");
    await cache.flush(never);
    expect(await restarted({ clock, tier }).get(key("a"))).toBeUndefined();
  });

  test("when too many were being read to ask for it", async () => {
    const { tier, clock } = await withOld();
    const { cache } = make({ persist, clock, readsMax: 1 }, tier);
    const [other, loaded] = [cache.get(key("b")), cache.fetch(key("a"), async () => "new")];
    expect([await other, await loaded]).toEqual([undefined, "new"]);
    await cache.flush(never);
    expect(await restarted({ clock, tier }).get(key("a"))).toBeUndefined();
  });

  test("when memory loses the new value before its record is made", async () => {
    const { tier, clock } = await withOld();
    const { cache } = make({ persist, clock, entriesMax: 1 }, tier);
    cache.set(key("a"), "pNew");
    cache.set(key("b"), "pushes it out");
    expect(await cache.get(key("a"))).not.toBe("pOld");
    await cache.flush(never);
    expect(await restarted({ clock, tier }).get(key("a"))).not.toBe("pOld");
  });
});

test("a hit in memory needs no promise and does not ask the tier", async () => {
  const { cache, tier } = make();
  cache.set(key("a"), "value");
  await cache.flush(never);
  const { calls } = tier;
  expect(cache.get(key("a"))).toBe("value");
  expect(cache.stats()).toMatchObject({ hits: 1, misses: 0, tierMisses: 0 });
  expect(tier.calls).toBe(calls);
});

test("the rule for persisting is asked at each hit", async () => {
  const { cache, tier } = make({ persist: (_value, hits) => hits > 2 });
  cache.set(key("a"), "value");
  for (let hit = 0; hit < 3; hit++) {
    await cache.flush(never);
    expect(tier.values.size).toBe(0);
    expect(cache.get(key("a"))).toBe("value");
  }
  await cache.flush(never);
  expect(tier.values.size).toBe(1);
});

test("the tier sees keys as hashKey gives them", async () => {
  const { cache, tier } = make({ hashKey: (plain) => `hash of ${plain.length}` });
  cache.set(key("a"), "value");
  await cache.flush(never);
  expect([...tier.values.keys()]).toEqual([`c:hash of ${key("a").length}`]);
});

type Act = { kind: "get" | "fetch" | "set" | "setKept" | "delete" | "wait" | "restart"; id: number };

test("whatever was done before, a read never gives a value older than the last one set", async () => {
  const kinds = ["get", "fetch", "set", "setKept", "delete", "wait", "restart"] as const;
  const act: fc.Arbitrary<Act> = fc.record({ kind: fc.constantFrom(...kinds), id: fc.nat(2) });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 40, size: "max" }), async (acts) => {
      const one = make({ persist, entriesMax: 2 });
      let { cache } = one;
      const latest = new Map<number, string>();
      for (const [turn, { kind, id }] of acts.entries()) {
        const name = key(`${id}`);
        const value = `${kind === "setKept" || turn % 2 ? "p" : "v"}${turn}`;
        if (kind === "get") {
          const got = await cache.get(name);
          if (got !== undefined) expect(got).toBe(latest.get(id) as string);
        } else if (kind === "fetch") {
          const got = await cache.fetch(name, async () => value);
          if (got === value) latest.set(id, value);
          else expect(got).toBe(latest.get(id) as string);
        } else if (kind === "delete") {
          cache.delete(name);
          latest.delete(id);
        } else if (kind === "wait") await cache.flush(never);
        else if (kind === "restart") {
          await cache.flush(never);
          cache = restarted(one, { persist, entriesMax: 2 });
        } else {
          cache.set(name, value);
          latest.set(id, value);
        }
      }
    }),
    { numRuns: 300 },
  );
});
