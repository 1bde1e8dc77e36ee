// Work that nobody waits for, done in small portions with room for everything else between them: a thousand turns that end at once must not
// hold up the streams of a thousand others. In order; everything is done in the end.

import type { Cancel, Clock } from "../base/index.ts";

/** What a portion may take, but for its last piece. */
const PORTION_MS = 0.25; // A request takes several turns of the event loop to its first byte: what holds up each of them adds up.
/**
 * The same when the work has gone on for longer than LATE_MS: it must catch up. Not sooner: a backlog comes from a burst of new conversations, and
 * larger portions just then held up first bytes by 20 ms at the 99th percentile.
 */
const LATE_PORTION_MS = 2;
const LATE_MS = 1000;

export class Chores {
  readonly #clock: Clock;
  #waiting: (() => void)[] = [];
  #next = 0;
  /** When the work began to wait that is not all done yet. */
  #sinceMs = 0;
  #cancel: Cancel | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param work must not throw. */
  add(work: () => void): void {
    this.#waiting.push(work);
    if (this.#cancel) return;
    this.#sinceMs = this.#clock.monotonic();
    this.#cancel = this.#clock.schedule(0, this.#portion);
  }

  /** All at once, for those who leave. */
  finish(): void {
    this.#cancel?.();
    this.#do(Number.POSITIVE_INFINITY);
  }

  readonly #portion = (): void => {
    this.#do(this.#clock.monotonic() - this.#sinceMs > LATE_MS ? LATE_PORTION_MS : PORTION_MS);
  };

  #do(portionMs: number): void {
    const untilMs = this.#clock.monotonic() + portionMs;
    while (this.#next < this.#waiting.length && this.#clock.monotonic() <= untilMs) this.#waiting[this.#next++]?.();
    const isDone = this.#next === this.#waiting.length;
    if (isDone) {
      this.#waiting = [];
      this.#next = 0;
    }
    this.#cancel = isDone ? undefined : this.#clock.schedule(0, this.#portion);
  }
}
