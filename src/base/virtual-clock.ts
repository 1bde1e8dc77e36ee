// A clock that moves only when told. Calls run in the order of their due time, then of their scheduling.
// Between two due times every pending microtask and already-due macrotask settles, so that code awaiting a
// sleep continues before a later timer fires.

import type { Abortable } from "./cancellation.ts";
import { type Cancel, type Clock, sleepOn } from "./clock.ts";

interface Pending {
  dueMs: number;
  order: number;
  run: () => void;
}

export class VirtualClock implements Clock {
  #elapsedMs = 0;
  #wallMs: number;
  #order = 0;
  #pending: Pending[] = [];
  readonly #turn: (run: () => void) => void;

  /**
   * @param startMs wall time at the start, milliseconds since the Unix epoch.
   * @param turn waits for one turn of the event loop. A timer of 0 ms, the default, also leaves work on other threads
   * (digests, say) a moment; `setImmediate` is hundreds of times faster, for what runs on this thread alone.
   */
  constructor(startMs = 1_700_000_000_000, turn: (run: () => void) => void = (run) => setTimeout(run, 0)) {
    this.#wallMs = startMs;
    this.#turn = turn;
  }

  now(): number {
    return this.#wallMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  schedule(ms: number, run: () => void): Cancel {
    const entry: Pending = { dueMs: this.#elapsedMs + Math.max(0, ms), order: this.#order++, run };
    this.#pending.push(entry);
    return () => {
      this.#pending = this.#pending.filter((other) => other !== entry);
    };
  }

  sleep(ms: number, signal?: Abortable): Promise<void> {
    return sleepOn((delay, run) => this.schedule(delay, run), ms, signal);
  }

  /** How many scheduled calls have not run yet: a test of leaks. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  /** Moves wall time alone, as an operator or NTP would; monotonic time and timers do not notice. */
  stepWall(ms: number): void {
    this.#wallMs += ms;
  }

  /** Moves time forward by `ms`, running everything that falls due on the way. */
  async advance(ms: number): Promise<void> {
    const target = this.#elapsedMs + ms;
    await this.#settle();
    for (let next = this.#takeDue(target); next; next = this.#takeDue(target)) {
      this.#moveTo(next.dueMs);
      next.run();
      await this.#settle();
    }
    this.#moveTo(target);
    await this.#settle();
  }

  #moveTo(elapsedMs: number): void {
    this.#wallMs += elapsedMs - this.#elapsedMs;
    this.#elapsedMs = elapsedMs;
  }

  #takeDue(target: number): Pending | undefined {
    let first: Pending | undefined;
    for (const entry of this.#pending) {
      if (entry.dueMs > target) continue;
      if (!first || entry.dueMs < first.dueMs || (entry.dueMs === first.dueMs && entry.order < first.order)) first = entry;
    }
    if (first) this.#pending = this.#pending.filter((entry) => entry !== first);
    return first;
  }

  /** Lets promise chains run to rest: a macrotask turn drains every microtask queued so far. */
  async #settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => this.#turn(resolve));
  }
}
