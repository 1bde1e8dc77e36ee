// Which paths of a root git tracks, from its index: look-ups by folder for the walk, and what differs from an earlier index.
// Where case does not matter (core.ignoreCase) a path is tracked in other spellings too. Immutable.

import type { GitIndex } from "./git-index.ts";
import { foldCase } from "./ignore-patterns.ts";
import { comparePaths } from "./path-order.ts";

const NOT_UTF8 = "\ufffd";
/** Of more files than this a table is made for look-ups; most folders have fewer. */
const SEARCHED_FILES_MAX = 16;

/** The tracked files directly in one folder. */
export class FolderFiles {
  readonly #paths: readonly string[];
  readonly #from: number;
  readonly #byName: ReadonlyMap<string, string> | undefined;

  /** @param from length of the folder's path, with its slash */
  constructor(paths: readonly string[], from: number) {
    this.#paths = paths;
    this.#from = from;
    if (paths.length > SEARCHED_FILES_MAX) this.#byName = new Map(paths.map((path) => [path.slice(from), path]));
  }

  /** The path of this name; undefined: not tracked, so spelled. */
  find(name: string): string | undefined {
    if (this.#byName) return this.#byName.get(name);
    const length = this.#from + name.length;
    return this.#paths.find((path) => path.length === length && path.endsWith(name));
  }
}

export class TrackedFiles {
  /** Relative to the root, sorted, each once. */
  readonly paths: readonly string[];
  /** Paths left out, because they are not UTF-8. */
  readonly unreadableNames: number;
  /** Ignore files that are not checked out (sparse checkout) but still hold: path from the repository's top → blob. */
  readonly ignoreBlobs: ReadonlyMap<string, string>;
  /** Folder, with a slash at its end → paths directly in it. Those that only hold folders are there too. */
  readonly #folders = new Map<string, string[]>();
  readonly #gitlinks = new Set<string>();
  /** Where case does not matter: folded path → a spelling of the index, and folders with an empty one. */
  readonly #folded: Map<string, string> | undefined;

  /** @param prefix of the root, from the repository's top, with a slash at its end ("" at the top) */
  constructor(index: GitIndex | undefined, prefix: string, isFolded: boolean) {
    if (isFolded) this.#folded = new Map();
    const paths: string[] = [];
    const ignoreBlobs = new Map<string, string>();
    let unreadableNames = 0;
    let folder = "";
    let inFolder = this.#enter(folder);
    for (const [row, whole] of (index?.paths ?? []).entries()) {
      if (whole.endsWith(".gitignore") && index?.isSkippedInWorktree(row)) ignoreBlobs.set(whole, index.entry(row).blob);
      if (!whole.startsWith(prefix)) continue;
      const path = prefix === "" ? whole : whole.slice(prefix.length);
      // While a merge is unfinished a path has up to three rows.
      if (path === paths.at(-1)) continue;
      if (path.includes(NOT_UTF8)) {
        unreadableNames++;
        continue;
      }
      paths.push(path);
      if (index?.isGitlink(row)) this.#gitlinks.add(this.#key(path));
      if (!path.startsWith(folder) || path.indexOf("/", folder.length) >= 0) {
        folder = path.slice(0, path.lastIndexOf("/") + 1);
        inFolder = this.#enter(folder);
      }
      inFolder.push(path);
      this.#folded?.set(this.#key(path), path);
    }
    this.paths = paths;
    this.unreadableNames = unreadableNames;
    this.ignoreBlobs = ignoreBlobs;
  }

  /** @param folder with a slash at its end */
  inFolder(folder: string): FolderFiles | undefined {
    const paths = this.#folders.get(folder);
    return paths && new FolderFiles(paths, folder.length);
  }

  /** Of a path that is not tracked as it is spelled: how it is tracked where case does not matter; undefined: not at all. */
  otherSpelling(path: string): string | undefined {
    return this.#folded?.get(this.#key(path));
  }

  isGitlink(path: string): boolean {
    return this.#gitlinks.size > 0 && this.#gitlinks.has(this.#key(path));
  }

  /** Whether anything below it is tracked. @param folder with a slash at its end */
  hasBelow(folder: string): boolean {
    return this.#folders.has(folder) || this.#folded?.has(this.#key(folder)) === true;
  }

  /** Paths that are in one of both only, or are a submodule in one of both only. */
  differences(other: TrackedFiles): string[] {
    const found: string[] = [];
    const [ours, theirs] = [this.paths, other.paths];
    for (let our = 0, their = 0; our < ours.length || their < theirs.length; ) {
      const [a, b] = [ours[our], theirs[their]];
      if (a === b) {
        if (a !== undefined && this.isGitlink(a) !== other.isGitlink(a)) found.push(a);
        our++;
        their++;
      } else if (b === undefined || (a !== undefined && comparePaths(a, b) < 0)) {
        found.push(a ?? "");
        our++;
      } else {
        found.push(b);
        their++;
      }
    }
    return found;
  }

  #enter(folder: string): string[] {
    const held = this.#folders.get(folder);
    if (held) return held;
    const paths: string[] = [];
    this.#folders.set(folder, paths);
    if (folder !== "") this.#folded?.set(this.#key(folder), "");
    if (folder !== "") this.#enter(folder.slice(0, folder.lastIndexOf("/", folder.length - 2) + 1));
    return paths;
  }

  #key(path: string): string {
    return this.#folded ? foldCase(path) : path;
  }
}
