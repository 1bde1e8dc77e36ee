// What a batcher is told, checked: every number bounded, every default stated.

import { type Cancellation, type Clock, MillraceError, type Random, systemClock, systemRandom } from "../../base/index.ts";

export interface BatcherOptions<Item, Result> {
  /**
   * Commits all of the items, or none, in their order; resolves once they are durable, with a result for each. What is wrong with
   * one item is best told in its result. A commit that rejects may be sent again, whole or in halves: it has done nothing, or
   * does nothing twice. `signal` aborts after `commitMsMax` and at the end of `close`: then the commit is to end, soon.
   */
  commit: (items: readonly Item[], signal: Cancellation) => Promise<readonly Result[]>;
  /** Of an item, in any fixed way. Said once, when it is added. */
  bytesOf: (item: Item) => number;
  /** Items of the same key are committed in the order in which they were added. Default: no order is kept. */
  keyOf?: (item: Item) => string | undefined;
  /** 0, which goes first, to 7. An item of a better rank lifts those of its key before it. Default: all are alike. */
  rankOf?: (item: Item) => number;
  /** Whether a commit that failed so is worth another try with the same items. Default: `store_unavailable` is. */
  isRetriable?: (error: unknown) => boolean;
  /** In one commit, at most. Default 50. */
  itemsMax?: number;
  /** In one commit, at most; a larger item goes alone. Default 4 MiB. */
  bytesMax?: number;
  /** Commits at once, at most. Default 1. */
  commitsMax?: number;
  /** With `commitsMax` over 1: how long items that fill no commit are held back while one runs, to gather more. Default 1,000. */
  collectMsMax?: number;
  /** An item that waited for as long goes first, whatever its rank and size. Default 5,000. */
  holdMsMax?: number;
  /** Limit on one commit. Default 10,000. */
  commitMsMax?: number;
  /** How long a commit whose signal aborted may take to end; then the next one begins all the same. Default 1,000. */
  abortMsMax?: number;
  /** How long `close` waits that is told no deadline. Default 10,000. */
  closeMsMax?: number;
  /** Items waiting for a commit, at most. Default 10,000. */
  waitingMax?: number;
  /** Their bytes, at most. Default 64 MiB. */
  waitingBytesMax?: number;
  /** Beyond that an item is refused with `batch_full`, or waits for room; of the latter as many at most as `waitingMax`. Default `refuse`. */
  whenFull?: "refuse" | "wait";
  retry?: RetryOptions;
  clock?: Clock;
  random?: Random;
}

export interface RetryOptions {
  /** Pause after the first failed commit, doubled with each further one in a row; then up to half of it less, by chance. Default 50. */
  firstMs?: number;
  /** Default 5,000. */
  maxMs?: number;
  /** An item is given up when it was there for so long and commits failed for so long. Default 30,000. */
  forMs?: number;
}

export type CheckedOptions<Item, Result> = Required<Omit<BatcherOptions<Item, Result>, "retry">> & {
  retry: Required<RetryOptions>;
};

const COUNTS = ["itemsMax", "bytesMax", "commitsMax", "waitingMax", "waitingBytesMax"] as const;
const TIMES = ["collectMsMax", "holdMsMax", "commitMsMax", "abortMsMax", "closeMsMax"] as const;
const RETRY_TIMES = ["firstMs", "maxMs", "forMs"] as const;

/** Throws `option_invalid` for a number that bounds nothing. */
export function checkedOptions<Item, Result>(options: BatcherOptions<Item, Result>): CheckedOptions<Item, Result> {
  const checked = {
    keyOf: () => undefined,
    rankOf: () => 0,
    isRetriable: (error: unknown) => MillraceError.is(error, "store_unavailable"),
    itemsMax: 50,
    bytesMax: 4 * 1024 * 1024,
    commitsMax: 1,
    collectMsMax: 1000,
    holdMsMax: 5000,
    commitMsMax: 10_000,
    abortMsMax: 1000,
    closeMsMax: 10_000,
    waitingMax: 10_000,
    waitingBytesMax: 64 * 1024 * 1024,
    whenFull: "refuse" as const,
    clock: systemClock,
    random: systemRandom,
    ...options,
    retry: { firstMs: 50, maxMs: 5000, forMs: 30_000, ...options.retry },
  };
  for (const name of COUNTS) {
    if (!Number.isSafeInteger(checked[name]) || checked[name] < 1) throw invalid(`\`${name}\` is a whole number of 1 or more.`);
  }
  for (const name of TIMES) checkTime(name, checked[name]);
  for (const name of RETRY_TIMES) checkTime(`retry.${name}`, checked.retry[name]);
  if (checked.whenFull !== "refuse" && checked.whenFull !== "wait") throw invalid('`whenFull` is "refuse" or "wait".');
  return checked;
}

function checkTime(name: string, ms: number): void {
  if (!(Number.isFinite(ms) && ms > 0)) throw invalid(`\`${name}\` is a finite number of milliseconds over 0.`);
}

const invalid = (what: string): MillraceError => new MillraceError("option_invalid", `A batcher's ${what}`);
