// What a case of the budget ledger's conformance suite is, what it may ask of the ledger under test, and the words of the cases.

import type { BudgetAnswer, BudgetAsk, BudgetGrant, BudgetLedger } from "../index.ts";

/** What the suite knows of a ledger under test. One harness serves one case and starts empty, at noon UTC or so. */
export interface BudgetLedgerHarness {
  /** Two calls with one namespace give two ledgers over the same accounts. */
  open: (namespace: string) => Promise<BudgetLedger>;
  /** Makes that much time pass for the ledger, whole seconds, without waiting for it. */
  elapse: (ms: number) => Promise<void>;
  /** Releases everything opened. */
  close: () => Promise<void>;
}

export interface BudgetLedgerCase {
  name: string;
  run: (harness: BudgetLedgerHarness) => Promise<void>;
}

export const exactly = (amount: number) => ({ least: amount, most: amount });

/** So many tokens and no more. */
export const ask = (key: string, tokens: number, limits: Partial<BudgetAsk> = {}): BudgetAsk => ({
  key,
  tokens: exactly(tokens),
  ...limits,
});

export function granted(answer: BudgetAnswer): readonly BudgetGrant[] {
  if (answer.kind === "granted") return answer.grants;
  throw new Error(`expected a grant, but ${answer.key} is refused by ${answer.limit}`);
}

export const limitOf = (answer: BudgetAnswer) => (answer.kind === "granted" ? "granted" : answer.limit);
