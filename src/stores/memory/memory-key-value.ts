// Key-value in this process's memory, for tests, one-process servers and small state that may be lost.
// Invariant: never over entriesMax or bytesMax. A write that does not fit after expired entries are dropped is refused
// with `store_unavailable` and changes nothing: a store does not forget on its own, choosing what to forget is a cache's work.
// Expiry follows monotonic time, so that stepping the wall clock neither ends nor prolongs a value.

import { type Clock, MillraceError } from "../../base/index.ts";
import { checkKey, checkPrefix, checkValue, type KeyValue } from "../../ports/index.ts";

/** What an entry costs beyond its key and value: so that many tiny entries are bounded by bytesMax too. */
export const ENTRY_OVERHEAD_BYTES = 64;

export interface MemoryKeyValueOptions {
  clock: Clock;
  /** How many entries may be held, expired ones that were not noticed yet included. */
  entriesMax: number;
  /** How many bytes may be held: two a key's character, each value, and ENTRY_OVERHEAD_BYTES an entry. */
  bytesMax: number;
}

interface Entry {
  value: Uint8Array;
  /** Monotonic time at which the entry ends; Infinity without a time to live. */
  endMs: number;
}

export class MemoryKeyValue implements KeyValue {
  readonly #clock: Clock;
  readonly #entriesMax: number;
  readonly #bytesMax: number;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  /** No entry ends before this time: while it lies ahead, a full store needs no search for expired entries. */
  #earliestEndMs = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(options: MemoryKeyValueOptions) {
    for (const name of ["entriesMax", "bytesMax"] as const) {
      if (!Number.isSafeInteger(options[name]) || options[name] < 1) {
        throw new MillraceError("option_invalid", `The memory store needs ${name}: a whole number of at least 1.`);
      }
    }
    this.#clock = options.clock;
    this.#entriesMax = options.entriesMax;
    this.#bytesMax = options.bytesMax;
  }

  get(key: string): ReturnType<KeyValue["get"]> {
    try {
      this.#refuseClosed();
      checkKey(key);
      return this.#live(key)?.value.slice();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async set(key: string, value: Uint8Array, options: { ttlMs?: number } = {}): Promise<void> {
    this.#refuseClosed();
    checkKey(key);
    checkValue(value, options.ttlMs);
    const endMs = options.ttlMs === undefined ? Number.POSITIVE_INFINITY : this.#clock.monotonic() + options.ttlMs;
    if (!this.#fits(key, value)) this.#dropExpired();
    if (!this.#fits(key, value)) {
      const limits = `${this.#entriesMax} entries, ${this.#bytesMax} bytes`;
      throw new MillraceError("store_unavailable", `The memory store is full (${limits}); the value was not kept.`);
    }
    this.#drop(key);
    this.#entries.set(key, { value: value.slice(), endMs });
    this.#bytes += sizeBytes(key, value);
    this.#earliestEndMs = Math.min(this.#earliestEndMs, endMs);
  }

  async delete(key: string): Promise<boolean> {
    this.#refuseClosed();
    checkKey(key);
    const live = this.#live(key) !== undefined;
    this.#drop(key);
    return live;
  }

  async *scan(prefix: string): AsyncGenerator<string, void, undefined> {
    this.#refuseClosed();
    checkPrefix(prefix);
    // A copy of the keys: one that is replaced during the walk moves to the end of the map and would come twice.
    for (const key of [...this.#entries.keys()].filter((candidate) => candidate.startsWith(prefix))) {
      if (this.#live(key)) yield key;
      this.#refuseClosed();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#entries.clear();
    this.#bytes = 0;
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry || entry.endMs > this.#clock.monotonic()) return entry;
    this.#drop(key);
    return undefined;
  }

  #fits(key: string, value: Uint8Array): boolean {
    const replaced = this.#entries.get(key);
    const entries = this.#entries.size + (replaced ? 0 : 1);
    const bytes = this.#bytes + sizeBytes(key, value) - (replaced ? sizeBytes(key, replaced.value) : 0);
    return entries <= this.#entriesMax && bytes <= this.#bytesMax;
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#bytes -= sizeBytes(key, entry.value);
  }

  #dropExpired(): void {
    const nowMs = this.#clock.monotonic();
    if (nowMs < this.#earliestEndMs) return;
    this.#earliestEndMs = Number.POSITIVE_INFINITY;
    for (const [key, entry] of this.#entries) {
      if (entry.endMs <= nowMs) this.#drop(key);
      else this.#earliestEndMs = Math.min(this.#earliestEndMs, entry.endMs);
    }
  }

  #refuseClosed(): void {
    if (this.#closed) throw new MillraceError("store_unavailable", "The memory store is closed.");
  }
}

function sizeBytes(key: string, value: Uint8Array): number {
  return key.length * 2 + value.byteLength + ENTRY_OVERHEAD_BYTES;
}
