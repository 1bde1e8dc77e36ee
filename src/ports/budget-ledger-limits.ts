// The limits of the budget ledger as checks, and the part of what is left that one grant takes, so that every store does the same.
// They look at their arguments only; nothing here stores or counts.

import { MillraceError } from "../base/index.ts";
import { BUDGET_ENTRIES_MAX, BUDGET_RETURNS_MAX, type BudgetAsk, type BudgetReport, type Span } from "./budget-ledger.ts";
import { checkKey } from "./key-value-limits.ts";

/** Of the room, beyond its least: the last tokens are not to lie idle with nodes that need few. */
const GRANT_SHARE = 1 / 8;

/** @param room in which `least` is. */
export function grantOf({ least, most }: Span, room: number): number {
  return Math.max(least, Math.min(most, Math.floor(room * GRANT_SHARE)));
}

/** Throws `key_invalid` for a key that KeyValue refuses, too many accounts, or an amount that is no whole number of 0 or more. */
export function checkBudgetCall(node: string, asks: readonly BudgetAsk[], reports: readonly BudgetReport[]): void {
  checkKey(node);
  if (Math.max(asks.length, reports.length) > BUDGET_ENTRIES_MAX) {
    throw new MillraceError("key_invalid", `A ledger takes at most ${BUDGET_ENTRIES_MAX} accounts at once.`);
  }
  if (new Set(asks.map(({ key }) => key)).size < asks.length) {
    throw new MillraceError("key_invalid", "A ledger is asked for each account once at a time.");
  }
  for (const { key, tokens, calls, tokensPerMinute, tokensPerDay, concurrent } of asks) {
    checkKey(key);
    for (const limit of [tokensPerMinute, tokensPerDay, concurrent]) if (limit !== undefined) checkAmount(limit);
    for (const span of calls ? [tokens, calls] : [tokens]) {
      checkAmount(span.least);
      checkAmount(span.most);
    }
  }
  for (const { key, back = [], owed = 0, calls = 0 } of reports) {
    checkKey(key);
    if (back.length > BUDGET_RETURNS_MAX) {
      throw new MillraceError("key_invalid", `A ledger takes back at most ${BUDGET_RETURNS_MAX} grants of an account at once.`);
    }
    checkAmount(owed);
    checkAmount(calls);
    for (const { second, day, tokens } of back) for (const amount of [second, day, tokens]) checkAmount(amount);
  }
}

function checkAmount(amount: number): void {
  if (Number.isSafeInteger(amount) && amount >= 0) return;
  throw new MillraceError("key_invalid", "Tokens, calls and limits of a ledger are whole numbers of 0 or more.");
}
