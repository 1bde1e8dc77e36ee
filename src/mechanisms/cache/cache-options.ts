// The options of a cache, checked: nothing unbounded, nothing that is not a number.

import { type Clock, MillraceError, type Random, systemClock, systemRandom } from "../../base/index.ts";

export interface CacheOptions<V> {
  /** Bytes that a value takes. A whole number of 0 or more. */
  weigh: (value: V) => number;
  /** What a hit on the value saves: tokens, or seconds. 0 to 1e12; without it every hit is worth 1. */
  cost?: (value: V) => number;
  /** Default 1,000. At most 16 million. */
  entriesMax?: number;
  /** Default 256 MiB. A value over it is not kept. */
  bytesMax?: number;
  /** Default one hour. */
  ttlMs?: number;
  /** How long after its time to live `fetch` may still answer with a value while it loads another. Default 0: never. */
  staleMs?: number;
  /** Limit on a load in the background. Default one minute. */
  refreshMsMax?: number;
  /** Loads in flight. Beyond it `fetch` loads for its caller alone, and keeps nothing. Default 10,000. */
  loadsMax?: number;
  clock?: Clock;
  random?: Random;
}

export type CheckedOptions<V> = Required<CacheOptions<V>>;

const ENTRIES_MAX = 16_000_000;
export const COST_MAX = 1e12;

export function checkedOptions<V>(options: CacheOptions<V>): CheckedOptions<V> {
  return {
    weigh: options.weigh,
    cost: options.cost ?? (() => 1),
    entriesMax: whole("entriesMax", options.entriesMax ?? 1000, 1, ENTRIES_MAX),
    bytesMax: whole("bytesMax", options.bytesMax ?? 256 * 1024 * 1024, 1),
    ttlMs: inRange("ttlMs", options.ttlMs ?? 3_600_000, Number.MIN_VALUE),
    staleMs: inRange("staleMs", options.staleMs ?? 0, 0),
    refreshMsMax: inRange("refreshMsMax", options.refreshMsMax ?? 60_000, Number.MIN_VALUE),
    loadsMax: whole("loadsMax", options.loadsMax ?? 10_000, 1),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  };
}

/** The value, or throws `option_invalid` unless it is a finite number in [min, max]. */
export function inRange(name: string, value: number, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  if (Number.isFinite(value) && value >= min && value <= max) return value;
  const low = min === Number.MIN_VALUE ? "above 0" : `of at least ${min}`;
  throw new MillraceError("option_invalid", `Set ${name} to a finite number ${low} and at most ${max}; it is ${String(value)}.`);
}

/** As `inRange`, for whole numbers. */
export function whole(name: string, value: number, min: number, max?: number): number {
  if (Number.isInteger(value)) return inRange(name, value, min, max);
  throw new MillraceError("option_invalid", `Set ${name} to a whole number; it is ${String(value)}.`);
}
