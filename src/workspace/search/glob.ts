// Globs over lists of paths, as assistants' glob tools and ripgrep's -g read them:
// `*`, `?`, `[...]` stay within a name, `**` crosses folders, `{a,b}` and ranges are alternatives, `\` escapes. A pattern without a slash
// is a name at any depth; with one it starts at the root (a slash or `./` at its beginning says so too); one at its end means everything
// below such folders. Names that begin with a dot are names like others. Letters' case counts.

import { comparePaths } from "../list/path-order.ts";
import { expandBraces, globError } from "./glob-braces.ts";
import { GlobPattern } from "./glob-pattern.ts";

const PATTERN_LENGTH_MAX = 4096;

export class Glob {
  readonly #patterns: readonly GlobPattern[];

  /** Throws `pattern_invalid` for what is malformed, longer than 4,096 characters or stands for over 1,024 patterns. */
  constructor(pattern: string) {
    if (pattern === "") throw globError(pattern, "is empty; `**` means every file");
    if (pattern.length > PATTERN_LENGTH_MAX) throw globError(pattern, `is longer than ${PATTERN_LENGTH_MAX} characters`);
    let text = pattern.replace(/^\.\//, "");
    // Only a slash that is not the last makes a pattern start at the root.
    const isAnchored = text !== pattern || text.slice(0, -1).includes("/");
    if (text.startsWith("/")) text = text.slice(1);
    if (text.endsWith("/") || text === "") text += "**";
    this.#patterns = expandBraces(isAnchored ? text : `**/${text}`).map((each) => new GlobPattern(each));
  }

  /** @param path relative to the root of the list */
  matches(path: string): boolean {
    for (const pattern of this.#patterns) if (pattern.matches(path)) return true;
    return false;
  }

  /** @param paths sorted by `comparePaths`; the answer keeps the order */
  select(paths: readonly string[]): string[] {
    const ranges = this.#patterns.map((pattern) => rangeOf(paths, pattern.prefix));
    const [only] = this.#patterns.length === 1 ? this.#patterns : [];
    const tested = only ?? this;
    const end = Math.max(...ranges.map((range) => range.end));
    const found: string[] = [];
    for (let index = Math.min(...ranges.map((range) => range.from)); index < end; index++) {
      const path = paths[index] as string;
      if (tested.matches(path)) found.push(path);
    }
    return found;
  }
}

export function compileGlob(pattern: string): (path: string) => boolean {
  const glob = new Glob(pattern);
  return (path) => glob.matches(path);
}

/** Where in a sorted list the paths stand that begin with `prefix`. */
export function rangeOf(paths: readonly string[], prefix: string): { readonly from: number; readonly end: number } {
  const from = firstIndex(0, paths.length, (index) => comparePaths(paths[index] as string, prefix) >= 0);
  return { from, end: firstIndex(from, paths.length, (index) => !(paths[index] as string).startsWith(prefix)) };
}

/** The first index from which on `isReached` holds. */
function firstIndex(from: number, to: number, isReached: (index: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isReached(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
