// Time limits of many connections for the price of one timer: each says when it has waited too long, and all are looked at
// a few times a second. So a limit is kept to within `everyMs`, and setting one costs nothing.

import { type Cancel, type Clock, MillraceError } from "../base/index.ts";

export interface Timed {
  /** By the clock of the sweep, milliseconds. */
  readonly deadlineAt: number;
  /** It is past. Called at each sweep until it is put off or the thing is gone. */
  expire(): void;
}

export class Sweep {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #members = new Set<Timed>();
  #cancel: Cancel | undefined;
  /** Monotonic, milliseconds, as of the last sweep: behind by `everyMs` at most. */
  now: number;

  constructor(clock: Clock, everyMs: number) {
    if (!(everyMs > 0 && Number.isFinite(everyMs)))
      throw new MillraceError("option_invalid", "`everyMs` must be over 0 and finite.");
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.now = clock.monotonic();
    this.#next();
  }

  add(timed: Timed): void {
    this.#members.add(timed);
  }

  delete(timed: Timed): void {
    this.#members.delete(timed);
  }

  stop(): void {
    this.#cancel?.();
    this.#members.clear();
  }

  #next(): void {
    this.#cancel = this.#clock.schedule(this.#everyMs, () => {
      this.now = this.#clock.monotonic();
      this.#next();
      for (const timed of this.#members) if (timed.deadlineAt <= this.now) timed.expire();
    });
  }
}
