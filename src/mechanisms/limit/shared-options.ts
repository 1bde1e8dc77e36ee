// What shared budgets are told, checked: every number bounded, every default stated.

import { type Clock, MillraceError, type Random, systemClock, systemRandom, uuidv7Source } from "../../base/index.ts";
import type { BudgetLedger } from "../../ports/index.ts";

export interface SharedBudgetsOptions {
  ledger: BudgetLedger;
  /** No other node's, and no other run's of this one. Default: one by chance. */
  nodeId?: string;
  /** While the ledger is away, the part of each limit that this node lets in by itself: 1 / nodes. Default 0: what is not leased is refused. */
  awayShare?: number;
  /** How long one call of the ledger may take, milliseconds. Default 50. */
  callMsMax?: number;
  /** How long a caller waits in all, milliseconds, when others of the same account ask before it. Default 250. */
  waitMsMax?: number;
  /** How long the ledger is left alone after it failed or was slow, milliseconds. Default 1,000. */
  coolDownMs?: number;
  /** Accounts remembered. When full, one without open calls that was not asked for of late is forgotten. Default 100,000. */
  accountsMax?: number;
  clock?: Clock;
  random?: Random;
}

export type CheckedSharedOptions = Required<SharedBudgetsOptions>;

/** Throws `option_invalid`. */
export function checkedSharedOptions(options: SharedBudgetsOptions): CheckedSharedOptions {
  const { clock = systemClock, random = systemRandom } = options;
  const checked = {
    awayShare: 0,
    callMsMax: 50,
    waitMsMax: 250,
    coolDownMs: 1000,
    accountsMax: 100_000,
    ...options,
    nodeId: options.nodeId ?? uuidv7Source(clock, random)(),
    clock,
    random,
  };
  for (const name of ["callMsMax", "waitMsMax", "coolDownMs"] as const) {
    if (!(checked[name] > 0 && Number.isFinite(checked[name]))) throw invalid(`\`${name}\` is a finite number over 0.`);
  }
  if (!Number.isSafeInteger(checked.accountsMax) || checked.accountsMax < 1)
    throw invalid("`accountsMax` is a whole number of 1 or more.");
  if (!(checked.awayShare >= 0 && checked.awayShare <= 1)) throw invalid("`awayShare` is from 0 to 1.");
  if (checked.nodeId === "" || checked.nodeId.length > 256 || !checked.nodeId.isWellFormed())
    throw invalid("`nodeId` is 1 to 256 characters.");
  return checked;
}

const invalid = (what: string): MillraceError => new MillraceError("option_invalid", `Shared budgets' ${what}`);
