// Files of one checkout as they are given to others: the bytes as they are now, and the id of their content. Reads on the thread that serves: an
// answer from memory takes some microseconds. Gives nothing of what git keeps for itself, and nothing of a mirror. Does not list.

import { realpathSync } from "node:fs";
import { type Clock, MillraceError } from "../../base/index.ts";
import { FileCache, type FileCacheStats } from "../files/file-cache.ts";
import { outside } from "../files/file-path.ts";
import { type FileText, textOf } from "../files/text-of.ts";
import { blobOf } from "../state/contents.ts";
import { granularityOf } from "../state/granularity.ts";
import { isKeptByGit, isMirror } from "./workspace-root.ts";

export interface ServedFilesOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Of contents held. */
  readonly bytesMax: number;
}

export interface ServedFile {
  /** Not to be changed. */
  readonly bytes: Uint8Array;
  /** Git blob id of the bytes: equal ids, equal bytes. */
  readonly blob: string;
}

const NONE: FileCacheStats = { files: 0, bytes: 0, hits: 0, compared: 0, misses: 0, evicted: 0 };

export class ServedFiles {
  readonly #options: ServedFilesOptions;
  /** Of contents that may be given; each is one path's, and the same object as long as it is held. */
  readonly #blobs = new WeakMap<Uint8Array, string>();
  #opened: { readonly files: FileCache; readonly root: string } | undefined;

  /** The folder may appear later. */
  constructor(options: ServedFilesOptions) {
    this.#options = options;
  }

  /** Throws `path_outside`, `file_missing`, `file_not_regular`, `file_too_large`, `file_changing`. */
  read(path: string): ServedFile {
    const { files, root } = this.#open();
    const bytes = files.read(path);
    const known = this.#blobs.get(bytes);
    // What was given before under this path, and is still what is there, may be given again.
    if (known !== undefined) return { bytes, blob: known };
    if (isMirror(root))
      throw new MillraceError("file_missing", "A mirror has commits, but no files; ask for maps of its commits.");
    if (isKeptByGit(root, path)) throw outside();
    const blob = blobOf(bytes);
    this.#blobs.set(bytes, blob);
    return { bytes, blob };
  }

  /** Lines of it as text, from 1 on, the last one included; `text` is undefined for what is binary. Throws as `read`. */
  lines(path: string, from?: number, to?: number): { readonly text: FileText | undefined; readonly blob: string } {
    const { bytes, blob } = this.read(path);
    return { text: textOf(bytes, from, to), blob };
  }

  stats(): FileCacheStats {
    return this.#opened?.files.stats() ?? NONE;
  }

  #open(): { readonly files: FileCache; readonly root: string } {
    if (this.#opened) return this.#opened;
    try {
      const root = realpathSync(this.#options.folder);
      this.#opened = { files: new FileCache({ ...this.#options, granularityMs: granularityOf(root) }), root };
    } catch (error) {
      throw new MillraceError("file_missing", "The folder of this workspace is not there.", { cause: error });
    }
    return this.#opened;
  }
}
