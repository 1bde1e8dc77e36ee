// The report reader, on the report of a real `bun test` run.

import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readJunit } from "./junit.ts";

const SAMPLE = `
import { describe, expect, test } from "bun:test";
test("passes", () => {});
test('fails <&"> loudly', () => { expect("<testcase name='x'>").toBe("</testcase><skipped />"); });
test.skip("skipped: redis (not on PATH)", () => {});
test.todo("later");
describe("outer > group", () => {
  describe("inner", () => {
    test.each([1, 2])("case %d", () => {});
  });
});
`;

test("every test of a real report is read, with its groups and its outcome", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-junit-"));
  try {
    writeFileSync(join(folder, "sample.test.ts"), SAMPLE);
    const args = ["test", "--reporter=junit", "--reporter-outfile=out.xml", "./sample.test.ts"];
    const run = Bun.spawnSync([process.execPath, ...args], { cwd: folder });
    expect(run.exitCode).toBe(1);
    const results = readJunit(readFileSync(join(folder, "out.xml"), "utf8"));
    const file = "sample.test.ts";
    expect(results).toEqual([
      { file, name: "passes", outcome: "passed" },
      { file, name: 'fails <&"> loudly', outcome: "failed" },
      { file, name: "skipped: redis (not on PATH)", outcome: "skipped" },
      { file, name: "later", outcome: "skipped" },
      { file, name: "outer > group > inner > case 1", outcome: "passed" },
      { file, name: "outer > group > inner > case 2", outcome: "passed" },
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("an empty report has no results", () => {
  expect(readJunit('<?xml version="1.0"?><testsuites name="bun test" tests="0"></testsuites>')).toEqual([]);
});
