// Queue, balancer and pool together, in worlds drawn from seeds. One seed alone: `bun test test/simulation -t "seed 17$"`.
// It proves what must hold whatever happens, not how well it goes: `bench/` measures that.

import { describe, expect, test } from "bun:test";
import { type FlowRun, playFlow } from "./flow-world.ts";

const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);
const MS_MAX = 30_000;

/** Without these a world would prove little. */
const HAPPENINGS = [
  ...["answered", "refused", "failed", "late", "left", "nobody", "replaced", "came back", "tried another", "died"],
  ...["admitted at once", "admitted after a wait", "expired"],
  ...["shed: full", "shed: hopeless", "shed: too_large", "shed: replaced"],
  ...["waited for a connection", "pool_full", "pool_timeout", "pool_failing"],
  ...["a server left out", "chosen: pinned", "chosen: warm", "chosen: home", "chosen: spill", "chosen: moved"],
  ...["chosen: parent", "chosen: two-choices", "chosen: panic"],
];

describe("queue, balancer and pool together", () => {
  const runs = new Map<number, Promise<FlowRun>>();
  const played = (seed: number): Promise<FlowRun> => {
    const run = runs.get(seed) ?? playFlow(seed);
    runs.set(seed, run);
    return run;
  };

  test.each(SEEDS)(
    "seed %d",
    async (seed) => {
      const { counts } = await played(seed);
      expect(counts.get("answered")).toBeGreaterThan(50);
    },
    MS_MAX,
  );

  test(
    "the same seed is the same course of events, and another is another",
    async () => {
      const some = SEEDS.filter((seed) => seed % 5 === 0);
      const digests = await Promise.all(some.map(async (seed) => (await played(seed)).digest));
      expect(new Set(digests).size).toBe(some.length);
      for (const [index, seed] of some.entries())
        expect([seed, (await playFlow(seed)).digest]).toEqual([seed, digests[index] ?? ""]);
    },
    MS_MAX,
  );

  test(
    "nothing that can happen is left out by all of them",
    async () => {
      const all = await Promise.all(SEEDS.map(played));
      expect(HAPPENINGS.filter((kind) => !all.some(({ counts }) => counts.has(kind)))).toEqual([]);
    },
    MS_MAX,
  );
});
