import { describe, expect, test } from "bun:test";
import { seededRandom, VirtualClock } from "../../base/index.ts";
import { Cache, type CacheOptions, scopedKey } from "./index.ts";

const key = scopedKey("team", "a");

function make(options: Partial<CacheOptions<string>> = {}) {
  const clock = new VirtualClock();
  const cache = new Cache<string>({ weigh: (value) => value.length, clock, random: seededRandom(1), ttlMs: 100, ...options });
  return { clock, cache };
}

/** Loads that end when told, and hear when they are aborted. */
function scriptedLoad() {
  const started: { signal: AbortSignal; resolve: (value: string) => void; reject: (error: unknown) => void }[] = [];
  const load = (signal: AbortSignal): Promise<string> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    signal.addEventListener("abort", () => reject(signal.reason));
    started.push({ signal, resolve, reject });
    return promise;
  };
  const at = (index: number) => started[index] as (typeof started)[number];
  return { load, at, started };
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no failure",
    (error: unknown) => error,
  );

describe("one load a key", () => {
  test("a hundred callers share one load and its value is kept", async () => {
    const { cache } = make();
    const { load, at, started } = scriptedLoad();
    const waiting = Array.from({ length: 100 }, () => cache.fetch(key, load));
    at(0).resolve("v");
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["v"]));
    expect(started.length).toBe(1);
    expect(await cache.fetch(key, load)).toBe("v");
    expect(cache.stats()).toMatchObject({ loads: 1, coalesced: 99, misses: 100, hits: 1 });
  });

  test("a failure reaches all who wait, is not kept, and the next caller loads anew", async () => {
    const { cache } = make();
    const { load, at, started } = scriptedLoad();
    const failures = [failureOf(cache.fetch(key, load)), failureOf(cache.fetch(key, load))];
    const broken = new Error("broken");
    at(0).reject(broken);
    expect(await Promise.all(failures)).toEqual([broken, broken]);
    const next = cache.fetch(key, load);
    at(1).resolve("v");
    expect(await next).toBe("v");
    expect(started.length).toBe(2);
    expect(cache.stats()).toMatchObject({ loadFailures: 1, loads: 2 });
  });

  test("a load that throws before its first promise is a failure like any other", async () => {
    const { cache } = make();
    const broken = new Error("at once");
    const load = (): Promise<string> => {
      throw broken;
    };
    expect(await failureOf(cache.fetch(key, load))).toBe(broken);
    expect(cache.stats().loadFailures).toBe(1);
  });

  test("the first caller leaves, the others get the value", async () => {
    const { cache } = make();
    const { load, at } = scriptedLoad();
    const leader = new AbortController();
    const left = failureOf(cache.fetch(key, load, { signal: leader.signal }));
    const follower = cache.fetch(key, load, { signal: new AbortController().signal });
    leader.abort("gone");
    expect(await left).toBe("gone");
    expect(at(0).signal.aborted).toBe(false);
    at(0).resolve("v");
    expect(await follower).toBe("v");
  });

  test("the load is aborted when the last has left, and the next caller starts another", async () => {
    const { cache } = make();
    const { load, at, started } = scriptedLoad();
    const [one, two] = [new AbortController(), new AbortController()];
    const both = [one, two].map(({ signal }) => failureOf(cache.fetch(key, load, { signal })));
    one.abort("one");
    expect(at(0).signal.aborted).toBe(false);
    two.abort("two");
    expect(at(0).signal.aborted).toBe(true);
    expect(await Promise.all(both)).toEqual(["one", "two"]);
    const next = cache.fetch(key, load);
    at(1).resolve("v");
    expect(await next).toBe("v");
    expect(started.length).toBe(2);
  });

  test("a caller that has left already starts nothing", async () => {
    const { cache } = make();
    const { load, started } = scriptedLoad();
    expect(await failureOf(cache.fetch(key, load, { signal: AbortSignal.abort("early") }))).toBe("early");
    expect(started.length).toBe(0);
  });

  test("a value that ignores the abort is not kept", async () => {
    const { cache } = make();
    const { promise, resolve } = Promise.withResolvers<string>();
    const caller = new AbortController();
    const left = failureOf(cache.fetch(key, () => promise, { signal: caller.signal }));
    caller.abort("gone");
    resolve("late");
    await left;
    await promise;
    expect(cache.get(key)).toBeUndefined();
    expect(cache.stats().loadsDiscarded).toBe(1);
  });

  test("beyond loadsMax a caller loads alone and nothing is kept", async () => {
    const { cache } = make({ loadsMax: 1 });
    const { load, at } = scriptedLoad();
    const first = cache.fetch(key, load);
    const other = scopedKey("team", "b");
    expect(await cache.fetch(other, async () => "alone")).toBe("alone");
    expect(cache.get(other)).toBeUndefined();
    at(0).resolve("v");
    expect(await first).toBe("v");
    expect(cache.stats().loadsUnshared).toBe(1);
  });
});

describe("invalidated during its load", () => {
  const ways: [string, (cache: Cache<string>) => void][] = [
    ["delete", (cache) => cache.delete(key)],
    ["invalidateTag", (cache) => cache.invalidateTag("t")],
    ["the tag of a later caller", (cache) => cache.invalidateTag("later")],
    ["clear", (cache) => cache.clear()],
  ];
  test.each(ways)("%s: who waits gets the value, nobody else does", async (_, invalidate) => {
    const { cache } = make();
    const { load, at, started } = scriptedLoad();
    const before = cache.fetch(key, load, { tags: ["t"] });
    const joined = cache.fetch(key, load, { tags: ["later"] });
    invalidate(cache);
    const after = cache.fetch(key, load);
    at(0).resolve("old");
    expect(await before).toBe("old");
    expect(await joined).toBe("old");
    expect(cache.get(key)).toBeUndefined();
    at(1).resolve("new");
    expect(await after).toBe("new");
    expect(cache.get(key)).toBe("new");
    expect(started.length).toBe(2);
    expect(cache.stats().loadsDiscarded).toBe(1);
  });

  test("a value set by hand is not overwritten by the load", async () => {
    const { cache } = make();
    const { load, at } = scriptedLoad();
    const waiting = cache.fetch(key, load);
    cache.set(key, "by hand");
    at(0).resolve("loaded");
    expect(await waiting).toBe("loaded");
    expect(cache.get(key)).toBe("by hand");
  });

  test("the tags of all callers are on the value", async () => {
    const { cache } = make();
    const { load, at } = scriptedLoad();
    const waiting = [cache.fetch(key, load, { tags: ["one"] }), cache.fetch(key, load, { tags: ["two"] })];
    at(0).resolve("v");
    await Promise.all(waiting);
    expect(cache.invalidateTag("two")).toBe(1);
  });
});

describe("stale while revalidating", () => {
  test("answers with the old value at once, and loads one new one", async () => {
    const { cache, clock } = make({ staleMs: 50 });
    const { load, at, started } = scriptedLoad();
    cache.set(key, "old");
    await clock.advance(120);
    expect(cache.get(key)).toBeUndefined();
    expect(await cache.fetch(key, load)).toBe("old");
    expect(await cache.fetch(key, load)).toBe("old");
    at(0).resolve("new");
    await clock.advance(0);
    expect(await cache.fetch(key, load)).toBe("new");
    expect(started.length).toBe(1);
    expect(cache.stats()).toMatchObject({ staleHits: 2, hits: 1 });
    expect(clock.pendingCount).toBe(0);
  });

  test("past the window it waits for the load", async () => {
    const { cache, clock } = make({ staleMs: 50 });
    const { load, at } = scriptedLoad();
    cache.set(key, "old");
    await clock.advance(150);
    const waiting = cache.fetch(key, load);
    at(0).resolve("new");
    expect(await waiting).toBe("new");
  });

  test("a failed refresh leaves the old value for the rest of its window", async () => {
    const { cache, clock } = make({ staleMs: 50 });
    const { load, at, started } = scriptedLoad();
    cache.set(key, "old");
    await clock.advance(110);
    await cache.fetch(key, load);
    at(0).reject(new Error("broken"));
    await clock.advance(0);
    expect(await cache.fetch(key, load)).toBe("old");
    expect(started.length).toBe(2);
  });

  test("a refresh without an end is aborted at its limit", async () => {
    const { cache, clock } = make({ staleMs: 1000, refreshMsMax: 500 });
    const { load, at } = scriptedLoad();
    cache.set(key, "old");
    await clock.advance(110);
    const caller = new AbortController();
    await cache.fetch(key, load, { signal: caller.signal });
    caller.abort();
    await clock.advance(499);
    expect(at(0).signal.aborted).toBe(false);
    await clock.advance(1);
    expect(at(0).signal.aborted).toBe(true);
  });
});
