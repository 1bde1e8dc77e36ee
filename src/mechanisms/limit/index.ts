// The door of limits: how much an account may use, alone or shared with other nodes, and how much a request will take.

export type { Account, AccountUsage, BudgetLimits, Refused, Reserved } from "./budget.ts";
export { Budgets, type BudgetsOptions } from "./budgets.ts";
export { type Away, SharedBudgets, type SharedBudgetsStats, type SharedOutcome } from "./shared-budgets.ts";
export type { SharedBudgetsOptions } from "./shared-options.ts";
export { type Estimate, type Observed, TokenEstimator, type TokenEstimatorOptions } from "./token-estimator.ts";
