// Wall time that never runs backwards, for expiry times that must mean something to other processes and after a restart.
// It follows the wall clock forwards (also over a suspended machine, which monotonic time may not count) and, when the
// wall steps back, goes on at the pace of monotonic time. It remembers nothing over a restart: then the wall is believed.

import type { Clock } from "../../base/index.ts";

export class ForwardClock {
  readonly #clock: Clock;
  #latestMs: number;
  #monotonicMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#latestMs = clock.now();
    this.#monotonicMs = clock.monotonic();
  }

  /** Milliseconds since the Unix epoch, never less than an earlier answer. */
  now(): number {
    const monotonicMs = this.#clock.monotonic();
    this.#latestMs = Math.max(this.#clock.now(), this.#latestMs + monotonicMs - this.#monotonicMs);
    this.#monotonicMs = monotonicMs;
    return this.#latestMs;
  }
}
