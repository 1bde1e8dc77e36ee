// How coarse a file system's times are, told from times that it gave: a probe that writes nothing. Where all of a few are whole seconds, as on FAT or
// HFS+, it counts in seconds; elsewhere its clock is the kernel's, which ticks every 10 ms or faster.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { takeStamp } from "../list/stamp.ts";

const FINE_MS = 20;
const COARSE_MS = 2000;
const ENTRIES_MAX = 64;
const SECOND_NS = 1_000_000_000n;

/** Milliseconds; the coarse answer when in doubt, which costs time only: young files are read again. */
export function granularityOf(folder: string): number {
  // A file's own change is stamped by the file system; its modification time may come out of an archive.
  const isFine = (path: string) => (takeStamp(path)?.changedNs ?? 0n) % SECOND_NS !== 0n;
  return isFine(folder) || entriesOf(folder).some((name) => isFine(join(folder, name))) ? FINE_MS : COARSE_MS;
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).slice(0, ENTRIES_MAX);
  } catch {
    return [];
  }
}
