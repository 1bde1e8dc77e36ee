// Port: budgets of tokens and calls that several nodes share. A node leases a block of tokens for a moment and spends it by
// itself; what it does not spend it gives back. Calls at once are leased until they are not renewed: a dead node's come free.
// Invariant: what is leased, less what was given back, is within each limit in any 60 seconds, spent when it may be.
// Time is the ledger's own. Every implementation passes ports/conformance/budget-ledger.ts.

/** How long after it was asked for a block may be spent, at most; a charge counts for 60 s beyond. */
export const BLOCK_MS = 2000;
/** How long calls count that are not renewed. */
export const CALLS_MS = 15_000;
/** Accounts in one call. */
export const BUDGET_ENTRIES_MAX = 500;
/** Grants given back in one report. */
export const BUDGET_RETURNS_MAX = 200;

/** What a node has to tell of an account. Amounts are finite and 0 or more. */
export interface BudgetReport {
  readonly key: string;
  /** What is not used of earlier grants. The charge of a second or day that is over stays. */
  readonly back?: readonly BudgetReturn[];
  /** Used beyond what was leased: charged now, whatever the limits. */
  readonly owed?: number;
  /** How many calls this node has leased from now on. Renews them; 0 ends them. */
  readonly calls?: number;
}

export interface BudgetReturn {
  /** Of the grant. */
  readonly second: number;
  readonly day: number;
  readonly tokens: number;
}

/** The least that helps at all, and the most that is useful: beyond `least` a part of the room is granted. */
export interface Span {
  readonly least: number;
  readonly most: number;
}

export interface BudgetAsk {
  readonly key: string;
  /** Each limit that is absent is none. */
  readonly tokensPerMinute?: number | undefined;
  /** Of the calendar day, UTC. */
  readonly tokensPerDay?: number | undefined;
  readonly concurrent?: number | undefined;
  readonly tokens: Span;
  /** Calls that the node wants to have leased in all. Absent: as many as it has. */
  readonly calls?: Span | undefined;
}

export interface BudgetGrant {
  readonly tokens: number;
  /** Leased to the node in all; undefined when not asked for. */
  readonly calls: number | undefined;
  /** What the tokens are charged to, for giving back. */
  readonly second: number;
  readonly day: number;
  /** How long after asking they may be spent, milliseconds. */
  readonly lifeMs: number;
}

export type BudgetAnswer =
  | { readonly kind: "granted"; readonly grants: readonly BudgetGrant[] }
  | {
      readonly kind: "refused";
      readonly key: string;
      readonly limit: "tokensPerMinute" | "tokensPerDay" | "concurrent";
      /** Until enough is free if nobody else asks; 0 for `concurrent`, since when a call ends is not known. */
      readonly retryAfterMs: number;
    };

export interface BudgetUse {
  /** Of the last 60 seconds and a little more. */
  readonly minute: number;
  readonly day: number;
  readonly concurrent: number;
}

/** All throw `store_unavailable`; `key_invalid` for keys and nodes that KeyValue refuses as keys, and for what is over the limits above. */
export interface BudgetLedger {
  /** First takes the reports, always; then grants all that is asked for, in the order of `asks`, or nothing. Each account is in `asks` once. */
  lease(node: string, asks: readonly BudgetAsk[], reports: readonly BudgetReport[]): Promise<BudgetAnswer>;
  report(node: string, reports: readonly BudgetReport[]): Promise<void>;
  usage(key: string): Promise<BudgetUse>;
  close(): Promise<void>;
}
