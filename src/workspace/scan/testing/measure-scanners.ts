// A thread for the benchmark of the scanners: holds them against tree-sitter on a folder of real code, and measures how
// fast they are, warm and in processor time of the process (collecting garbage included), in which nothing else may run.
// Answers with an entry for each language of which there is enough to say something.

import { basename } from "node:path";
import type { Language, Scanner } from "../record.ts";
import { scanFile } from "../scan-file.ts";
import { scanners } from "../scanners.ts";
import { pathsBelow, sampleFiles } from "./checkout-files.ts";
import { compareWithOracle, type OracleFile } from "./oracle.ts";

/** Of a language in a folder; with less, one strange definition would decide. */
const FILES_MIN = 5;
const DEFINITIONS_MIN = 100;
const WARM_UP_MS = 1500;
const MEASURED_MS = 700;

/** Processor time of all threads, in milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Sweeps over all files until so much time went by. @returns milliseconds of one sweep. */
function sweepMs(files: readonly OracleFile[], scan: (source: string) => unknown, msMin: number): number {
  const startedMs = cpuMs();
  for (let sweeps = 1; ; sweeps++) {
    for (const { source } of files) scan(source);
    const tookMs = cpuMs() - startedMs;
    if (tookMs >= msMin) return tookMs / sweeps;
  }
}

function warmSweepMs(files: readonly OracleFile[], scan: (source: string) => unknown): number {
  sweepMs(files, scan, WARM_UP_MS);
  return sweepMs(files, scan, MEASURED_MS);
}

type Figures = NonNullable<Awaited<ReturnType<typeof figuresOf>>>;

async function figuresOf(
  folder: string,
  language: Language,
  scanner: Scanner,
  files: readonly OracleFile[],
  differencesMax: number,
) {
  const { missing, extra, ...comparison } = await compareWithOracle(language, files);
  if (comparison.oracle < DEFINITIONS_MIN) return undefined;
  return {
    repository: basename(folder),
    language,
    ...comparison,
    missing: missing.length,
    extra: extra.length,
    bytes: files.reduce((sum, { source }) => sum + Buffer.byteLength(source), 0),
    scanMs: warmSweepMs(files, (source) => scanner.scan(source)),
    recordMs: warmSweepMs(files, (source) => scanFile(language, source)),
    differences: [
      ...missing.slice(0, differencesMax).map((difference) => `missing ${difference}`),
      ...extra.slice(0, differencesMax).map((difference) => `extra   ${difference}`),
    ],
  };
}

declare const self: Worker;

self.onmessage = async ({ data }: MessageEvent<{ folder: string; filesMax: number; differencesMax: number }>) => {
  const paths = pathsBelow(data.folder);
  const all: Figures[] = [];
  for (const [language, scanner] of scanners) {
    const files = sampleFiles(data.folder, paths, language, data.filesMax);
    const found =
      files.length < FILES_MIN ? undefined : await figuresOf(data.folder, language, scanner, files, data.differencesMax);
    if (found !== undefined) all.push(found);
  }
  self.postMessage(all);
};
