// Whatever callers and engine do: each is told once and told the truth, keys keep their order, nothing is over its bound, nothing stays.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { Cancellation, MillraceError } from "../../base/index.ts";
import { BAD, make, RETRIABLE, type Seen, type Write, watched } from "./testing.ts";

type Act =
  | { kind: "add"; key: string | undefined; rank: number; bytes: number; isBad: boolean }
  | { kind: "advance"; ms: number }
  | { kind: "leave"; index: number }
  | { kind: "engine"; mood: "well" | "down" | "hangs" | "fails once" | "slow" }
  | { kind: "flush" };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("add" as const),
      key: fc.constantFrom(undefined, "a", "b", "c", "d"),
      rank: fc.integer({ min: 0, max: 7 }),
      bytes: fc.constantFrom(1, 100, 5000, 70_000),
      isBad: fc.nat(15).map((chance) => chance === 0),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.constantFrom(0, 1, 5, 10, 50, 700) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("leave" as const), index: fc.nat(200) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("engine" as const),
      mood: fc.constantFrom("well", "well", "down", "hangs", "fails once", "slow"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("flush" as const) }) },
);

const setting = fc.record({
  itemsMax: fc.integer({ min: 1, max: 8 }),
  bytesMax: fc.constantFrom(200, 10_000, 100_000),
  commitsMax: fc.integer({ min: 1, max: 3 }),
  collectMsMax: fc.constantFrom(5, 100),
  holdMsMax: fc.constantFrom(20, 1000),
  waitingMax: fc.integer({ min: 1, max: 20 }),
  waitingBytesMax: fc.constantFrom(10_000, 200_000),
  whenFull: fc.constantFrom("refuse" as const, "wait" as const),
});

const TOLD_NOT = ["left", BAD, RETRIABLE, "batch_full", "store_unavailable", "shutting_down"];

function checkTold(write: Write, seen: Seen, commits: number): void {
  const { error } = seen;
  expect(seen.settled).toBe(1);
  expect(commits).toBeLessThanOrEqual(1);
  if (error === undefined) expect([seen.value, commits]).toEqual([`result ${write.id}`, 1]);
  else if (!MillraceError.is(error, "batch_unknown")) {
    expect(commits).toBe(0);
    expect(TOLD_NOT).toContain(MillraceError.is(error) ? error.code : (error as string));
    if (error === BAD) expect(write.isBad).toBe(true);
  }
}

test("any course of events", async () => {
  await fc.assert(
    fc.asyncProperty(setting, fc.array(act, { maxLength: 120, size: "max" }), fc.boolean(), async (options, acts, closesWell) => {
      const { clock, engine, batcher, add } = make({
        ...options,
        commitMsMax: 500,
        retry: { firstMs: 10, maxMs: 100, forMs: 1500 },
      });
      const callers: { write: Write; seen: Seen; caller: Cancellation }[] = [];
      const flushes: Seen[] = [];
      const engineIs = (mood: string) => {
        engine.isDown = mood === "down";
        engine.hangs = mood === "hangs";
        engine.commitMs = mood === "slow" ? 300 : 10;
        if (mood === "fails once") engine.failures.push(RETRIABLE);
      };
      for (const step of acts) {
        if (step.kind === "add") {
          const { kind: _, key, ...rest } = step;
          const write: Write = { ...rest, id: callers.length, ...(key === undefined ? {} : { key }) };
          const caller = new Cancellation();
          callers.push({ write, caller, seen: add(write, caller) });
        } else if (step.kind === "advance") await clock.advance(step.ms);
        else if (step.kind === "leave") callers[step.index % Math.max(1, callers.length)]?.caller.abort("left");
        else if (step.kind === "flush") flushes.push(watched(batcher.flush(), clock));
        else engineIs(step.mood);
        const { waiting, waitingBytes, waitingForRoom, committing, running, ...stats } = batcher.stats();
        expect(waiting).toBeLessThanOrEqual(options.waitingMax);
        expect(waitingBytes).toBeLessThanOrEqual(options.waitingBytesMax);
        expect(waitingForRoom).toBeLessThanOrEqual(options.whenFull === "wait" ? options.waitingMax : 0);
        expect(running).toBeLessThanOrEqual(options.commitsMax);
        expect(committing).toBeLessThanOrEqual(options.commitsMax * options.itemsMax);
        const there = waiting + waitingForRoom + committing;
        expect(stats.added - stats.acknowledged - stats.failed - stats.left).toBe(there);
      }
      if (closesWell) engineIs("well");
      const closed = watched(batcher.close(clock.monotonic() + 3000), clock);
      await clock.advance(3000);

      expect(closed).toMatchObject({ settled: 1 });
      expect(flushes.every(({ settled }) => settled === 1)).toBe(true);
      expect([clock.pendingCount, engine.running]).toEqual([0, 0]);
      for (const { write, seen } of callers) checkTold(write, seen, engine.committed.filter((one) => one === write).length);
      for (const key of ["a", "b", "c", "d"]) {
        const order = engine.committed.filter((write) => write.key === key).map(({ id }) => Number(id));
        expect(order).toEqual(order.toSorted((one, other) => one - other));
      }
      expect(engine.runningMax).toBeLessThanOrEqual(options.commitsMax);
      expect(Math.max(0, ...engine.asked.map(({ length }) => length))).toBeLessThanOrEqual(options.itemsMax);
      for (const asked of engine.asked) {
        const bytes = asked.reduce<number>((sum, id) => sum + (callers[Number(id)]?.write.bytes ?? 0), 0);
        expect(asked.length === 1 || bytes <= options.bytesMax).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

test("after any course of events in good health all is acknowledged that nobody gave up, soon", async () => {
  const load = fc.array(
    fc.record({ gapMs: fc.nat(8), rank: fc.integer({ min: 0, max: 7 }), bytes: fc.constantFrom(1, 5000, 70_000) }),
    {
      minLength: 20,
      maxLength: 120,
      size: "max",
    },
  );
  await fc.assert(
    fc.asyncProperty(load, fc.integer({ min: 2, max: 10 }), async (writes, itemsMax) => {
      const { clock, add } = make({ itemsMax, holdMsMax: 100 });
      const seen: { addedMs: number; told: Seen }[] = [];
      for (const [id, { gapMs, rank, bytes }] of writes.entries()) {
        await clock.advance(gapMs);
        seen.push({ addedMs: clock.monotonic(), told: add({ id, rank, bytes }) });
      }
      await clock.advance(writes.length * 10);
      // The hold, then those as old before it, then its own commit; and one that runs when it falls due.
      const commits = Math.ceil(writes.length / itemsMax) + 2;
      for (const { addedMs, told } of seen) expect((told.atMs as number) - addedMs).toBeLessThanOrEqual(100 + commits * 10);
      expect(clock.pendingCount).toBe(0);
    }),
    { numRuns: 200 },
  );
});
