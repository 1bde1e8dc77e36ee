// Budgets that several nodes share through a ledger. A call is let in by what this node has leased, without a promise; else the
// ledger is asked for a block. Invariant: nothing is spent that was not leased before, except by `awayShare` while the ledger is
// away. Nobody waits for the ledger longer than `callMsMax`, and no failure of it is an error of a caller.

import { type Abortable, orAbort } from "../../base/index.ts";
import type { BudgetAnswer, BudgetAsk, BudgetReport } from "../../ports/index.ts";
import { AccountTable } from "./account-table.ts";
import type { Account, AccountUsage, Refused, Reserved } from "./budget.ts";
import { Budgets } from "./budgets.ts";
import { LeasedAccount } from "./leased-account.ts";
import { LedgerLink } from "./ledger-link.ts";
import { LedgerReports } from "./ledger-reports.ts";
import { type CheckedSharedOptions, checkedSharedOptions, type SharedBudgetsOptions } from "./shared-options.ts";
import { SharedReservation } from "./shared-reservation.ts";

/** The ledger does not answer, and what this node has leased does not cover the call. */
export interface Away {
  readonly kind: "away";
  /** Until it is tried again. */
  readonly retryAfterMs: number;
}

export interface SharedBudgetsStats {
  readonly accounts: number;
  /** Accounts forgotten because there were too many. */
  readonly forgotten: number;
  readonly reserved: number;
  readonly refused: number;
  /** Told `away`. */
  readonly away: number;
  /** Let in by `awayShare`. */
  readonly unleased: number;
  /** Leases and reports sent to the ledger, and how many of both failed or were slow. */
  readonly leases: number;
  readonly reports: number;
  readonly failures: number;
  readonly isAway: boolean;
}

export type SharedOutcome = Reserved | Refused | Away;

interface Wish {
  readonly account: LeasedAccount;
  readonly asked: Account;
}

const KEY_UNITS_MAX = 300;
const DAY_MS = 86_400_000;

export class SharedBudgets {
  readonly #options: CheckedSharedOptions;
  readonly #accounts: AccountTable<LeasedAccount>;
  readonly #link: LedgerLink;
  readonly #reports: LedgerReports;
  /** Those let in while the ledger is away. */
  readonly #alone: Budgets;
  readonly #nowMs = () => this.#options.clock.monotonic();
  readonly #closed = (account: LeasedAccount) => this.#reports.note(account);
  readonly #counts = { reserved: 0, refused: 0, away: 0, unleased: 0, leases: 0 };
  #isClosed = false;

  /** Throws `option_invalid`. */
  constructor(options: SharedBudgetsOptions) {
    this.#options = checkedSharedOptions(options);
    const { clock, accountsMax } = this.#options;
    this.#accounts = new AccountTable(accountsMax, (key) => new LeasedAccount(key));
    this.#link = new LedgerLink(this.#options);
    this.#reports = new LedgerReports(this.#options, this.#link);
    this.#alone = new Budgets({ accountsMax, clock });
  }

  /** Rejects with the signal's reason alone. @param tokens estimated, 0 or more; anything else counts as 0 */
  reserve(accounts: readonly Account[], tokens: number, signal?: Abortable): SharedOutcome | Promise<SharedOutcome> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const wanted = tokens > 0 && tokens <= Number.MAX_SAFE_INTEGER ? Math.ceil(tokens) : 0;
    const wishes = this.#wishes(accounts);
    const outcome = tooLarge(accounts, wanted) ?? this.#takeLeased(wishes, wanted) ?? this.#known(wishes, wanted);
    if (outcome) return this.#counted(outcome);
    if (this.#link.isAway || this.#isClosed) return this.#counted(this.#withoutLedger(wishes, wanted));
    const later = this.#wait(wishes, wanted).then((each) => this.#counted(each));
    if (!signal) return later;
    return orAbort(later, signal).catch((reason: unknown) => {
      // Whoever asked has left: what comes for it later is not lost.
      void later.then((each) => each.kind === "reserved" && each.release());
      throw reason;
    });
  }

  /** For people to look at, of all nodes; undefined while the ledger is away. */
  async usageOf(key: string): Promise<AccountUsage | undefined> {
    return (await this.#link.run(() => this.#options.ledger.usage(ledgerKey(key))))?.value;
  }

  stats(): SharedBudgetsStats {
    const { size, forgotten } = this.#accounts;
    const { calls, failures, isAway } = this.#link;
    const { leases } = this.#counts;
    return { ...this.#counts, accounts: size, forgotten, reports: calls - leases, failures, isAway };
  }

  /** Gives back what is leased and not used. The ledger stays open: it is its maker's. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reports.close();
  }

  /** An account that is named twice is charged once. */
  #wishes(accounts: readonly Account[]): Wish[] {
    const wishes: Wish[] = [];
    for (const asked of accounts) {
      const account = this.#accounts.get(ledgerKey(asked.key));
      if (!wishes.some((wish) => wish.account === account)) wishes.push({ account, asked });
    }
    return wishes;
  }

  #isLeased({ account, asked }: Wish, tokens: number, nowMs: number): boolean {
    return !account.lacksTokens(asked.limits, tokens, nowMs) && !account.lacksCalls(asked.limits, nowMs);
  }

  #takeLeased(wishes: readonly Wish[], tokens: number): Reserved | undefined {
    const nowMs = this.#nowMs();
    for (const wish of wishes) if (!this.#isLeased(wish, tokens, nowMs)) return undefined;
    return this.#take(wishes, tokens);
  }

  #take(wishes: readonly Wish[], tokens: number): SharedReservation {
    const reservation = new SharedReservation(tokens, this.#nowMs, this.#closed);
    for (const { account, asked } of wishes) reservation.take(account, asked.limits);
    return reservation;
  }

  #known(wishes: readonly Wish[], tokens: number): Refused | undefined {
    const nowMs = this.#nowMs();
    for (const { account, asked } of wishes) {
      const known = account.knownRefusal(tokens, nowMs);
      if (known) return { kind: "refused", account: asked.key, ...known };
    }
    return undefined;
  }

  async #wait(wishes: readonly Wish[], tokens: number): Promise<SharedOutcome> {
    const giveUpMs = this.#nowMs() + this.#options.waitMsMax;
    waiting(wishes, tokens, 1);
    try {
      while (!this.#isClosed) {
        const outcome = this.#takeLeased(wishes, tokens) ?? this.#known(wishes, tokens);
        if (outcome) return outcome;
        if (this.#nowMs() >= giveUpMs) break;
        const nowMs = this.#nowMs();
        const lacking = wishes.filter((wish) => !this.#isLeased(wish, tokens, nowMs));
        const flight = lacking.find(({ account }) => account.flight)?.account.flight;
        if (flight) {
          await flight;
          continue;
        }
        const leased = await this.#lease(wishes, lacking, tokens);
        if (leased) return leased;
        if (this.#link.isAway) break;
      }
    } finally {
      waiting(wishes, tokens, -1);
    }
    return this.#withoutLedger(wishes, tokens);
  }

  /** Undefined when the answer is of no use. What is there already is held meanwhile. */
  async #lease(wishes: readonly Wish[], lacking: readonly Wish[], tokens: number): Promise<Reserved | Refused | undefined> {
    const held = this.#take(
      wishes.filter((wish) => !lacking.includes(wish)),
      tokens,
    );
    const sentMs = this.#nowMs();
    const asks = lacking.map(({ account, asked }) => account.ask(asked.limits, tokens, sentMs));
    const reports = this.#reports.of(
      lacking.map(({ account }) => account),
      "block",
    );
    const flight = Promise.withResolvers<void>();
    for (const { account } of lacking) account.flight = flight.promise;
    const answer = await this.#send(asks, reports, lacking);
    for (const { account } of lacking) account.flight = undefined;
    const outcome = this.#taken(answer, held, lacking, tokens, sentMs);
    if (!outcome || outcome.kind === "refused") held.release();
    for (const { account } of lacking) this.#reports.note(account);
    flight.resolve();
    return outcome;
  }

  async #send(asks: BudgetAsk[], reports: BudgetReport[], lacking: readonly Wish[]): Promise<BudgetAnswer | undefined> {
    const { ledger, nodeId } = this.#options;
    const late = (answer: BudgetAnswer) => {
      lacking.forEach(({ account }, index) => {
        account.lost(answer.kind === "granted" ? answer.grants[index] : undefined);
        this.#reports.note(account);
      });
    };
    const sent = this.#link.run(() => ledger.lease(nodeId, asks, reports), late);
    if (sent) this.#counts.leases++;
    const answer = await sent;
    if (answer) return answer.value;
    for (const { account } of sent ? lacking : []) account.lost();
    this.#reports.failed(reports);
    return undefined;
  }

  #taken(answer: BudgetAnswer | undefined, held: SharedReservation, lacking: readonly Wish[], tokens: number, sentMs: number) {
    const nowMs = this.#nowMs();
    if (answer?.kind === "granted") {
      for (const [index, grant] of answer.grants.entries()) lacking[index]?.account.grant(grant, sentMs);
      if (!lacking.every((wish) => this.#isLeased(wish, tokens, nowMs))) return undefined;
      for (const { account, asked } of lacking) held.take(account, asked.limits);
      return held;
    }
    if (!answer) return undefined;
    const wish = lacking.find(({ account }) => account.key === answer.key);
    wish?.account.refuse(answer.limit, tokens, answer.retryAfterMs, nowMs);
    return this.#known(lacking, tokens);
  }

  #withoutLedger(wishes: readonly Wish[], tokens: number): SharedOutcome {
    const { awayShare, coolDownMs } = this.#options;
    const away: Away = { kind: "away", retryAfterMs: this.#link.retryAfterMs || coolDownMs };
    if (awayShare === 0 || this.#isClosed) return away;
    const part = (limit: number | undefined) => (limit === undefined ? undefined : Math.floor(limit * awayShare));
    const accounts = wishes.map(({ account, asked: { limits } }): Account => {
      const { tokensPerMinute, tokensPerDay, concurrent } = limits;
      return {
        key: account.key,
        limits: { tokensPerMinute: part(tokensPerMinute), tokensPerDay: part(tokensPerDay), concurrent: part(concurrent) },
      };
    });
    const outcome = this.#alone.reserve(accounts, tokens);
    if (outcome.kind === "refused") return outcome.limit === "too_large" ? away : this.#named(outcome, wishes);
    this.#counts.unleased++;
    return this.#unleased(outcome, wishes, tokens);
  }

  #named(refused: Refused, wishes: readonly Wish[]): Refused {
    const wish = wishes.find(({ account }) => account.key === refused.account);
    return { ...refused, account: wish?.asked.key ?? refused.account };
  }

  /** What is used without a lease is owed to the ledger. */
  #unleased(reserved: Reserved, wishes: readonly Wish[], tokens: number): Reserved {
    for (const { account } of wishes) account.openOne();
    let isOver = false;
    const close = (used: number) => {
      if (isOver) return;
      isOver = true;
      reserved.settle(used);
      for (const { account } of wishes) {
        account.close(undefined, 0, 0, this.#nowMs());
        account.owe(used);
        this.#reports.note(account);
      }
    };
    const usable = (used: number) => (used >= 0 && used <= Number.MAX_SAFE_INTEGER ? Math.ceil(used) : tokens);
    return { kind: "reserved", settle: (used) => close(usable(used)), release: () => close(0) };
  }

  #counted<T extends SharedOutcome>(outcome: T): T {
    this.#counts[outcome.kind]++;
    return outcome;
  }
}

function tooLarge(accounts: readonly Account[], tokens: number): Refused | undefined {
  const account = accounts.find(
    ({ limits }) => tokens > (limits.tokensPerMinute ?? tokens) || tokens > (limits.tokensPerDay ?? tokens),
  );
  return account && { kind: "refused", account: account.key, limit: "too_large", retryAfterMs: DAY_MS };
}

function waiting(wishes: readonly Wish[], tokens: number, sign: 1 | -1): void {
  for (const { account } of wishes) {
    account.waitingCalls += sign;
    account.waitingTokens += sign * tokens;
  }
}

/** A ledger takes keys of text up to a length; absurd ones that begin alike share an account, which lets in less. */
const ledgerKey = (key: string): string => key.slice(0, KEY_UNITS_MAX).toWellFormed() || "-";
