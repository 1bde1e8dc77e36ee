// The conformance suite of the budget ledger, as plain cases: a test file runs each against every store that claims the port.
// A case passes when `run` resolves, and fails when it rejects with a reason.

import { callCases } from "./budget-ledger-calls.ts";
import type { BudgetLedgerCase } from "./budget-ledger-case.ts";
import { tokenCases } from "./budget-ledger-tokens.ts";

export const budgetLedgerCases: readonly BudgetLedgerCase[] = [...tokenCases, ...callCases];

export type { BudgetLedgerCase, BudgetLedgerHarness } from "./budget-ledger-case.ts";
