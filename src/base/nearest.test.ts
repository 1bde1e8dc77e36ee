import { expect, test } from "bun:test";
import fc from "fast-check";
import { nearestName } from "./nearest.ts";

const names = ["upstreams", "cache", "limits", "log", "metrics"];

test.each([
  ["upstream", "upstreams"],
  ["upstraems", "upstreams"],
  ["Cache", "cache"],
  ["cahce", "cache"],
  ["lgo", "log"],
  ["limit", "limits"],
  ["ups", "upstreams"],
])("%s means %s", (typed, meant) => {
  expect(nearestName(typed, names)).toBe(meant);
});

test("a word that is near nothing gets no suggestion", () => {
  expect(nearestName("kubernetes", names)).toBeUndefined();
  expect(nearestName("x".repeat(10_000), names)).toBeUndefined();
  expect(nearestName("anything", [])).toBeUndefined();
});

test("a swap counts as one mistake, two replacements as two", () => {
  expect(nearestName("ab", ["ba"])).toBe("ba");
  expect(nearestName("ab", ["cd"])).toBeUndefined();
});

test("one mistake in a known name is always undone", () => {
  const word = fc.constantFrom(...names);
  const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz");
  fc.assert(
    fc.property(word, fc.nat(), letter, (name, seed, inserted) => {
      const place = seed % (name.length + 1);
      expect(nearestName(name.slice(0, place) + inserted + name.slice(place), names)).toBe(name);
    }),
  );
});
