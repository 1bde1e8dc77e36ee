// What each file of a work tree contains, as git blob ids of its bytes as they are (no filter, no line ends changed). Known ids are held with the
// file's stamp, and every id that is given was verified by a stat just before, or by whoever vouches that the file did not change since.
// Invariant: an id is that of the bytes a fresh read would give. Does not hold bytes longer than the caller needs them.

import { type Abortable, type Clock, MillraceError } from "../../base/index.ts";
import { isSameStamp, isYoung, type Stamp, takeStamp, youngFromNs } from "../list/stamp.ts";

/** A file's bytes, and its own stamp at that time; undefined: it is no regular file (nor is a symbolic link), too large, gone, or changes all the time. */
export type ReadFile = (path: string) => { readonly bytes: Uint8Array; readonly stamp: Stamp } | undefined;

export interface ContentsOptions {
  /** Absolute. */
  readonly folder: string;
  readonly clock: Clock;
  readonly read: ReadFile;
  /** How coarse the file system's times are. */
  readonly granularityMs: number;
  /** As `read` has it. */
  readonly fileBytesMax: number;
}

/** Knows the ids of some files' contents by their stamps, as git's index does. */
export interface KnownBlobs {
  blobOf(path: string, stamp: Stamp): string | undefined;
}

export interface ContentsAsk {
  /** Paths that may have changed since the last call; undefined: any. */
  readonly changed?: ReadonlySet<string> | undefined;
  readonly signal?: Abortable | undefined;
  /** Files it knows are not read. */
  readonly known?: KnownBlobs | undefined;
  /** Told the bytes of what had to be read. */
  readonly took?: (blob: string, bytes: Uint8Array) => void;
}

interface Known {
  readonly blob: string;
  readonly stamp: Stamp;
  /** False: the stamp was too young to prove anything, so it is read again. */
  readonly isCertain: boolean;
  /** False: somebody else knew it. */
  readonly isRead: boolean;
}

/** How long the thread may be held at once. */
const SLICE_MS = 8;
/** Files between two looks at the clock. */
const STRIDE = 64;

export class Contents {
  readonly #options: ContentsOptions;
  #known = new Map<string, Known>();
  #hasLinked = false;

  /** Throws `option_invalid` for a granularity that is none. */
  constructor(options: ContentsOptions) {
    if (!(options.granularityMs > 0 && Number.isFinite(options.granularityMs))) {
      throw new MillraceError("option_invalid", "Contents need granularityMs: a finite number of milliseconds over 0.");
    }
    this.#options = options;
  }

  /** Some files have other names: whoever vouches for the paths does not know whether they changed. */
  get hasLinked(): boolean {
    return this.#hasLinked;
  }

  /**
   * @param paths all that are wanted; what is held of others is forgotten
   * @returns blob ids by path, in the order of the paths, of those that can be read
   * Rejects with the signal's reason.
   */
  async of(paths: readonly string[], ask: ContentsAsk = {}): Promise<ReadonlyMap<string, string>> {
    const { clock } = this.#options;
    const { signal } = ask;
    const known = new Map<string, Known>();
    const blobs = new Map<string, string>();
    let sliceEndsMs = clock.monotonic() + SLICE_MS;
    for (const [index, path] of paths.entries()) {
      const found = this.#of(path, ask);
      if (found !== undefined) {
        known.set(path, found);
        blobs.set(path, found.blob);
      }
      if (index % STRIDE > 0 || clock.monotonic() < sliceEndsMs) continue;
      await clock.sleep(0, signal);
      sliceEndsMs = clock.monotonic() + SLICE_MS;
    }
    this.#known = known;
    this.#hasLinked = known.values().some(({ stamp }) => stamp.isLinked);
    return blobs;
  }

  /** Ids that were not computed from bytes are forgotten. */
  distrust(): void {
    for (const [path, { isRead }] of this.#known) if (!isRead) this.#known.delete(path);
  }

  #of(path: string, { changed, known, took }: ContentsAsk): Known | undefined {
    const { folder, clock, read, granularityMs, fileBytesMax } = this.#options;
    const held = this.#known.get(path);
    if (held?.isCertain && changed !== undefined && !changed.has(path) && !held.stamp.isLinked) return held;
    const youngFrom = youngFromNs(clock.now(), granularityMs);
    const stamp = held?.isCertain || known ? takeStamp(`${folder}/${path}`) : undefined;
    if (held?.isCertain && isSameStamp(stamp, held.stamp)) return held;
    if (stamp && known && !stamp.isFolder && stamp.size <= BigInt(fileBytesMax)) {
      const blob = known.blobOf(path, stamp);
      if (blob !== undefined) return { blob, stamp, isCertain: !isYoung(stamp, youngFrom), isRead: false };
    }
    const file = read(path);
    if (file === undefined) return undefined;
    const blob = blobOf(file.bytes);
    took?.(blob, file.bytes);
    return { blob, stamp: file.stamp, isCertain: !isYoung(file.stamp, youngFrom), isRead: true };
  }
}

/** The id that git gives to a blob of these bytes, in hex (SHA-1 repositories). */
export function blobOf(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha1").update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");
}
