// How much may be in flight, learned: cut at once when the upstream pushes back, from what was really in use (as TCP cuts
// from its flight size, RFC 5681); cut in proportion when a normalised latency rises over its own past (the gradient
// after Netflix's Gradient2); grown while in use, by a search about the level that was too much (after BIC-TCP).
// Latency must be normalised by the caller: raw latency follows the length of answers, not the load.
// Invariant: never under the floor nor over the ceiling. It counts nothing itself: its user says what is in use.

import { type Clock, MillraceError, systemClock } from "../../base/index.ts";

export interface AdaptiveLimitOptions {
  floor: number;
  ceiling: number;
  /** Default: the geometric mean of floor and ceiling. Where the limit is unknown, the ceiling: the first push-back finds it. */
  initial?: number;
  /** What a push-back leaves. Default 0.85. */
  keep?: number;
  /** Latency over its past that is still no sign of load. Default 1.5; halfway there growth ends. */
  tolerance?: number;
  clock?: Clock;
}

export interface Finished {
  /** In the limit's unit: 1 for seats, tokens for tokens. */
  readonly amount: number;
  /** What was in use when it ended, itself included. */
  readonly used: number;
  readonly startedMs: number;
  readonly latency: number | undefined;
}

export interface PushedBack {
  /** No growth until then; at most a minute. */
  readonly retryAfterMs?: number | undefined;
  /** When the work that was pushed back began. Default: now. */
  readonly startedMs?: number | undefined;
  /** What was in use when it came, itself included. Default: the whole limit. */
  readonly used?: number | undefined;
}

const WINDOW = 16;
const IN_USE = 0.7;
/** Of the limit, a round. */
const LEAST_GROWTH = 0.02;
const RETRY_AFTER_MS_MAX = 60_000;
/** How much of what the gradient asks for is done at once: the next window sees what came of it. */
const SMOOTHING = 0.2;
const BASE_FALL = 0.3;
const BASE_RISE_IDLE = 0.1;
const BASE_RISE_BUSY = 0.001;

export class AdaptiveLimit {
  readonly #options: Required<AdaptiveLimitOptions>;
  #value: number;
  #cutMs = Number.NEGATIVE_INFINITY;
  #growsAgainMs = Number.NEGATIVE_INFINITY;
  #window: number[] = [];
  #base: number | undefined;
  #isSlow = false;
  /** The value that was last too much; before that, the first one. */
  #tooMuch: number;

  /** A fixed limit is one whose floor is its ceiling. Throws `option_invalid`. */
  constructor(options: AdaptiveLimitOptions) {
    const { floor, ceiling } = options;
    const checked = {
      initial: Math.sqrt(floor * ceiling),
      keep: 0.85,
      tolerance: 1.5,
      clock: systemClock,
      ...options,
    };
    const isOrdered = floor >= 1 && floor <= checked.initial && checked.initial <= ceiling && Number.isFinite(ceiling);
    if (!isOrdered) throw invalid("floor", "1 or more and not over `initial`, nor that over `ceiling`, which is finite");
    if (!(checked.keep > 0 && checked.keep < 1)) throw invalid("keep", "between 0 and 1");
    if (!(checked.tolerance > 1 && checked.tolerance <= 100)) throw invalid("tolerance", "over 1 and at most 100");
    this.#options = checked;
    this.#value = checked.initial;
    this.#tooMuch = checked.initial;
  }

  get value(): number {
    return this.#value;
  }

  get ceiling(): number {
    return this.#options.ceiling;
  }

  /** Its floor is its ceiling: nothing changes it. */
  get isFixed(): boolean {
    return this.#options.floor === this.#options.ceiling;
  }

  /** The upstream had too much. Work begun before the last cut says nothing new, so that a burst of refusals is one cut. */
  pushedBack({ retryAfterMs = 0, startedMs, used = this.#value }: PushedBack = {}): void {
    const nowMs = this.#options.clock.monotonic();
    const pauseMs = Math.min(RETRY_AFTER_MS_MAX, Number.isFinite(retryAfterMs) ? Math.max(0, retryAfterMs) : 0);
    this.#growsAgainMs = Math.max(this.#growsAgainMs, nowMs + pauseMs);
    if ((startedMs ?? nowMs) <= this.#cutMs) return;
    this.#cut(this.#options.keep, used, nowMs);
  }

  finished({ amount, used, startedMs, latency }: Finished): void {
    if (latency !== undefined && latency > 0 && latency < Number.MAX_VALUE) this.#observe(latency, used, startedMs);
    const { ceiling, clock } = this.#options;
    if (!this.#isInUse(used) || this.#isSlow || this.#value >= ceiling || clock.monotonic() < this.#growsAgainMs) return;
    this.#value = Math.min(ceiling, this.#value + (this.#growth() * Math.min(amount, this.#value)) / this.#value);
  }

  /** Of what is whole: between two and three seats no more than two can be taken. */
  #isInUse(used: number): boolean {
    return used >= IN_USE * Math.floor(this.#value);
  }

  /**
   * In a round, that is, by the time as much as the limit has finished: half the way back to what was too much, and beyond
   * it as far again as it is away already, but at most by half. So a cut without cause is soon made good, at any size.
   */
  #growth(): number {
    const least = Math.max(1, LEAST_GROWTH * this.#value);
    const awayBy = this.#value - this.#tooMuch;
    return Math.min(Math.max(least, awayBy < 0 ? -awayBy / 2 : awayBy), Math.max(least, this.#value / 2));
  }

  /** A window's median against the base, which follows lower ones soon and higher ones hardly, unless nothing goes on. */
  #observe(latency: number, used: number, startedMs: number): void {
    // What began before the last cut met the old limit.
    if (startedMs <= this.#cutMs) return;
    this.#window.push(latency);
    if (this.#window.length < WINDOW) return;
    const median = this.#window.sort((a, b) => a - b)[WINDOW / 2] as number;
    this.#window = [];
    this.#base ??= median;
    const ratio = median / this.#base;
    const isInUse = this.#isInUse(used);
    const { tolerance } = this.#options;
    this.#isSlow = ratio > (1 + tolerance) / 2;
    const pace = ratio < 1 ? BASE_FALL : isInUse ? BASE_RISE_BUSY : BASE_RISE_IDLE;
    this.#base += pace * (median - this.#base);
    if (ratio <= tolerance || !isInUse) return;
    this.#cut(1 - SMOOTHING * (1 - Math.max(0.5, tolerance / ratio)), used, this.#options.clock.monotonic());
  }

  #cut(keep: number, used: number, nowMs: number): void {
    this.#window = [];
    this.#tooMuch = used < this.#value ? Math.max(this.#options.floor, used) : this.#value;
    this.#value = Math.max(this.#options.floor, this.#tooMuch * keep);
    this.#cutMs = nowMs;
  }
}

const invalid = (name: string, what: string): MillraceError =>
  new MillraceError("option_invalid", `Set \`${name}\` of a limit to a number ${what}.`);
