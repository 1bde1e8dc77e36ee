// Many small writes into few large ones: self-clocked group commit. What comes while a commit runs goes together in the next one, which
// begins as soon as the former is done; an idle batcher commits at once and has no timer. (Postgres without `commit_delay` does so.)
// Invariants: an item is acknowledged only after the commit that held it; each caller is told once, whatever happens; items of a key
// keep their order; one bad item takes no other with it. Deliberately knows no database: what durable means is the commit's to say.

import { type Abortable, type Cancel, Cancellation, MillraceError } from "../../base/index.ts";
import { attempt, type Failure } from "./attempt.ts";
import { type BatcherOptions, type CheckedOptions, checkedOptions } from "./batch-options.ts";
import type { Entry } from "./entry.ts";
import { Flushes } from "./flushes.ts";
import { Line, RANKS } from "./line.ts";
import { LinkedList } from "./linked-list.ts";
import { Outage } from "./outage.ts";

export interface AddOptions {
  /** The item leaves when it aborts while it still waits. Once it is in a commit it stays. */
  signal?: Abortable | undefined;
}

export interface BatcherStats {
  /** Items that wait for a commit, their bytes, and items that wait for room. */
  waiting: number;
  waitingBytes: number;
  waitingForRoom: number;
  /** Items in commits, and how many commits that are: those that pause before another try among them. */
  committing: number;
  running: number;
  /** How long commits have failed without one that did not, milliseconds; 0 while all is well. */
  failingMs: number;
  /** Since the start: items by what became of them, ... */
  added: number;
  acknowledged: number;
  failed: number;
  /** Of the failed ones: whether they were committed is not known. */
  unknown: number;
  left: number;
  refused: number;
  /** ... commits that succeeded, tries again, batches split to find a bad item, ... */
  commits: number;
  retries: number;
  splits: number;
  /** ... milliseconds from adding to acknowledgement, all together, and the longest of them. */
  tookMs: number;
  tookMsMax: number;
}

export class Batcher<Item, Result> {
  readonly #options: CheckedOptions<Item, Result>;
  readonly #line = new Line<Item, Result>();
  /** Those for whom there was no room, first come, first served. */
  readonly #outside = new LinkedList<Entry<Item, Result>>();
  readonly #flushes = new Flushes();
  readonly #outage: Outage;
  /** Aborts when no commit is waited for any more. */
  readonly #ends = new Cancellation();
  readonly #counts = {
    ...{ added: 0, acknowledged: 0, failed: 0, unknown: 0, left: 0, refused: 0 },
    ...{ commits: 0, retries: 0, splits: 0, tookMs: 0, tookMsMax: 0 },
  };
  #running = 0;
  #committing = 0;
  #isWaking = false;
  #cancelCollect: Cancel | undefined;
  #closed: Promise<number> | undefined;

  /** Throws `option_invalid` for an option that bounds nothing. */
  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = checkedOptions(options);
    this.#outage = new Outage(this.#options.retry, this.#options.random);
  }

  /**
   * Resolves with the item's own result once the commit that held it is done. Rejects, at once, with `batch_full`, `shutting_down`, or
   * `option_invalid` for a size or rank that is none; while it waits, with the signal's reason, `store_unavailable` when commits failed
   * for too long, or `shutting_down`: it is not committed then. After a commit, with the commit's own error, or with `batch_unknown`.
   */
  add(item: Item, { signal }: AddOptions = {}): Promise<Result> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closed) return Promise.reject(closed());
    return new Promise((resolve, reject) => this.#enter(this.#entry(item, resolve, reject), signal));
  }

  /** Resolves once all is settled that was added before, and holds nothing back to gather more until then. Rejects as its signal does. */
  flush({ signal }: AddOptions = {}): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const leave = () => reject(signal?.reason);
      signal?.addEventListener("abort", leave, { once: true });
      void this.#flushes.wait().then(() => {
        signal?.removeEventListener("abort", leave);
        resolve();
      });
      this.#begin(true);
    });
  }

  /**
   * Takes no more items and commits those there are.
   * @param deadlineMs monotonic time after which the others are given up. Default: `closeMsMax` from now. The first call's counts.
   * @returns how many items failed since the call, those given up among them
   */
  close(deadlineMs?: number): Promise<number> {
    this.#closed ??= this.#close(deadlineMs);
    return this.#closed;
  }

  stats(): BatcherStats {
    const { sinceMs } = this.#outage;
    return {
      ...this.#counts,
      waiting: this.#line.size,
      waitingBytes: this.#line.bytes,
      waitingForRoom: this.#outside.size,
      committing: this.#committing,
      running: this.#running,
      failingMs: sinceMs === undefined ? 0 : this.#options.clock.monotonic() - sinceMs,
    };
  }

  async #close(deadlineMs?: number): Promise<number> {
    const { clock, closeMsMax } = this.#options;
    const { failed } = this.#counts;
    const nowMs = clock.monotonic();
    const cancel = clock.schedule(Math.max(0, (deadlineMs ?? nowMs + closeMsMax) - nowMs), () => {
      this.#ends.abort(closed());
      for (let entry = this.#oldest; entry; entry = this.#oldest) this.#giveUp(entry, closed());
    });
    await this.flush();
    cancel();
    return this.#counts.failed - failed;
  }

  #entry(item: Item, resolve: (result: Result) => void, reject: (reason: unknown) => void): Entry<Item, Result> {
    const { clock, bytesOf, keyOf, rankOf } = this.#options;
    const bytes = bytesOf(item);
    const rank = rankOf(item);
    if (!(bytes >= 0 && Number.isFinite(bytes))) throw invalid(`bytes are a finite number of 0 or more, not ${bytes}.`);
    if (!(Number.isInteger(rank) && rank >= 0 && rank < RANKS)) throw invalid(`rank is a whole number from 0 to 7, not ${rank}.`);
    return {
      ...{ item, bytes, rank, key: keyOf(item), order: 0, addedMs: clock.monotonic(), resolve, reject, unlisten: undefined },
      ...NOWHERE,
    };
  }

  /** Into the line, or beside it. Throws `batch_full`. */
  #enter(entry: Entry<Item, Result>, signal: Abortable | undefined): void {
    const { waitingMax, waitingBytesMax, whenFull } = this.#options;
    if (!this.#hasRoomFor(entry)) this.#begin(true);
    const isIn = this.#outside.size === 0 && this.#hasRoomFor(entry);
    if (!isIn && (whenFull === "refuse" || this.#outside.size >= waitingMax || entry.bytes > waitingBytesMax)) {
      this.#counts.refused++;
      throw full(this.#line.size, this.#line.bytes);
    }
    this.#counts.added++;
    entry.order = this.#flushes.added();
    if (signal) this.#listen(entry, signal);
    if (isIn) this.#line.add(entry);
    else entry.outside = this.#outside.push(entry);
    this.#wake();
  }

  #listen(entry: Entry<Item, Result>, signal: Abortable): void {
    const abort = () => {
      this.#counts.left++;
      this.#leave(entry);
      entry.reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    entry.unlisten = () => signal.removeEventListener("abort", abort);
  }

  #hasRoomFor({ bytes }: Entry<Item, Result>): boolean {
    const { waitingMax, waitingBytesMax } = this.#options;
    return this.#line.size < waitingMax && this.#line.bytes + bytes <= waitingBytesMax;
  }

  get #oldest(): Entry<Item, Result> | undefined {
    return this.#line.oldest ?? this.#outside.first?.value;
  }

  get #isFull(): boolean {
    const { ready, bytes } = this.#line;
    return ready >= this.#options.itemsMax || (ready > 0 && bytes >= this.#options.bytesMax);
  }

  #letIn(): void {
    for (let link = this.#outside.first; link && this.#hasRoomFor(link.value); link = this.#outside.first) {
      this.#outside.remove(link);
      link.value.outside = undefined;
      this.#line.add(link.value);
    }
  }

  /** Of one that waits. */
  #leave(entry: Entry<Item, Result>): void {
    if (entry.outside) this.#outside.remove(entry.outside);
    else this.#line.remove(entry);
    entry.unlisten?.();
    this.#letIn();
    this.#collect();
    this.#flushes.settled(entry.order);
  }

  #giveUp(entry: Entry<Item, Result>, reason: unknown): void {
    this.#counts.failed++;
    this.#leave(entry);
    entry.reject(reason);
  }

  /** After something was added. A moment later, when idle, so that what is added in one go is committed in one. */
  #wake(): void {
    if (this.#running === this.#options.commitsMax) return;
    if (this.#isFull) this.#begin();
    else if (this.#running > 0) this.#collect();
    else if (!this.#isWaking) {
      this.#isWaking = true;
      queueMicrotask(() => {
        this.#isWaking = false;
        this.#begin();
      });
    }
  }

  /** @param isDue begins a batch although it is not full and another one runs */
  #begin(isDue = false): void {
    const { clock, commitsMax, itemsMax, bytesMax, holdMsMax } = this.#options;
    let begins = isDue;
    while (this.#running < commitsMax && (begins || this.#running === 0 || this.#isFull || this.#flushes.areWaiting)) {
      const batch = this.#line.take({ itemsMax, bytesMax, overdueMs: clock.monotonic() - holdMsMax });
      if (batch.length === 0) break;
      begins = false;
      this.#running++;
      this.#committing += batch.length;
      for (const entry of batch) entry.unlisten?.();
      this.#letIn();
      void this.#run(batch);
    }
    this.#collect();
  }

  /** Has one timer while a commit could take what waits for more, and none otherwise. */
  #collect(): void {
    const { clock, commitsMax, collectMsMax } = this.#options;
    if (this.#running === 0 || this.#running === commitsMax || this.#line.ready === 0) {
      this.#cancelCollect?.();
      this.#cancelCollect = undefined;
      return;
    }
    this.#cancelCollect ??= clock.schedule(collectMsMax, () => {
      this.#cancelCollect = undefined;
      this.#begin(true);
    });
  }

  async #run(batch: Entry<Item, Result>[]): Promise<void> {
    await this.#commit(batch);
    this.#line.release(batch);
    this.#running--;
    this.#begin(true);
  }

  /** Settles all of them, whatever happens. In halves, in their order, after a failure that one of them may be to blame for. */
  async #commit(batch: Entry<Item, Result>[]): Promise<void> {
    let sinceMs: number | undefined;
    const parts = [batch];
    for (let part = parts.shift(); part; part = parts.shift()) {
      const failure = await this.#attempt(part);
      if (!failure) {
        sinceMs = undefined;
      } else if (this.#ends.aborted) {
        this.#fail(part, failure);
        this.#fail(parts.splice(0).flat(), { error: closed(), isUnknown: false });
      } else if (this.#isRetriable(failure.error)) {
        sinceMs ??= this.#outage.sinceMs;
        const left = await this.#pause(part, failure, sinceMs);
        if (left.length > 0) parts.unshift(left);
      } else if (failure.isUnknown || part.length === 1) {
        this.#fail(part, failure);
      } else {
        this.#counts.splits++;
        const half = Math.ceil(part.length / 2);
        parts.unshift(part.slice(0, half), part.slice(half));
      }
    }
  }

  /** Acknowledges them, or says why not. */
  async #attempt(part: readonly Entry<Item, Result>[]): Promise<Failure | undefined> {
    const { clock } = this.#options;
    const items = part.map(({ item }) => item);
    const attempted = await attempt(this.#options, items, this.#ends);
    const nowMs = clock.monotonic();
    if ("results" in attempted) {
      this.#outage.over();
      this.#acknowledge(part, attempted.results, nowMs);
      return undefined;
    }
    if (attempted.isUnknown || this.#isRetriable(attempted.error)) {
      this.#outage.failed(nowMs);
      this.#giveUpThoseInLine(nowMs, attempted.error);
    } else this.#outage.over();
    return attempted;
  }

  #acknowledge(part: readonly Entry<Item, Result>[], results: readonly Result[], nowMs: number): void {
    const counts = this.#counts;
    counts.commits++;
    counts.acknowledged += part.length;
    this.#committing -= part.length;
    part.forEach((entry, index) => {
      const tookMs = nowMs - entry.addedMs;
      counts.tookMs += tookMs;
      counts.tookMsMax = Math.max(counts.tookMsMax, tookMs);
      entry.resolve(results[index] as Result);
      this.#flushes.settled(entry.order);
    });
  }

  #fail(part: readonly Entry<Item, Result>[], { error, isUnknown }: Failure): void {
    this.#counts.failed += part.length;
    if (isUnknown) this.#counts.unknown += part.length;
    this.#committing -= part.length;
    for (const entry of part) {
      entry.reject(error);
      this.#flushes.settled(entry.order);
    }
  }

  /** Leaves the engine alone for a moment. @returns those whose time for another try is not over */
  async #pause(part: Entry<Item, Result>[], failure: Failure, sinceMs = 0): Promise<Entry<Item, Result>[]> {
    const { clock, retry } = this.#options;
    const nowMs = clock.monotonic();
    const isOver = ({ addedMs }: Entry<Item, Result>) => Math.max(sinceMs, addedMs) + retry.forMs <= nowMs;
    this.#fail(part.filter(isOver), failure);
    const left = part.filter((entry) => !isOver(entry));
    await clock.sleep(this.#outage.pauseMs(), this.#ends).catch(() => {});
    if (this.#ends.aborted) {
      this.#fail(left, failure);
      return [];
    }
    if (left.length > 0) this.#counts.retries++;
    return left;
  }

  #giveUpThoseInLine(nowMs: number, cause: unknown): void {
    const { forMs } = this.#options.retry;
    const { sinceMs } = this.#outage;
    if (sinceMs === undefined || sinceMs + forMs > nowMs) return;
    const error = new MillraceError(
      "store_unavailable",
      "Commits fail for too long: this item was not committed. Add it again.",
      {
        cause,
      },
    );
    for (let entry = this.#oldest; entry && entry.addedMs + forMs <= nowMs; entry = this.#oldest) this.#giveUp(entry, error);
  }

  #isRetriable(error: unknown): boolean {
    try {
      return this.#options.isRetriable(error);
    } catch {
      return false;
    }
  }
}

const NOWHERE = { outside: undefined, arrival: undefined, chain: undefined, turn: undefined, shelf: undefined, place: undefined };

const closed = (): MillraceError => new MillraceError("shutting_down", "The batcher is closed: this item was not committed.");
const invalid = (what: string): MillraceError => new MillraceError("option_invalid", `An item's ${what}`);
const full = (count: number, bytes: number): MillraceError =>
  new MillraceError("batch_full", `${count} items of ${bytes} bytes wait to be committed: there is no room. Add it again later.`);
