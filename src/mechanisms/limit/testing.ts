// For the tests of shared budgets: nodes over one ledger on a virtual clock, with a way to it that a test may make slow or cut.

import { seededRandom, VirtualClock } from "../../base/index.ts";
import type { BudgetLedger } from "../../ports/index.ts";
import { type Account, type BudgetLimits, SharedBudgets, type SharedBudgetsOptions, type SharedOutcome } from "./index.ts";

export const NOON = Date.UTC(2026, 0, 1, 12);

export const account = (limits: BudgetLimits, key = "a"): Account => ({ key, limits });

export interface Way {
  /** To the ledger, and back. */
  delayMs: number;
  /** `lost`: the ledger hears it, the answer does not come. */
  is: "open" | "cut" | "lost";
  calls: number;
}

export function makeNodes(
  makeLedger: (clock: VirtualClock) => BudgetLedger,
  nodes: number,
  options: Partial<SharedBudgetsOptions>,
  startMs: number,
) {
  const clock = new VirtualClock(startMs, setImmediate);
  const ledger = makeLedger(clock);
  const way: Way = { delayMs: 0, is: "open", calls: 0 };
  const through = over(ledger, clock, way);
  const all = Array.from(
    { length: nodes },
    (_, index) => new SharedBudgets({ ledger: through, nodeId: `node ${index}`, clock, random: seededRandom(index), ...options }),
  );
  return { clock, ledger, way, nodes: all, node: all[0] as SharedBudgets };
}

function over(ledger: BudgetLedger, clock: VirtualClock, way: Way): BudgetLedger {
  const go = async <T>(call: () => Promise<T>): Promise<T> => {
    way.calls++;
    if (way.is === "cut") throw new Error("cut");
    if (way.delayMs > 0) await clock.sleep(way.delayMs);
    const answer = await call();
    if (way.is === "lost") throw new Error("lost");
    if (way.delayMs > 0) await clock.sleep(way.delayMs);
    return answer;
  };
  return {
    lease: (node, asks, reports) => go(() => ledger.lease(node, asks, reports)),
    report: (node, reports) => go(() => ledger.report(node, reports)),
    usage: (key) => go(() => ledger.usage(key)),
    close: () => ledger.close(),
  };
}

/** Time moves on until there is an outcome. */
export async function outcomeOf(clock: VirtualClock, outcome: SharedOutcome | Promise<SharedOutcome>): Promise<SharedOutcome> {
  if (!(outcome instanceof Promise)) return outcome;
  let settled = false;
  const watched = outcome.finally(() => {
    settled = true;
  });
  watched.catch(() => {});
  await clock.advance(0);
  while (!settled) await clock.advance(1);
  return watched;
}

export async function reserved(clock: VirtualClock, outcome: SharedOutcome | Promise<SharedOutcome>) {
  const settled = await outcomeOf(clock, outcome);
  if (settled.kind !== "reserved") throw new Error(`expected a reservation, got ${JSON.stringify(settled)}`);
  return settled;
}
