// One signal for work that several callers wait for: it aborts when the last of them has left, and not before.
// A caller leaves by its own signal; nobody else notices.

import { type Abortable, Cancellation } from "../../base/index.ts";

export class SharedSignal {
  readonly signal = new Cancellation();
  #members = 0;
  #settled = false;

  get members(): number {
    return this.#members;
  }

  /**
   * Adds a member, which leaves when `signal` aborts (then `onAbort` is called with its reason) or when the returned
   * function is called; whichever is first counts. `signal` must not be aborted yet. Without one the member stays.
   */
  join(signal?: Abortable, onAbort?: (reason: unknown) => void): () => void {
    this.#members++;
    let present = true;
    const leave = () => {
      if (!present) return;
      present = false;
      signal?.removeEventListener("abort", abort);
      if (--this.#members === 0 && !this.#settled) this.signal.abort(signal?.reason);
    };
    const abort = () => {
      leave();
      onAbort?.(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    return leave;
  }

  /** The work is done: from now on leaving aborts nothing. */
  settle(): void {
    this.#settled = true;
  }
}
