// For the tests of TieredCache: a store in memory whose health a test decides, and caches over it on a virtual clock.

import { type Clock, MillraceError, seededRandom, text, utf8, VirtualClock } from "../../base/index.ts";
import type { KeyValue } from "../../ports/index.ts";
import { type ScopedKey, scopedKey, TieredCache, type TieredCacheOptions } from "./index.ts";

/** Slowness runs on the virtual clock. */
export class FickleStore implements KeyValue {
  readonly values = new Map<string, { bytes: Uint8Array; ttlMs: number | undefined }>();
  readonly #clock: VirtualClock;
  mood: "well" | "slow" | "hung" | "dead" | "full" = "well";
  slowMs = 200;
  calls = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get(key: string): ReturnType<KeyValue["get"]> {
    return this.#get(key);
  }

  async #get(key: string): Promise<Uint8Array | undefined> {
    const found = this.values.get(key)?.bytes.slice(); // A late answer may be an old one.
    const trouble = this.#suffer();
    if (trouble) await trouble;
    return found;
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

  /** Nothing to wait for while well: like a store on this thread, it then answers at once. */
  #suffer(): Promise<void> | undefined {
    this.calls++;
    return this.mood === "well" ? undefined : this.#trouble();
  }

  async #trouble(): Promise<void> {
    if (this.mood === "slow") await this.#clock.sleep(this.slowMs);
    if (this.mood === "hung") await new Promise<never>(() => {});
    if (this.mood === "dead") throw new MillraceError("store_unavailable", "down");
  }
}

export const key = (id: string, scope = "team"): ScopedKey => scopedKey(scope, id);
export const never = new AbortController().signal;

export interface Setting extends Partial<TieredCacheOptions<string>> {
  clock?: VirtualClock;
  /** What the cache takes for time, where that is not the clock as it is. */
  seenClock?: Clock;
}

export function make({ seenClock, ...options }: Setting = {}, store?: FickleStore) {
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
    clock: seenClock ?? clock,
  });
  return { clock, tier, cache };
}

/** A second process over the same store: nothing in memory. */
export const restarted = ({ clock, tier }: { clock: VirtualClock; tier: FickleStore }, options: Setting = {}) =>
  make({ ...options, clock }, tier).cache;

/** Has the tier asked for the keys, as callers do before they set: then it is known to have nothing under them. */
export async function asked(cache: TieredCache<string>, ...ids: string[]): Promise<void> {
  for (const id of ids) await cache.get(key(id));
}
