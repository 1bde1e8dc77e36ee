// A bounded line of things for one reader. Whoever is too slow for it loses what waits and is told so, once, before what comes then:
// a writer never waits, and nothing grows without end.

import type { Abortable } from "./cancellation.ts";
import { MillraceError } from "./error.ts";

export class Mailbox<Item> implements AsyncIterable<Item> {
  readonly #waitingMax: number;
  readonly #lost: Item;
  #waiting: Item[] = [];
  #isClosed = false;
  #wake: (() => void) | undefined;

  /** @param lost what the reader gets in place of what it lost. Throws `option_invalid`. */
  constructor(waitingMax: number, lost: Item) {
    if (!(Number.isSafeInteger(waitingMax) && waitingMax >= 1)) {
      throw new MillraceError("option_invalid", "A mailbox holds a whole number of things, 1 or more.");
    }
    this.#waitingMax = waitingMax;
    this.#lost = lost;
  }

  put(item: Item): void {
    if (this.#isClosed) return;
    if (this.#waiting.length >= this.#waitingMax) this.lose();
    else this.#waiting.push(item);
    this.#wake?.();
  }

  /** Takes away what waits; the reader is told. */
  lose(): void {
    if (this.#isClosed) return;
    this.#waiting = [this.#lost];
    this.#wake?.();
  }

  /** The reader ends after what waits. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  /** Waits for things until it is closed or the signal aborts; ends then, and throws nothing. For one reader. */
  async *read(signal?: Abortable): AsyncGenerator<Item> {
    const leave = () => this.#wake?.();
    signal?.addEventListener("abort", leave);
    try {
      while (!signal?.aborted) {
        const items = this.#waiting;
        this.#waiting = [];
        for (const item of items) {
          if (signal?.aborted) return;
          yield item;
        }
        if (this.#waiting.length > 0 || signal?.aborted) continue;
        if (this.#isClosed) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Item> {
    return this.read();
  }
}
