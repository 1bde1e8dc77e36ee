// What one call has taken of accounts that are shared with other nodes.

import type { BudgetLimits, Reserved } from "./budget.ts";
import type { Charge, LeasedAccount } from "./leased-account.ts";

/** Told of each account when its part of a call is over. */
export type Closed = (account: LeasedAccount) => void;

export class SharedReservation implements Reserved {
  readonly kind = "reserved";
  readonly tokens: number;
  readonly #nowMs: () => number;
  readonly #closed: Closed;
  #parts: { readonly account: LeasedAccount; readonly charge: Charge }[] = [];

  constructor(tokens: number, nowMs: () => number, closed: Closed) {
    this.tokens = tokens;
    this.#nowMs = nowMs;
    this.#closed = closed;
  }

  take(account: LeasedAccount, limits: BudgetLimits): void {
    this.#parts.push({ account, charge: account.take(limits, this.tokens) });
  }

  settle(tokens: number): void {
    const parts = this.#parts;
    if (parts.length === 0) return;
    this.#parts = [];
    const used = tokens >= 0 && tokens <= Number.MAX_SAFE_INTEGER ? Math.ceil(tokens) : this.tokens;
    const nowMs = this.#nowMs();
    for (const { account, charge } of parts) {
      account.close(charge, this.tokens, used, nowMs);
      this.#closed(account);
    }
  }

  release(): void {
    this.settle(0);
  }
}
