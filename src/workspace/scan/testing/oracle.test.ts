// Every scanner with an oracle query, held against tree-sitter on real code: this repository's own, and, where
// MILLRACE_CORPORA names a folder of checkouts, a sample of each. Below the floors the build fails.

import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { checkoutFiles, pathsBelow, sampleFiles } from "./checkout-files.ts";
import { compareWithOracle, describeComparison, type OracleComparison } from "./oracle.ts";
import { oracleQueries } from "./oracle-queries.ts";

const PRECISION_MIN = 0.995;
const RECALL_MIN = 0.99;
/** Fewer files than this say little about a scanner. */
const FILES_MIN = 20;
const FILES_MAX = 150;
const TEST_MS_MAX = 60_000;

const isGood = ({ precision, recall }: OracleComparison) => precision >= PRECISION_MIN && recall >= RECALL_MIN;

const corpora = process.env.MILLRACE_CORPORA;
const languages = [...oracleQueries.keys()];

test("this repository's own TypeScript", async () => {
  const files = checkoutFiles(join(import.meta.dir, "../../.."), "typescript", 400);
  const comparison = await compareWithOracle("typescript", files);
  expect(comparison.files).toBeGreaterThan(100);
  expect(isGood(comparison) ? "" : describeComparison("typescript", comparison)).toBe("");
}, 60_000);

test("JavaScript and JSX with types: no difference on a small source", async () => {
  const javascript = "export class A { #x = 1; get y() {} static z() {} }\nvar a, { b: [c] } = f(<p>it's</p>)\nfunction* g() {}";
  const tsx =
    "export const A = <T,>({ x }: { x: T }) => <p>don't {`\x24{x}`}</p>\ninterface B { c: string; d(): void }\nenum E { F }";
  for (const [language, source] of [["javascript", javascript] as const, ["tsx", tsx] as const]) {
    const { missing, extra, oracle } = await compareWithOracle(language, [{ path: language, source }]);
    expect({ missing, extra, isEmpty: oracle === 0 }).toEqual({ missing: [], extra: [], isEmpty: false });
  }
});

test("differences are found and named: the comparison itself can fail", async () => {
  // A label makes a declaration of what looks like an expression.
  const source = "label: function missed() {}\nclass Found {}";
  const comparison = await compareWithOracle("javascript", [
    { path: "a.js", source },
    { path: "broken.js", source: "class {{{" },
  ]);
  expect(comparison).toMatchObject({ precision: 1, recall: 0.5, oracle: 2, ours: 1, files: 1, skipped: 1 });
  expect(describeComparison("javascript", comparison)).toContain("  missing a.js:1 missed");
  await expect(compareWithOracle("sql", [])).rejects.toThrow("no oracle query");
});

describe("checkouts", () => {
  const name = "scanners reach their floors on real repositories";
  if (corpora === undefined) {
    test.skip(`skipped: ${name} (MILLRACE_CORPORA names no folder of checkouts)`, () => {});
    return;
  }
  const checkouts = readdirSync(corpora, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  test.each(checkouts.map((entry) => entry.name))(
    "%s",
    async (checkout) => {
      const folder = join(corpora, checkout);
      const paths = pathsBelow(folder);
      const below: string[] = [];
      for (const language of languages) {
        const files = sampleFiles(folder, paths, language, FILES_MAX);
        if (files.length < FILES_MIN) continue;
        const comparison = await compareWithOracle(language, files);
        if (!isGood(comparison)) below.push(describeComparison(language, comparison));
      }
      expect(below).toEqual([]);
    },
    TEST_MS_MAX,
  );
});
