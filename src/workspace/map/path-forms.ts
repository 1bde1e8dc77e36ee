// Terms of paths in numbers of a lexicon, remembered while the repository has the path; what folders and names say, which recur, is computed once.
// What `pathTerms` and `sortOf` say of a whole path is what is said here of its folder and its name together.

import type { Lexicon } from "./lexicon.ts";
import { isNameless, NAME_COUNT, namingPart, partTerms, SORT_WEIGHTS, sortOf, withoutEnding } from "./path-terms.ts";

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
  readonly weight: number;
  readonly terms: readonly number[];
  readonly counts: readonly number[];
  /** Terms of the part that its nameless files are known by. */
  readonly naming: readonly number[] | undefined;
}

interface NameForm {
  readonly terms: readonly number[];
  readonly weight: number;
  readonly isNameless: boolean;
}

export class PathForms {
  readonly #lexicon: Lexicon;
  #forms: Map<string, PathForm> = new Map();
  readonly #folders = new Map<string, FolderForm>();
  readonly #names = new Map<string, NameForm>();
  readonly #parts = new Map<string, readonly number[]>();

  constructor(lexicon: Lexicon) {
    this.#lexicon = lexicon;
  }

  of(path: string): PathForm {
    const known = this.#forms.get(path);
    if (known !== undefined) return known;
    const nameAt = path.lastIndexOf("/") + 1;
    const name = this.#nameOf(path.slice(nameAt));
    const folder = this.#folderOf(path.slice(0, nameAt));
    const terms = folder.terms.slice();
    const counts = folder.counts.slice();
    // Counted once with the folder.
    if (name.isNameless && folder.naming !== undefined) add(terms, counts, folder.naming, NAME_COUNT - 1);
    add(terms, counts, name.terms, NAME_COUNT);
    const form = {
      pathTerms: new Uint32Array(terms),
      pathCounts: new Uint32Array(counts),
      weight: Math.min(folder.weight, name.weight),
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
    const naming = parts[namingPart(parts)];
    const [terms, counts]: [number[], number[]] = [[], []];
    for (const part of parts) add(terms, counts, this.#part(part), 1);
    const form = {
      number: this.#folders.size,
      weight: SORT_WEIGHTS[sortOf(folder)],
      terms,
      counts,
      naming: naming === undefined ? undefined : this.#part(naming),
    };
    this.#folders.set(folder, form);
    return form;
  }

  #nameOf(name: string): NameForm {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const terms = this.#part(withoutEnding(name));
    const form = { terms, weight: SORT_WEIGHTS[sortOf(name)], isNameless: isNameless(name) };
    this.#names.set(name, form);
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
