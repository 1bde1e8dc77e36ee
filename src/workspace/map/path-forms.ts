// Terms of paths in numbers of a lexicon, remembered while the repository has the path.

import type { Lexicon } from "./lexicon.ts";
import { pathTerms, SORT_WEIGHTS, sortOf } from "./path-terms.ts";

export interface PathForm {
  readonly pathTerms: Uint32Array;
  readonly pathCounts: Uint32Array;
  /** What of its score a file of this path keeps. */
  readonly weight: number;
  /** The number of its folder: paths of one folder, and they alone, have the same. */
  readonly folder: number;
}

export class PathForms {
  readonly #lexicon: Lexicon;
  #forms: Map<string, PathForm> = new Map();
  readonly #folders = new Map<string, number>();

  constructor(lexicon: Lexicon) {
    this.#lexicon = lexicon;
  }

  of(path: string): PathForm {
    const known = this.#forms.get(path);
    if (known !== undefined) return known;
    const counts = pathTerms(path);
    const form = {
      pathTerms: Uint32Array.from(counts.keys(), (term) => this.#lexicon.term(term)),
      pathCounts: Uint32Array.from(counts.values()),
      weight: SORT_WEIGHTS[sortOf(path)],
      folder: this.#folderOf(path),
    };
    this.#forms.set(path, form);
    return form;
  }

  /** Forgets all other paths. */
  keep(paths: readonly string[]): void {
    if (this.#forms.size <= 2 * paths.length) return;
    this.#forms = new Map(paths.map((path) => [path, this.of(path)]));
  }

  #folderOf(path: string): number {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    this.#folders.set(folder, this.#folders.size);
    return this.#folders.size - 1;
  }
}
