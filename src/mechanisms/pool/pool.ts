// A pool of whatever is dear to make. Callers wait on the pool alone, never on a making of their own, so whatever is
// freed first serves them; a making that is no longer needed by then is not begun (Wooldridge, HikariCP's "spike" study).
// Invariants: never more than `max` resources, those being made included; a resource is in one caller's hands at most;
// no waiter is lost: each gets a lease, or an error at its deadline at the latest.
// Deliberately not reentrant: a caller that acquires while it holds one can wait for itself.

import { type Cancel, MillraceError } from "../../base/index.ts";
import type { Entry } from "./entry.ts";
import { Lease, type Returns } from "./lease.ts";
import { Maker } from "./maker.ts";
import { MovingMean } from "./moving-mean.ts";
import { type AcquireOptions, type CheckedOptions, checkedOptions, type PoolOptions } from "./pool-options.ts";
import { Waiters } from "./waiters.ts";
import { within } from "./within.ts";

export interface PoolStats {
  /** Resources there are: idle, in use, or being looked after. */
  size: number;
  idle: number;
  making: number;
  waiting: number;
  acquired: number;
  created: number;
  createFailures: number;
  destroyed: number;
  /** Callers whose deadline passed in line. */
  timeouts: number;
  leaks: number;
  /** Milliseconds that callers waited who were served, all together, and the longest of them. */
  waitedMs: number;
  waitedMsMax: number;
}

const LIFE_JITTER = 0.1;

export class Pool<T> {
  readonly #options: CheckedOptions<T>;
  readonly #maker: Maker<T>;
  readonly #waiters: Waiters<Lease<T>>;
  /** Newest last, and taken first, so that those beyond need grow old. */
  readonly #idle: Entry<T>[] = [];
  readonly #entries = new Set<Entry<T>>();
  readonly #heldMs = new MovingMean();
  readonly #counts = { acquired: 0, created: 0, createFailures: 0, destroyed: 0, leaks: 0, waitedMs: 0, waitedMsMax: 0 };
  readonly #returns: Returns<T>;
  /** Resources that are being checked before use. */
  #checking = 0;
  #cancelSweep: Cancel | undefined;
  #cancelLook: Cancel | undefined;
  #drained: PromiseWithResolvers<void> | undefined;

  /** Makes `min` resources at once, in the background. Throws `option_invalid` for an option that bounds nothing. */
  constructor(options: PoolOptions<T>) {
    const checked = checkedOptions(options);
    const { clock, waitersMax, tenantWaitersMax } = checked;
    this.#options = checked;
    this.#waiters = new Waiters({ clock, countMax: waitersMax, tenantCountMax: tenantWaitersMax });
    this.#maker = new Maker<T>({
      ...checked,
      made: (resource, tookMs) => this.#made(resource, tookMs),
      failed: (error) => this.#createFailed(error),
      tooLate: (resource) => void this.#end(resource),
      mayTryAgain: () => this.#makeWhatIsNeeded(),
    });
    this.#returns = { released: (entry) => this.#released(entry), broken: (entry) => this.#destroy(entry) };
    this.#makeWhatIsNeeded();
  }

  /**
   * Runs the work with a resource of its own and gives it back, whatever happens. The ordinary way.
   * Rejects as the work does, or as `acquire`.
   */
  async use<R>(work: (resource: T) => R | Promise<R>, options?: AcquireOptions): Promise<R> {
    const lease = await this.acquire(options);
    try {
      const result = await work(lease.resource);
      lease.release();
      return result;
    } catch (error) {
      if (this.#options.isBroken(error)) lease.destroy();
      else lease.release();
      throw error;
    }
  }

  /**
   * A resource, until it is released. Rejects with `pool_timeout` at the deadline, `pool_full` when too many wait,
   * `pool_failing` when there is no resource and none can be made, `shutting_down` when draining, or the signal's reason.
   */
  acquire(options: AcquireOptions = {}): Promise<Lease<T>> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#drained) return Promise.reject(draining());
    const { clock, waitMsMax } = this.#options;
    const nowMs = clock.monotonic();
    const entry = this.#waiters.size === 0 ? this.#takeIdle(nowMs) : undefined;
    if (entry && !this.#needsCheck(entry, nowMs)) return Promise.resolve(this.#lease(entry, nowMs, nowMs));
    if (this.#entries.size === 0 && this.#maker.isBroken && this.#maker.room <= 0) return Promise.reject(this.#failing());
    const waiting = this.#waiters.join(options.deadlineMs ?? nowMs + waitMsMax, signal, options.tenant);
    if (entry) void this.#validate(entry);
    this.#serveFromIdle(nowMs);
    this.#makeWhatIsNeeded();
    return waiting;
  }

  /**
   * Takes no more callers, refuses those who wait, and destroys what comes back.
   * @param deadlineMs monotonic time after which what is still in use is left to its users. Default: `waitMsMax` from now.
   * @returns how many were still in use then
   */
  async drain(deadlineMs?: number): Promise<number> {
    const { clock, waitMsMax } = this.#options;
    this.#drained ??= Promise.withResolvers<void>();
    const { resolve, promise } = this.#drained;
    this.#cancelSweep?.();
    this.#cancelLook?.();
    this.#maker.stop();
    this.#waiters.rejectAll(draining());
    for (const entry of this.#idle.splice(0)) this.#destroy(entry);
    if (this.#entries.size === 0) resolve();
    const nowMs = clock.monotonic();
    const leftMs = Math.max(0, (deadlineMs ?? nowMs + waitMsMax) - nowMs);
    await within(clock, leftMs, promise, draining).catch(() => {});
    return this.#entries.size;
  }

  stats(): PoolStats {
    return {
      ...this.#counts,
      size: this.#entries.size,
      idle: this.#idle.length,
      making: this.#maker.making,
      waiting: this.#waiters.size,
      timeouts: this.#waiters.timeouts,
    };
  }

  #takeIdle(nowMs: number): Entry<T> | undefined {
    for (let entry = this.#idle.pop(); entry; entry = this.#idle.pop()) {
      if (entry.endsAtMs > nowMs) return entry;
      this.#destroy(entry);
    }
    return undefined;
  }

  #needsCheck(entry: Entry<T>, nowMs: number): boolean {
    const { validate, validateAfterIdleMs } = this.#options;
    return validate !== undefined && nowMs - entry.sinceMs > validateAfterIdleMs;
  }

  /** Nobody waits beside an idle resource because another one, meant for the first in line, is being checked or was no good. */
  #serveFromIdle(nowMs: number): void {
    while (this.#waiters.size > this.#checking) {
      const entry = this.#takeIdle(nowMs);
      if (!entry) return;
      if (this.#needsCheck(entry, nowMs)) void this.#validate(entry);
      else this.#offer(entry, nowMs);
    }
  }

  #lease(entry: Entry<T>, nowMs: number, askedAtMs: number): Lease<T> {
    const waitedMs = nowMs - askedAtMs;
    this.#counts.acquired++;
    this.#counts.waitedMs += waitedMs;
    this.#counts.waitedMsMax = Math.max(this.#counts.waitedMsMax, waitedMs);
    entry.sinceMs = nowMs;
    if (this.#options.leakMs !== undefined) this.#watchForLeak(entry, this.#options.leakMs);
    return new Lease(entry, this.#returns);
  }

  #watchForLeak(entry: Entry<T>, leakMs: number): void {
    const { clock, on } = this.#options;
    const { stack = "" } = new Error("Acquired here, and not released.");
    entry.stopLeakWatch = clock.schedule(leakMs, () => {
      this.#counts.leaks++;
      on.leaked?.({ heldMs: clock.monotonic() - entry.sinceMs, stack });
    });
  }

  #released(entry: Entry<T>): void {
    entry.stopLeakWatch?.();
    const nowMs = this.#options.clock.monotonic();
    this.#heldMs.add(nowMs - entry.sinceMs);
    if (this.#drained || entry.endsAtMs <= nowMs) this.#destroy(entry);
    else if (this.#options.reset) void this.#reset(entry, this.#options.reset);
    else this.#offer(entry, nowMs);
  }

  async #reset(entry: Entry<T>, reset: NonNullable<PoolOptions<T>["reset"]>): Promise<void> {
    if (await this.#isCaredFor(async () => reset(entry.resource))) this.#offer(entry, this.#options.clock.monotonic());
    else this.#destroy(entry);
  }

  async #validate(entry: Entry<T>): Promise<void> {
    const isGood = async () => (await this.#options.validate?.(entry.resource)) !== false;
    this.#checking++;
    const isKept = await this.#isCaredFor(isGood);
    this.#checking--;
    const nowMs = this.#options.clock.monotonic();
    if (isKept) {
      this.#offer(entry, nowMs);
      return;
    }
    this.#serveFromIdle(nowMs);
    this.#destroy(entry);
  }

  /** False also for care that fails or takes too long. */
  async #isCaredFor(care: () => Promise<unknown>): Promise<boolean> {
    const { clock, careMsMax } = this.#options;
    try {
      return (await within(clock, careMsMax, care(), () => false)) !== false;
    } catch {
      return false;
    }
  }

  /** To the caller who waits longest, or to the others that lie idle. */
  #offer(entry: Entry<T>, nowMs: number): void {
    if (this.#drained) {
      this.#destroy(entry);
      return;
    }
    const { first } = this.#waiters;
    if (first) {
      first.resolve(this.#lease(entry, nowMs, first.since));
      return;
    }
    entry.sinceMs = nowMs;
    this.#idle.push(entry);
    this.#cancelSweep ??= this.#options.clock.schedule(this.#options.idleMsMax, () => this.#sweep());
  }

  #sweep(): void {
    const { clock, idleMsMax, min } = this.#options;
    const nowMs = clock.monotonic();
    this.#cancelSweep = undefined;
    const kept: Entry<T>[] = [];
    for (const entry of this.#idle.splice(0)) {
      const isSurplus = nowMs - entry.sinceMs >= idleMsMax && this.#entries.size > min;
      if (isSurplus || entry.endsAtMs <= nowMs) this.#destroy(entry);
      else kept.push(entry);
    }
    this.#idle.push(...kept);
    if (kept.length > 0) this.#cancelSweep = clock.schedule(idleMsMax, () => this.#sweep());
    this.#makeWhatIsNeeded();
  }

  #destroy(entry: Entry<T>): void {
    entry.stopLeakWatch?.();
    if (!this.#entries.delete(entry)) return;
    void this.#end(entry.resource);
    if (!this.#drained) this.#makeWhatIsNeeded();
    else if (this.#entries.size === 0) this.#drained.resolve();
  }

  async #end(resource: T): Promise<void> {
    const { clock, careMsMax, destroy, on } = this.#options;
    this.#counts.destroyed++;
    try {
      await within(clock, careMsMax, Promise.try(destroy, resource), tooLong);
      on.destroyed?.();
    } catch (error) {
      on.destroyFailed?.(error);
    }
  }

  #made(resource: T, tookMs: number): void {
    const { clock, random, lifeMsMax, on } = this.#options;
    const nowMs = clock.monotonic();
    // All made in one second shall not end in one.
    const endsAtMs = nowMs + lifeMsMax * (1 + LIFE_JITTER * (2 * random.next() - 1));
    const entry: Entry<T> = { resource, endsAtMs, sinceMs: nowMs, stopLeakWatch: undefined };
    this.#counts.created++;
    this.#entries.add(entry);
    on.created?.(tookMs);
    this.#offer(entry, nowMs);
    this.#makeWhatIsNeeded();
  }

  #createFailed(error: unknown): void {
    this.#counts.createFailures++;
    this.#options.on.createFailed?.(error);
    if (this.#maker.isBroken && this.#entries.size === 0) this.#waiters.rejectAll(this.#failing());
  }

  #makeWhatIsNeeded(): void {
    if (this.#drained) return;
    for (let missing = this.#missing(); missing > 0 && this.#maker.room > 0; missing--) this.#maker.make();
  }

  /** How many more ought to be under way: for `min`, and for callers whom the present resources will not serve sooner. */
  #missing(): number {
    const { min, max } = this.#options;
    const { making } = this.#maker;
    const room = max - this.#entries.size - making;
    const waiting = this.#waiters.size;
    const forWaiters = waiting === 0 || this.#areServedSooner(waiting) ? 0 : this.#wantedFor(waiting) - making;
    return Math.min(room, Math.max(forWaiters, min - this.#entries.size - making));
  }

  /** Without experience one at a time beside those there are: what is freed first may serve them all. */
  #wantedFor(waiting: number): number {
    const isKnown = this.#heldMs.value !== undefined && this.#maker.meanMs !== undefined;
    return this.#entries.size === 0 || isKnown ? waiting : 1;
  }

  /** By experience, that is; when it proves wrong for the first in line, it is not asked again for it. */
  #areServedSooner(waiting: number): boolean {
    const { value: heldMs } = this.#heldMs;
    const { meanMs: makingMs } = this.#maker;
    const size = this.#entries.size;
    if (size === 0 || heldMs === undefined || makingMs === undefined || (waiting * heldMs) / size >= makingMs) return false;
    const { clock } = this.#options;
    const waitedMs = clock.monotonic() - (this.#waiters.first?.since ?? 0);
    if (waitedMs >= makingMs) return false;
    // A moment at least: what rounding left of the wait may be too little for a clock to move on.
    this.#cancelLook ??= clock.schedule(Math.max(1, makingMs - waitedMs), () => {
      this.#cancelLook = undefined;
      this.#makeWhatIsNeeded();
    });
    return true;
  }

  #failing(): MillraceError {
    const cause = this.#maker.lastFailure;
    return new MillraceError("pool_failing", `There is no resource, and ${this.#maker.failures} attempts to make one failed.`, {
      cause,
    });
  }
}

const draining = (): MillraceError => new MillraceError("shutting_down", "The pool is draining and takes no more callers.");
const tooLong = (): MillraceError => new MillraceError("pool_timeout", "Destroying a resource took too long.");
