// Whatever is asked and however callers behave: fair, never over the limits, nobody lost, nobody starved.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { Heap } from "./heap.ts";
import { AdaptiveLimit, type Priority, priorities } from "./index.ts";
import { type Caller, make, newClock } from "./testing.ts";

type Act =
  | {
      kind: "ask";
      priority: Priority;
      tenant: string;
      user: string;
      tokens: number;
      waitMs: number;
      id: string;
      canGoElsewhere: boolean;
    }
  | { kind: "turn away" }
  | { kind: "finish"; index: number; tokens: number; isPushedBack: boolean }
  | { kind: "abort"; index: number }
  | { kind: "advance"; ms: number };

const ask = fc.record({
  kind: fc.constant("ask" as const),
  priority: fc.constantFrom(...priorities),
  tenant: fc.constantFrom("a", "b", "c"),
  user: fc.constantFrom("u", "v"),
  tokens: fc.integer({ min: 1, max: 600 }),
  waitMs: fc.integer({ min: 1, max: 3000 }),
  id: fc.constantFrom("1", "2", "3", "4", "5", "6"),
  canGoElsewhere: fc.boolean(),
});
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: ask },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("finish"), index: fc.nat(20), tokens: fc.nat(900), isPushedBack: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("abort" as const), index: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.nat(800) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "turn away" as const }) },
) as fc.Arbitrary<Act>;

const isIn = ({ is, finished }: Caller) => is === "admitted" && !finished;

/** Lets callers hear what became of them; time stands still. */
async function heard(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await Promise.resolve();
}

test("any course of events", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      fc.array(act, { maxLength: 150, size: "max" }),
      async (seatsMax, isAdaptive, acts) => {
        const clock = newClock();
        const adaptive = isAdaptive && {
          seats: new AdaptiveLimit({ floor: 1, ceiling: seatsMax, clock }),
          tokens: new AdaptiveLimit({ floor: 100, ceiling: 1000, initial: 1000, clock }),
        };
        const bounds = { seatsMax, tokensMax: 1000, waitingMax: 6, waitingTokensMax: 2000 };
        const { queue, ask } = make({ ...bounds, intervalMs: 500, clock, ...adaptive });
        const callers: Caller[] = [];
        const check = () => {
          const { waiting, inFlight, tokensInFlight, admitted, finished, shed, expired, left, limits } = queue.stats();
          const { seats, tokens } = limits;
          expect(seats).toBeGreaterThanOrEqual(isAdaptive ? 1 : seatsMax);
          expect(seats).toBeLessThanOrEqual(seatsMax);
          expect(tokens).toBeGreaterThanOrEqual(isAdaptive ? 100 : 1000);
          expect(tokens).toBeLessThanOrEqual(1000);
          const lines = Object.values(waiting);
          const count = lines.reduce((sum, line) => sum + line.count, 0);
          expect(count).toBeLessThanOrEqual(6);
          expect(lines.reduce((sum, line) => sum + line.tokens, 0)).toBeLessThanOrEqual(2000);
          expect(inFlight).toBeLessThanOrEqual(seatsMax);
          expect(tokensInFlight).toBeLessThanOrEqual(1000);
          expect(admitted).toBe(finished + inFlight);
          expect(callers).toHaveLength(
            admitted + Object.values(shed).reduce((sum, one) => sum + one, 0) + expired + left + count,
          );
          expect(callers.filter(isIn)).toHaveLength(inFlight);
          expect(callers.filter(({ is }) => is === "waits")).toHaveLength(count);
          expect(count === 0 || inFlight > 0).toBe(true);
        };
        for (const step of acts) {
          if (step.kind === "ask") callers.push(ask({ ...step, deadlineMs: clock.monotonic() + step.waitMs }));
          else if (step.kind === "advance") await clock.advance(step.ms);
          else if (step.kind === "abort") callers[step.index]?.cancellation.abort("left");
          else if (step.kind === "turn away") queue.turnAway();
          else
            callers.filter(isIn)[step.index % seatsMax]?.finish({
              tokens: step.tokens,
              latency: step.tokens,
              firstTokenMs: step.tokens,
              ...(step.isPushedBack && { pushedBack: {} }),
            });
          await clock.advance(0);
          check();
        }
        await clock.advance(3000);
        expect(callers.filter(({ is }) => is === "waits")).toEqual([]);
        expect(clock.pendingCount).toBe(0);
      },
    ),
    { numRuns: 400 },
  );
});

test("two tenants that always wait: the gap in real tokens does not grow with time", async () => {
  const tokensOf = fc.integer({ min: 1, max: 500 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(tokensOf, tokensOf), { minLength: 5, maxLength: 20, size: "max" }), async (sizes) => {
      const { ask } = make({ seatsMax: 3, waitMsMax: 1e7 });
      const used = { flood: 0, steady: 0 };
      const callers: { tenant: "flood" | "steady"; caller: Caller; real: number }[] = [];
      let at = 0;
      const fill = () => {
        for (const tenant of ["flood", "steady"] as const) {
          while (callers.filter((entry) => entry.tenant === tenant && entry.caller.is === "waits").length < 4) {
            const [estimate, real] = sizes[at++ % sizes.length] as [number, number];
            // The flood comes by many users, which gains it nothing.
            const user = tenant === "flood" ? `${at % 50}` : "one";
            callers.push({ tenant, real, caller: ask({ tenant, user, tokens: estimate, deadlineMs: 1e9 }) });
          }
        }
      };
      for (let turn = 0; turn < 120; turn++) {
        fill();
        await heard();
        const index = callers.findIndex(({ caller }) => isIn(caller));
        const [entry] = callers.splice(index, 1);
        if (!entry) throw new Error("Nobody is in.");
        entry.caller.finish({ tokens: entry.real });
        used[entry.tenant] += entry.real;
        expect(Math.abs(used.flood - used.steady)).toBeLessThanOrEqual(2 * 500 * (3 + 1));
      }
    }),
    { numRuns: 15 },
  );
});

test("no priority starves below its floor", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<Priority>("high", "normal", "low"),
      fc.integer({ min: 10, max: 400 }),
      async (below, size) => {
        const floors = { critical: 0.1, high: 0.1, normal: 0.1, low: 0.1 };
        const { ask } = make({ floors, waitMsMax: 1e7 });
        const callers: { priority: Priority; tokens: number; caller: Caller }[] = [];
        const got = { critical: 0, high: 0, normal: 0, low: 0 };
        for (let turn = 0; turn < 300; turn++) {
          for (const [priority, tokens] of [
            ["critical", 100],
            [below, size],
          ] as const) {
            while (callers.filter((entry) => entry.priority === priority && entry.caller.is === "waits").length < 3) {
              callers.push({ priority, tokens, caller: ask({ priority, tokens, deadlineMs: 1e9 }) });
            }
          }
          await heard();
          const index = callers.findIndex(({ caller }) => isIn(caller));
          const [entry] = callers.splice(index, 1);
          entry?.caller.finish();
          if (entry) got[entry.priority] += entry.tokens;
        }
        const all = got.critical + got[below];
        expect(got[below]).toBeGreaterThanOrEqual(0.1 * all - 2 * size - 200);
        expect(got[below]).toBeLessThanOrEqual(0.1 * all + 2 * size + 200);
      },
    ),
    { numRuns: 15 },
  );
});

test("a heap is a sorted list, whoever leaves or moves", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(30), fc.nat(100)), { maxLength: 100, size: "max" }), (steps) => {
      const ranks = Array.from({ length: 31 }, () => ({ rank: 0 }));
      const heap = new Heap<{ rank: number }>((one, other) => one.rank < other.rank);
      const inside = new Set<{ rank: number }>();
      for (const [kind, index, rank] of steps) {
        const member = ranks[index] as { rank: number };
        if (kind === 0 || inside.has(member)) member.rank = rank;
        if (kind === 1) {
          heap.remove(member);
          inside.delete(member);
        } else if (inside.has(member)) heap.update(member);
        else {
          heap.add(member);
          inside.add(member);
        }
        expect(heap.size).toBe(inside.size);
        if (inside.size > 0) expect(heap.first?.rank).toBe(Math.min(...[...inside].map((each) => each.rank)));
        else expect(heap.first).toBeUndefined();
      }
    }),
  );
});
