import { expect, test } from "bun:test";
import { costs } from "./thread-costs.ts";

const OPUS = { models: ["claude-opus-*"], input: 5, cacheRead: 0.5, cacheWrite: 6.25, output: 25 };
const ALL = { models: ["*"], input: 1, cacheRead: 0, cacheWrite: 0, output: 2 };

test("the first price with the model counts, in millionths of a dollar", () => {
  const costOf = costs([OPUS, ALL]);
  const usage = { input: 1000, cacheRead: 100_000, cacheWrite: 2000, output: 400 };
  // 0.005 + 0.05 + 0.0125 + 0.01 dollars
  for (let time = 0; time < 2; time++) expect(costOf("claude-opus-5", usage)).toBe(77_500);
  expect(costOf("gpt-6", usage)).toBe(1800);
  expect(costs([OPUS])("gpt-6", usage)).toBe(0);
});
