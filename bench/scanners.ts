// Claim: the scanners find what a full parser finds, and read at 100 MB/s. Tree-sitter is the oracle: both read the same files of real repositories,
// and their sets of (name, line) of definitions are compared. On the folders given as arguments, or on those in the folder that MILLRACE_CORPORA
// names; nothing is generated, as generated code would only show what its generator thought of.

import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { benchmark, type Report, say } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { type ScannerFigures, scannerFigures } from "./kit/scanner-figures.ts";
import { fixed, whole } from "./kit/statistics.ts";

const BARS = { precisionMin: 0.995, recallMin: 0.99, megabytesMin: 100 } as const;
const FAST: ReadonlySet<string> = new Set(["typescript", "python"]);
const REPOSITORIES = 3;
const DIFFERENCES_TOLD = 3;
const FILES_MAX = 1000;
const FILES_MAX_QUICK = 60;

function folders(): string[] {
  const given = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
  const corpora = process.env.MILLRACE_CORPORA;
  if (given.length > 0 || !corpora) return given.map((folder) => resolve(folder));
  const entries = readdirSync(corpora, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries.map(({ name }) => join(corpora, name)).sort();
}

const share = (part: number) => `${fixed(part * 100)} %`;
const speed = (bytes: number, ms: number) => bytes / 1000 / ms;
const sumOf = (rows: readonly ScannerFigures[], of: (row: ScannerFigures) => number) =>
  rows.reduce((sum, row) => sum + of(row), 0);

function tableOf(rows: readonly ScannerFigures[]): string[][] {
  const head = ["language", "repository", "files", "left out", "definitions", "precision", "recall", "MB/s", "with words"];
  return [
    head,
    ...rows.map((row) => [
      ...[row.language, row.repository, whole(row.files), whole(row.skipped), whole(row.oracle)],
      ...[share(row.precision), share(row.recall)],
      ...[whole(speed(row.bytes, row.scanMs)), whole(speed(row.bytes, row.recordMs))],
    ]),
  ];
}

/** The least of all repositories counts, so that none hides behind a large one. */
function bars(language: string, rows: readonly ScannerFigures[], report: Report): void {
  const on = `${language}, ${rows.length} ${rows.length === 1 ? "repository" : "repositories"}`;
  const precision = Math.min(...rows.map((row) => row.precision));
  const recall = Math.min(...rows.map((row) => row.recall));
  report.bar(
    `${on}: in each, precision at least ${share(BARS.precisionMin)} and recall ${share(BARS.recallMin)}`,
    `${share(precision)} and ${share(recall)}`,
    rows.length < REPOSITORIES && precision >= BARS.precisionMin && recall >= BARS.recallMin
      ? undefined
      : precision >= BARS.precisionMin && recall >= BARS.recallMin,
  );
  if (!FAST.has(language)) return;
  const bytes = sumOf(rows, (row) => row.bytes);
  const ms = sumOf(rows, (row) => row.scanMs);
  report.bar(
    `${on}: at least ${BARS.megabytesMin} MB/s`,
    `${whole(speed(bytes, ms))} MB/s`,
    speed(bytes, ms) >= BARS.megabytesMin,
  );
}

async function run(_: Rig, report: Report): Promise<void> {
  const all = folders();
  if (all.length === 0) {
    const how = "MILLRACE_CORPORA, a folder of checkouts, or give checkouts as arguments: bun bench/scanners.ts CHECKOUT...";
    report.bar("scanners against tree-sitter", `there is no code to read. Set ${how}`, undefined);
    return;
  }
  const rows: ScannerFigures[] = [];
  for (const folder of all)
    rows.push(...(await scannerFigures(folder, report.quick ? FILES_MAX_QUICK : FILES_MAX, DIFFERENCES_TOLD)));
  rows.sort((a, b) => (a.language < b.language ? -1 : a.language > b.language ? 1 : a.repository < b.repository ? -1 : 1));
  report.table(tableOf(rows));
  for (const row of rows) {
    if (row.precision >= BARS.precisionMin && row.recall >= BARS.recallMin) continue;
    say(`${row.language} of ${row.repository}: ${row.missing} missing, ${row.extra} too many`);
    for (const difference of row.differences) say(`  ${difference}`);
  }
  for (const language of new Set(rows.map((row) => row.language))) {
    const ofLanguage = rows.filter((row) => row.language === language);
    bars(language, ofLanguage, report);
  }
  say("MB/s: warm, one core, processor time with collecting garbage; tree-sitter's own parsing is not measured.");
}

await benchmark({
  claim: "Scanners: what a full parser finds, at 100 MB/s.",
  needs: [],
  run,
});
