// How many retries recent traffic allows: a share of it, and a few besides so that a quiet balancer may retry at all. When
// everything fails, retries then add their share to the load and no more.

import { DecayingSum } from "./decaying-sum.ts";

const RECENT_MS = 10_000;
const RETRIES_MIN = 3;

export class RetryBudget {
  readonly #share: number;
  readonly #requests = new DecayingSum(RECENT_MS);
  readonly #retries = new DecayingSum(RECENT_MS);

  constructor(share: number) {
    this.#share = share;
  }

  /** A request was sent, a retry or not. */
  count(nowMs: number): void {
    this.#requests.add(1, nowMs);
  }

  /** It was counted, but never sent. */
  withdraw(nowMs: number): void {
    this.#requests.add(-1, nowMs);
  }

  /** Takes one retry out of the budget, if it has one. */
  take(nowMs: number): boolean {
    if (this.#share === 0) return false;
    const retries = this.#retries.at(nowMs);
    // What was sent in retries earns none.
    const first = Math.max(0, this.#requests.at(nowMs) - retries);
    if (retries + 1 > this.#share * first + RETRIES_MIN) return false;
    this.#retries.add(1, nowMs);
    return true;
  }
}
