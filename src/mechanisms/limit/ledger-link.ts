// The way to a ledger that nobody may wait for long: each call has a limit, and after one that failed or was slow the ledger
// is left alone for a while; then one call tries it, while all others are told at once that it is away. Never throws.

import type { Clock } from "../../base/index.ts";

export interface LedgerLinkOptions {
  readonly clock: Clock;
  readonly callMsMax: number;
  readonly coolDownMs: number;
}

export class LedgerLink {
  readonly #options: LedgerLinkOptions;
  #isFailing = false;
  #triedFromMs = 0;
  /** Calls made. */
  calls = 0;
  /** Of these, how many failed or came too late. */
  failures = 0;

  constructor(options: LedgerLinkOptions) {
    this.#options = options;
  }

  get isAway(): boolean {
    return this.#isFailing && this.#options.clock.monotonic() < this.#triedFromMs;
  }

  /** Until it is tried again. */
  get retryAfterMs(): number {
    return Math.max(0, this.#triedFromMs - this.#options.clock.monotonic());
  }

  /** Undefined when it is away, failed or took too long. @param late is told what came after that. */
  run<T>(call: () => Promise<T>, late?: (value: T) => void): Promise<{ value: T } | undefined> | undefined {
    if (this.isAway) return undefined;
    const { clock, callMsMax, coolDownMs } = this.#options;
    // While this one tries it, nobody else does.
    if (this.#isFailing) this.#triedFromMs = clock.monotonic() + coolDownMs;
    this.calls++;
    return new Promise((resolve) => {
      let isOver = false;
      const end = (answer: { value: T } | undefined) => {
        isOver = true;
        cancel();
        if (answer) this.#isFailing = false;
        else this.#fail();
        resolve(answer);
      };
      const cancel = clock.schedule(callMsMax, () => end(undefined));
      call().then(
        (value) => (isOver ? late?.(value) : end({ value })),
        () => isOver || end(undefined),
      );
    });
  }

  #fail(): void {
    this.failures++;
    this.#isFailing = true;
    this.#triedFromMs = this.#options.clock.monotonic() + this.#options.coolDownMs;
  }
}
