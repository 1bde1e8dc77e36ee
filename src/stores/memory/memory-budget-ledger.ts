// A budget ledger in this process's memory, for several nodes in one process: tests, simulations, workers that share a thread.
// Minutes and calls follow monotonic time, days the wall clock; one that steps back begins no day anew.
// Bounded: accounts whose charges all are over are forgotten, and a new one beyond `accountsMax` is refused.

import { type Clock, MillraceError } from "../../base/index.ts";
import {
  BLOCK_MS,
  type BudgetAnswer,
  type BudgetAsk,
  type BudgetGrant,
  type BudgetLedger,
  type BudgetReport,
  type BudgetUse,
  checkBudgetCall,
  checkKey,
} from "../../ports/index.ts";
import { LedgerAccount } from "./ledger-account.ts";

export interface MemoryBudgetLedgerOptions {
  clock: Clock;
  accountsMax: number;
}

const DAY_MS = 86_400_000;

export class MemoryBudgetLedger implements BudgetLedger {
  readonly #clock: Clock;
  readonly #accountsMax: number;
  readonly #accounts = new Map<string, LedgerAccount>();
  #day = 0;
  #closed = false;

  /** Throws `option_invalid`. */
  constructor({ clock, accountsMax }: MemoryBudgetLedgerOptions) {
    if (!Number.isSafeInteger(accountsMax) || accountsMax < 1) {
      throw new MillraceError("option_invalid", "The memory ledger needs accountsMax: a whole number of at least 1.");
    }
    this.#clock = clock;
    this.#accountsMax = accountsMax;
  }

  async lease(node: string, asks: readonly BudgetAsk[], reports: readonly BudgetReport[]): Promise<BudgetAnswer> {
    this.#take(node, asks, reports);
    const { nowMs, wallMs, day } = this.#now();
    const lifeMs = Math.max(0, Math.min(BLOCK_MS, (day + 1) * DAY_MS - wallMs));
    const asked = asks.map((ask) => ({ ask, account: this.#account(ask.key) }));
    for (const { ask, account } of asked) {
      const lacking = account.lacks(node, ask, nowMs, wallMs);
      if (lacking) return { kind: "refused", key: ask.key, ...lacking };
    }
    const grants = asked.map(({ ask, account }): BudgetGrant => ({ ...account.grant(node, ask, nowMs), day, lifeMs }));
    return { kind: "granted", grants };
  }

  async report(node: string, reports: readonly BudgetReport[]): Promise<void> {
    this.#take(node, [], reports);
  }

  async usage(key: string): Promise<BudgetUse> {
    this.#refuseClosed();
    checkKey(key);
    const { nowMs, day } = this.#now();
    const account = this.#accounts.get(key);
    account?.turn(nowMs, day);
    return account?.use() ?? { minute: 0, day: 0, concurrent: 0 };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#accounts.clear();
  }

  #take(node: string, asks: readonly BudgetAsk[], reports: readonly BudgetReport[]): void {
    this.#refuseClosed();
    checkBudgetCall(node, asks, reports);
    const { nowMs } = this.#now();
    for (const report of reports) this.#account(report.key).report(node, report, nowMs);
  }

  #account(key: string): LedgerAccount {
    const { nowMs, day } = this.#now();
    let account = this.#accounts.get(key);
    if (!account) {
      if (this.#accounts.size >= this.#accountsMax) this.#forget(nowMs, day);
      if (this.#accounts.size >= this.#accountsMax) {
        throw new MillraceError("store_unavailable", `The memory ledger is full (${this.#accountsMax} accounts).`);
      }
      account = new LedgerAccount();
      this.#accounts.set(key, account);
    }
    account.turn(nowMs, day);
    return account;
  }

  #forget(nowMs: number, day: number): void {
    for (const [key, account] of this.#accounts) {
      account.turn(nowMs, day);
      const { minute, day: daily, concurrent } = account.use();
      if (minute + daily + concurrent === 0) this.#accounts.delete(key);
    }
  }

  #now() {
    const wallMs = this.#clock.now();
    const day = Math.floor(wallMs / DAY_MS);
    // Far behind is a clock that was put right: the day it was ahead of may be years away.
    this.#day = day < this.#day - 1 ? day : Math.max(day, this.#day);
    return { nowMs: this.#clock.monotonic(), wallMs, day: this.#day };
  }

  #refuseClosed(): void {
    if (this.#closed) throw new MillraceError("store_unavailable", "The memory ledger is closed.");
  }
}
