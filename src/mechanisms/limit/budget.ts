// What callers ask of budgets and what they are told. Outcomes are values; account keys are opaque here. Types alone.

export interface BudgetLimits {
  /** Tokens in any 60 seconds. */
  readonly tokensPerMinute?: number | undefined;
  /** Tokens from midnight to midnight, UTC. */
  readonly tokensPerDay?: number | undefined;
  /** Reservations that are neither settled nor released. */
  readonly concurrent?: number | undefined;
}

export interface Account {
  readonly key: string;
  readonly limits: BudgetLimits;
}

export interface Reserved {
  readonly kind: "reserved";
  /** What was really used. More than reserved is charged, and what comes next pays for it; less is given back. What is no amount counts as what was reserved. */
  settle(tokens: number): void;
  /** Nothing was used. Of `settle` and `release` the first call counts. */
  release(): void;
}

export interface Refused {
  readonly kind: "refused";
  /** The key of the account that has no room. */
  readonly account: string;
  /** `too_large`: more than the limit itself, so that waiting is no use. */
  readonly limit: keyof BudgetLimits | "too_large";
  /** When there is room again if nobody else comes; for `concurrent` a guess. */
  readonly retryAfterMs: number;
}

export interface AccountUsage {
  readonly minute: number;
  readonly day: number;
  readonly concurrent: number;
}
