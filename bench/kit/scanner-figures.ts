// What the scanners reach on one folder of real code: in a thread of its own, so that what was learned from other folders has no part in it.

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

const THREAD = join(import.meta.dir, "..", "..", "src", "workspace", "scan", "testing", "measure-scanners.ts");

/** @param differencesMax told of each kind at most. Rejects if the thread fails. */
export async function scannerFigures(
  folder: string,
  filesMax: number,
  differencesMax: number,
): Promise<readonly ScannerFigures[]> {
  const thread = new Worker(THREAD);
  const answer = Promise.withResolvers<readonly ScannerFigures[]>();
  thread.onmessage = ({ data }: MessageEvent<readonly ScannerFigures[]>) => answer.resolve(data);
  thread.onerror = ({ message }) => answer.reject(new Error(`The scanners could not be measured on ${folder}: ${message}`));
  thread.postMessage({ folder, filesMax, differencesMax });
  try {
    return await answer.promise;
  } finally {
    thread.terminate();
  }
}
