// The recency book: which keys a least-recently-used cache of the same bounds would hold. It decides the content while
// recency predicts best, and is the yardstick otherwise.

import type { Entry, Limits } from "./entry.ts";
import { LinkedList } from "./linked-list.ts";

export class Recency<V> {
  readonly #limits: Limits;
  readonly #onOut: (entry: Entry<V>) => void;
  readonly #list = new LinkedList<Entry<V>>();
  #entries = 0;
  #bytes = 0;

  /** @param onOut called with each entry that falls out because of the bounds, not with those removed. */
  constructor(limits: Limits, onOut: (entry: Entry<V>) => void) {
    this.#limits = limits;
    this.#onOut = onOut;
  }

  /** Makes a member the newest. */
  touch(entry: Entry<V>): void {
    this.#list.remove(entry.recencyLink);
    this.#list.addNewest(entry.recencyLink);
  }

  /** Adds or touches, and lets the oldest fall out until the bounds hold. One entry is never over the bounds alone. */
  admit(entry: Entry<V>): void {
    if (entry.inRecency) {
      this.touch(entry);
      return;
    }
    entry.inRecency = true;
    this.#entries++;
    this.#bytes += entry.bytes;
    this.#list.addNewest(entry.recencyLink);
    while (this.#entries > this.#limits.entriesMax || this.#bytes > this.#limits.bytesMax) {
      const oldest = this.#list.oldest as Entry<V>;
      this.remove(oldest);
      this.#onOut(oldest);
    }
  }

  remove(entry: Entry<V>): void {
    if (!entry.inRecency) return;
    entry.inRecency = false;
    this.#entries--;
    this.#bytes -= entry.bytes;
    this.#list.remove(entry.recencyLink);
  }
}
