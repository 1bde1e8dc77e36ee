// The ignore files that apply in one folder, ranked: its own before its parent's, and so on to the top, then info/exclude, then the user's
// own. The first that says something decides. A chain: folders without an ignore file share their parent's.
// That a folder which is ignored hides all that is in it is up to the walk.

import { foldCase, type IgnorePatterns } from "./ignore-patterns.ts";

export class IgnoreRules {
  readonly #before: IgnoreRules | undefined;
  readonly #patterns: IgnorePatterns;
  readonly #from: number;
  readonly #isFolded: boolean;

  /** @param folder of the ignore file, from the top of the repository, with a slash at its end ("" at the top) */
  constructor(before: IgnoreRules | undefined, patterns: IgnorePatterns, folder: string, isFolded: boolean) {
    this.#before = before;
    this.#patterns = patterns;
    this.#from = folder.length;
    this.#isFolded = isFolded;
  }

  /** @param folder that holds `name`, from the top, with a slash at its end */
  isIgnored(folder: string, name: string, isFolder: boolean): boolean {
    const path = this.#isFolded ? foldCase(folder) : folder;
    const last = this.#isFolded ? foldCase(name) : name;
    for (let rules: IgnoreRules | undefined = this; rules; rules = rules.#before) {
      const verdict = rules.#patterns.decide(path, rules.#from, last, isFolder);
      if (verdict !== undefined) return verdict;
    }
    return false;
  }
}
