import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { seededRandom, systemRandom } from "./random.ts";

const draw = (seed: number, count: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

test("the same seed gives the same sequence, another seed another", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (one, other) => {
      expect(draw(one, 20)).toEqual(draw(one, 20));
      if (one !== other) expect(draw(one, 20)).not.toEqual(draw(other, 20));
    }),
  );
});

test("the sequence is fixed: recorded simulations stay repeatable", () => {
  const random = seededRandom(42);
  const drawn = [random.below(1000), random.below(1000), random.below(1000), ...random.bytes(3)];
  expect(drawn).toMatchInlineSnapshot(`
    [
      766,
      225,
      78,
      234,
      186,
      139,
    ]
  `);
});

describe.each([
  ["seeded", seededRandom(7)],
  ["system", systemRandom],
])("%s", (_, random) => {
  test("numbers are spread evenly", () => {
    const buckets = new Uint32Array(16);
    const draws = 64_000;
    for (let index = 0; index < draws; index++) {
      const bucket = random.below(16);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    // Chi-squared with 15 degrees of freedom: 60 is passed once in some four million runs.
    const expected = draws / 16;
    const distance = buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(distance).toBeLessThan(60);
  });

  test("numbers stay in their range and bytes have their length", () => {
    for (let index = 0; index < 1000; index++) {
      const next = random.next();
      expect(next >= 0 && next < 1).toBe(true);
      const bounded = random.below(3);
      expect([0, 1, 2]).toContain(bounded);
    }
    for (const length of [0, 1, 4096]) expect(random.bytes(length)).toHaveLength(length);
    expect(new Set(random.bytes(16_384)).size).toBe(256);
  });
});
