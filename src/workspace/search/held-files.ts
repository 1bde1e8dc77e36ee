// The files of one list as searches need them: text in memory within a bound, a filter for each, and which of them are known to be as on the
// disk. Every content comes from a verified reader. A file is trusted since its last verification until it is named as changed, or all are.
// Files over the bound keep their filter and are read again when it says "perhaps".

import type { DiskReader, ReadFile } from "./disk-reader.ts";
import { rangeOf } from "./glob.ts";
import { type SearchedText, searchedText } from "./searched-text.ts";
import { TrigramFilters } from "./trigram-filter.ts";

/** `closed`: not readable as a file, gone, or too large. */
export type FileState = "text" | "binary" | "closed";

export class HeldFile {
  readonly path: string;
  state: FileState = "closed";
  isAscii = true;
  /** Number of its filter; -1: none. */
  slot = -1;
  text: SearchedText | undefined;
  /** What the reader gave, while its text is held. */
  file: ReadFile | undefined;
  /** Of its last verification. */
  round = 0;
  /** It has other names too, by which it may change where nobody watches. */
  isLinked = false;

  constructor(path: string) {
    this.path = path;
  }
}

export class HeldFiles {
  readonly filters = new TrigramFilters();
  #paths: readonly string[] = [];
  #files: readonly HeldFile[] = [];
  readonly #reader: DiskReader;
  readonly #bytesMax: number;
  #bytes = 0;
  #round = 1;

  constructor(reader: DiskReader, bytesMax: number) {
    this.#reader = reader;
    this.#bytesMax = bytesMax;
  }

  /** In the order of the list. */
  get all(): readonly HeldFile[] {
    return this.#files;
  }

  /** Bytes of texts in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Before each search. */
  begin(): void {
    this.#reader.begin();
  }

  /** A new list, sorted; what is held of files that stay is kept. */
  list(paths: readonly string[]): void {
    const before = new Map(this.#files.map((file) => [file.path, file]));
    this.#files = paths.map((path) => {
      const known = before.get(path);
      before.delete(path);
      return known ?? new HeldFile(path);
    });
    this.#paths = paths;
    for (const gone of before.values()) this.#release(gone);
  }

  /** Takes trust from files: from one, from all below a folder, or from all. */
  changed(paths: readonly string[] | "unknown"): void {
    if (paths === "unknown") {
      this.#round++;
      return;
    }
    for (const path of paths) {
      // All that begins so: the file, files below the folder, and a few others, whose verification costs little.
      const { from, end } = rangeOf(this.#paths, path);
      for (let index = from; index < end; index++) (this.#files[index] as HeldFile).round = 0;
    }
  }

  isTrusted(file: HeldFile): boolean {
    return file.round === this.#round && !file.isLinked;
  }

  /** Asks the disk. @returns the file's text as it is now, undefined: it has none */
  verify(file: HeldFile): SearchedText | undefined {
    const read = this.#reader.read(file.path, file.file);
    file.round = this.#round;
    file.isLinked = (read?.identity.nlink ?? 1n) > 1n;
    if (read && read.bytes === file.file?.bytes) {
      file.file = read;
      return file.text;
    }
    this.#release(file);
    const text = read && searchedText(read.bytes);
    file.state = text ? "text" : read ? "binary" : "closed";
    if (!text) return undefined;
    file.isAscii = text.isAscii;
    file.slot = this.filters.add(text.bytes);
    if (this.#bytes + text.bytes.length <= this.#bytesMax) {
      this.#bytes += text.bytes.length;
      file.text = text;
      file.file = read;
    }
    return text;
  }

  #release(file: HeldFile): void {
    this.#bytes -= file.text?.bytes.length ?? 0;
    file.text = undefined;
    file.file = undefined;
    if (file.slot >= 0) this.filters.remove(file.slot);
    file.slot = -1;
  }
}
