// One account of the memory ledger: charges of the last minute by second, of the day, and the calls each node has leased.
// Knows no clock: whoever calls says what time it is, and has it `turn` to it first.

import {
  BLOCK_MS,
  type BudgetAnswer,
  type BudgetAsk,
  type BudgetReport,
  type BudgetUse,
  CALLS_MS,
  grantOf,
} from "../../ports/index.ts";

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
/** The second that runs, the 60 before, and as long as a block may be spent after it was charged. */
const SECONDS = 61 + BLOCK_MS / SECOND_MS;

type Lacking = Omit<Extract<BudgetAnswer, { kind: "refused" }>, "kind" | "key">;

interface Calls {
  readonly count: number;
  readonly endMs: number;
}

export class LedgerAccount {
  readonly #bySecond = new Map<number, number>();
  readonly #calls = new Map<string, Calls>();
  #day = 0;
  #dayTokens = 0;

  /** Lets go what is over. */
  turn(nowMs: number, day: number): void {
    const oldest = Math.floor(nowMs / SECOND_MS) - SECONDS;
    for (const second of this.#bySecond.keys()) {
      if (second > oldest) break; // They were charged in order.
      this.#bySecond.delete(second);
    }
    for (const [node, { endMs }] of this.#calls) if (endMs <= nowMs) this.#calls.delete(node);
    if (day === this.#day) return;
    // A day that was years ahead keeps its charge: nobody shall gain by a clock that is put right.
    if (day > this.#day) this.#dayTokens = 0;
    this.#day = day;
  }

  use(): BudgetUse {
    return {
      minute: sum(this.#bySecond.values()),
      day: this.#dayTokens,
      concurrent: sum(this.#calls.values().map(({ count }) => count)),
    };
  }

  report(node: string, { back = [], owed = 0, calls }: BudgetReport, nowMs: number): void {
    for (const { second, day, tokens } of back) {
      const charged = this.#bySecond.get(second);
      if (charged !== undefined) this.#bySecond.set(second, Math.max(0, charged - tokens));
      if (day === this.#day) this.#dayTokens = Math.max(0, this.#dayTokens - tokens);
    }
    if (owed > 0) this.#charge(owed, nowMs);
    if (calls !== undefined) this.#hold(node, calls, nowMs);
  }

  lacks(node: string, ask: BudgetAsk, nowMs: number, wallMs: number): Lacking | undefined {
    if (this.#callRoom(node, ask) < 0) return { limit: "concurrent", retryAfterMs: 0 };
    const { minute, day } = this.use();
    const { least } = ask.tokens;
    if (ask.tokensPerDay !== undefined && day + least > ask.tokensPerDay) {
      return { limit: "tokensPerDay", retryAfterMs: (this.#day + 1) * DAY_MS - wallMs };
    }
    let missing = ask.tokensPerMinute === undefined ? 0 : minute + least - ask.tokensPerMinute;
    if (missing <= 0) return undefined;
    for (const [second, tokens] of this.#bySecond) {
      missing -= tokens;
      if (missing <= 0) return { limit: "tokensPerMinute", retryAfterMs: (second + SECONDS) * SECOND_MS - nowMs };
    }
    return { limit: "tokensPerMinute", retryAfterMs: SECONDS * SECOND_MS };
  }

  grant(node: string, ask: BudgetAsk, nowMs: number) {
    const { minute, day } = this.use();
    const { tokensPerMinute, tokensPerDay, calls, tokens: span } = ask;
    const minuteRoom = tokensPerMinute === undefined ? Number.MAX_SAFE_INTEGER : tokensPerMinute - minute;
    const dayRoom = tokensPerDay === undefined ? Number.MAX_SAFE_INTEGER : tokensPerDay - day;
    const tokens = grantOf(span, Math.min(minuteRoom, dayRoom));
    this.#charge(tokens, nowMs);
    const held = calls && calls.least + grantOf({ least: 0, most: calls.most - calls.least }, this.#callRoom(node, ask));
    if (held !== undefined) this.#hold(node, held, nowMs);
    return { tokens, calls: held, second: Math.floor(nowMs / SECOND_MS) };
  }

  /** Calls that are left beyond the least asked for; below 0 that is refused. */
  #callRoom(node: string, { concurrent, calls }: BudgetAsk): number {
    if (!calls) return 0;
    if (concurrent === undefined) return Number.MAX_SAFE_INTEGER;
    return concurrent - calls.least - sum(this.#calls.entries().map(([holder, { count }]) => (holder === node ? 0 : count)));
  }

  #charge(tokens: number, nowMs: number): void {
    if (tokens === 0) return;
    const second = Math.floor(nowMs / SECOND_MS);
    this.#bySecond.set(second, (this.#bySecond.get(second) ?? 0) + tokens);
    this.#dayTokens += tokens;
  }

  #hold(node: string, count: number, nowMs: number): void {
    if (count === 0) this.#calls.delete(node);
    else this.#calls.set(node, { count, endMs: nowMs + CALLS_MS });
  }
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
