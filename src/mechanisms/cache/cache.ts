// The cache in memory: bounded by entries and bytes, expiring, tagged, with one load a key at a time.
// Ages are measured on monotonic time, so a wall clock that steps back makes nothing immortal. Expired content leaves
// when it is asked for or evicted: there is no timer. What to evict is Residents' business.
// Not a store: anything may be gone at any time.

import { MillraceError } from "../../base/index.ts";
import { type CacheOptions, type CheckedOptions, COST_MAX, checkedOptions, inRange } from "./cache-options.ts";
import type { Entry } from "./entry.ts";
import { type Load, Loads, type LoadValue } from "./loads.ts";
import { type Leader, Residents } from "./residents.ts";
import type { ScopedKey } from "./scoped-key.ts";
import { TAGS_MAX, TagIndex } from "./tag-index.ts";

export interface SetOptions {
  /** Time to live in place of the cache's. */
  ttlMs?: number;
  /** How old the value already is. Counts in its age, not against `ttlMs`. */
  ageMs?: number;
  /** At most 16. */
  tags?: readonly string[];
  /** In place of what the cache's `cost` says of the value. */
  cost?: number;
}

export interface FetchOptions extends SetOptions {
  /** Ends this caller's waiting. The load itself goes on while anyone waits for it. */
  signal?: AbortSignal;
}

export interface Peeked<V> {
  value: V;
  ageMs: number;
  /** What is left of the time to live. 0 or less: stale. */
  leftMs: number;
  /** Times it answered. */
  hits: number;
  cost: number;
  tags: readonly string[];
}

export interface CacheStats {
  hits: number;
  misses: number;
  /** Answers of `fetch` past their time to live, while another value was loaded. */
  staleHits: number;
  /** Callers of `fetch` that waited for another caller's load. */
  coalesced: number;
  loads: number;
  loadFailures: number;
  /** Loads whose value was not kept: invalidated meanwhile, or all callers left. */
  loadsDiscarded: number;
  /** Loads for one caller alone, because `loadsMax` were in flight. */
  loadsUnshared: number;
  evictions: number;
  expirations: number;
  /** Values over `bytesMax`. */
  rejected: number;
  /** Sum of the cost of every hit, stale ones too. */
  costSaved: number;
  entries: number;
  bytes: number;
  /** Keys known without content. */
  remembered: number;
  /** The book that decides what stays, and how often it changed. */
  leader: Leader;
  leaderChanges: number;
}

export type OnHit<V> = (key: ScopedKey, value: V, hits: number, cost: number) => void;

const counters = () => ({
  hits: 0,
  misses: 0,
  staleHits: 0,
  coalesced: 0,
  loads: 0,
  loadFailures: 0,
  loadsDiscarded: 0,
  loadsUnshared: 0,
  evictions: 0,
  expirations: 0,
  rejected: 0,
  costSaved: 0,
});

/** V is anything but undefined, which means "not here". Values are shared, not copied: do not change them. */
export class Cache<V> {
  readonly #options: CheckedOptions<V>;
  readonly #residents: Residents<V>;
  readonly #tags = new TagIndex<V>();
  readonly #loads = new Loads<V>();
  readonly #counts = counters();
  readonly #onHit: OnHit<V> | undefined;

  /**
   * Throws `option_invalid` for a bound that is missing its number, negative, fractional or infinite.
   * @param onHit called at every fresh hit, after it was counted. Must not change the cache.
   */
  constructor(options: CacheOptions<V>, onHit?: OnHit<V>) {
    this.#options = checkedOptions(options);
    this.#onHit = onHit;
    this.#residents = new Residents<V>(this.#options, this.#options.random, (entry) => {
      this.#counts.evictions++;
      this.#tags.remove(entry);
    });
  }

  /** The value if it is fresh. */
  get(key: ScopedKey): V | undefined {
    const nowMs = this.#options.clock.monotonic();
    const entry = this.#request(key, nowMs);
    if (entry?.value !== undefined && entry.expiresAtMs > nowMs) return this.#hit(entry, entry.value);
    this.#counts.misses++;
    return undefined;
  }

  /** What is known of a value, fresh or within its stale window. Counts nothing and keeps nothing alive. */
  peek(key: ScopedKey): Peeked<V> | undefined {
    const entry = this.#residents.find(key);
    if (entry?.value === undefined) return undefined;
    const nowMs = this.#options.clock.monotonic();
    const leftMs = entry.expiresAtMs - nowMs;
    if (leftMs + this.#options.staleMs <= 0) return undefined;
    return {
      value: entry.value,
      ageMs: nowMs - entry.storedAtMs,
      leftMs,
      hits: entry.hits,
      cost: entry.cost,
      tags: entry.tags ?? [],
    };
  }

  /**
   * Keeps the value; a load of the key in flight is let go. False when it is too large to keep, in which case nothing
   * is kept under the key. Throws `option_invalid` when `weigh`, `cost` or an option gives no usable number.
   */
  set(key: ScopedKey, value: V, options: SetOptions = {}): boolean {
    const ttlMs = inRange("ttlMs", options.ttlMs ?? this.#options.ttlMs, Number.MIN_VALUE);
    const ageMs = inRange("ageMs", options.ageMs ?? 0, 0);
    const bytes = inRange("weigh", this.#options.weigh(value), 0);
    const cost = inRange("cost", options.cost ?? this.#options.cost(value), 0, COST_MAX);
    if (value === undefined) throw new MillraceError("option_invalid", "Give the cache a value other than undefined.");
    this.#tags.check(options.tags);
    this.#loads.letGo(key);
    const old = this.#residents.find(key);
    if (old) this.#tags.remove(old);
    if (bytes > this.#options.bytesMax) {
      if (old) this.#residents.remove(old);
      this.#counts.rejected++;
      return false;
    }
    const entry = this.#residents.put(key, value, bytes, cost);
    const nowMs = this.#options.clock.monotonic();
    entry.storedAtMs = nowMs - ageMs;
    entry.expiresAtMs = nowMs + ttlMs;
    entry.hits = 0;
    this.#tags.add(entry, options.tags);
    return true;
  }

  /** True when there was a value, fresh or stale. */
  delete(key: ScopedKey): boolean {
    this.#loads.letGo(key);
    const entry = this.#residents.find(key);
    if (!entry) return false;
    const held = entry.value !== undefined;
    this.#tags.remove(entry);
    this.#residents.remove(entry);
    return held;
  }

  /** Deletes all values with the tag, in every scope, and lets their loads go. Returns how many values. */
  invalidateTag(tag: string): number {
    this.#loads.letGoTag(tag);
    const entries = this.#tags.tagged(tag);
    for (const entry of entries) {
      this.#tags.remove(entry);
      this.#residents.remove(entry);
    }
    return entries.length;
  }

  clear(): void {
    this.#loads.letGoAll();
    for (const entry of this.#residents.all()) {
      this.#tags.remove(entry);
      this.#residents.remove(entry);
    }
  }

  /**
   * The value, loaded if need be: one load a key, shared by all who ask meanwhile, kept on success and never on
   * failure. The first caller's `load` and options count; tags of later ones are added. Rejects with the load's
   * failure, or with the signal's reason.
   */
  async fetch(key: ScopedKey, load: LoadValue<V>, options: FetchOptions = {}): Promise<V> {
    options.signal?.throwIfAborted();
    this.#tags.check(options.tags);
    const nowMs = this.#options.clock.monotonic();
    const entry = this.#request(key, nowMs);
    if (entry?.value !== undefined) {
      const { value } = entry;
      if (entry.expiresAtMs > nowMs) return this.#hit(entry, value);
      this.#refresh(key, load, options);
      this.#counts.staleHits++;
      this.#counts.costSaved += entry.cost;
      return value;
    }
    this.#counts.misses++;
    const running = this.#loads.find(key);
    if (running) {
      this.#counts.coalesced++;
      for (const tag of options.tags ?? []) running.tags.add(tag);
      return running.wait(options.signal);
    }
    if (this.#loads.size < this.#options.loadsMax) return this.#start(key, load, options).wait(options.signal);
    this.#counts.loadsUnshared++;
    return load(options.signal ?? new AbortController().signal);
  }

  stats(): CacheStats {
    const { entries, bytes, remembered, leader, leaderChanges } = this.#residents;
    return { ...this.#counts, entries, bytes, remembered, leader, leaderChanges };
  }

  /** Notes the request, lets content go that is past its stale window, and returns what is known. */
  #request(key: ScopedKey, nowMs: number): Entry<V> | undefined {
    const entry = this.#residents.find(key);
    if (!entry) return undefined;
    this.#residents.request(entry, entry.expiresAtMs > nowMs);
    if (entry.value !== undefined && entry.expiresAtMs + this.#options.staleMs <= nowMs) {
      this.#counts.expirations++;
      this.#tags.remove(entry);
      this.#residents.hollow(entry);
    }
    return entry;
  }

  #hit(entry: Entry<V>, value: V): V {
    entry.hits++;
    this.#counts.hits++;
    this.#counts.costSaved += entry.cost;
    this.#onHit?.(entry.key, value, entry.hits, entry.cost);
    return value;
  }

  #start(key: ScopedKey, run: LoadValue<V>, options: SetOptions): Load<V> {
    this.#counts.loads++;
    return this.#loads.start(key, run, options.tags ?? [], {
      loaded: (value, load) => {
        if (load.current && load.tags.size <= TAGS_MAX) this.set(key, value, { ...options, tags: [...load.tags] });
        else this.#counts.loadsDiscarded++;
      },
      failed: () => this.#counts.loadFailures++,
    });
  }

  /** Loads behind a stale answer. The cache itself waits, up to a limit, so that no caller's leaving aborts it. */
  #refresh(key: ScopedKey, load: LoadValue<V>, options: SetOptions): void {
    if (this.#loads.find(key) || this.#loads.size >= this.#options.loadsMax) return;
    const started = this.#start(key, load, options);
    const leave = started.shared.join();
    const cancel = this.#options.clock.schedule(this.#options.refreshMsMax, leave);
    started.result?.finally(cancel).catch(() => {});
  }
}
