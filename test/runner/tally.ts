// Adds up what the stages found. A test that did not report is a failure, and so is a skip that gives no reason.

import type { TestResult } from "./junit.ts";

export interface Tally {
  passed: number;
  failures: string[];
  skips: string[];
}

const REASON = /skipped: .*\(.+\)/;

/** @param files the test files that were asked for: one without a single result crashed, did not load or is empty. */
export function tally(files: readonly string[], results: readonly TestResult[]): Tally {
  const sum: Tally = { passed: 0, failures: [], skips: [] };
  for (const { file, name, outcome } of results) {
    if (outcome === "passed") sum.passed++;
    else if (outcome === "failed") sum.failures.push(`${file}: ${name}`);
    else if (REASON.test(name)) sum.skips.push(`${file}: ${name}`);
    else sum.failures.push(`${file}: ${name} (skipped without a reason: name it \`skipped: what (why)\`)`);
  }
  const seen = new Set(results.map((result) => result.file));
  for (const file of files) if (!seen.has(file)) sum.failures.push(`${file} (did not load, did not finish, or holds no test)`);
  return sum;
}

export function closingLine({ passed, failures, skips }: Tally): string {
  return `${passed} passed, ${failures.length} failed, ${skips.length} skipped`;
}
