import { expect, test } from "bun:test";
import { expiryProblem, parseExpiry } from "./expiry.ts";

const NOW = Date.UTC(2030, 0, 1);
const DAY = 86_400_000;

test.each([
  ["90m", NOW + 90 * 60_000],
  ["12h", NOW + DAY / 2],
  ["30d", NOW + 30 * DAY],
  ["8w", NOW + 56 * DAY],
  ["2031-12-31", Date.UTC(2031, 11, 31)],
  ["2031-12-31T18:00Z", Date.UTC(2031, 11, 31, 18)],
  ["2031-12-31T18:00:30.5+02:00", Date.UTC(2031, 11, 31, 16, 0, 30, 500)],
])("%s is a time", (text, expected) => {
  expect(parseExpiry(text, NOW)).toBe(expected);
  expect(expiryProblem(text, NOW)).toBeUndefined();
});

const noTimes = [
  "",
  "0d",
  "-1d",
  "1.5d",
  "30",
  "30 d",
  "30D",
  "9999999d",
  "tomorrow",
  "2031-13-01",
  "2031-02-30",
  "2031-12-31T18:00",
  "31.12.2031",
];
test.each(noTimes)("%j is no time", (text) => {
  expect(parseExpiry(text, NOW)).toBeUndefined();
  expect(expiryProblem(text, NOW)).toStartWith("is no time: write a span");
});

test("a time that has passed is told", () => {
  expect(expiryProblem("2029-12-31", NOW)).toBe("is not in the future");
});
