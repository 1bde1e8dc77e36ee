// Token budgets of accounts: an estimate is reserved in all accounts of a caller at once, or in none, and settled on what was
// really used. In this process alone; reserving is synchronous, so nobody comes between the check and the charge.
// Invariant: what is reserved and settled in any 60 seconds, or on a day, is within the limit, but for what reservations used
// beyond their estimate; that much the account owes, and nothing is reserved until it is paid.

import { type Clock, MillraceError, systemClock } from "../../base/index.ts";
import { AccountBook, type Charge } from "./account-book.ts";
import { AccountTable } from "./account-table.ts";
import type { Account, AccountUsage, Refused, Reserved } from "./budget.ts";

export interface BudgetsOptions {
  /** Accounts remembered. When full, one without reservations that was not asked for of late is forgotten. Default 100,000. */
  accountsMax?: number;
  clock?: Clock;
}

export class Budgets {
  readonly #clock: Clock;
  readonly #books: AccountTable<AccountBook>;

  /** Throws `option_invalid`. */
  constructor({ accountsMax = 100_000, clock = systemClock }: BudgetsOptions = {}) {
    if (!Number.isSafeInteger(accountsMax) || accountsMax < 1) {
      throw new MillraceError("option_invalid", "Budgets' `accountsMax` is a whole number of 1 or more.");
    }
    this.#clock = clock;
    this.#books = new AccountTable(accountsMax, () => new AccountBook());
  }

  /** An account that is named twice is charged once. @param tokens estimated, 0 or more; anything else counts as 0 */
  reserve(accounts: readonly Account[], tokens: number): Reserved | Refused {
    const nowMs = this.#clock.monotonic();
    const wallMs = this.#clock.now();
    const wanted = usable(tokens);
    const books: AccountBook[] = [];
    for (const { key, limits } of accounts) {
      const book = this.#books.get(key);
      const lacking = book.lacks(wanted, limits, nowMs, wallMs);
      if (lacking) return { kind: "refused", account: key, ...lacking };
      if (!books.includes(book)) books.push(book);
    }
    const charges = books.map((book) => book.open(wanted, nowMs, wallMs));
    let isOver = false;
    const close = (used: number) => {
      if (isOver) return;
      isOver = true;
      const [endMs, endWallMs] = [this.#clock.monotonic(), this.#clock.now()];
      for (const [index, book] of books.entries()) book.close(charges[index] as Charge, used, endMs, endWallMs);
    };
    return { kind: "reserved", settle: (used) => close(isUsable(used) ? used : wanted), release: () => close(0) };
  }

  usageOf(key: string): AccountUsage {
    return this.#books.peek(key)?.usage(this.#clock.monotonic(), this.#clock.now()) ?? { minute: 0, day: 0, concurrent: 0 };
  }
}

const isUsable = (tokens: number): boolean => tokens >= 0 && tokens <= Number.MAX_SAFE_INTEGER;
const usable = (tokens: number): number => (isUsable(tokens) ? tokens : 0);
