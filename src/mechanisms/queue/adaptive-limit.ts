// How much may be in flight, learned: cut at once when the upstream pushes back, cut in proportion when a normalised
// latency rises over its own past, grown by a step a round while in use (AIMD; the gradient after Netflix's Gradient2).
// Latency must be normalised by the caller: raw latency follows the length of answers, not the load.
// Invariant: never under the floor nor over the ceiling. It counts nothing itself: its user says what is in use.

import { type Clock, MillraceError, systemClock } from "../../base/index.ts";

export interface AdaptiveLimitOptions {
  floor: number;
  ceiling: number;
  /** Default: the geometric mean of floor and ceiling. */
  initial?: number;
  /** Growth a round, that is, by the time as much as the limit has finished. Default: a fiftieth of the ceiling, 1 at least. */
  step?: number;
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

const WINDOW = 16;
const IN_USE = 0.7;
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

  /** A fixed limit is one whose floor is its ceiling. Throws `option_invalid`. */
  constructor(options: AdaptiveLimitOptions) {
    const { floor, ceiling } = options;
    const checked = {
      initial: Math.sqrt(floor * ceiling),
      step: Math.max(1, ceiling / 50),
      keep: 0.85,
      tolerance: 1.5,
      clock: systemClock,
      ...options,
    };
    const isOrdered = floor >= 1 && floor <= checked.initial && checked.initial <= ceiling && Number.isFinite(ceiling);
    if (!isOrdered) throw invalid("floor", "1 or more and not over `initial`, nor that over `ceiling`, which is finite");
    if (!(checked.step > 0 && checked.step <= ceiling)) throw invalid("step", "over 0 and at most `ceiling`");
    if (!(checked.keep > 0 && checked.keep < 1)) throw invalid("keep", "between 0 and 1");
    if (!(checked.tolerance > 1 && checked.tolerance <= 100)) throw invalid("tolerance", "over 1 and at most 100");
    this.#options = checked;
    this.#value = checked.initial;
  }

  get value(): number {
    return this.#value;
  }

  get ceiling(): number {
    return this.#options.ceiling;
  }

  /**
   * The upstream had too much. Work begun before the last cut says nothing new, so that a burst of refusals is one cut.
   * @param retryAfterMs no growth until then; at most a minute.
   */
  pushedBack(retryAfterMs = 0, startedMs?: number): void {
    const nowMs = this.#options.clock.monotonic();
    const pauseMs = Math.min(RETRY_AFTER_MS_MAX, Number.isFinite(retryAfterMs) ? Math.max(0, retryAfterMs) : 0);
    this.#growsAgainMs = Math.max(this.#growsAgainMs, nowMs + pauseMs);
    if ((startedMs ?? nowMs) <= this.#cutMs) return;
    this.#cut(this.#options.keep, nowMs);
  }

  finished({ amount, used, startedMs, latency }: Finished): void {
    const { step, ceiling, clock } = this.#options;
    const nowMs = clock.monotonic();
    const isInUse = used >= IN_USE * this.#value;
    if (latency !== undefined && latency > 0 && latency < Number.MAX_VALUE) this.#observe(latency, isInUse, startedMs, nowMs);
    if (!isInUse || this.#isSlow || nowMs < this.#growsAgainMs) return;
    this.#value = Math.min(ceiling, this.#value + (step * Math.min(amount, this.#value)) / this.#value);
  }

  /** A window's median against the base, which follows lower ones soon and higher ones hardly, unless nothing goes on. */
  #observe(latency: number, isInUse: boolean, startedMs: number, nowMs: number): void {
    // What began before the last cut met the old limit.
    if (startedMs <= this.#cutMs) return;
    this.#window.push(latency);
    if (this.#window.length < WINDOW) return;
    const median = this.#window.sort((a, b) => a - b)[WINDOW / 2] as number;
    this.#window = [];
    this.#base ??= median;
    const ratio = median / this.#base;
    const { tolerance } = this.#options;
    this.#isSlow = ratio > (1 + tolerance) / 2;
    const pace = ratio < 1 ? BASE_FALL : isInUse ? BASE_RISE_BUSY : BASE_RISE_IDLE;
    this.#base += pace * (median - this.#base);
    if (ratio > tolerance && isInUse) this.#cut(1 - SMOOTHING * (1 - Math.max(0.5, tolerance / ratio)), nowMs);
  }

  #cut(keep: number, nowMs: number): void {
    this.#window = [];
    this.#value = Math.max(this.#options.floor, this.#value * keep);
    this.#cutMs = nowMs;
  }
}

const invalid = (name: string, what: string): MillraceError =>
  new MillraceError("option_invalid", `Set \`${name}\` of a limit to a number ${what}.`);
