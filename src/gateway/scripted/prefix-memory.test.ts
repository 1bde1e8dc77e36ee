import { expect, test } from "bun:test";
import { prefixMemory, type Segment } from "./prefix-memory.ts";

const part = (text: string, marked = false): Segment => ({ text, marked });
const tokens = (count: number, letter = "x"): string => letter.repeat(count * 4);

test("marked: written at the first call, read at the next, the rest is new input", () => {
  const memory = prefixMemory(100);
  const system = part(tokens(100), true);
  expect(memory.marked("m", [system, part(tokens(7))])).toEqual({ input: 7, cacheRead: 0, cacheWrite: 100 });
  expect(memory.marked("m", [system, part(tokens(9))])).toEqual({ input: 9, cacheRead: 100, cacheWrite: 0 });
});

test("marked: a mark that moves to the end of each turn reads up to where it stood before", () => {
  const memory = prefixMemory(100);
  const [one, two, three] = [tokens(100, "a"), tokens(10, "b"), tokens(20, "c")];
  memory.marked("m", [part(one), part(two, true)]);
  const usage = memory.marked("m", [part(one), part(two), part(three, true)]);
  expect(usage).toEqual({ input: 0, cacheRead: 110, cacheWrite: 20 });
});

test("marked: without marks nothing is read or written, and another model has its own cache", () => {
  const memory = prefixMemory(100);
  const segments = [part(tokens(100), true)];
  memory.marked("m", segments);
  expect(memory.marked("m", [part(tokens(100))])).toEqual({ input: 100, cacheRead: 0, cacheWrite: 0 });
  expect(memory.marked("other", segments).cacheRead).toBe(0);
});

test("automatic: from 1,024 tokens on, in steps of 128", () => {
  const memory = prefixMemory(100);
  const short = [part(tokens(1000)), part(tokens(1))];
  memory.automatic("m", short);
  expect(memory.automatic("m", short).cacheRead).toBe(0);
  const long = part(tokens(1300, "y"));
  expect(memory.automatic("m", [long])).toEqual({ input: 1300, cacheRead: 0, cacheWrite: 0 });
  expect(memory.automatic("m", [long, part("abcd")])).toEqual({ input: 21, cacheRead: 1280, cacheWrite: 0 });
});

test("forgets the prefixes used longest ago when full", () => {
  const memory = prefixMemory(2);
  const [a, b, c] = ["a", "b", "c"].map((letter) => [part(tokens(10, letter), true)]) as [Segment[], Segment[], Segment[]];
  memory.marked("m", a);
  memory.marked("m", b);
  memory.marked("m", a);
  memory.marked("m", c);
  expect(memory.marked("m", a).cacheRead).toBe(10);
  expect(memory.marked("m", b).cacheRead).toBe(0);
});
