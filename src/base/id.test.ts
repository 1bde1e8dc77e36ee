import { expect, test } from "bun:test";
import fc from "fast-check";
import { uuidv7Source } from "./id.ts";
import { type Random, seededRandom, systemRandom } from "./random.ts";
import { VirtualClock } from "./virtual-clock.ts";

const UUIDV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("an id is a UUIDv7 that holds the clock's milliseconds", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 48 - 1 }), fc.integer(), (ms, seed) => {
      const id = uuidv7Source(new VirtualClock(ms), seededRandom(seed))();
      expect(id).toMatch(UUIDV7);
      expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(ms);
    }),
  );
});

test("ids are unique and in order, also when the clock steps back", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5000, max: 5000 }), { maxLength: 200 }), fc.integer(), (steps, seed) => {
      const clock = new VirtualClock();
      const next = uuidv7Source(clock, seededRandom(seed));
      const ids = [next()];
      for (const step of steps) {
        clock.stepWall(step);
        ids.push(next(), next());
      }
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual([...ids].sort());
    }),
  );
});

test("more ids than one millisecond counts stay unique and in order", () => {
  const next = uuidv7Source(new VirtualClock(), seededRandom(1));
  const ids = Array.from({ length: 50_000 }, next);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((id, index) => index === 0 || id > (ids[index - 1] as string))).toBe(true);
  expect(ids.every((id) => UUIDV7.test(id))).toBe(true);
});

test("order and format hold where chance gives its extremes", () => {
  for (const byte of [0x00, 0xff]) {
    const random: Random = { next: () => 0, below: () => 0, bytes: (length) => new Uint8Array(length).fill(byte) };
    const next = uuidv7Source(new VirtualClock(), random);
    const ids = Array.from({ length: 10_000 }, next);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(ids.every((id) => UUIDV7.test(id))).toBe(true);
  }
});

test("two sources of one moment do not meet", () => {
  const clock = new VirtualClock();
  const sources = [uuidv7Source(clock, systemRandom), uuidv7Source(clock, systemRandom)];
  const ids = sources.flatMap((next) => Array.from({ length: 10_000 }, next));
  expect(new Set(ids).size).toBe(ids.length);
});
