// Terms of paths in numbers of a lexicon, remembered while the repository has the path; what folders and names say, which recur, is computed once.
// What `pathTerms` and `sortOf` say of a whole path is what is said here of its folder and its name together.

import type { Lexicon } from "./lexicon.ts";
import { NAME_COUNT, namingFolder, partTerms, SORT_WEIGHTS, sortOf, withoutEnding } from "./path-terms.ts";

export interface PathForm {
  readonly pathTerms: Uint32Array;
  readonly pathCounts: Uint32Array;
  /** What of its score a file of this path keeps. */
  readonly weight: number;
  /** The number of its folder: paths of one folder, and they alone, have the same. */
  readonly folder: number;
}

interface FolderForm {
  readonly number: number;
  /** The last is empty. */
  readonly parts: readonly string[];
  readonly weight: number;
  readonly terms: readonly number[];
  readonly counts: readonly number[];
}

export class PathForms {
  readonly #lexicon: Lexicon;
  #forms: Map<string, PathForm> = new Map();
  readonly #folders = new Map<string, FolderForm>();
  readonly #parts = new Map<string, readonly number[]>();

  constructor(lexicon: Lexicon) {
    this.#lexicon = lexicon;
  }

  of(path: string): PathForm {
    const known = this.#forms.get(path);
    if (known !== undefined) return known;
    const nameAt = path.lastIndexOf("/") + 1;
    const name = path.slice(nameAt);
    const folder = this.#folderOf(path.slice(0, nameAt));
    const terms = folder.terms.slice();
    const counts = folder.counts.slice();
    const naming = namingFolder([...folder.parts, name]);
    // Counted once with the folder.
    if (naming >= 0) add(terms, counts, this.#part(folder.parts[naming] ?? ""), NAME_COUNT - 1);
    add(terms, counts, this.#part(withoutEnding(name)), NAME_COUNT);
    const form = {
      pathTerms: new Uint32Array(terms),
      pathCounts: new Uint32Array(counts),
      weight: Math.min(folder.weight, SORT_WEIGHTS[sortOf(name)]),
      folder: folder.number,
    };
    this.#forms.set(path, form);
    return form;
  }

  /** Forgets all other paths. */
  keep(paths: readonly string[]): void {
    if (this.#forms.size <= 2 * paths.length) return;
    this.#forms = new Map(paths.map((path) => [path, this.of(path)]));
  }

  #folderOf(folder: string): FolderForm {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const parts = folder.split("/").slice(0, -1);
    const [terms, counts]: [number[], number[]] = [[], []];
    for (const part of parts) add(terms, counts, this.#part(part), 1);
    const form = { number: this.#folders.size, parts, weight: SORT_WEIGHTS[sortOf(folder)], terms, counts };
    this.#folders.set(folder, form);
    return form;
  }

  #part(part: string): readonly number[] {
    const known = this.#parts.get(part);
    if (known !== undefined) return known;
    const terms = partTerms(part).map((term) => this.#lexicon.term(term));
    this.#parts.set(part, terms);
    return terms;
  }
}

/** A term that is there counts more; others come behind. */
function add(terms: number[], counts: number[], more: readonly number[], count: number): void {
  for (const term of more) {
    const at = terms.indexOf(term);
    if (at >= 0) counts[at] = (counts[at] ?? 0) + count;
    else {
      terms.push(term);
      counts.push(count);
    }
  }
}
