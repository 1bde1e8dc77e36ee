// What this node has of one shared account: a block of tokens that may be spent until it ends, calls that are leased until they
// are not renewed, and what is to be told to the ledger. Spends nothing that was not leased before.

import { type BudgetAsk, type BudgetGrant, type BudgetReport, type BudgetReturn, CALLS_MS } from "../../ports/index.ts";
import type { BudgetLimits, Refused } from "./budget.ts";

/** Renewed three times before they end. */
const RENEW_MS = CALLS_MS / 3;
/** How long a refusal is repeated without asking again. */
const REFUSAL_MS = 100;
/** A call ends when its answer does; nobody knows when. */
const CALL_RETRY_MS = 2000;
/** Charges of seconds so long ago count for the day alone. */
const OLD_SECONDS = 90;

/** What a reservation was charged to; undefined where the account has no limit in tokens. */
export type Charge = Pick<BudgetReturn, "second" | "day"> | undefined;

interface KnownRefusal {
  readonly limit: Refused["limit"];
  readonly tokens: number;
  readonly untilMs: number;
  readonly freeAtMs: number;
}

export class LeasedAccount {
  readonly key: string;
  #free = 0;
  #block: Pick<BudgetReturn, "second" | "day"> = { second: 0, day: 0 };
  #endsMs = Number.NEGATIVE_INFINITY;
  /** Spent of the present block, for the size of the next. */
  #spent = 0;
  #back: BudgetReturn[] = [];
  #owed = 0;
  #open = 0;
  #openMost = 0;
  #leased = 0;
  #leaseEndsMs = Number.NEGATIVE_INFINITY;
  #toldMs = Number.NEGATIVE_INFINITY;
  /** Whether the ledger may believe something else of the calls than is so. */
  #isUntold = false;
  #refusal: KnownRefusal | undefined;
  /** Ends when the ledger has answered whoever asks for this account. */
  flight: Promise<void> | undefined;
  waitingTokens = 0;
  waitingCalls = 0;

  constructor(key: string) {
    this.key = key;
  }

  /** Whether it must not be forgotten. */
  get isOpen(): boolean {
    return this.#open > 0 || this.#owed > 0 || this.flight !== undefined || this.waitingCalls > 0;
  }

  get openCalls(): number {
    return this.#open;
  }

  lacksTokens(limits: BudgetLimits, tokens: number, nowMs: number): boolean {
    return isTokenLimited(limits) && !(this.#free >= tokens && nowMs < this.#endsMs);
  }

  lacksCalls({ concurrent }: BudgetLimits, nowMs: number): boolean {
    return concurrent !== undefined && !(this.#open < Math.min(this.#leased, concurrent) && nowMs < this.#leaseEndsMs);
  }

  /** Of what is leased; callers have seen that it is there. */
  take(limits: BudgetLimits, tokens: number): Charge {
    this.openOne();
    if (!isTokenLimited(limits)) return undefined;
    this.#free -= tokens;
    this.#spent += tokens;
    return this.#block;
  }

  /** A call that is let in without a lease. */
  openOne(): void {
    this.#openMost = Math.max(this.#openMost, ++this.#open);
  }

  /** The call is over. */
  close(charge: Charge, tokens: number, used: number, nowMs: number): void {
    this.#open--;
    this.#refusal = undefined;
    if (!charge) return;
    const isHere = charge === this.#block && nowMs < this.#endsMs;
    if (used <= tokens) {
      if (isHere) this.#free += tokens - used;
      else this.#giveBack(charge, tokens - used);
      return;
    }
    const here = nowMs < this.#endsMs ? Math.min(this.#free, used - tokens) : 0;
    this.#free -= here;
    this.owe(used - tokens - here);
  }

  owe(tokens: number): void {
    this.#owed = Math.min(Number.MAX_SAFE_INTEGER, this.#owed + tokens);
  }

  get owes(): boolean {
    return this.#owed > 0;
  }

  ask(limits: BudgetLimits, tokens: number, nowMs: number): BudgetAsk {
    const most = Math.max(2 * tokens, 2 * this.#spent, this.waitingTokens);
    const least = this.#open + 1;
    const mostCalls = Math.max(least, this.#openMost + 1, this.#open + this.waitingCalls);
    return {
      key: this.key,
      ...wholeLimits(limits),
      tokens: isTokenLimited(limits) ? { least: tokens, most: Math.min(most, Number.MAX_SAFE_INTEGER) } : { least: 0, most: 0 },
      calls: this.lacksCalls(limits, nowMs) ? { least, most: mostCalls } : undefined,
    };
  }

  /** @param sentMs when it was asked for */
  grant(grant: BudgetGrant, sentMs: number): void {
    this.#refusal = undefined;
    this.#retire();
    this.#free = grant.tokens;
    this.#block = { second: grant.second, day: grant.day };
    this.#endsMs = sentMs + grant.lifeMs;
    this.#spent = 0;
    if (grant.calls === undefined) return;
    this.#leased = grant.calls;
    this.#renewed(sentMs);
  }

  /** The answer to an ask was lost, or came too late to be used. */
  lost(grant?: BudgetGrant): void {
    this.#isUntold = true;
    if (grant) this.#giveBack(grant, grant.tokens);
  }

  refuse(limit: Refused["limit"], tokens: number, retryAfterMs: number, nowMs: number): void {
    const waitMs = limit === "concurrent" ? CALL_RETRY_MS : retryAfterMs;
    this.#refusal = { limit, tokens, untilMs: nowMs + Math.min(REFUSAL_MS, waitMs), freeAtMs: nowMs + waitMs };
  }

  /** What the ledger said a moment ago, if it holds for so many tokens too. */
  knownRefusal(tokens: number, nowMs: number): Omit<Refused, "kind" | "account"> | undefined {
    const { limit, tokens: refused, untilMs, freeAtMs } = this.#refusal ?? NO_REFUSAL;
    if (nowMs >= untilMs || (limit !== "concurrent" && tokens < refused)) return undefined;
    return { limit, retryAfterMs: Math.max(0, freeAtMs - nowMs) };
  }

  /** What is to be told, taken out of here; undefined for nothing. @param ending also what could still be used */
  report(nowMs: number, ending: "all" | "block" | "what is over"): BudgetReport | undefined {
    if (ending !== "what is over" || nowMs >= this.#endsMs) this.#retire();
    const calls = ending === "block" ? undefined : this.#callsToTell(nowMs, ending === "all");
    if (this.#back.length === 0 && this.#owed === 0 && calls === undefined) return undefined;
    const report = { key: this.key, back: this.#back, owed: this.#owed, ...(calls === undefined ? {} : { calls }) };
    this.#back = [];
    this.#owed = 0;
    return report;
  }

  told(report: BudgetReport, sentMs: number): void {
    if (report.calls !== undefined) this.#renewed(sentMs);
  }

  /** What was to be given back may have been taken, and is not said again: it could be freed twice. Debt is. */
  untold({ owed = 0, calls }: BudgetReport): void {
    this.owe(owed);
    if (calls !== undefined) this.#isUntold = true;
  }

  /** Whether there is, or will be, something to tell. */
  get isDirty(): boolean {
    return this.#free > 0 || this.#back.length > 0 || this.#owed > 0 || this.#leased > 0 || this.#isUntold;
  }

  #callsToTell(nowMs: number, isEnding: boolean): number | undefined {
    const wanted = isEnding ? this.#open : Math.max(this.#openMost, this.#open);
    const isSmaller = wanted < this.#leased;
    const isDue = this.#leased > 0 && nowMs - this.#toldMs >= RENEW_MS;
    if (this.flight) return undefined;
    this.#openMost = this.#open;
    if (!(isSmaller || isDue || this.#isUntold)) return undefined;
    this.#leased = Math.min(this.#leased, wanted);
    this.#isUntold = false;
    this.#toldMs = nowMs;
    return Math.max(this.#leased, Math.min(this.#open, wanted));
  }

  #renewed(sentMs: number): void {
    this.#toldMs = sentMs;
    this.#leaseEndsMs = Math.max(this.#leaseEndsMs, sentMs + CALLS_MS);
  }

  /** The block stays: what calls give back of it until it ends may be spent again. */
  #retire(): void {
    if (this.#free > 0) this.#giveBack(this.#block, this.#free);
    this.#free = 0;
  }

  #giveBack({ second, day }: Pick<BudgetReturn, "second" | "day">, tokens: number): void {
    if (tokens === 0) return;
    const counts = second > this.#block.second - OLD_SECONDS ? second : 0;
    const same = this.#back.findIndex((each) => each.second === counts && each.day === day);
    const [before] = same < 0 ? [] : this.#back.splice(same, 1);
    this.#back.push({ second: counts, day, tokens: (before?.tokens ?? 0) + tokens });
  }
}

const NO_REFUSAL: KnownRefusal = { limit: "concurrent", tokens: 0, untilMs: Number.NEGATIVE_INFINITY, freeAtMs: 0 };

export const isTokenLimited = ({ tokensPerMinute, tokensPerDay }: BudgetLimits): boolean =>
  tokensPerMinute !== undefined || tokensPerDay !== undefined;

function wholeLimits({ tokensPerMinute, tokensPerDay, concurrent }: BudgetLimits): BudgetLimits {
  const whole = (limit: number | undefined) =>
    limit === undefined ? undefined : Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, Math.floor(limit) || 0));
  return { tokensPerMinute: whole(tokensPerMinute), tokensPerDay: whole(tokensPerDay), concurrent: whole(concurrent) };
}
