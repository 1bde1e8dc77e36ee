// Which paths of a root git tracks, from its index: look-ups by path for the walk, and what differs from an earlier index.
// Where case does not matter (core.ignoreCase) look-ups are folded, and the index's own spelling is told. Immutable.

import type { GitIndex } from "./git-index.ts";
import { foldCase } from "./ignore-patterns.ts";
import { comparePaths } from "./path-order.ts";

const NOT_UTF8 = "\ufffd";

export class TrackedFiles {
  /** Relative to the root, sorted, each once. */
  readonly paths: readonly string[];
  /** Paths left out, because they are not UTF-8. */
  readonly unreadableNames: number;
  /** Ignore files that are not checked out (sparse checkout) but still hold: path from the repository's top → blob. */
  readonly ignoreBlobs: ReadonlyMap<string, string>;
  readonly #isFolded: boolean;
  /** Spelling to look up → as in the index. */
  readonly #files = new Map<string, string>();
  readonly #folders = new Set<string>();
  readonly #gitlinks = new Set<string>();

  /** @param prefix of the root, from the repository's top, with a slash at its end ("" at the top) */
  constructor(index: GitIndex | undefined, prefix: string, isFolded: boolean) {
    this.#isFolded = isFolded;
    const paths: string[] = [];
    const ignoreBlobs = new Map<string, string>();
    let unreadableNames = 0;
    let folder = "";
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
      this.#files.set(this.#key(path), path);
      if (path.startsWith(folder) && path.indexOf("/", folder.length) < 0) continue;
      folder = path.slice(0, path.lastIndexOf("/") + 1);
      this.#addFolder(folder);
    }
    this.paths = paths;
    this.unreadableNames = unreadableNames;
    this.ignoreBlobs = ignoreBlobs;
  }

  /** The index's spelling of it; undefined: not tracked. */
  spelling(path: string): string | undefined {
    return this.#files.get(this.#key(path));
  }

  isGitlink(path: string): boolean {
    return this.#gitlinks.size > 0 && this.#gitlinks.has(this.#key(path));
  }

  /** Whether anything below it is tracked. @param folder with a slash at its end */
  hasBelow(folder: string): boolean {
    return this.#folders.has(this.#key(folder));
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

  #addFolder(folder: string): void {
    for (let at = folder.length; at > 0; at = folder.lastIndexOf("/", at - 2) + 1) {
      const key = this.#key(folder.slice(0, at));
      if (this.#folders.has(key)) return;
      this.#folders.add(key);
    }
  }

  #key(path: string): string {
    return this.#isFolded ? foldCase(path) : path;
  }
}
