// Keys that the second tier was asked for a moment ago and did not have, so that a value set after a miss needs no
// delete there. Bounded in number and age by two generations; what is forgotten only costs a delete.
// Does not hear of other processes: they may have written the key since.

import type { ScopedKey } from "./scoped-key.ts";

const KEYS_PER_GENERATION_MAX = 8192;
const GENERATION_MS_MAX = 60_000;

export class AbsentKeys {
  #recent = new Set<ScopedKey>();
  #older = new Set<ScopedKey>();
  #sinceMs = 0;

  /** @param nowMs Clock.monotonic() */
  add(key: ScopedKey, nowMs: number): void {
    this.#age(nowMs);
    if (this.#recent.size >= KEYS_PER_GENERATION_MAX) this.#turn(nowMs);
    this.#recent.add(key);
  }

  /** Whether the key is known to be absent; it is not afterwards. */
  take(key: ScopedKey, nowMs: number): boolean {
    this.#age(nowMs);
    const inRecent = this.#recent.delete(key);
    return this.#older.delete(key) || inRecent;
  }

  #age(nowMs: number): void {
    const ageMs = nowMs - this.#sinceMs;
    if (ageMs < GENERATION_MS_MAX) return;
    this.#turn(nowMs);
    if (ageMs >= 2 * GENERATION_MS_MAX) this.#older = new Set();
  }

  #turn(nowMs: number): void {
    this.#older = this.#recent;
    this.#recent = new Set();
    this.#sinceMs = nowMs;
  }
}
