// Whatever comes, leaves, is taken and released: the line gives what it should, and counts right.

import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Entry } from "./entry.ts";
import { Line } from "./line.ts";

type Written = Entry<number, never>;

const SIZES = [10, 5000, 100_000, 2_000_000];
const sizeOf = (bytes: number) => SIZES.indexOf(bytes);

const act = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("add" as const),
      key: fc.constantFrom(undefined, undefined, "a", "b", "c"),
      rank: fc.integer({ min: 0, max: 7 }),
      bytes: fc.constantFrom(...SIZES),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("take" as const),
      itemsMax: fc.integer({ min: 1, max: 8 }),
      bytesMax: fc.constantFrom(5000, 200_000, 10_000_000),
      overdue: fc.nat(5),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("leave" as const, "release" as const), index: fc.nat(20) }) },
);

function entry(order: number, { key, rank, bytes }: { key: string | undefined; rank: number; bytes: number }): Written {
  return {
    ...{ item: order, bytes, rank, key, order, addedMs: order, resolve: () => {}, reject: () => {}, unlisten: undefined },
    ...{ outside: undefined, arrival: undefined, chain: undefined, turn: undefined, shelf: undefined, place: undefined },
  };
}

/** @param before what waited, in order of arrival, when the batch was taken; @param held keys of other batches. */
function checkBatch(
  batch: readonly Written[],
  before: readonly Written[],
  held: ReadonlySet<string>,
  limits: { itemsMax: number; bytesMax: number; overdueMs: number },
): void {
  const bytes = batch.reduce((sum, one) => sum + one.bytes, 0);
  expect(batch.length).toBeLessThanOrEqual(limits.itemsMax);
  expect(batch.length <= 1 || bytes <= limits.bytesMax).toBe(true);
  const isFree = ({ key }: Written) => key === undefined || !held.has(key);
  expect(batch.every(isFree)).toBe(true);
  for (const key of ["a", "b", "c"]) {
    const ofKey = (one: Written) => one.key === key;
    expect(batch.filter(ofKey)).toEqual(before.filter(ofKey).slice(0, batch.filter(ofKey).length));
  }
  // Those overdue first, as they came; whoever is left behind is so for want of room.
  const overdue = before.filter((one) => isFree(one) && one.addedMs <= limits.overdueMs);
  const count = Math.min(overdue.length, batch.length);
  expect(batch.slice(0, count)).toEqual(overdue.slice(0, count));
  const left = before.filter((one) => isFree(one) && !batch.includes(one));
  if (left.length > 0 && batch.length < limits.itemsMax) {
    expect(left.some((one) => bytes + one.bytes > limits.bytesMax)).toBe(true);
  }
  // Who has no key, and is not overdue, goes before nobody better who stood first of its key all the time.
  const taken = new Set(batch.map(({ key }) => key));
  const heads = left.filter(
    (one) => one.key === undefined || (!taken.has(one.key) && before.find(({ key }) => key === one.key) === one),
  );
  const place = ({ rank, bytes: size }: Written) => rank * SIZES.length + sizeOf(size);
  for (const one of batch.slice(count)) {
    if (one.key !== undefined) continue;
    for (const head of heads) expect(place(one)).toBeLessThanOrEqual(place(head));
  }
}

test("any course of events", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 150, size: "max" }), (acts) => {
      const line = new Line<number, never>();
      let waiting: Written[] = [];
      const batches: Written[][] = [];
      let order = 0;
      for (const step of acts) {
        const held = new Set(batches.flat().flatMap(({ key }) => key ?? []));
        if (step.kind === "add") {
          const one = entry(++order, step);
          waiting.push(one);
          line.add(one);
        } else if (step.kind === "take") {
          const limits = { ...step, overdueMs: order - 10 * step.overdue };
          const batch = line.take(limits);
          checkBatch(batch, waiting, held, limits);
          waiting = waiting.filter((one) => !batch.includes(one));
          if (batch.length > 0) batches.push(batch);
        } else if (step.kind === "leave") {
          const [one] = waiting.splice(step.index % Math.max(1, waiting.length), 1);
          if (one) line.remove(one);
        } else {
          const [batch] = batches.splice(step.index % Math.max(1, batches.length), 1);
          if (batch) line.release(batch);
        }
        const heldNow = new Set(batches.flat().flatMap(({ key }) => key ?? []));
        expect(line.size).toBe(waiting.length);
        const keys = new Set([...waiting, ...batches.flat()].flatMap(({ key }) => key ?? []));
        expect(line.keys).toBe(keys.size);
        expect(line.oldest).toBe(waiting[0] as Written);
        expect(line.bytes).toBe(waiting.reduce((sum, { bytes }) => sum + bytes, 0));
        expect(line.ready).toBe(waiting.filter(({ key }) => key === undefined || !heldNow.has(key)).length);
      }
      for (const batch of batches) line.release(batch);
      while (line.size > 0) line.release(line.take({ itemsMax: 3, bytesMax: 1, overdueMs: 0 }));
      expect([line.bytes, line.ready, line.keys]).toEqual([0, 0, 0]);
    }),
    { numRuns: 500 },
  );
});

test("nothing is kept of a key of which nothing waits", () => {
  const line = new Line<number, never>();
  const urgent = entry(1, { key: "a", rank: 0, bytes: 10 });
  line.add(urgent);
  line.remove(urgent);
  line.add(entry(2, { key: "a", rank: 5, bytes: 10 }));
  line.add(entry(3, { key: undefined, rank: 4, bytes: 10 }));
  expect(line.take({ itemsMax: 2, bytesMax: 100, overdueMs: 0 }).map(({ order }) => order)).toEqual([3, 2]);
});
