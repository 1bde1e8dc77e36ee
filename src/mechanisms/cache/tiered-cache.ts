// The cache in memory with a second tier of bytes behind it, over any key-value store. What proves worth keeping is
// written to the tier in the background; what memory has lost is read back from it. A slow or dead tier costs a caller
// `tierMsMax` once, never an error. The tier's keys are hashes; its records are cache entries, not data.
// Invalidation reaches the tier and this process's memory, not the memory of other processes.

import { type Clock, MillraceError, orAbort, systemClock } from "../../base/index.ts";
import { type KeyValue, VALUE_BYTES_MAX } from "../../ports/index.ts";
import { Cache, type CacheStats, type FetchOptions, type Peeked, type SetOptions } from "./cache.ts";
import { type CacheOptions, inRange, whole } from "./cache-options.ts";
import type { LoadValue } from "./loads.ts";
import type { ScopedKey } from "./scoped-key.ts";
import { Tier } from "./tier.ts";
import { decodeRecord, encodeRecord, hashedKey, type TierNote } from "./tier-record.ts";

export interface TieredCacheOptions<V> extends CacheOptions<V> {
  tier: KeyValue;
  /** In front of every key in the tier. Caches with different values or encodings need different ones. */
  prefix: string;
  encode: (value: V) => Uint8Array;
  /** Throws when the bytes are not a value: the record is then deleted. */
  decode: (bytes: Uint8Array) => V;
  /** Whether the value is worth the tier, asked when it is set and at each hit until it is. Default: `hitOftenOrCostly`. */
  persist?: (value: V, hits: number, cost: number) => boolean;
  /** What a caller waits for the tier at most. Default 50. */
  tierMsMax?: number;
  /** Limit on a write in the background. Default 1,000. */
  tierWriteMsMax?: number;
  /** Time without the tier after it failed. Default 5,000; doubles while it stays away, up to a minute. */
  coolDownMs?: number;
  /** Writes waiting. Beyond it they are dropped and counted. Default 256. */
  writesMax?: number;
  /** Keys being read from the tier at once. Beyond it a read is a miss. Default 1,000. */
  readsMax?: number;
}

export interface TieredCacheStats extends CacheStats {
  tierHits: number;
  tierMisses: number;
  /** Records that could not be read. Deleted, and counted as misses too. */
  tierCorrupt: number;
  tierWrites: number;
  tierWritesDropped: number;
  tierWritesFailed: number;
  tierQueued: number;
  breakerOpened: number;
  isTierBypassed: boolean;
}

/** Hit more than 5 times, or worth more than 4,000 (tokens). */
export function hitOftenOrCostly(_value: unknown, hits: number, cost: number): boolean {
  return hits > 5 || cost > 4000;
}

interface Held<V> {
  value: V;
  isPersisted: boolean;
}

interface Read<V> {
  result: Promise<V | undefined>;
  /** False once the key was set, deleted or invalidated: what is read is then old. */
  current: boolean;
}

export class TieredCache<V> {
  readonly #memory: Cache<Held<V>>;
  readonly #tier: Tier;
  readonly #clock: Clock;
  readonly #encode: (value: V) => Uint8Array;
  readonly #decode: (bytes: Uint8Array) => V;
  readonly #persist: (value: V, hits: number, cost: number) => boolean;
  readonly #readsMax: number;
  readonly #reads = new Map<ScopedKey, Read<V>>();
  readonly #counts = { tierHits: 0, tierMisses: 0, tierCorrupt: 0, encodesFailed: 0 };
  /** Keys whose hash is being computed for a delete: until it is queued the tier is not asked for them. */
  readonly #deleting = new Map<ScopedKey, number>();
  /** Work on its way to the queue. */
  readonly #hashing = new Set<Promise<void>>();

  /** Throws `option_invalid` for an option that is unbounded or no number, or an empty or long prefix. */
  constructor(options: TieredCacheOptions<V>) {
    const { weigh, cost, tier, prefix } = options;
    if (prefix.length === 0 || prefix.length > 256)
      throw new MillraceError("option_invalid", "Give the tier a prefix of 1 to 256 characters.");
    this.#encode = options.encode;
    this.#decode = options.decode;
    this.#clock = options.clock ?? systemClock;
    this.#persist = options.persist ?? hitOftenOrCostly;
    this.#readsMax = whole("readsMax", options.readsMax ?? 1000, 1);
    this.#memory = new Cache<Held<V>>({
      ...options,
      weigh: (held) => weigh(held.value),
      cost: (held) => cost?.(held.value) ?? 1,
    });
    this.#tier = new Tier({
      store: tier,
      clock: this.#clock,
      prefix,
      readMsMax: inRange("tierMsMax", options.tierMsMax ?? 50, Number.MIN_VALUE),
      writeMsMax: inRange("tierWriteMsMax", options.tierWriteMsMax ?? 1000, Number.MIN_VALUE),
      coolDownMs: inRange("coolDownMs", options.coolDownMs ?? 5000, Number.MIN_VALUE),
      writesMax: whole("writesMax", options.writesMax ?? 256, 1),
    });
  }

  /** The value if it is fresh, from memory or else from the tier. Never rejects. */
  async get(key: ScopedKey): Promise<V | undefined> {
    const held = this.#memory.get(key);
    if (!held) return this.#fromTier(key);
    if (!held.isPersisted) this.#consider(key);
    return held.value;
  }

  /** As `Cache.peek`, of memory alone. */
  peek(key: ScopedKey): Peeked<V> | undefined {
    const peeked = this.#memory.peek(key);
    return peeked && { ...peeked, value: peeked.value.value };
  }

  /** As `Cache.set`. What the tier has under the key is replaced or deleted in the background. */
  set(key: ScopedKey, value: V, options: SetOptions = {}): boolean {
    this.#letReadGo(key);
    const kept = this.#memory.set(key, { value, isPersisted: false }, options);
    if (!this.#consider(key)) this.#deleteFromTier(key, false);
    return kept;
  }

  /** Deletes from memory at once and from the tier in the background; it is not read from there meanwhile. */
  delete(key: ScopedKey): void {
    this.#letReadGo(key);
    this.#memory.delete(key);
    this.#deleteFromTier(key, true);
  }

  /** Deletes all values with the tag from memory at once and from the tier in the background. */
  invalidateTag(tag: string): void {
    this.#letAllReadsGo();
    this.#memory.invalidateTag(tag);
    this.#tier.invalidate(tag);
  }

  /** Deletes everything under the prefix too. */
  clear(): void {
    this.#letAllReadsGo();
    this.#memory.clear();
    this.#tier.invalidate(undefined);
  }

  /** As `Cache.fetch`, with a look into the tier before a load. */
  async fetch(key: ScopedKey, load: LoadValue<V>, options: FetchOptions = {}): Promise<V> {
    const { signal } = options;
    signal?.throwIfAborted();
    const loadHeld = async (loading: AbortSignal): Promise<Held<V>> => ({ value: await load(loading), isPersisted: false });
    if (!this.#memory.peek(key)) {
      const reading = this.#fromTier(key);
      const found = await (signal ? orAbort(reading, signal) : reading);
      if (found !== undefined) return found;
    }
    const held = await this.#memory.fetch(key, loadHeld, options);
    if (!held.isPersisted) this.#consider(key);
    return held.value;
  }

  stats(): TieredCacheStats {
    const { writes, writesDropped, writesFailed } = this.#tier.counts;
    const { encodesFailed, ...counts } = this.#counts;
    return {
      ...this.#memory.stats(),
      ...counts,
      tierWrites: writes,
      tierWritesDropped: writesDropped,
      tierWritesFailed: writesFailed + encodesFailed,
      tierQueued: this.#tier.queued,
      breakerOpened: this.#tier.breakerOpened,
      isTierBypassed: this.#tier.isBypassed,
    };
  }

  /** Waits until the tier has what was queued, it is away, or the signal aborts. Returns how many writes are left. */
  async flush(signal: AbortSignal): Promise<number> {
    await Promise.allSettled(this.#hashing);
    return this.#tier.flush(signal);
  }

  /** Stops work in the background. Flush before; the store is its owner's to close. */
  close(): void {
    this.#tier.close();
  }

  #letReadGo(key: ScopedKey): void {
    const read = this.#reads.get(key);
    if (read) read.current = false;
    this.#reads.delete(key);
  }

  #letAllReadsGo(): void {
    for (const key of [...this.#reads.keys()]) this.#letReadGo(key);
  }

  /** Reads a key once for all who ask meanwhile. */
  async #fromTier(key: ScopedKey): Promise<V | undefined> {
    if (this.#tier.isBypassed || this.#deleting.has(key)) return undefined;
    const running = this.#reads.get(key);
    if (running) return running.result;
    if (this.#reads.size >= this.#readsMax) return undefined;
    const read: Read<V> = { current: true, result: Promise.resolve(undefined) };
    this.#reads.set(key, read);
    read.result = this.#read(key, read).finally(() => {
      if (this.#reads.get(key) === read) this.#reads.delete(key);
    });
    return read.result;
  }

  async #read(key: ScopedKey, read: Read<V>): Promise<V | undefined> {
    const hashed = await hashedKey(key);
    const bytes = await this.#tier.read(hashed);
    const promoted = bytes && (await this.#promote(key, hashed, bytes, read));
    if (promoted === undefined) this.#counts.tierMisses++;
    else this.#counts.tierHits++;
    return promoted;
  }

  /** Puts a record into memory with what is left of its life, unless it is over, invalid, corrupt or overtaken. */
  async #promote(key: ScopedKey, hashed: string, bytes: Uint8Array, read: Read<V>): Promise<V | undefined> {
    try {
      const { note, value: encoded } = await decodeRecord(bytes);
      // Wall time may have been set back since, which must not lengthen a life.
      const ttlMs = Math.min(note.expiresAtMs - this.#clock.now(), note.leftMs);
      if (ttlMs <= 0 || !read.current || this.#tier.isInvalid(note)) return undefined;
      const value = this.#decode(encoded);
      const { cost, tags } = note;
      this.#memory.set(key, { value, isPersisted: true }, { ttlMs, ageMs: note.ageMs + note.leftMs - ttlMs, cost, tags });
      return value;
    } catch {
      this.#counts.tierCorrupt++;
      this.#tier.write(hashed, { kind: "delete", mustHappen: false });
      return undefined;
    }
  }

  /** Writes what memory holds to the tier if the rule says so. True when the tier has it or will have it. */
  #consider(key: ScopedKey): boolean {
    const peeked = this.#memory.peek(key);
    if (!peeked || peeked.leftMs <= 0 || this.#tier.isBypassed) return false;
    const held = peeked.value;
    if (!held.isPersisted && this.#persist(held.value, peeked.hits, peeked.cost)) {
      held.isPersisted = true;
      this.#track(this.#write(key, peeked));
    }
    return held.isPersisted;
  }

  async #write(key: ScopedKey, { value: held, ...about }: Peeked<Held<V>>): Promise<void> {
    const expiresAtMs = this.#clock.now() + about.leftMs;
    const { leftMs, ageMs, cost, tags } = about;
    const record = await this.#recordOf({ expiresAtMs, leftMs, ageMs, cost, tags }, held.value);
    const hashed = await hashedKey(key);
    // Deleted, invalidated or replaced since: the tier must not have it.
    if (this.#memory.peek(key)?.value !== held) return;
    if (!record) this.#tier.write(hashed, { kind: "delete", mustHappen: false });
    else held.isPersisted = this.#tier.write(hashed, { kind: "set", bytes: record, ttlMs: leftMs });
  }

  async #recordOf(note: TierNote, value: V): Promise<Uint8Array | undefined> {
    try {
      const record = await encodeRecord(note, this.#encode(value));
      if (record.byteLength <= VALUE_BYTES_MAX) return record;
    } catch {
      // An encoder that fails is counted like a write that fails: the value stays in memory alone.
    }
    this.#counts.encodesFailed++;
    return undefined;
  }

  #deleteFromTier(key: ScopedKey, mustHappen: boolean): void {
    if (this.#tier.isBypassed && !mustHappen) return;
    this.#deleting.set(key, (this.#deleting.get(key) ?? 0) + 1);
    this.#track(this.#queueDelete(key, mustHappen));
  }

  async #queueDelete(key: ScopedKey, mustHappen: boolean): Promise<void> {
    this.#tier.write(await hashedKey(key), { kind: "delete", mustHappen });
    const others = (this.#deleting.get(key) ?? 1) - 1;
    if (others === 0) this.#deleting.delete(key);
    else this.#deleting.set(key, others);
  }

  #track(work: Promise<void>): void {
    this.#hashing.add(work);
    work.finally(() => this.#hashing.delete(work)).catch(() => {});
  }
}
