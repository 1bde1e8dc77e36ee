// One account's use: tokens of the last minute, of the day, and reservations under way. Knows no limits of its own.

import type { AccountUsage, BudgetLimits, Refused } from "./budget.ts";
import { TokenWindow } from "./token-window.ts";

const DAY_MS = 86_400_000;
/** A reservation ends when its answer does; nobody knows when. */
const CONCURRENT_RETRY_MS = 2000;

/** Where a reservation was charged, so that what it did not use can be given back there. */
export interface Charge {
  readonly tokens: number;
  readonly second: number;
  readonly day: number;
}

export class AccountBook {
  readonly #window = new TokenWindow();
  #day = 0;
  #dayTokens = 0;
  #open = 0;

  /** Why there is no room for so many tokens more, or undefined. Times of both clocks, milliseconds. */
  lacks(tokens: number, limits: BudgetLimits, nowMs: number, wallMs: number): Omit<Refused, "kind" | "account"> | undefined {
    const { tokensPerMinute = Infinity, tokensPerDay = Infinity, concurrent = Infinity } = limits;
    if (tokens > tokensPerMinute || tokens > tokensPerDay) return { limit: "too_large", retryAfterMs: DAY_MS };
    if (this.#open >= concurrent) return { limit: "concurrent", retryAfterMs: CONCURRENT_RETRY_MS };
    this.#turnDay(wallMs);
    if (this.#dayTokens + tokens > tokensPerDay)
      return { limit: "tokensPerDay", retryAfterMs: (this.#day + 1) * DAY_MS - wallMs };
    const waitMs = this.#window.waitMs(tokens, tokensPerMinute, nowMs);
    return waitMs > 0 ? { limit: "tokensPerMinute", retryAfterMs: Math.min(waitMs, DAY_MS) } : undefined;
  }

  open(tokens: number, nowMs: number, wallMs: number): Charge {
    this.#open++;
    this.#turnDay(wallMs);
    this.#dayTokens += tokens;
    return { tokens, second: this.#window.charge(tokens, nowMs), day: this.#day };
  }

  /** @param tokens really used */
  close(charge: Charge, tokens: number, nowMs: number, wallMs: number): void {
    this.#open--;
    this.#turnDay(wallMs);
    const more = tokens - charge.tokens;
    if (more > 0) this.#window.charge(more, nowMs);
    else this.#window.giveBack(-more, charge.second, nowMs);
    // What was reserved yesterday was yesterday's.
    if (more > 0 || charge.day === this.#day) this.#dayTokens = Math.max(0, this.#dayTokens + more);
  }

  get isOpen(): boolean {
    return this.#open > 0;
  }

  usage(nowMs: number, wallMs: number): AccountUsage {
    this.#turnDay(wallMs);
    return { minute: this.#window.used(nowMs), day: this.#dayTokens, concurrent: this.#open };
  }

  /**
   * A wall clock that steps back begins no day anew. Far behind it is one that was put right: the day it was ahead of may be
   * years away, so that day is over, and what was used stays.
   */
  #turnDay(wallMs: number): void {
    const day = Math.floor(wallMs / DAY_MS);
    if (day === this.#day || day === this.#day - 1) return;
    if (day > this.#day) this.#dayTokens = 0;
    this.#day = day;
  }
}
