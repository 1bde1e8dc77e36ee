// Sees batches through: one commit, further tries while the engine fails, halves when an item may be bad. Invariants: each entry of a batch
// is settled once, by what the last commit with it said; the parts of a batch are committed in its order, one after the other.

import type { Abortable } from "../../base/index.ts";
import { attempt, type Failure } from "./attempt.ts";
import type { CheckedOptions } from "./batch-options.ts";
import type { Counts } from "./counts.ts";
import type { Entry } from "./entry.ts";
import type { Flushes } from "./flushes.ts";
import { Outage } from "./outage.ts";

export interface CommitterOptions<Item, Result> {
  readonly batch: CheckedOptions<Item, Result>;
  readonly counts: Counts;
  readonly flushes: Flushes;
  /** Aborts, with the reason that callers are told, when no commit is waited for any more. */
  readonly ends: Abortable;
  /** Told after a commit that failed without an item to blame. */
  readonly failed: (error: unknown, outage: Outage) => void;
}

export class Committer<Item, Result> {
  /** Items in commits. */
  committing = 0;
  readonly outage: Outage;
  readonly #options: CommitterOptions<Item, Result>;

  constructor(options: CommitterOptions<Item, Result>) {
    this.#options = options;
    this.outage = new Outage(options.batch.retry, options.batch.random);
  }

  /** Settles all of them, whatever happens. */
  async commit(batch: Entry<Item, Result>[]): Promise<void> {
    const { ends, counts } = this.#options;
    this.committing += batch.length;
    /** Since when this batch fails, also where others of the same time do not. */
    let sinceMs: number | undefined;
    const parts = [batch];
    for (let part = parts.shift(); part; part = parts.shift()) {
      const failure = await this.#attempt(part);
      if (failure && !ends.aborted && this.#isRetriable(failure)) {
        sinceMs ??= this.outage.sinceMs;
        const left = await this.#pause(part, failure, sinceMs);
        if (left.length > 0) parts.unshift(left);
        continue;
      }
      sinceMs = undefined;
      if (!failure) continue;
      if (ends.aborted) {
        this.#fail(part, failure);
        this.#fail(parts.splice(0).flat(), { error: ends.reason, isUnknown: false });
      } else if (failure.isUnknown || part.length === 1) {
        this.#fail(part, failure);
      } else {
        counts.splits++;
        const half = Math.ceil(part.length / 2);
        parts.unshift(part.slice(0, half), part.slice(half));
      }
    }
  }

  /** Acknowledges them, or says why not. */
  async #attempt(part: readonly Entry<Item, Result>[]): Promise<Failure | undefined> {
    const { batch, ends, failed } = this.#options;
    const items = part.map(({ item }) => item);
    const attempted = await attempt(batch, items, ends);
    const nowMs = batch.clock.monotonic();
    if ("results" in attempted) {
      this.outage.over();
      this.#acknowledge(part, attempted.results, nowMs);
      return undefined;
    }
    if (attempted.isUnknown || this.#isRetriable(attempted)) {
      this.outage.failed(nowMs);
      failed(attempted.error, this.outage);
    } else this.outage.over();
    return attempted;
  }

  #acknowledge(part: readonly Entry<Item, Result>[], results: readonly Result[], nowMs: number): void {
    const { counts, flushes } = this.#options;
    counts.commits++;
    counts.acknowledged += part.length;
    this.committing -= part.length;
    part.forEach((entry, index) => {
      const tookMs = nowMs - entry.addedMs;
      counts.tookMs += tookMs;
      counts.tookMsMax = Math.max(counts.tookMsMax, tookMs);
      entry.resolve(results[index] as Result);
      flushes.settled(entry.order);
    });
  }

  #fail(part: readonly Entry<Item, Result>[], { error, isUnknown }: Failure): void {
    const { counts, flushes } = this.#options;
    counts.failed += part.length;
    if (isUnknown) counts.unknown += part.length;
    this.committing -= part.length;
    for (const entry of part) {
      entry.reject(error);
      flushes.settled(entry.order);
    }
  }

  /** Leaves the engine alone for a moment. @returns those whose time for another try is not over */
  async #pause(part: readonly Entry<Item, Result>[], failure: Failure, sinceMs = 0): Promise<Entry<Item, Result>[]> {
    const { batch, ends, counts } = this.#options;
    const { clock, retry } = batch;
    const nowMs = clock.monotonic();
    const isOver = ({ addedMs }: Entry<Item, Result>) => Math.max(sinceMs, addedMs) + retry.forMs <= nowMs;
    this.#fail(part.filter(isOver), failure);
    const left = part.filter((entry) => !isOver(entry));
    await clock.sleep(this.outage.pauseMs(), ends).catch(() => {});
    if (ends.aborted) {
      this.#fail(left, failure);
      return [];
    }
    if (left.length > 0) counts.retries++;
    return left;
  }

  #isRetriable({ error }: Failure): boolean {
    try {
      return this.#options.batch.isRetriable(error);
    } catch {
      return false;
    }
  }
}
