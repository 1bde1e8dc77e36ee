import { describe, expect, test } from "bun:test";
import { AdaptiveLimit } from "./index.ts";
import { newClock } from "./testing.ts";

const make = (initial = 20) => {
  const clock = newClock();
  return { clock, limit: new AdaptiveLimit({ floor: 2, ceiling: 100, initial, clock }) };
};
const done = (limit: AdaptiveLimit, startedMs: number, latency?: number, used = limit.value) =>
  limit.finished({ amount: 1, used, startedMs, latency });

describe("push-back", () => {
  test("cuts once for a burst, again for what began after it, never under the floor", async () => {
    const { clock, limit } = make();
    await clock.advance(100);
    for (let turn = 0; turn < 10; turn++) limit.pushedBack({ startedMs: 50 });
    expect(limit.value).toBe(17);
    await clock.advance(100);
    limit.pushedBack({ startedMs: 150 });
    expect(limit.value).toBeCloseTo(14.45);
    for (let turn = 0; turn < 100; turn++) {
      await clock.advance(1);
      limit.pushedBack();
    }
    expect(limit.value).toBe(2);
  });

  test("cuts from what was in use, not from a limit that nobody had reached", () => {
    const clock = newClock();
    const limit = new AdaptiveLimit({ floor: 4, ceiling: 10_000, initial: 10_000, clock });
    for (let turn = 0; turn < 20; turn++) limit.pushedBack({ startedMs: -1, used: 60 - turn });
    expect(limit.value).toBeCloseTo(51);
    for (const used of [1000, Number.NaN, Number.POSITIVE_INFINITY]) limit.pushedBack({ startedMs: 1, used });
    expect(limit.value).toBeGreaterThan(30);
    limit.pushedBack({ startedMs: 2, used: 1 });
    expect(limit.value).toBe(4);
  });

  test("leaves a fixed limit, whose floor is its ceiling, as it is; so does latency", async () => {
    const clock = newClock();
    const limit = new AdaptiveLimit({ floor: 50, ceiling: 50, clock });
    expect(limit.isFixed).toBe(true);
    for (let turn = 0; turn < 200; turn++) {
      await clock.advance(1);
      done(limit, clock.monotonic(), turn < 50 ? 1 : 1000);
      limit.pushedBack({ used: 3 });
      expect(limit.value).toBe(50);
    }
  });

  test("is made good in whole seats, from any floor", async () => {
    for (const floor of [1, 2, 3, 4, 5]) {
      const clock = newClock();
      const limit = new AdaptiveLimit({ floor, ceiling: 100, initial: 100, clock });
      limit.pushedBack({ used: 1 });
      expect(limit.value).toBe(floor);
      await clock.advance(1);
      for (let turn = 0; turn < 500; turn++) done(limit, clock.monotonic(), undefined, Math.floor(limit.value));
      expect(limit.value).toBe(100);
    }
  });

  test("stops growth until retry-after, a minute at most", async () => {
    const { clock, limit } = make();
    limit.pushedBack({ retryAfterMs: 1e9 });
    const { value } = limit;
    await clock.advance(59_999);
    done(limit, clock.monotonic());
    expect(limit.value).toBe(value);
    await clock.advance(1);
    done(limit, clock.monotonic());
    expect(limit.value).toBeGreaterThan(value);
  });
});

describe("growth", () => {
  test("is a step a round while in use, and ends at the ceiling", () => {
    const { limit } = make(20);
    for (let turn = 0; turn < 20; turn++) done(limit, 0);
    expect(limit.value).toBeCloseTo(21, 0);
    for (let turn = 0; turn < 10_000; turn++) done(limit, 0);
    expect(limit.value).toBe(100);
  });

  test("goes half the way back to what was too much in a round, then on slowly, then ever faster", () => {
    const { limit } = make(100);
    limit.pushedBack({ used: 50 });
    const round = () => {
      const { value } = limit;
      for (let turn = 0; turn < Math.round(value); turn++) done(limit, 1);
      return limit.value - value;
    };
    const steps = Array.from({ length: 9 }, round);
    expect(steps[0]).toBeGreaterThan(2);
    expect(steps[0]).toBeLessThan(50 - 42.5);
    expect(Math.min(...steps)).toBeCloseTo(1, 0);
    expect(steps.indexOf(Math.min(...steps))).toBeGreaterThan(1);
    expect(steps[8]).toBeGreaterThan(4);
    expect(limit.value).toBeLessThan(100);
  });

  test("is at most by a half in a round, spread over it", () => {
    const limit = new AdaptiveLimit({ floor: 1, ceiling: 10_000, initial: 10_000, clock: newClock() });
    limit.pushedBack({ used: 3 });
    for (let round = 0; round < 12; round++) {
      const { value } = limit;
      for (let turn = 0; turn < Math.ceil(value); turn++) done(limit, 1);
      if (value > 10) expect(limit.value / value).toBeLessThan(Math.exp(0.55));
    }
    expect(limit.value).toBeGreaterThan(200);
  });

  test("is none while most of it is unused", () => {
    const { limit } = make(20);
    for (let turn = 0; turn < 100; turn++) done(limit, 0, undefined, 10);
    expect(limit.value).toBe(20);
  });
});

describe("latency", () => {
  test("cuts when it has risen over its own past, whatever its unit", async () => {
    for (const unit of [1, 1e6]) {
      const { clock, limit } = make();
      await clock.advance(1);
      for (let turn = 0; turn < 64; turn++) done(limit, 1, 10 * unit);
      for (let turn = 0; turn < 15; turn++) done(limit, 1, 30 * unit);
      const before = limit.value;
      done(limit, 1, 30 * unit);
      const after = limit.value;
      expect(after).toBeLessThan(before * 0.95);
      for (let turn = 0; turn < 64; turn++) done(limit, 1, 30 * unit);
      expect(limit.value).toBe(after);
      await clock.advance(1);
      for (let turn = 0; turn < 16; turn++) done(limit, 2, 30 * unit);
      expect(limit.value).toBeLessThan(after);
    }
  });

  test("no number and no latency change nothing", () => {
    const { limit } = make();
    for (let turn = 0; turn < 64; turn++) done(limit, 1, 10, 1);
    for (const odd of [Number.NaN, -1, 0, Number.POSITIVE_INFINITY]) for (let turn = 0; turn < 64; turn++) done(limit, 1, odd, 1);
    expect(limit.value).toBe(20);
  });
});

test("limits that bound nothing are refused", () => {
  for (const options of [
    { floor: 0, ceiling: 5 },
    { floor: 5, ceiling: 4 },
    { floor: 1, ceiling: Number.POSITIVE_INFINITY },
    { floor: 1, ceiling: 9, keep: 1 },
    { floor: 1, ceiling: 9, tolerance: 1 },
  ]) {
    expect(() => new AdaptiveLimit(options)).toThrow(expect.objectContaining({ code: "option_invalid" }));
  }
});
