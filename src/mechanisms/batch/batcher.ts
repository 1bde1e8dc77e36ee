// Many small writes into few large ones: self-clocked group commit. What comes while a commit runs goes together in the next one, which
// begins as soon as the former is done; an idle batcher commits at once and has no timer. (Postgres without `commit_delay` does so.)
// Invariants: an item is acknowledged only after the commit that held it; each caller is told once, whatever happens; items of a key
// keep their order; one bad item takes no other with it. Deliberately knows no database: what durable means is the commit's to say.

import { type Abortable, type Cancel, Cancellation, MillraceError, orAbort } from "../../base/index.ts";
import { type BatcherOptions, type CheckedOptions, checkedOptions } from "./batch-options.ts";
import { Committer } from "./committer.ts";
import { Counts } from "./counts.ts";
import type { Entry } from "./entry.ts";
import { Flushes } from "./flushes.ts";
import { Line, RANKS } from "./line.ts";
import { LinkedList } from "./linked-list.ts";
import type { Outage } from "./outage.ts";

export interface AddOptions {
  /** The item leaves when it aborts while it still waits. Once it is in a commit it stays. */
  signal?: Abortable | undefined;
}

export interface BatcherStats extends Readonly<Counts> {
  /** Items that wait for a commit, their bytes, and items that wait for room. */
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly waitingForRoom: number;
  /** Items in commits, and how many commits that are; those that pause before another try are among them. */
  readonly committing: number;
  readonly running: number;
  /** How long commits have failed without one that did not, milliseconds; 0 while all is well. */
  readonly failingMs: number;
}

export class Batcher<Item, Result> {
  readonly #options: CheckedOptions<Item, Result>;
  readonly #line = new Line<Item, Result>();
  /** Those for whom there was no room, first come, first served. */
  readonly #outside = new LinkedList<Entry<Item, Result>>();
  readonly #flushes = new Flushes();
  readonly #counts = new Counts();
  readonly #committer: Committer<Item, Result>;
  /** Aborts when no commit is waited for any more. */
  readonly #ends = new Cancellation();
  #running = 0;
  #isWaking = false;
  #cancelCollect: Cancel | undefined;
  #closed: Promise<number> | undefined;

  /** Throws `option_invalid` for an option that bounds nothing. */
  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = checkedOptions(options);
    this.#committer = new Committer<Item, Result>({
      ...{ batch: this.#options, counts: this.#counts, flushes: this.#flushes, ends: this.#ends },
      failed: (error, outage) => this.#giveUpThoseInLine(error, outage),
    });
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

  /** Begins what is held back, and resolves once all is settled that was added before. Rejects as its signal does. */
  flush({ signal }: AddOptions = {}): Promise<void> {
    const done = this.#flushes.wait();
    this.#begin(true);
    return signal ? orAbort(done, signal) : done;
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
    const { sinceMs } = this.#committer.outage;
    return {
      ...this.#counts,
      waiting: this.#line.size,
      waitingBytes: this.#line.bytes,
      waitingForRoom: this.#outside.size,
      committing: this.#committer.committing,
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
      for (let entry = this.#line.oldest; entry; entry = this.#line.oldest) this.#giveUp(entry, closed());
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
      if (entry.bytes > waitingBytesMax) throw full(`one item of ${entry.bytes} bytes is more than may ever wait.`);
      throw full(`${this.#line.size} items of ${this.#line.bytes} bytes wait to be committed. Add it again later.`);
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
    while (this.#running < commitsMax && (isDue || this.#running === 0 || this.#isFull)) {
      const batch = this.#line.take({ itemsMax, bytesMax, overdueMs: clock.monotonic() - holdMsMax });
      if (batch.length === 0) break;
      this.#running++;
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
    await this.#committer.commit(batch);
    this.#line.release(batch);
    this.#running--;
    this.#begin(true);
  }

  #giveUpThoseInLine(cause: unknown, { sinceMs }: Outage): void {
    const { clock, retry } = this.#options;
    const untilMs = clock.monotonic() - retry.forMs;
    if (sinceMs === undefined || sinceMs > untilMs) return;
    const error = new MillraceError("store_unavailable", "Commits fail for too long: this item was not committed.", { cause });
    // Those outside come into the line as it gets shorter.
    for (let entry = this.#line.oldest; entry && entry.addedMs <= untilMs; entry = this.#line.oldest) this.#giveUp(entry, error);
  }
}

const NOWHERE = { outside: undefined, arrival: undefined, chain: undefined, turn: undefined, shelf: undefined, place: undefined };

const closed = (): MillraceError => new MillraceError("shutting_down", "The batcher is closed: this item was not committed.");
const invalid = (what: string): MillraceError => new MillraceError("option_invalid", `An item's ${what}`);
const full = (why: string): MillraceError => new MillraceError("batch_full", `There is no room: ${why}`);
