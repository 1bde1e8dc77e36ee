// What git's index says that files contain, for files that are as they were when git last looked: so they need not be read. As git does, a row is
// believed only where all of the file's stamp agrees, and is older than the index: a younger file may have changed since with the same times (git
// calls it racy). Whether contents are converted on their way into git is the caller's to know.

import type { GitIndex } from "./git-index.ts";
import type { Stamp } from "./stamp.ts";

const REGULAR = 0o100000;
const KIND_MASK = 0o170000;
const SHA1_DIGITS = 40;
const SECOND_NS = 1_000_000_000n;
const CUT = 0xffff_ffffn;

export class IndexedBlobs {
  readonly #index: GitIndex;
  readonly #prefix: string;
  readonly #writtenNs: bigint;
  /** Made when first asked. */
  #rows: ReadonlyMap<string, number> | undefined;

  /** @param prefix of the root in its repository. @param written the stamp of the index itself */
  constructor(index: GitIndex, prefix: string, written: Stamp) {
    this.#index = index;
    this.#prefix = prefix;
    this.#writtenNs = written.modifiedNs;
  }

  /** The id of the blob; undefined: not known. @param stamp the file's own, as it is now */
  blobOf(path: string, stamp: Stamp): string | undefined {
    this.#rows ??= new Map(this.#index.paths.map((each, row) => [each, row]));
    const row = this.#rows.get(this.#prefix + path);
    if (row === undefined || stamp.modifiedNs >= this.#writtenNs) return undefined;
    const entry = this.#index.entry(row);
    const { mode, blob, stage, stat } = entry;
    const isPlain = stage === 0 && (mode & KIND_MASK) === REGULAR && blob.length === SHA1_DIGITS;
    if (!isPlain || !stat || entry.isAssumedUnchanged || entry.isSkippedInWorktree || entry.isIntentToAdd) return undefined;
    const isSame =
      stat.size === Number(stamp.size & CUT) &&
      stat.inode === Number(stamp.inode & CUT) &&
      isTime(stat.modifiedS, stat.modifiedNs, stamp.modifiedNs) &&
      isTime(stat.changedS, stat.changedNs, stamp.changedNs);
    return isSame ? blob : undefined;
  }
}

function isTime(seconds: number, nanoseconds: number, time: bigint): boolean {
  const whole = time / SECOND_NS;
  return seconds === Number(whole & CUT) && nanoseconds === Number(time - whole * SECOND_NS);
}
