import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { seededRandom } from "../../base/index.ts";
import { TokenEstimator } from "./token-estimator.ts";

describe("TokenEstimator", () => {
  test("begins with four bytes a token, and never expects more than is allowed", () => {
    const estimator = new TokenEstimator();
    expect(estimator.estimate("new", 4000)).toEqual({ input: 1000, output: 1000 });
    expect(estimator.estimate("new", 4000, 20)).toEqual({ input: 1000, output: 20 });
    expect(estimator.estimate("new", 0, 0)).toEqual({ input: 0, output: 0 });
  });

  test("learns each kind by itself: its bytes a token, and three quarters of its answers", () => {
    const estimator = new TokenEstimator();
    const random = seededRandom(3);
    for (let at = 0; at < 3000; at++) {
      estimator.observe("long", { inputBytes: 3000, inputTokens: 1000, outputTokens: 10_000 * random.next() });
      estimator.observe("short", { inputBytes: 6000, inputTokens: 1000, outputTokens: 100 * random.next() });
    }
    const long = estimator.estimate("long", 30_000);
    const short = estimator.estimate("short", 30_000);
    expect(long.input / 10_000).toBeCloseTo(1);
    expect(short.input / 5000).toBeCloseTo(1);
    expect(long.output).toBeGreaterThan(6000);
    expect(long.output).toBeLessThan(9000);
    expect(short.output).toBeGreaterThan(60);
    expect(short.output).toBeLessThan(90);
  });

  test("an unseen kind is like all that were seen", () => {
    const estimator = new TokenEstimator();
    for (let at = 0; at < 200; at++) estimator.observe("known", { inputBytes: 2000, inputTokens: 1000, outputTokens: 50 });
    expect(estimator.estimate("unknown", 2000).input / 1000).toBeCloseTo(1);
  });

  test("is bounded: the kind unused for longest is forgotten", () => {
    const estimator = new TokenEstimator({ kindsMax: 2 });
    const seen = (kind: string, inputTokens: number) => {
      for (let at = 0; at < 200; at++) estimator.observe(kind, { inputBytes: 1000, inputTokens, outputTokens: 1 });
    };
    seen("a", 100);
    seen("b", 500);
    seen("c", 500);
    expect(estimator.estimate("a", 1000).input).toBeGreaterThan(400);
    expect(() => new TokenEstimator({ kindsMax: 0 })).toThrow("kindsMax");
  });

  test("whatever it is told, it answers with numbers that can be used", () => {
    const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1e300));
    const observed = fc.record({ inputBytes: number, inputTokens: number, outputTokens: number });
    fc.assert(
      fc.property(fc.array(observed, { maxLength: 50, size: "max" }), fc.nat(), (all, bytes) => {
        const estimator = new TokenEstimator();
        for (const each of all) estimator.observe("kind", each);
        const { input, output } = estimator.estimate("kind", bytes);
        expect(Number.isSafeInteger(input) && input >= 0 && Number.isSafeInteger(output) && output >= 1).toBe(true);
      }),
    );
  });
});
