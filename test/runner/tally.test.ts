// The counting rules of `npm test`.

import { expect, test } from "bun:test";
import type { TestResult } from "./junit.ts";
import { closingLine, tally } from "./tally.ts";

const result = (name: string, outcome: TestResult["outcome"], file = "a.test.ts"): TestResult => ({ file, name, outcome });

test("passes, failures and reasoned skips are counted apart", () => {
  const sum = tally(
    ["a.test.ts"],
    [result("one", "passed"), result("two", "failed"), result("skipped: redis (redis-server not on PATH) > get", "skipped")],
  );
  expect(closingLine(sum)).toBe("1 passed, 1 failed, 1 skipped");
  expect(sum.failures).toEqual(["a.test.ts: two"]);
});

test("a skip that gives no reason is a failure", () => {
  const sum = tally(["a.test.ts"], [result("slow one", "skipped"), result("skipped: redis", "skipped")]);
  expect(closingLine(sum)).toBe("0 passed, 2 failed, 0 skipped");
});

test("a file that reported nothing is a failure", () => {
  const sum = tally(["a.test.ts", "b.test.ts"], [result("one", "passed")]);
  expect(closingLine(sum)).toBe("1 passed, 1 failed, 0 skipped");
  expect(sum.failures[0]).toStartWith("b.test.ts");
});
