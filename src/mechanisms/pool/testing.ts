// For the tests of the pool: a factory of numbered resources whose health a test decides, on a virtual clock.

import { seededRandom, VirtualClock } from "../../base/index.ts";
import { Pool, type PoolOptions } from "./index.ts";

export interface Thing {
  readonly id: number;
  isGood: boolean;
}

export function make(options: Partial<PoolOptions<Thing>> = {}, createMs = 100) {
  const clock = new VirtualClock(0, setImmediate);
  const factory = { createMs, isFailing: false, attempts: [] as number[], made: [] as Thing[], destroyed: [] as Thing[] };
  const pool = new Pool<Thing>({
    max: 3,
    clock,
    random: seededRandom(1),
    async create() {
      factory.attempts.push(clock.monotonic());
      const { isFailing } = factory;
      await clock.sleep(factory.createMs);
      if (isFailing) throw new Error("cannot be made");
      const thing = { id: factory.made.length, isGood: true };
      factory.made.push(thing);
      return thing;
    },
    destroy: (thing) => void factory.destroyed.push(thing),
    ...options,
  });
  return { clock, factory, pool };
}

/** What became of a promise, to be looked at while time moves. */
export function watched<R>(promise: Promise<R>): { value?: R; error?: unknown; isSettled: boolean } {
  const seen: { value?: R; error?: unknown; isSettled: boolean } = { isSettled: false };
  promise.then(
    (value) => Object.assign(seen, { value, isSettled: true }),
    (error: unknown) => Object.assign(seen, { error, isSettled: true }),
  );
  return seen;
}
