// What a queue is told, checked: every number bounded, every default stated.

import { type Clock, MillraceError, type Random, systemClock, systemRandom } from "../../base/index.ts";
import type { AdaptiveLimit } from "./adaptive-limit.ts";
import { type Priority, priorities } from "./admission.ts";

export interface QueueOptions {
  /** Requests in flight. */
  seats: AdaptiveLimit;
  /** Their tokens. */
  tokens: AdaptiveLimit;
  /** Requests waiting at most. Default 1,000. */
  waitingMax?: number;
  /** Their tokens at most. Default: four times the ceiling of `tokens`. */
  waitingTokensMax?: number;
  /** How long anyone waits at most, whatever the deadline. Default 120,000. */
  waitMsMax?: number;
  /** Served within it, a priority is calm. Default 500. */
  targetMs?: number;
  /** Not calm for so long, its queue stands. Default 5,000. */
  intervalMs?: number;
  /** Least share in the tokens admitted, while it waits, of each priority. Together less than 1. Default 0.1, 0.1, 0.05, 0.02. */
  floors?: Readonly<Record<Priority, number>>;
  /** A tenant's weight in fair queuing, from 0.001 to 1,000. Default 1. */
  weightOf?: (tenant: string) => number;
  clock?: Clock;
  random?: Random;
}

export type CheckedOptions = Required<QueueOptions>;

const DAY_MS = 86_400_000;

/** Throws `option_invalid`. */
export function checkedOptions(options: QueueOptions): CheckedOptions {
  const checked = {
    waitingMax: 1000,
    waitingTokensMax: 4 * options.tokens.ceiling,
    waitMsMax: 120_000,
    targetMs: 500,
    intervalMs: 5000,
    floors: { critical: 0.1, high: 0.1, normal: 0.05, low: 0.02 },
    weightOf: () => 1,
    clock: systemClock,
    random: systemRandom,
    ...options,
  };
  for (const name of ["waitingMax", "waitingTokensMax", "waitMsMax", "targetMs", "intervalMs"] as const) {
    if (!(checked[name] > 0 && Number.isFinite(checked[name]))) throw invalid(`\`${name}\` is a finite number over 0.`);
  }
  if (checked.waitMsMax > DAY_MS) throw invalid("`waitMsMax` is at most a day.");
  const shares = priorities.map((priority) => checked.floors[priority]);
  const isShared = shares.every((share) => share >= 0) && shares.reduce((sum, share) => sum + share, 0) < 1;
  if (!isShared) throw invalid("`floors` are 0 or more each and together less than 1.");
  return checked;
}

/** A weight that cannot be used is no reason to refuse a request. */
export const boundedWeight = (weight: number): number => (weight > 0 ? Math.min(1000, Math.max(0.001, weight)) : 1);

const invalid = (what: string): MillraceError => new MillraceError("option_invalid", `A queue's ${what}`);
