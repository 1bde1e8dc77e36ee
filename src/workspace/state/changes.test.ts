import { expect, test } from "bun:test";
import { Changes } from "./changes.ts";

test("before anybody vouches, and at the first look after, anything may have changed; then what is told", () => {
  const changes = new Changes();
  changes.add(["a"]);
  expect(changes.take()).toBeUndefined();
  expect(changes.take()).toBeUndefined();
  changes.vouch(true);
  changes.add(["a"]);
  expect(changes.take()).toBeUndefined();
  expect(changes.take()).toEqual([]);
  changes.add(["b", "c"]);
  changes.add(["b"]);
  expect(changes.take()).toEqual(["b", "c"]);
  expect(changes.take()).toEqual([]);
});

test("after a loss, a doubt, a change of the root or of very many files, anything may have changed once", () => {
  const changes = new Changes();
  const losses: (() => void)[] = [
    () => changes.doubt(),
    () => changes.add(["a", ""]),
    () => changes.add(Array.from({ length: 10_001 }, (_, index) => `file ${index}`)),
    () => changes.vouch(true),
  ];
  changes.vouch(true);
  changes.take();
  for (const lose of losses) {
    lose();
    changes.add(["later"]);
    expect(changes.take()).toBeUndefined();
    expect(changes.take()).toEqual([]);
  }
  changes.vouch(false);
  expect(changes.take()).toBeUndefined();
  expect(changes.take()).toBeUndefined();
});
