import { expect, test } from "bun:test";
import fc from "fast-check";
import { BestFirst } from "./best-first.ts";

test("is the order of a whole sort, however far it is asked for", () => {
  const score = fc.oneof(fc.constantFrom(0, 1, 2), fc.double({ min: 0, max: 3, noNaN: true }));
  const both = fc.array(fc.tuple(score, score), { maxLength: 800 });
  fc.assert(
    fc.property(both, fc.nat(900), (pairs, rank) => {
      const [scores, seconds] = [Float64Array.from(pairs, ([first]) => first), Float64Array.from(pairs, ([, second]) => second)];
      const sorted = pairs
        .map(([first, second], number) => ({ first, second, number }))
        .sort((a, b) => b.first - a.first || b.second - a.second || a.number - b.number)
        .map(({ number }) => number);
      const order = new BestFirst(scores, seconds);
      expect(order.at(rank)).toBe(sorted[rank] as number);
      expect(Array.from({ length: 20 }, (_, at) => order.at(at))).toEqual(Array.from({ length: 20 }, (_, at) => sorted[at]));
      expect(order.all()).toEqual(sorted);
      expect(order.at(order.length)).toBeUndefined();
    }),
  );
});
