import { expect, test } from "bun:test";
import { amount, count, duration } from "./figures.ts";

test.each([
  [undefined, "–"],
  [0, "0.0 ms"],
  [4.24, "4.2 ms"],
  [9.96, "10 ms"],
  [412.4, "412 ms"],
  [999.6, "1.00 s"],
  [3406, "3.41 s"],
  [9996, "10.0 s"],
  [59_960, "1 min 0 s"],
  [125_400, "2 min 5 s"],
])("%p ms read as %s", (ms, words) => {
  expect(duration(ms)).toBe(words);
});

test("amounts are whole where the last digit says something, short where it does not", () => {
  expect([count(1_234_567), amount(99_999), amount(1_234_567)]).toEqual(["1,234,567", "99,999", "1.2M"]);
});
