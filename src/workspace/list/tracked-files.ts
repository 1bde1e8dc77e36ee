// Which paths of a root git tracks, from its index: look-ups by folder for the walk, and what differs from an earlier index.
// Where case does not matter (core.ignoreCase) a path is tracked in other spellings too. Immutable.

import type { GitIndex } from "./git-index.ts";
import { foldCase } from "./ignore-patterns.ts";
import { comparePaths } from "./path-order.ts";

const NOT_UTF8 = "\ufffd";
/** Of more files than this in a folder a table is made for look-ups; most folders have fewer. */
const SEARCHED_FILES_MAX = 32;

export class TrackedFiles {
  /** Relative to the root, sorted, each once. */
  readonly paths: readonly string[];
  /** Paths left out, because they are not UTF-8. */
  readonly unreadableNames: number;
  /** Ignore files that are not checked out (sparse checkout) but still hold: path from the repository's top → blob. */
  readonly ignoreBlobs: ReadonlyMap<string, string>;
  /** Folder, with a slash at its end → paths directly in it. Those that only hold folders are there too. */
  readonly #folders = new Map<string, string[]>();
  /** Of large folders, made when first asked: folder → name → path. */
  readonly #tables = new Map<string, ReadonlyMap<string, string>>();
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
    const all = index?.paths ?? [];
    let before: string | undefined;
    for (let row = 0; row < all.length; row++) {
      const whole = all[row] ?? "";
      if (whole.endsWith(".gitignore") && index?.isSkippedInWorktree(row)) ignoreBlobs.set(whole, index.entry(row).blob);
      if (!whole.startsWith(prefix)) continue;
      const path = prefix === "" ? whole : whole.slice(prefix.length);
      // While a merge is unfinished a path has up to three rows.
      if (path === before) continue;
      before = path;
      if (path.includes(NOT_UTF8)) {
        unreadableNames++;
        continue;
      }
      paths.push(path);
      if (index?.isGitlink(row)) this.#gitlinks.add(this.#key(path));
      const end = path.lastIndexOf("/") + 1;
      if (end !== folder.length || !path.startsWith(folder)) {
        folder = path.slice(0, end);
        inFolder = this.#enter(folder);
      }
      inFolder.push(path);
      this.#folded?.set(this.#key(path), path);
    }
    this.paths = paths;
    this.unreadableNames = unreadableNames;
    this.ignoreBlobs = ignoreBlobs;
  }

  /** The paths directly in it. @param folder with a slash at its end */
  inFolder(folder: string): readonly string[] {
    return this.#folders.get(folder) ?? [];
  }

  /** The path that a name has among those `inFolder` told of the folder; undefined: not tracked, as it is spelled. */
  find(paths: readonly string[], folder: string, name: string): string | undefined {
    if (paths.length > SEARCHED_FILES_MAX) return this.#tableOf(paths, folder).get(name);
    const length = folder.length + name.length;
    for (const path of paths) if (path.length === length && path.endsWith(name)) return path;
    return undefined;
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

  #tableOf(paths: readonly string[], folder: string): ReadonlyMap<string, string> {
    const held = this.#tables.get(folder);
    if (held) return held;
    const table = new Map(paths.map((path) => [path.slice(folder.length), path]));
    this.#tables.set(folder, table);
    return table;
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
