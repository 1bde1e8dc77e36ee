// The ghost queue: keys that neither book holds any more, kept a while so that one asked for again is not taken for new.
// Bounded by the number of entries the cache may hold; the oldest goes first.

import type { Entry } from "./entry.ts";
import { LinkedList } from "./linked-list.ts";

export class Ghosts<V> {
  readonly #ghostsMax: number;
  readonly #onOut: (entry: Entry<V>) => void;
  readonly #queue = new LinkedList<Entry<V>>();
  #count = 0;

  /** @param onOut called with each entry that falls out at the end. */
  constructor(ghostsMax: number, onOut: (entry: Entry<V>) => void) {
    this.#ghostsMax = ghostsMax;
    this.#onOut = onOut;
  }

  admit(entry: Entry<V>): void {
    entry.isGhost = true;
    this.#queue.addNewest(entry.recencyLink);
    if (++this.#count <= this.#ghostsMax) return;
    const oldest = this.#queue.oldest as Entry<V>;
    this.remove(oldest);
    this.#onOut(oldest);
  }

  remove(entry: Entry<V>): void {
    if (!entry.isGhost) return;
    entry.isGhost = false;
    this.#queue.remove(entry.recencyLink);
    this.#count--;
  }
}
