// Whether a queue stands: for a whole interval it has neither been empty nor served anyone within the target
// (after CoDel, RFC 8289, and Facebook's adaptive LIFO). A burst that drains is no standing queue.

export class Standing {
  readonly #targetMs: number;
  readonly #intervalMs: number;
  #calmMs = 0;
  #isStanding = false;

  constructor(targetMs: number, intervalMs: number) {
    this.#targetMs = targetMs;
    this.#intervalMs = intervalMs;
  }

  /** The queue is, or was until now, empty. */
  empty(nowMs: number): void {
    this.#calmMs = nowMs;
    this.#isStanding = false;
  }

  /** One was served. Once the queue stands, the newest go first and their short wait says nothing: only emptiness ends it. */
  served(waitedMs: number, nowMs: number): void {
    if (waitedMs <= this.#targetMs) this.#calmMs = nowMs;
  }

  at(nowMs: number): boolean {
    if (nowMs - this.#calmMs > this.#intervalMs) this.#isStanding = true;
    return this.#isStanding;
  }
}
