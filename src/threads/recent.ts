// What was used last, by key, up to a number of entries; of more the one unused for longest is forgotten.

import { MillraceError } from "../base/index.ts";

export class Recent<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #entriesMax: number;

  /** Throws `option_invalid` for a number that bounds nothing. */
  constructor(entriesMax: number) {
    if (!(Number.isSafeInteger(entriesMax) && entriesMax >= 1)) {
      throw new MillraceError("option_invalid", "How much a recorder remembers is a whole number of entries of 1 or more.");
    }
    this.#entriesMax = entriesMax;
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#entriesMax) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
