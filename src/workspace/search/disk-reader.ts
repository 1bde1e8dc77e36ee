// Reads regular files of one root for a search, and says whether a file is still as it was read: by device, inode, size, mode and both stamps
// in nanoseconds, checked before and after each reading. Stamps younger than the file system's steps prove nothing: until they have aged, such
// a file is read again and compared. Symbolic links are not followed, neither as files (as ripgrep) nor as folders on the way.
// Keeps no contents.

import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { Clock } from "../../base/index.ts";

export interface ReadFile {
  readonly bytes: Uint8Array;
  readonly identity: FileIdentity;
  /** Its stamps were too young when it was read: it may change without their changing. */
  readonly isRacy: boolean;
}

export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mode: bigint;
  readonly nlink: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

export interface DiskReaderOptions {
  readonly folder: string;
  readonly fileBytesMax: number;
  /** The coarsest step of the file system's stamps. */
  readonly granularityMs: number;
  readonly clock: Clock;
}

/** A file that changes while it is read is read again; then it is taken as read last, and never trusted. */
const TRIES_MAX = 3;
/** A FIFO put in a file's place must not hold up the opening of it. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export class DiskReader {
  readonly #options: DiskReaderOptions;
  readonly #root: string;
  /** Folders found to be real ones inside the root, or not, since `begin`. */
  readonly #folders = new Map<string, boolean>();

  constructor(options: DiskReaderOptions) {
    this.#options = options;
    this.#root = realpathSync(options.folder);
  }

  /** A new search: folders are looked at again. */
  begin(): void {
    this.#folders.clear();
  }

  /**
   * @param known as it was read last
   * @returns `known` itself where the file is still so; undefined: no regular file, not inside the root, or too large
   */
  read(path: string, known?: ReadFile): ReadFile | undefined {
    const full = join(this.#root, path);
    try {
      const now = lstatSync(full, { bigint: true });
      if (!now.isFile()) return undefined;
      if (known && isSame(known.identity, now) && !known.isRacy) return known;
      if (!this.#isInside(dirname(full))) return undefined;
      const read = this.#readWhole(full);
      const isKnown = known && read && isSame(known.identity, read.identity) && sameBytes(known.bytes, read.bytes);
      // Aged: the same content, from now on by its stamps.
      return isKnown ? (read.isRacy ? known : { ...read, bytes: known.bytes }) : read;
    } catch {
      return undefined;
    }
  }

  #readWhole(full: string): ReadFile | undefined {
    let read = this.#readOnce(full);
    for (let tries = 1; read && !read.isSteady && tries < TRIES_MAX; tries++) read = this.#readOnce(full);
    return (
      read && { bytes: read.bytes, identity: read.identity, isRacy: !read.isSteady || this.#isYoung(read.identity, read.readMs) }
    );
  }

  #readOnce(full: string) {
    const descriptor = openSync(full, FLAGS);
    try {
      const before = fstatSync(descriptor, { bigint: true });
      if (!before.isFile() || before.size > this.#options.fileBytesMax) return undefined;
      const readMs = this.#options.clock.now();
      const bytes = readFileSync(descriptor);
      const isSteady = isSame(before, fstatSync(descriptor, { bigint: true })) && BigInt(bytes.length) === before.size;
      return { bytes, identity: identityOf(before), readMs, isSteady };
    } finally {
      closeSync(descriptor);
    }
  }

  #isYoung({ mtimeNs, ctimeNs }: FileIdentity, readMs: number): boolean {
    const agedNs = BigInt(Math.floor(readMs - this.#options.granularityMs)) * 1_000_000n;
    return mtimeNs > agedNs || ctimeNs > agedNs;
  }

  #isInside(folder: string): boolean {
    let isInside = this.#folders.get(folder);
    if (isInside === undefined) {
      isInside = (folder === this.#root || folder.startsWith(this.#root + sep)) && realpathSync(folder) === folder;
      this.#folders.set(folder, isInside);
    }
    return isInside;
  }
}

const identityOf = ({ dev, ino, size, mode, nlink, mtimeNs, ctimeNs }: FileIdentity): FileIdentity => ({
  dev,
  ino,
  size,
  mode,
  nlink,
  mtimeNs,
  ctimeNs,
});

const isSame = (a: FileIdentity, b: FileIdentity) =>
  a.ctimeNs === b.ctimeNs &&
  a.mtimeNs === b.mtimeNs &&
  a.size === b.size &&
  a.ino === b.ino &&
  a.dev === b.dev &&
  a.mode === b.mode;

const sameBytes = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
