// Whatever nodes, callers, the way to the ledger and time do: no 60 seconds over the limit, no day, no call too many, and nothing
// is lost or made: what is charged in the end is what was used.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { seededRandom } from "../../base/index.ts";
import { MemoryBudgetLedger } from "../../stores/memory/index.ts";
import type { BudgetLimits, SharedBudgets, SharedBudgetsOptions, SharedOutcome } from "./index.ts";
import { account, makeNodes, NOON } from "./testing.ts";

const make = (nodes = 1, options: Partial<SharedBudgetsOptions> = {}, startMs = NOON) =>
  makeNodes((clock) => new MemoryBudgetLedger({ clock, accountsMax: 1000 }), nodes, options, startMs);

type Act =
  | { kind: "reserve"; node: number; tokens: number; keys: number }
  | { kind: "end"; index: number; share: number }
  | { kind: "advance"; ms: number }
  | { kind: "way"; delayMs: number; is: "open" | "cut" | "lost" };

/** A moment, as long as a block lives, or about a minute. */
const PASSES = fc.oneof(fc.nat(30), fc.nat(2500), fc.integer({ min: 56_000, max: 62_500 }));

const acts = (withFaults: boolean): fc.Arbitrary<Act[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant("reserve" as const),
          node: fc.nat(2),
          tokens: fc.integer({ min: 1, max: 400 }),
          keys: fc.nat(2),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant("end" as const), index: fc.nat(20), share: fc.integer({ min: 0, max: 4 }) }),
      },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: PASSES }) },
      {
        weight: withFaults ? 2 : 0,
        arbitrary: fc.record({
          kind: fc.constant("way" as const),
          delayMs: fc.constantFrom(0, 0, 5, 40),
          is: fc.constantFrom("open", "open", "cut", "lost"),
        }),
      },
    ),
    { maxLength: 80, size: "max" },
  );

interface Spent {
  readonly atMs: number;
  readonly day: number;
  readonly keys: readonly string[];
  used: number;
}

const DAY_MS = 86_400_000;
const KEYS = ["tenant", "team", "user"];
const MINUTE = { tokensPerMinute: 1000 };
const DAY = { tokensPerDay: 3000 };
const CALLS = { concurrent: 5 };

/** Settles by the share that `end` says, never over the reservation. */
async function play(all: readonly Act[], limits: BudgetLimits, startMs: number) {
  const { clock, ledger, nodes, way } = make(3, {}, startMs);
  const spent: Spent[] = [];
  const open: { end: (share: number) => void; keys: readonly string[] }[] = [];
  const pending = new Set<Promise<void>>();
  const got = (outcome: SharedOutcome, tokens: number, keys: readonly string[]) => {
    if (outcome.kind !== "reserved") return;
    const entry: Spent = { atMs: clock.monotonic(), day: Math.floor(clock.now() / DAY_MS), keys, used: tokens };
    spent.push(entry);
    const end = (share: number) => {
      entry.used = Math.floor((tokens * share) / 4);
      if (entry.used === 0) outcome.release();
      else outcome.settle(entry.used);
    };
    open.push({ end, keys });
    if (limits.concurrent === undefined) return;
    for (const key of KEYS) {
      expect(open.filter((each) => each.keys.includes(key)).length).toBeLessThanOrEqual(limits.concurrent);
    }
  };
  for (const act of all) {
    if (act.kind === "reserve") {
      const keys = KEYS.slice(0, act.keys + 1);
      const node = nodes[act.node] as SharedBudgets;
      const outcome = node.reserve(
        keys.map((key) => account(limits, key)),
        act.tokens,
      );
      if (outcome instanceof Promise) {
        const waiting = outcome.then((each) => got(each, act.tokens, keys));
        pending.add(waiting);
        void waiting.finally(() => pending.delete(waiting)).catch(() => {});
      } else got(outcome, act.tokens, keys);
    } else if (act.kind === "end") open.splice(act.index % Math.max(1, open.length), 1)[0]?.end(act.share);
    else if (act.kind === "advance") await clock.advance(act.ms);
    else Object.assign(way, { delayMs: act.delayMs, is: act.is });
  }
  await clock.advance(1000);
  await Promise.all(pending);
  return { clock, ledger, nodes, way, spent, open };
}

const sum = (some: readonly Spent[]) => some.reduce((total, { used }) => total + used, 0);
const of = (spent: readonly Spent[], key: string) => spent.filter(({ keys }) => keys.includes(key));

test("no 60 seconds hold more than the limit, with a ledger that is slow, cut off or loses answers", async () => {
  await fc.assert(
    fc.asyncProperty(acts(true), async (all) => {
      const { spent } = await play(all, MINUTE, NOON + 700);
      for (const key of KEYS) {
        for (const { atMs } of of(spent, key)) {
          const within = of(spent, key).filter((each) => each.atMs >= atMs && each.atMs <= atMs + 60_000);
          expect(sum(within)).toBeLessThanOrEqual(MINUTE.tokensPerMinute);
        }
      }
    }),
    { numRuns: 200 },
  );
});

/** Nodes that take all they can get, in bursts with pauses as long as blocks live, over many minutes. */
async function crowd(seed: number, limits: BudgetLimits, startMs: number, forMs: number) {
  const random = seededRandom(seed);
  const { clock, nodes, way } = make(3, {}, startMs);
  const spent: { atMs: number; day: number; used: number }[] = [];
  const take = async (node: SharedBudgets, tokens: number) => {
    const outcome = await node.reserve([account(limits)], tokens);
    if (outcome.kind !== "reserved") return;
    const used = random.below(4) === 0 ? random.below(tokens) : tokens;
    spent.push({ atMs: clock.monotonic(), day: Math.floor(clock.now() / DAY_MS), used });
    if (used < tokens) clock.schedule(random.below(5000), () => outcome.settle(used));
  };
  const burstMs = 50 + random.below(1500);
  while (clock.monotonic() < forMs) {
    way.delayMs = random.below(3) === 0 ? random.below(20) : 0;
    for (const node of nodes) for (let calls = random.below(4); calls > 0; calls--) void take(node, 1 + random.below(120));
    await clock.advance(1 + random.below(burstMs));
  }
  return spent;
}

test("no 60 seconds hold more than the limit, however greedily it is used, and little of it is left", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const spent = await crowd(seed, MINUTE, NOON, 200_000);
      let first = 0;
      let used = 0;
      let most = 0;
      for (const { atMs, used: tokens } of spent) {
        used += tokens;
        while ((spent[first]?.atMs ?? atMs) < atMs - 60_000) used -= spent[first++]?.used ?? 0;
        most = Math.max(most, used);
      }
      expect(most).toBeLessThanOrEqual(MINUTE.tokensPerMinute);
      expect(most).toBeGreaterThan(0.8 * MINUTE.tokensPerMinute);
    }),
    { numRuns: 30 },
  );
});

test("no day holds more than the limit, where one ends while blocks are leased", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const midnight = NOON + DAY_MS / 2;
      const spent = await crowd(seed, { tokensPerDay: 20_000 }, midnight - 10_000, 20_000);
      for (const day of new Set(spent.map((each) => each.day))) {
        const used = spent.filter((each) => each.day === day).reduce((total, each) => total + each.used, 0);
        expect(used).toBeLessThanOrEqual(20_000);
      }
    }),
    { numRuns: 40 },
  );
});

test("no day holds more than the limit, with a ledger that is slow, cut off or loses answers", async () => {
  const midnight = NOON + DAY_MS / 2;
  await fc.assert(
    fc.asyncProperty(acts(true), async (all) => {
      const { spent } = await play(all, DAY, midnight - 5000);
      for (const key of KEYS) {
        for (const day of new Set(spent.map((each) => each.day))) {
          expect(sum(of(spent, key).filter((each) => each.day === day))).toBeLessThanOrEqual(DAY.tokensPerDay);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test("no more calls are open than may be, and in the end is charged what was used, in every account", async () => {
  await fc.assert(
    fc.asyncProperty(acts(false), async (all) => {
      const { ledger, nodes, spent, open } = await play(all, { ...MINUTE, ...DAY, ...CALLS }, NOON);
      for (const { end } of open) end(4);
      await Promise.all(nodes.map((node) => node.close()));
      for (const key of KEYS) expect(await ledger.usage(key)).toMatchObject({ day: sum(of(spent, key)), concurrent: 0 });
    }),
    { numRuns: 200 },
  );
});
