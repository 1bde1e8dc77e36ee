// Token budgets of accounts: an estimate is reserved in all accounts of a caller at once, or in none, and settled on what was
// really used. In this process alone; reserving is synchronous, so nobody comes between the check and the charge.
// Invariant: what is reserved and settled in any 60 seconds, or on a day, is within the limit, but for what reservations used
// beyond their estimate; that much the account owes, and nothing is reserved until it is paid.

import { type Clock, MillraceError, systemClock } from "../../base/index.ts";
import { AccountBook, type Charge } from "./account-book.ts";
import type { Account, AccountUsage, Refused, Reserved } from "./budget.ts";

export interface BudgetsOptions {
  /** Accounts remembered. When full, the one unused for longest without reservations is forgotten. Default 100,000. */
  accountsMax?: number;
  clock?: Clock;
}

export class Budgets {
  readonly #clock: Clock;
  readonly #accountsMax: number;
  readonly #books = new Map<string, AccountBook>();

  /** Throws `option_invalid`. */
  constructor({ accountsMax = 100_000, clock = systemClock }: BudgetsOptions = {}) {
    if (!Number.isSafeInteger(accountsMax) || accountsMax < 1) {
      throw new MillraceError("option_invalid", "Budgets' `accountsMax` is a whole number of 1 or more.");
    }
    this.#clock = clock;
    this.#accountsMax = accountsMax;
  }

  /** @param tokens estimated, 0 or more; anything else counts as 0 */
  reserve(accounts: readonly Account[], tokens: number): Reserved | Refused {
    const nowMs = this.#clock.monotonic();
    const wallMs = this.#clock.now();
    const wanted = usable(tokens);
    for (const { key, limits } of accounts) {
      const lacking = this.#bookOf(key).lacks(wanted, limits, nowMs, wallMs);
      if (lacking) return { kind: "refused", account: key, ...lacking };
    }
    const charged = accounts.map(({ key }): [AccountBook, Charge] => {
      const book = this.#bookOf(key);
      return [book, book.open(wanted, nowMs, wallMs)];
    });
    let isOver = false;
    const close = (used: number) => {
      if (isOver) return;
      isOver = true;
      for (const [book, charge] of charged) book.close(charge, used, this.#clock.monotonic(), this.#clock.now());
    };
    return { kind: "reserved", settle: (used) => close(usable(used)), release: () => close(0) };
  }

  usageOf(key: string): AccountUsage {
    return this.#books.get(key)?.usage(this.#clock.monotonic(), this.#clock.now()) ?? { minute: 0, day: 0, concurrent: 0 };
  }

  #bookOf(key: string): AccountBook {
    const book = this.#books.get(key) ?? new AccountBook();
    this.#books.delete(key);
    this.#books.set(key, book);
    if (this.#books.size > this.#accountsMax) this.#forgetOne();
    return book;
  }

  /** Rather one that owes nothing than the oldest; never one with reservations under way. */
  #forgetOne(): void {
    for (const [key, book] of this.#books) {
      if (book.usage(this.#clock.monotonic(), this.#clock.now()).concurrent > 0) continue;
      this.#books.delete(key);
      return;
    }
  }
}

const usable = (tokens: number): number => (tokens > 0 && tokens < Number.MAX_SAFE_INTEGER ? tokens : 0);
