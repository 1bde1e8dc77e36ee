// The batcher over an engine with every trouble, in worlds drawn from seeds. One seed alone: `bun test test/simulation -t "batch seed 17$"`.

import { describe, expect, test } from "bun:test";
import { playBatch } from "./batch-world.ts";
import type { FlowRun } from "./flow-world.ts";

const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);
const MS_MAX = 30_000;

/** Without these a world would prove little. */
const HAPPENINGS = [
  ...["acknowledged", "left", "batch_full", "batch_unknown", "store_unavailable", "shutting_down"],
  ...["away", "bad row", "read-only", "hangs", "sent again after it was committed", "waited for room"],
  ...["retries", "splits", "given up at close"],
];

describe("many writers, one batcher, one engine", () => {
  const runs = new Map<number, Promise<FlowRun>>();
  const played = (seed: number): Promise<FlowRun> => {
    const run = runs.get(seed) ?? playBatch(seed);
    runs.set(seed, run);
    return run;
  };

  test.each(SEEDS)(
    "batch seed %d",
    async (seed) => {
      const { counts } = await played(seed);
      expect(counts.get("acknowledged")).toBeGreaterThan(100);
    },
    MS_MAX,
  );

  test(
    "the same seed is the same course of events, and another is another",
    async () => {
      const some = SEEDS.filter((seed) => seed % 8 === 0);
      const digests = await Promise.all(some.map(async (seed) => (await played(seed)).digest));
      expect(new Set(digests).size).toBe(some.length);
      for (const [index, seed] of some.entries())
        expect([seed, (await playBatch(seed)).digest]).toEqual([seed, digests[index] ?? ""]);
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
