// Whatever callers, factory and time do: never over the maximum, no resource in two hands, no waiter lost.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { Cancellation } from "../../base/index.ts";
import type { Lease } from "./index.ts";
import { make, type Thing } from "./testing.ts";

type Act =
  | { kind: "acquire"; waitMs: number }
  | { kind: "release" | "destroy" | "abort"; index: number }
  | { kind: "advance"; ms: number }
  | { kind: "fail"; isFailing: boolean };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("acquire" as const), waitMs: fc.integer({ min: 1, max: 2000 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("release", "destroy", "abort"), index: fc.nat(10) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.nat(700) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail" as const), isFailing: fc.boolean() }) },
);

test("any course of events", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(act, { maxLength: 200, size: "max" }), async (max, acts) => {
      const { clock, factory, pool } = make({
        max,
        min: Math.min(1, max - 1),
        idleMsMax: 500,
        lifeMsMax: 3000,
        validateAfterIdleMs: 100,
        validate: (thing) => thing.id % 5 !== 4,
      });
      const held = new Set<Lease<Thing>>();
      const callers: Cancellation[] = [];
      let asked = 0;
      let answered = 0;
      const check = () => {
        const { size, making, idle, waiting } = pool.stats();
        expect(size + making).toBeLessThanOrEqual(max);
        expect(idle + held.size).toBeLessThanOrEqual(size);
        expect(new Set([...held].map(({ resource }) => resource)).size).toBe(held.size);
        for (const { resource } of held) expect(factory.destroyed).not.toContain(resource);
        expect(waiting === 0 || idle === 0).toBe(true);
      };
      for (const step of acts) {
        if (step.kind === "acquire") {
          const caller = new Cancellation();
          callers.push(caller);
          asked++;
          pool.acquire({ signal: caller, deadlineMs: clock.monotonic() + step.waitMs }).then(
            (lease) => {
              answered++;
              held.add(lease);
            },
            () => answered++,
          );
        } else if (step.kind === "advance") await clock.advance(step.ms);
        else if (step.kind === "fail") factory.isFailing = step.isFailing;
        else if (step.kind === "abort") callers[step.index % Math.max(1, callers.length)]?.abort("left");
        else {
          const lease = [...held][step.index % Math.max(1, held.size)];
          if (lease) held.delete(lease);
          if (lease) lease[step.kind]();
        }
        await clock.advance(0);
        check();
      }
      await clock.advance(2000);
      expect(answered).toBe(asked);
      const drained = pool.drain(clock.monotonic() + 1000);
      for (const lease of held) lease.release();
      await clock.advance(1000);
      expect(await drained).toBe(0);
      await clock.advance(1000);
      expect(factory.destroyed.length).toBe(factory.made.length);
    }),
    { numRuns: 200 },
  );
});
