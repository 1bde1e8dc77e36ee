// Terms of paths in numbers of a lexicon, remembered while the repository has the path.

import type { Lexicon } from "./lexicon.ts";
import { pathTerms, SORT_WEIGHTS, sortOf } from "./path-terms.ts";

export interface PathForm {
  readonly pathTerms: Uint32Array;
  readonly pathCounts: Uint32Array;
  /** What of its score a file of this path keeps. */
  readonly weight: number;
}

export class PathForms {
  readonly #lexicon: Lexicon;
  #forms: Map<string, PathForm> = new Map();

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
    };
    this.#forms.set(path, form);
    return form;
  }

  /** Forgets all other paths. */
  keep(paths: readonly string[]): void {
    if (this.#forms.size <= 2 * paths.length) return;
    this.#forms = new Map(paths.map((path) => [path, this.of(path)]));
  }
}
