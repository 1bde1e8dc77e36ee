// What the file system says of one folder or file, to tell whether it changed since: never its content. A stamp that is younger, at the time
// of reading, than the file system's clock ticks proves nothing: a later change may carry the same time (git calls it racy).

import { type BigIntStats, lstatSync, statSync } from "node:fs";

export interface Stamp {
  readonly device: bigint;
  readonly inode: bigint;
  readonly size: bigint;
  readonly modifiedNs: bigint;
  readonly changedNs: bigint;
  readonly isFolder: boolean;
  /** It has other names too, by which it may change where nobody watches. */
  readonly isLinked: boolean;
}

/** Undefined: there is nothing, or it cannot be reached. `follows` symbolic links, or tells of the link itself. */
export function takeStamp(path: string, follows = false): Stamp | undefined {
  try {
    const options = { bigint: true, throwIfNoEntry: false } as const;
    const stats = follows ? statSync(path, options) : lstatSync(path, options);
    return stats && stampOf(stats);
  } catch {
    return undefined;
  }
}

export function stampOf(stats: BigIntStats): Stamp {
  return {
    device: stats.dev,
    inode: stats.ino,
    size: stats.size,
    modifiedNs: stats.mtimeNs,
    changedNs: stats.ctimeNs,
    isFolder: stats.isDirectory(),
    isLinked: stats.nlink > 1n && !stats.isDirectory(),
  };
}

export function isSameStamp(a: Stamp | undefined, b: Stamp | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.changedNs === b.changedNs &&
    a.modifiedNs === b.modifiedNs &&
    a.inode === b.inode &&
    a.size === b.size &&
    a.device === b.device &&
    a.isFolder === b.isFolder
  );
}

/** Whether a change after the reading could have left the stamp as it is. */
export function isYoung(stamp: Stamp, youngFromNs: bigint): boolean {
  return stamp.changedNs >= youngFromNs || stamp.modifiedNs >= youngFromNs;
}

/** From when on a stamp proves nothing, for a reading that begins now. */
export function youngFromNs(nowMs: number, granularityMs: number): bigint {
  return BigInt(Math.floor(nowMs - granularityMs)) * 1_000_000n;
}
