import { describe, expect, test } from "bun:test";
import { MillraceError, seededRandom, text, utf8, VirtualClock } from "../../base/index.ts";
import type { KeyValue } from "../../ports/index.ts";
import { type ScopedKey, scopedKey, TieredCache, type TieredCacheOptions } from "./index.ts";

/** A store in memory whose health a test decides. Slowness runs on the virtual clock. */
class FickleStore implements KeyValue {
  readonly values = new Map<string, { bytes: Uint8Array; ttlMs: number | undefined }>();
  readonly #clock: VirtualClock;
  mood: "well" | "slow" | "hung" | "dead" | "full" = "well";
  slowMs = 200;
  calls = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    await this.#suffer();
    return this.values.get(key)?.bytes.slice();
  }

  async set(key: string, bytes: Uint8Array, options: { ttlMs?: number } = {}): Promise<void> {
    await this.#suffer();
    if (this.mood === "full") throw new MillraceError("store_unavailable", "disk full");
    this.values.set(key, { bytes: bytes.slice(), ttlMs: options.ttlMs });
  }

  async delete(key: string): Promise<boolean> {
    await this.#suffer();
    return this.values.delete(key);
  }

  async *scan(prefix: string): AsyncIterable<string> {
    for (const key of [...this.values.keys()]) {
      await this.#suffer();
      if (key.startsWith(prefix)) yield key;
    }
  }

  async close(): Promise<void> {}

  async #suffer(): Promise<void> {
    this.calls++;
    if (this.mood === "slow") await this.#clock.sleep(this.slowMs);
    if (this.mood === "hung") await new Promise<never>(() => {});
    if (this.mood === "dead") throw new MillraceError("store_unavailable", "down");
  }
}

const key = (id: string, scope = "team"): ScopedKey => scopedKey(scope, id);
const never = new AbortController().signal;

interface Setting extends Partial<TieredCacheOptions<string>> {
  clock?: VirtualClock;
}

function make(options: Setting = {}, store?: FickleStore) {
  const clock = options.clock ?? new VirtualClock();
  const tier = store ?? new FickleStore(clock);
  const cache = new TieredCache<string>({
    prefix: "c:",
    weigh: (value) => value.length,
    encode: utf8,
    decode: text,
    persist: () => true,
    random: seededRandom(1),
    tier,
    ...options,
    clock,
  });
  return { clock, tier, cache };
}

/** A second process over the same store: nothing in memory. */
const restarted = ({ clock, tier }: { clock: VirtualClock; tier: FickleStore }, options: Setting = {}) =>
  make({ ...options, clock }, tier).cache;

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
    expect(cache.stats().tierWrites).toBe(3); // The third is the delete of what the tier may have had under "cheap".
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

describe("a tier in trouble", () => {
  test("a slow one costs 50 ms once, then nothing, and comes back after a probe", async () => {
    const one = make();
    one.cache.set(key("a"), "value");
    await one.cache.flush(never);
    const two = restarted(one);
    one.tier.mood = "slow";
    const startMs = one.clock.monotonic();
    let answeredMs = -1;
    const first = two.get(key("a")).then((value) => {
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
    const second = cache.get(key("b")).then(() => {
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
    tier.mood = "hung";
    cache.set(key("a"), "value");
    await clock.advance(1000);
    expect(cache.stats()).toMatchObject({ isTierBypassed: true, tierWritesFailed: 1 });
    expect(await cache.flush(never)).toBe(0);
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
