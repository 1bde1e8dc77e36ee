import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VirtualClock } from "../../base/index.ts";
import type { Account, BudgetLimits, Reserved } from "./budget.ts";
import { Budgets } from "./budgets.ts";

const MIDNIGHT = Date.UTC(2026, 0, 2);
const account = (limits: BudgetLimits, key = "a"): Account => ({ key, limits });

function rig(startMs = MIDNIGHT - 3_600_000) {
  const clock = new VirtualClock(startMs, setImmediate);
  const budgets = new Budgets({ clock });
  const take = (accounts: Account[], tokens: number): Reserved => {
    const outcome = budgets.reserve(accounts, tokens);
    if (outcome.kind === "refused") throw new Error(`refused: ${outcome.limit}`);
    return outcome;
  };
  return { clock, budgets, take };
}

describe("a minute", () => {
  const limits = { tokensPerMinute: 100 };

  test("holds what is reserved, and says when there is room again", async () => {
    const { clock, budgets, take } = rig();
    take([account(limits)], 60);
    await clock.advance(20_000);
    take([account(limits)], 40);
    const refused = budgets.reserve([account(limits)], 1);
    expect(refused).toMatchObject({ kind: "refused", account: "a", limit: "tokensPerMinute" });
    if (refused.kind !== "refused") throw new Error("not refused");
    expect(refused.retryAfterMs).toBeGreaterThanOrEqual(40_000);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(41_000);
    await clock.advance(refused.retryAfterMs);
    expect(budgets.reserve([account(limits)], 60).kind).toBe("reserved");
  });

  test("counts what was used at the end of a second for 60 seconds from then", async () => {
    const { clock, budgets, take } = rig();
    await clock.advance(999);
    take([account(limits)], 100);
    await clock.advance(60_000);
    expect(budgets.reserve([account(limits)], 1)).toMatchObject({ kind: "refused", retryAfterMs: 1 });
    await clock.advance(1);
    take([account(limits)], 100);
  });

  test("gives back what was not used, and charges what was used beyond", () => {
    const { budgets, take } = rig();
    take([account(limits)], 90).settle(10);
    expect(budgets.usageOf("a")).toEqual({ minute: 10, day: 10, concurrent: 0 });
    take([account(limits)], 50).settle(200);
    expect(budgets.usageOf("a").minute).toBe(210);
    expect(budgets.reserve([account(limits)], 1).kind).toBe("refused");
  });

  test("only the first of settle and release counts", () => {
    const { budgets, take } = rig();
    const reserved = take([account(limits)], 50);
    reserved.settle(30);
    reserved.release();
    reserved.settle(90);
    expect(budgets.usageOf("a")).toEqual({ minute: 30, day: 30, concurrent: 0 });
  });

  test("what is no amount counts as what was reserved; an account named twice is charged once", () => {
    const { budgets, take } = rig();
    take([account(limits), account(limits)], 20).settle(Number.NaN);
    take([account(limits)], 20).settle(Number.POSITIVE_INFINITY);
    take([account(limits)], 20).settle(-5);
    expect(budgets.usageOf("a")).toEqual({ minute: 60, day: 60, concurrent: 0 });
  });

  test("more than the limit itself is too large, at any time", () => {
    const { budgets } = rig();
    expect(budgets.reserve([account(limits)], 101)).toMatchObject({ limit: "too_large" });
  });

  test("no 60 seconds hold more than the limit, wherever they begin", async () => {
    const step = fc.record({
      waitMs: fc.oneof(fc.nat(3000), fc.integer({ min: 56_000, max: 61_500 })),
      tokens: fc.integer({ min: 1, max: 60 }),
      usedShare: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60, size: "max" }),
        fc.integer({ min: 0, max: 5000 }),
        async (steps, offsetMs) => {
          const { clock, budgets } = rig();
          await clock.advance(offsetMs);
          const spent: { at: number; tokens: number }[] = [];
          for (const { waitMs, tokens, usedShare } of steps) {
            await clock.advance(waitMs);
            const outcome = budgets.reserve([account(limits)], tokens);
            if (outcome.kind === "refused") continue;
            const used = Math.floor(tokens * usedShare);
            outcome.settle(used);
            spent.push({ at: clock.monotonic(), tokens: used });
          }
          for (const { at } of spent) {
            const sum = spent
              .filter((each) => each.at >= at && each.at < at + 60_000)
              .reduce((total, each) => total + each.tokens, 0);
            expect(sum).toBeLessThanOrEqual(100);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("a day", () => {
  const limits = { tokensPerDay: 100 };

  test("ends at midnight UTC, and a wall clock that steps back begins none anew", async () => {
    const { clock, budgets, take } = rig();
    take([account(limits)], 100).settle(100);
    expect(budgets.reserve([account(limits)], 1)).toMatchObject({ limit: "tokensPerDay", retryAfterMs: 3_600_000 });
    await clock.advance(3_600_000);
    take([account(limits)], 100);
    expect(budgets.reserve([account(limits)], 1).kind).toBe("refused");
  });

  test("a wall clock that steps over midnight and back, or years ahead and back, opens nothing again", async () => {
    const { clock, budgets, take } = rig();
    clock.stepWall(3_600_000);
    take([account(limits)], 100);
    clock.stepWall(-3_600_000);
    expect(budgets.reserve([account(limits)], 1)).toMatchObject({ limit: "tokensPerDay" });
    clock.stepWall(3_650 * 86_400_000);
    take([account(limits)], 100);
    clock.stepWall(-3_650 * 86_400_000);
    expect(budgets.reserve([account(limits)], 1)).toMatchObject({ limit: "tokensPerDay", retryAfterMs: 3_600_000 });
    await clock.advance(3_600_000);
    take([account(limits)], 100);
  });

  test("what was reserved before midnight is not given back after it", async () => {
    const { clock, budgets, take } = rig();
    const late = take([account(limits)], 80);
    await clock.advance(3_600_001);
    take([account(limits)], 90);
    late.release();
    expect(budgets.usageOf("a").day).toBe(90);
  });
});

describe("calls at once", () => {
  test("are as many as may be, and leave their place however they end", () => {
    const { budgets, take } = rig();
    const limits = { concurrent: 2 };
    const [first, second] = [take([account(limits)], 5), take([account(limits)], 5)];
    expect(budgets.reserve([account(limits)], 5)).toMatchObject({ limit: "concurrent" });
    first.settle(5);
    take([account(limits)], 5);
    second.release();
    take([account(limits)], 5);
    expect(budgets.reserve([account(limits)], 5).kind).toBe("refused");
  });
});

describe("several accounts", () => {
  test("are reserved all or none", () => {
    const { budgets, take } = rig();
    const accounts = [
      account({ tokensPerMinute: 1000 }, "tenant"),
      account({ concurrent: 1 }, "team"),
      account({ tokensPerMinute: 50 }, "user"),
    ];
    expect(budgets.reserve(accounts, 60)).toMatchObject({ account: "user", limit: "too_large" });
    expect(budgets.usageOf("tenant").minute).toBe(0);
    const reserved = take(accounts, 40);
    expect(budgets.reserve(accounts, 10)).toMatchObject({ account: "team" });
    reserved.release();
    for (const key of ["tenant", "team", "user"]) expect(budgets.usageOf(key)).toEqual({ minute: 0, day: 0, concurrent: 0 });
  });

  test("what is under way is what was reserved less what ended, whatever the course", () => {
    const event = fc.record({
      tokens: fc.integer({ min: 0, max: 500 }),
      ends: fc.nat(3),
      settle: fc.option(fc.integer({ min: 0, max: 500 })),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80, size: "max" }), (events) => {
        const { budgets } = rig();
        const limits = { tokensPerDay: 5000, concurrent: 4 };
        const open: { reserved: Reserved; tokens: number }[] = [];
        let day = 0;
        for (const { tokens, ends, settle } of events) {
          const outcome = budgets.reserve([account(limits)], tokens);
          if (outcome.kind === "reserved") {
            open.push({ reserved: outcome, tokens });
            day += tokens;
          }
          const [ended] = open.splice(ends, 1);
          if (!ended) continue;
          if (settle === null) ended.reserved.release();
          else ended.reserved.settle(settle);
          day += (settle ?? 0) - ended.tokens;
        }
        expect(open.length).toBeLessThanOrEqual(4);
        expect(budgets.usageOf("a")).toMatchObject({ day, concurrent: open.length });
      }),
    );
  });

  test("remembered are so many; one with reservations is never forgotten", () => {
    const clock = new VirtualClock(MIDNIGHT, setImmediate);
    const budgets = new Budgets({ clock, accountsMax: 2 });
    const limits = { tokensPerMinute: 10 };
    budgets.reserve([account(limits, "busy")], 10);
    for (let at = 0; at < 5; at++) {
      const outcome = budgets.reserve([account(limits, `other ${at}`)], 10);
      if (outcome.kind === "reserved") outcome.settle(10);
    }
    expect(budgets.usageOf("busy").concurrent).toBe(1);
    expect(budgets.usageOf("other 0").minute).toBe(0);
    expect(() => new Budgets({ accountsMax: Number.NaN })).toThrow("accountsMax");
  });
});
