// Conformance of the key-value port: a long, repeatable sequence of random calls agrees with a plain map at every step.

import { seededRandom } from "../../base/index.ts";
import type { KeyValueCase } from "./key-value-case.ts";
import { equal, keysOf } from "./verify.ts";

const STEPS = 600;
const SEEDS = [1, 2, 3];
const KEYS = ["a", "b", "a:b", "a:c", "%", "_", "é", "e\u0301", "😀", "\0"];
const HOUR_MS = 3_600_000;
/** Time passes by whole hours and values end at half hours: a store's own delays cannot come between the two. */
const HALF_HOUR_MS = HOUR_MS / 2;

export const modelCases: readonly KeyValueCase[] = SEEDS.map((seed) => ({
  name: `${STEPS} random calls agree with a map, seed ${seed}`,
  async run({ open, elapse }) {
    const store = await open(`model-${seed}`);
    const random = seededRandom(seed);
    const model = new Map<string, { value: Uint8Array; endMs: number }>();
    let nowMs = 0;
    const live = (key: string) => {
      const entry = model.get(key);
      return entry && entry.endMs > nowMs ? entry.value : undefined;
    };
    for (let step = 0; step < STEPS; step++) {
      const key = KEYS[random.below(KEYS.length)] ?? "";
      const call = random.below(10);
      if (call < 4) {
        const value = random.bytes(random.below(300));
        const ttlMs = random.below(2) ? random.below(5) * HOUR_MS + HALF_HOUR_MS : undefined;
        await store.set(key, value, ttlMs === undefined ? {} : { ttlMs });
        model.set(key, { value, endMs: nowMs + (ttlMs ?? Number.POSITIVE_INFINITY) });
      } else if (call < 7) {
        equal(await store.get(key), live(key), `step ${step}: get ${JSON.stringify(key)}`);
      } else if (call === 7) {
        equal(await store.delete(key), live(key) !== undefined, `step ${step}: delete ${JSON.stringify(key)}`);
        model.delete(key);
      } else if (call === 8) {
        const expected = KEYS.filter((candidate) => candidate.startsWith(key) && live(candidate));
        equal(await keysOf(store.scan(key)), expected.sort(), `step ${step}: scan ${JSON.stringify(key)}`);
      } else {
        nowMs += HOUR_MS;
        await elapse(HOUR_MS);
      }
    }
  },
}));
