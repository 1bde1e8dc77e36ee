// One limit at a time over one upstream call: connect and headers, then the first byte, then silence, and over all of
// them the total. One timer serves them all: moving the limit writes a number, the timer looks when it fires.

import type { Cancel, Clock } from "../base/index.ts";

/** What was waited for when the limit passed. */
export type Phase = "connect" | "headers" | "first byte" | "idle" | "total";

export interface PhaseLimits {
  readonly connectMs: number;
  readonly headersMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

export class PhaseLimit {
  readonly #clock: Clock;
  readonly #onPassed: (phase: Phase, limitMs: number) => void;
  readonly #totalDue: number;
  readonly #totalMs: number;
  #phase: Phase = "headers";
  #limitMs = 0;
  #due = 0;
  #timerDue = Number.POSITIVE_INFINITY;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, totalMs: number, onPassed: (phase: Phase, limitMs: number) => void) {
    this.#clock = clock;
    this.#onPassed = onPassed;
    this.#totalMs = totalMs;
    this.#totalDue = clock.monotonic() + totalMs;
  }

  /** From now on the limit is `limitMs` for `phase`. */
  enter(phase: Phase, limitMs: number): void {
    this.#phase = phase;
    this.#limitMs = limitMs;
    const due = this.#clock.monotonic() + limitMs;
    this.#due = Math.min(due, this.#totalDue);
    if (this.#due < this.#timerDue) this.#arm();
  }

  /** The phase goes on: its limit counts from now. */
  extend(): void {
    this.#due = Math.min(this.#clock.monotonic() + this.#limitMs, this.#totalDue);
    if (this.#due < this.#timerDue) this.#arm();
  }

  /** Somebody else is waited for: only the total counts until the next `enter` or `extend`. */
  pause(): void {
    this.#due = this.#totalDue;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#timerDue = Number.NEGATIVE_INFINITY;
  }

  #arm(): void {
    this.#cancel?.();
    this.#timerDue = this.#due;
    this.#cancel = this.#clock.schedule(this.#due - this.#clock.monotonic(), () => this.#look());
  }

  #look(): void {
    if (this.#clock.monotonic() < this.#due) {
      this.#arm();
      return;
    }
    this.stop();
    if (this.#due === this.#totalDue) this.#onPassed("total", this.#totalMs);
    else this.#onPassed(this.#phase, this.#limitMs);
  }
}
