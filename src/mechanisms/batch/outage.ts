// Since when commits fail, and how long to leave the engine alone before the next one. It is over with the first commit that does not.

import type { Random } from "../../base/index.ts";
import type { RetryOptions } from "./batch-options.ts";

export class Outage {
  /** Monotonic; undefined while all is well. */
  sinceMs: number | undefined;
  readonly #retry: Required<RetryOptions>;
  readonly #random: Random;
  #failures = 0;

  constructor(retry: Required<RetryOptions>, random: Random) {
    this.#retry = retry;
    this.#random = random;
  }

  failed(nowMs: number): void {
    this.sinceMs ??= nowMs;
    this.#failures++;
  }

  over(): void {
    this.sinceMs = undefined;
    this.#failures = 0;
  }

  /** After the last failure. Callers of many batchers shall not come back as one: up to half of it is left to chance. */
  pauseMs(): number {
    const { firstMs, maxMs } = this.#retry;
    return Math.min(maxMs, firstMs * 2 ** Math.max(0, this.#failures - 1)) * (1 - this.#random.next() / 2);
  }
}
