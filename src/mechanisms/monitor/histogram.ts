// A histogram that answers any quantile within RELATIVE_ERROR and merges without loss: merging two gives exactly the
// histogram of all their values. It forgets order and time; windows are made by merging or by starting a new one.
// Buckets: (2^(i/32), 2^((i+1)/32)], the base-2 exponential histogram of scale 5 of the OpenTelemetry metrics data model
// (and Prometheus native histograms of schema 5). The estimate within a bucket, and its error, are those of DDSketch
// (Masson, Rim, Lee: DDSketch, VLDB 2019). Memory: 8 bytes a bucket between the least and greatest value, at most 20 KiB.

import { MillraceError } from "../../base/index.ts";

const SCALE = 5;
const BUCKETS_PER_DOUBLING = 2 ** SCALE;
const GAMMA = 2 ** (1 / BUCKETS_PER_DOUBLING);
/** Values outside of 2^-40 to 2^40 count in the outermost buckets; sum, least and greatest stay exact. */
const INDEX_MAX = 40 * BUCKETS_PER_DOUBLING - 1;
const INDEX_MIN = -40 * BUCKETS_PER_DOUBLING;
const SLOTS_ADDED = 32;

/** How far a quantile may be from the true value, as a share of it. */
export const RELATIVE_ERROR = (GAMMA - 1) / (GAMMA + 1);

/** A histogram as plain data: JSON keeps it whole. */
export interface HistogramData {
  scale: number;
  count: number;
  sum: number;
  /** 0 when there are no values. */
  min: number;
  /** 0 when there are no values. */
  max: number;
  zeros: number;
  /** The index i of the first of `counts`. */
  offset: number;
  counts: number[];
}

export class Histogram {
  #counts = new Float64Array(0);
  #offset = 0;
  #zeros = 0;
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  /** Throws `option_invalid` for data of another scale or shape. */
  static from(data: HistogramData): Histogram {
    const { scale, offset, counts } = data;
    const inRange = Number.isInteger(offset) && offset >= INDEX_MIN && offset + counts.length - 1 <= INDEX_MAX;
    if (scale !== SCALE || (counts.length > 0 && !inRange)) {
      throw new MillraceError("option_invalid", `Histogram data must have scale ${SCALE} and lie within its range.`);
    }
    const histogram = new Histogram();
    histogram.#counts = Float64Array.from(counts);
    histogram.#offset = offset;
    histogram.#zeros = data.zeros;
    histogram.#count = data.count;
    histogram.#sum = data.sum;
    histogram.#min = data.count > 0 ? data.min : Number.POSITIVE_INFINITY;
    histogram.#max = data.max;
    return histogram;
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Counts a value. False, and nothing counted, when it is negative or not finite. */
  observe(value: number): boolean {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) return false;
    this.#count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (value === 0) this.#zeros++;
    else this.#add(bucketIndex(value), 1);
    return true;
  }

  /**
   * The value at rank floor(q * (count - 1)) of the sorted values, within RELATIVE_ERROR; 0 and 1 are exact.
   * Undefined when there are no values; throws `option_invalid` unless 0 <= q <= 1.
   */
  quantile(q: number): number | undefined {
    if (!(q >= 0 && q <= 1)) throw new MillraceError("option_invalid", "A quantile lies between 0 and 1.");
    if (this.#count === 0) return undefined;
    if (q === 0) return this.#min;
    if (q === 1) return this.#max;
    const rank = Math.floor(q * (this.#count - 1));
    let passed = this.#zeros;
    if (rank < passed) return 0;
    for (let slot = 0; slot < this.#counts.length; slot++) {
      passed += this.#counts[slot] as number;
      if (rank < passed) return Math.min(Math.max(estimate(this.#offset + slot), this.#min), this.#max);
    }
    return this.#max;
  }

  /** Adds all values of `other`, which stays as it is. */
  merge(other: Histogram): void {
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#zeros += other.#zeros;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    // A copy, because a histogram may be merged into itself.
    for (const [slot, count] of [...other.#counts].entries()) if (count > 0) this.#add(other.#offset + slot, count);
  }

  /**
   * For each boundary, how many values are at most as large. Boundaries ascend. A value closer to a boundary than
   * twice RELATIVE_ERROR may count on its other side.
   */
  cumulative(boundaries: readonly number[]): number[] {
    let passed = this.#zeros;
    let slot = 0;
    return boundaries.map((boundary) => {
      const end = Math.min(lastIndexUpTo(boundary) - this.#offset, this.#counts.length - 1);
      for (; slot <= end; slot++) passed += this.#counts[slot] ?? 0;
      return boundary < 0 ? 0 : passed;
    });
  }

  data(): HistogramData {
    let [first, end] = [0, this.#counts.length];
    while (first < end && this.#counts[first] === 0) first++;
    while (end > first && this.#counts[end - 1] === 0) end--;
    // A plain loop: Array.from takes an iterator's detour, which shows when a thousand series are read.
    const counts: number[] = [];
    for (let slot = first; slot < end; slot++) counts.push(this.#counts[slot] as number);
    return {
      scale: SCALE,
      count: this.#count,
      sum: this.#sum,
      min: this.#count > 0 ? this.#min : 0,
      max: this.#max,
      zeros: this.#zeros,
      offset: first < end ? this.#offset + first : 0,
      counts,
    };
  }

  #add(index: number, count: number): void {
    let slot = index - this.#offset;
    if (slot < 0 || slot >= this.#counts.length) {
      this.#cover(index);
      slot = index - this.#offset;
    }
    this.#counts[slot] = (this.#counts[slot] as number) + count;
  }

  /** Makes room for `index`, and for a few beyond it, because the next value is likely to be near. */
  #cover(index: number): void {
    const length = this.#counts.length;
    const first = Math.max(INDEX_MIN, Math.min(index - SLOTS_ADDED, length > 0 ? this.#offset : index));
    const last = Math.min(INDEX_MAX, Math.max(index + SLOTS_ADDED, length > 0 ? this.#offset + length - 1 : index));
    const grown = new Float64Array(last - first + 1);
    if (length > 0) grown.set(this.#counts, this.#offset - first);
    this.#counts = grown;
    this.#offset = first;
  }
}

function bucketIndex(value: number): number {
  const index = Math.ceil(Math.log2(value) * BUCKETS_PER_DOUBLING) - 1;
  return index < INDEX_MIN ? INDEX_MIN : index > INDEX_MAX ? INDEX_MAX : index;
}

/** The point of bucket `index` that is relatively as far from its lower as from its upper end. */
function estimate(index: number): number {
  return (2 * 2 ** ((index + 1) / BUCKETS_PER_DOUBLING)) / (1 + GAMMA);
}

/** The last bucket whose estimate is at most `boundary`. */
function lastIndexUpTo(boundary: number): number {
  if (!(boundary > 0)) return INDEX_MIN - 1;
  return Math.floor(Math.log2((boundary * (1 + GAMMA)) / 2) * BUCKETS_PER_DOUBLING) - 1;
}
