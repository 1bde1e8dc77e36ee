// The cache in memory with a second tier of bytes behind it, over any key-value store. What proves worth keeping is
// written to the tier in the background; what memory has lost is read back from it. A slow or dead tier costs a caller
// `tierMsMax` once, never an error. The tier's keys are hashes; its records are cache entries, not data.
// Invalidation reaches the tier and this process's memory, not the memory of other processes.

import { type Abortable, type Clock, MillraceError, orAbort, systemClock } from "../../base/index.ts";
import { type KeyValue, VALUE_BYTES_MAX } from "../../ports/index.ts";
import { AbsentKeys } from "./absent-keys.ts";
import { Cache, type CacheStats, type FetchOptions, type Peeked, type SetOptions } from "./cache.ts";
import { type CacheOptions, inRange, whole } from "./cache-options.ts";
import type { LoadValue } from "./loads.ts";
import type { ScopedKey } from "./scoped-key.ts";
import { sha256 } from "./sha-256.ts";
import { Tier } from "./tier.ts";
import { decodeRecord, encodeRecord, type TierNote } from "./tier-record.ts";

export interface TieredCacheOptions<V> extends CacheOptions<V> {
  tier: KeyValue;
  /** In front of every key in the tier. Caches with different values or encodings need different ones. */
  prefix: string;
  encode: (value: V) => Uint8Array;
  /** Throws when the bytes are not a value: the record is then deleted. */
  decode: (bytes: Uint8Array) => V;
  /**
   * What the tier sees of a key: a cryptographic digest of 16 to 128 characters. Default: SHA-256 in hexadecimal,
   * computed here; a platform's own synchronous digest is several times faster. Must not throw. After a change the
   * records written before are not found.
   */
  hashKey?: (key: string) => string;
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
  /** False while the tier is known to have nothing under the key: replacing the value then needs no delete. */
  mayBeInTier: boolean;
}

interface Read<V> {
  result: Promise<V | undefined>;
  /** False once the key was set, written, deleted or invalidated: what is read is then old. */
  current: boolean;
}

export class TieredCache<V> {
  readonly #memory: Cache<Held<V>>;
  readonly #tier: Tier;
  readonly #clock: Clock;
  readonly #encode: (value: V) => Uint8Array;
  readonly #decode: (bytes: Uint8Array) => V;
  readonly #persist: (value: V, hits: number, cost: number) => boolean;
  readonly #hashKey: (key: string) => string;
  readonly #readsMax: number;
  readonly #absent = new AbsentKeys();
  readonly #reads = new Map<ScopedKey, Read<V>>();
  readonly #counts = { tierHits: 0, tierMisses: 0, tierCorrupt: 0, encodesFailed: 0 };
  /** Records being made, on their way to the queue. */
  readonly #encoding = new Set<Promise<void>>();

  /** Throws `option_invalid` for an option that is unbounded or no number, or an empty or long prefix. */
  constructor(options: TieredCacheOptions<V>) {
    const { weigh, cost, tier, prefix } = options;
    if (prefix.length === 0 || prefix.length > 256)
      throw new MillraceError("option_invalid", "Give the tier a prefix of 1 to 256 characters.");
    this.#encode = options.encode;
    this.#decode = options.decode;
    this.#clock = options.clock ?? systemClock;
    this.#persist = options.persist ?? hitOftenOrCostly;
    this.#hashKey = options.hashKey ?? sha256;
    this.#readsMax = whole("readsMax", options.readsMax ?? 1000, 1);
    const memory = { ...options, weigh: (held: Held<V>) => weigh(held.value), cost: (held: Held<V>) => cost?.(held.value) ?? 1 };
    this.#memory = new Cache<Held<V>>(memory, (key, held, hits, cost) => this.#consider(key, held, hits, cost));
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

  /** The value if it is fresh, from memory or else from the tier; a promise only when the tier is waited for. Never rejects. */
  get(key: ScopedKey): V | undefined | Promise<V | undefined> {
    const held = this.#memory.get(key);
    return held ? held.value : this.#fromTier(key);
  }

  /** As `Cache.peek`, of memory alone. */
  peek(key: ScopedKey): Peeked<V> | undefined {
    const peeked = this.#memory.peek(key);
    return peeked && { ...peeked, value: peeked.value.value };
  }

  /** As `Cache.set`. What the tier may have under the key is replaced or deleted in the background. */
  set(key: ScopedKey, value: V, options: SetOptions = {}): boolean {
    this.#letReadGo(key);
    const mayBeInTier = this.#takeMayBeInTier(key);
    const held = { value, isPersisted: false, mayBeInTier };
    const kept = this.#memory.set(key, held, options);
    // Also before it is written: memory may lose the new value while its record is made.
    if (mayBeInTier) this.#deleteFromTier(key, false);
    if (kept) this.#considerHeld(key, held);
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
    const loadHeld = async (loading: AbortSignal): Promise<Held<V>> => {
      const mayBeInTier = this.#takeMayBeInTier(key);
      if (mayBeInTier) this.#deleteFromTier(key, false);
      return { value: await load(loading), isPersisted: false, mayBeInTier };
    };
    if (!this.#memory.peek(key)) {
      const reading = this.#fromTier(key);
      const found = await (signal ? orAbort(reading, signal) : reading);
      if (found !== undefined) return found;
    }
    const held = await this.#memory.fetch(key, loadHeld, options);
    this.#considerHeld(key, held);
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
  async flush(signal: Abortable): Promise<number> {
    await Promise.allSettled(this.#encoding);
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

  /** Whether the tier may have something under a key that is about to get a new value. Asked once for each value. */
  #takeMayBeInTier(key: ScopedKey): boolean {
    if (this.#absent.take(key, this.#clock.monotonic())) return false;
    return this.#memory.peek(key)?.value.mayBeInTier ?? true;
  }

  /** Reads a key once for all who ask meanwhile. */
  #fromTier(key: ScopedKey): undefined | Promise<V | undefined> {
    const running = this.#reads.get(key);
    if (running) return running.result;
    if (this.#tier.isBypassed || this.#reads.size >= this.#readsMax) return undefined;
    const hashed = this.#hashKey(key);
    const answer = this.#tier.read(hashed);
    if (!(answer instanceof Promise || answer instanceof Uint8Array)) {
      if (answer === "absent") this.#absent.add(key, this.#clock.monotonic());
      this.#counts.tierMisses++;
      return undefined;
    }
    const read: Read<V> = { current: true, result: Promise.resolve(undefined) };
    this.#reads.set(key, read);
    read.result = this.#take(key, hashed, answer, read);
    return read.result;
  }

  async #take(key: ScopedKey, hashed: string, coming: ReturnType<Tier["read"]>, read: Read<V>): Promise<V | undefined> {
    const answer = await coming;
    if (answer === "absent" && read.current) this.#absent.add(key, this.#clock.monotonic());
    const promoted = answer instanceof Uint8Array ? await this.#promote(key, hashed, answer, read) : undefined;
    if (this.#reads.get(key) === read) this.#reads.delete(key);
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
      const held = { value, isPersisted: true, mayBeInTier: true };
      this.#memory.set(key, held, { ttlMs, ageMs: note.ageMs + note.leftMs - ttlMs, cost, tags });
      return value;
    } catch {
      this.#counts.tierCorrupt++;
      this.#tier.write(hashed, { kind: "delete", mustHappen: false });
      return undefined;
    }
  }

  /** As `#consider`, for a value that may not be in memory any more. */
  #considerHeld(key: ScopedKey, held: Held<V>): void {
    if (held.isPersisted || this.#tier.isBypassed) return;
    const peeked = this.#memory.peek(key);
    if (peeked?.value === held) this.#consider(key, held, peeked.hits, peeked.cost);
  }

  /** Writes a value that memory holds to the tier if the rule says so. */
  #consider(key: ScopedKey, held: Held<V>, hits: number, cost: number): void {
    if (held.isPersisted || this.#tier.isBypassed || !this.#persist(held.value, hits, cost)) return;
    const peeked = this.#memory.peek(key);
    if (peeked?.value !== held || peeked.leftMs <= 0) return;
    held.isPersisted = true;
    held.mayBeInTier = true;
    this.#letReadGo(key);
    this.#absent.take(key, this.#clock.monotonic());
    const work = this.#write(key, peeked).finally(() => this.#encoding.delete(work));
    this.#encoding.add(work);
  }

  async #write(key: ScopedKey, { value: held, ...about }: Peeked<Held<V>>): Promise<void> {
    const expiresAtMs = this.#clock.now() + about.leftMs;
    const { leftMs, ageMs, cost, tags } = about;
    const record = await this.#recordOf({ expiresAtMs, leftMs, ageMs, cost, tags }, held.value);
    // Deleted, invalidated or replaced since: the tier must not have it.
    if (this.#memory.peek(key)?.value !== held) return;
    const hashed = this.#hashKey(key);
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
    if (mustHappen || !this.#tier.isBypassed) this.#tier.write(this.#hashKey(key), { kind: "delete", mustHappen });
  }
}
