// The histogram's promises as properties: quantiles within the stated error, and merging equals concatenating.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Histogram, RELATIVE_ERROR } from "./histogram.ts";

/** Over many doublings, with zeros and repeats, as durations and sizes are. */
const value = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 100_000 }),
  fc
    .tuple(fc.integer({ min: -38, max: 38 }), fc.double({ min: 1, max: 2, noNaN: true }))
    .map(([power, part]) => part * 2 ** power),
);
const values = fc.array(value, { minLength: 1, maxLength: 300 });
const ROUNDING = 1e-9;

function histogramOf(all: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const one of all) expect(histogram.observe(one)).toBe(true);
  return histogram;
}

describe("quantiles", () => {
  test("are within the relative error of the true value, at every rank", () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (all, q) => {
        const sorted = all.toSorted((left, right) => left - right);
        const truth = sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
        const answer = histogramOf(all).quantile(q) ?? Number.NaN;
        expect(Math.abs(answer - truth)).toBeLessThanOrEqual(truth * (RELATIVE_ERROR + ROUNDING));
      }),
    );
  });

  test("at 0 and 1 are the least and greatest value, exactly", () => {
    fc.assert(
      fc.property(values, (all) => {
        const histogram = histogramOf(all);
        expect(histogram.quantile(0)).toBe(Math.min(...all));
        expect(histogram.quantile(1)).toBe(Math.max(...all));
      }),
    );
  });

  test("the error is about one in a hundred", () => {
    expect(RELATIVE_ERROR).toBeCloseTo(0.01083, 5);
  });

  test("of nothing are undefined, and outside of 0 to 1 are refused", () => {
    expect(new Histogram().quantile(0.5)).toBeUndefined();
    for (const q of [-0.1, 1.1, Number.NaN]) expect(() => new Histogram().quantile(q)).toThrow("between 0 and 1");
  });

  test("stay between the extremes also for values beyond the buckets' range", () => {
    const histogram = histogramOf([Number.MIN_VALUE, 1e-20, 1e20, Number.MAX_VALUE]);
    expect(histogram.quantile(0)).toBe(Number.MIN_VALUE);
    expect(histogram.quantile(1)).toBe(Number.MAX_VALUE);
    expect(histogram.quantile(0.4)).toBeLessThan(1e-10);
    expect(histogram.quantile(0.7)).toBeGreaterThan(1e10);
    expect(histogram.data().counts.length).toBeLessThanOrEqual(2560);
  });
});

describe("merging", () => {
  test("gives exactly the histogram of all values together, in any order", () => {
    fc.assert(
      fc.property(values, values, (left, right) => {
        const merged = histogramOf(left);
        const other = histogramOf(right);
        merged.merge(other);
        const reversed = histogramOf(right);
        reversed.merge(histogramOf(left));
        const { sum, ...together } = histogramOf([...left, ...right]).data();
        const scale = Math.max(sum, 1);
        for (const { sum: mergedSum, ...data } of [merged.data(), reversed.data()]) {
          expect(data).toEqual(together);
          expect(Math.abs(mergedSum - sum) / scale).toBeLessThan(ROUNDING);
        }
        expect(other.data()).toEqual(histogramOf(right).data());
      }),
    );
  });

  test("with nothing changes nothing; with itself doubles", () => {
    const histogram = histogramOf([0, 1, 2, 1000]);
    const before = histogram.data();
    histogram.merge(new Histogram());
    expect(histogram.data()).toEqual(before);
    histogram.merge(histogram);
    expect(histogram.data()).toEqual(histogramOf([0, 1, 2, 1000, 0, 1, 2, 1000]).data());
  });
});

describe("data", () => {
  test("goes through JSON and back without a loss, and can be counted on and merged", () => {
    fc.assert(
      fc.property(fc.array(value), (all) => {
        const copy = Histogram.from(JSON.parse(JSON.stringify(histogramOf(all).data())));
        expect(copy.data()).toEqual(histogramOf(all).data());
        copy.observe(3);
        expect(copy.data()).toEqual(histogramOf([...all, 3]).data());
      }),
    );
  });

  test("of another scale or range is refused", () => {
    const data = histogramOf([1]).data();
    for (const wrong of [{ scale: 4 }, { offset: 5000 }, { offset: -5000 }, { offset: 0.5 }]) {
      expect(() => Histogram.from({ ...data, ...wrong })).toThrow("scale 5");
    }
  });
});

describe("fixed boundaries", () => {
  const boundaries = [-1, 0, 0.001, 0.5, 1, 10, 1e5, 1e15];

  test("count every value on its side, but for those closer than twice the error", () => {
    fc.assert(
      fc.property(fc.array(value), (all) => {
        for (const [index, counted] of histogramOf(all).cumulative(boundaries).entries()) {
          const boundary = boundaries[index] ?? 0;
          const surely = all.filter((one) => one <= boundary * (1 - 2 * RELATIVE_ERROR) && one <= boundary).length;
          const perhaps = all.filter((one) => one <= boundary * (1 + 2 * RELATIVE_ERROR) && boundary >= 0).length;
          expect(counted).toBeGreaterThanOrEqual(surely);
          expect(counted).toBeLessThanOrEqual(perhaps);
        }
      }),
    );
  });
});

test("values that make no sense are not counted", () => {
  const histogram = histogramOf([1]);
  for (const wrong of [-1, -0.001, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    expect(histogram.observe(wrong)).toBe(false);
  }
  expect(histogram.data()).toEqual(histogramOf([1]).data());
});
