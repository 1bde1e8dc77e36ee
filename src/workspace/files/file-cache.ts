// Contents of files, held in memory up to so many bytes, the one used last for longest. Invariant: what is given is what a fresh read gives, since
// each answer is verified by a stat: same device, inode, size and times. A file that changed so lately that its times prove nothing is read again
// and compared. Does not watch, and does not list.

import { realpathSync, statSync } from "node:fs";
import { type Clock, MillraceError } from "../../base/index.ts";
import { isSameStamp, isYoung, type Stamp, stampOf, youngFromNs } from "../list/stamp.ts";
import { checkPath } from "./file-path.ts";
import { readInside } from "./read-inside.ts";

export interface FileCacheOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Of contents held, with 256 more a file. */
  readonly bytesMax: number;
  /** Larger files are refused. Default 16 MB. */
  readonly fileBytesMax?: number;
  /** How coarse the file system's times are. Default 20. */
  readonly granularityMs?: number;
}

export interface FileCacheStats {
  readonly files: number;
  readonly bytes: number;
  /** Answers from memory, after a stat. */
  readonly hits: number;
  /** Read again because their times proved nothing. */
  readonly compared: number;
  readonly misses: number;
  readonly evicted: number;
}

interface Held {
  readonly bytes: Uint8Array;
  readonly stamp: Stamp;
  readonly isCertain: boolean;
}

const FILE_BYTES = 16 * 1024 * 1024;
const GRANULARITY_MS = 20;
const OVERHEAD_BYTES = 256;

export class FileCache {
  readonly #folder: string;
  readonly #options: Required<FileCacheOptions>;
  /** The one used last comes last. */
  readonly #held = new Map<string, Held>();
  #bytes = 0;
  readonly #counts = { hits: 0, compared: 0, misses: 0, evicted: 0 };

  /** Throws `option_invalid` for a bound that bounds nothing, and when there is no such folder. */
  constructor(options: FileCacheOptions) {
    this.#options = { fileBytesMax: FILE_BYTES, granularityMs: GRANULARITY_MS, ...options };
    for (const name of ["bytesMax", "fileBytesMax", "granularityMs"] as const) {
      if (Number.isSafeInteger(this.#options[name]) && this.#options[name] >= 1) continue;
      throw new MillraceError("option_invalid", `A cache of files needs ${name}: a whole number of at least 1.`);
    }
    try {
      this.#folder = realpathSync(options.folder);
    } catch (error) {
      throw new MillraceError("option_invalid", `There is no folder ${options.folder}.`, { cause: error });
    }
  }

  /**
   * All bytes of a file, as they are now. They are the cache's: not to be changed.
   * Throws `path_outside`, `file_missing`, `file_not_regular`, `file_too_large`, `file_changing`.
   */
  read(path: string): Uint8Array {
    const held = this.#held.get(path);
    if (held === undefined) checkPath(path);
    else if (held.isCertain && isSameStamp(this.#stampOf(path), held.stamp)) {
      this.#counts.hits++;
      this.#held.delete(path);
      this.#held.set(path, held);
      return held.bytes;
    }
    return this.#readAnew(path, held);
  }

  stats(): FileCacheStats {
    return { ...this.#counts, files: this.#held.size, bytes: this.#bytes };
  }

  #readAnew(path: string, held: Held | undefined): Uint8Array {
    const { clock, fileBytesMax, granularityMs } = this.#options;
    this.#drop(path);
    const youngFrom = youngFromNs(clock.now(), granularityMs);
    const { bytes, stamp } = readInside(this.#folder, path, fileBytesMax);
    const isSame = held !== undefined && bytes.equals(held.bytes);
    this.#counts[isSame ? "compared" : "misses"]++;
    this.#hold(path, { bytes: isSame ? held.bytes : bytes, stamp, isCertain: !isYoung(stamp, youngFrom) });
    return isSame ? held.bytes : bytes;
  }

  #stampOf(path: string): Stamp | undefined {
    try {
      const stats = statSync(`${this.#folder}/${path}`, { bigint: true, throwIfNoEntry: false });
      return stats && stampOf(stats);
    } catch {
      return undefined;
    }
  }

  #hold(path: string, held: Held): void {
    const { bytesMax } = this.#options;
    const cost = held.bytes.byteLength + OVERHEAD_BYTES;
    if (cost > bytesMax) return;
    for (const oldest of this.#held.keys()) {
      if (this.#bytes + cost <= bytesMax) break;
      this.#drop(oldest);
      this.#counts.evicted++;
    }
    this.#held.set(path, held);
    this.#bytes += cost;
  }

  #drop(path: string): void {
    const held = this.#held.get(path);
    if (!held) return;
    this.#held.delete(path);
    this.#bytes -= held.bytes.byteLength + OVERHEAD_BYTES;
  }
}
