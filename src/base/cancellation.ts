// Cancellation: how work learns that nobody waits for it any more.

/** What work needs to know of those it works for. Every `AbortSignal` is one; a `Cancellation` is a cheaper one. */
export interface Abortable {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/**
 * AbortController and AbortSignal in one, without the platform's event machinery: there a signal with one listener
 * takes eight allocations outside the script's heap, here none. Each listener is called once, in order, and must not throw.
 */
export class Cancellation implements Abortable {
  aborted = false;
  reason: unknown;
  #listeners: (() => void)[] = [];

  /** Only the first call counts. Without a reason it is an `AbortError`, as the platform's. */
  abort(reason: unknown = new DOMException("The operation was aborted.", "AbortError")): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    // One at a time: a listener may remove another.
    for (let listener = this.#listeners.shift(); listener; listener = this.#listeners.shift()) listener();
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_type: "abort", listener: () => void): void {
    if (!this.aborted && !this.#listeners.includes(listener)) this.#listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const index = this.#listeners.indexOf(listener);
    if (index >= 0) this.#listeners.splice(index, 1);
  }

  /** A signal of the platform, for `fetch` and its like: aborts with this, for the same reason. */
  toSignal(): AbortSignal {
    const controller = new AbortController();
    if (this.aborted) controller.abort(this.reason);
    else this.addEventListener("abort", () => controller.abort(this.reason));
    return controller.signal;
  }
}
