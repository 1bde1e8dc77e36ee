// What the scanners reach on one folder of real code: a process of its own, alone on its core.

import { join } from "node:path";

export interface ScannerFigures {
  readonly repository: string;
  readonly language: string;
  /** Definitions: of tree-sitter, ours, and what only one of both has. */
  readonly oracle: number;
  readonly ours: number;
  readonly missing: number;
  readonly extra: number;
  readonly precision: number;
  readonly recall: number;
  /** Compared; and left out, as tree-sitter finds syntax errors in them or the scanner keeps words only. */
  readonly files: number;
  readonly skipped: number;
  /** Of all these files, and the processor time of one sweep over them: the scanner alone, and with the words of a record. */
  readonly bytes: number;
  readonly scanMs: number;
  readonly recordMs: number;
  /** The first ones, for people. */
  readonly differences: readonly string[];
}

const PROGRAM = join(import.meta.dir, "..", "..", "src", "workspace", "scan", "testing", "measure-scanners.ts");

/** Throws if the process fails; what it said of it is on this one's standard error. */
export async function scannerFigures(folder: string, core: number, filesMax: number): Promise<readonly ScannerFigures[]> {
  const command = ["taskset", "-c", String(core), process.execPath, PROGRAM, folder, String(filesMax)];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  const output = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`The scanners could not be measured on ${folder}.`);
  return JSON.parse(output) as readonly ScannerFigures[];
}
