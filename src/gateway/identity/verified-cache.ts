// What was found out about a credential, remembered for a few seconds, so that a busy caller does not cost a store
// lookup or a signature check a call. Keyed by the whole SHA-256 of the credential, never by a part of it.
// Deliberately not a general cache: no sizes, no loading, the oldest entry goes when it is full.

import { type Clock, MillraceError } from "../../base/index.ts";

interface Entry<Value> {
  readonly value: Value;
  /** Clock.monotonic() from which the entry no longer counts. */
  readonly untilMs: number;
}

export class VerifiedCache<Value> {
  readonly #clock: Clock;
  readonly #entriesMax: number;
  readonly #entries = new Map<string, Entry<Value>>();

  /** @param entriesMax a positive whole number; one entry takes about 300 bytes. */
  constructor(clock: Clock, entriesMax: number) {
    if (!Number.isSafeInteger(entriesMax) || entriesMax < 1) {
      throw new MillraceError("option_invalid", "The number of remembered credentials must be a whole number from 1.");
    }
    this.#clock = clock;
    this.#entriesMax = entriesMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(digest: string): Value | undefined {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    if (this.#clock.monotonic() < entry.untilMs) return entry.value;
    this.#entries.delete(digest);
    return undefined;
  }

  /** Remembers for `lifeMs`; not at all when that is zero or less. */
  set(digest: string, value: Value, lifeMs: number): void {
    this.#entries.delete(digest);
    if (!(lifeMs > 0)) return;
    if (this.#entries.size >= this.#entriesMax) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(digest, { value, untilMs: this.#clock.monotonic() + lifeMs });
  }

  delete(digest: string): void {
    this.#entries.delete(digest);
  }
}
