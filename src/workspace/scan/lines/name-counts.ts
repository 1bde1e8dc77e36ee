// Counts names that are not made of word units alone, such as `empty?` or `my-command`, in the order they first occur.

import type { Counts } from "../record.ts";

/** Distinct names a record holds; further ones are not counted. */
const NAMES_MAX = 20_000;

export class NameCounts {
  readonly #counts = new Map<string, number>();

  count(name: string): void {
    const known = this.#counts.get(name);
    if (known !== undefined) this.#counts.set(name, known + 1);
    else if (this.#counts.size < NAMES_MAX) this.#counts.set(name, 1);
  }

  counts(): Counts {
    return { names: [...this.#counts.keys()], counts: [...this.#counts.values()] };
  }
}
