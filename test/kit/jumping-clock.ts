// A clock that stands still and then jumps, as after a machine slept: whatever came due runs once, late, and what it
// schedules counts from the new time. For whole servers, whose many small timers would make a stepwise clock slow.

import type { Cancel, Clock } from "../../src/base/index.ts";

export class JumpingClock implements Clock {
  #elapsedMs = 0;
  readonly #startMs: number;
  #pending = new Set<{ dueMs: number; run: () => void }>();

  /** @param startMs wall time at the start, milliseconds since the Unix epoch. */
  constructor(startMs = 1_700_000_000_000) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  schedule(ms: number, run: () => void): Cancel {
    const entry = { dueMs: this.#elapsedMs + Math.max(0, ms), run };
    this.#pending.add(entry);
    return () => void this.#pending.delete(entry);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const cancel = this.schedule(ms, resolve);
      signal?.addEventListener("abort", () => {
        cancel();
        reject(signal.reason);
      });
    });
  }

  /** Runs what is due by then, in the order of its due times. */
  jump(ms: number): void {
    this.#elapsedMs += ms;
    const due = [...this.#pending]
      .filter(({ dueMs }) => dueMs <= this.#elapsedMs)
      .sort((left, right) => left.dueMs - right.dueMs);
    for (const entry of due) if (this.#pending.delete(entry)) entry.run();
  }
}
