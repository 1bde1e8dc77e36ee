// The inverted index of a repository's terms: for each, the files that have it and how much it says of them, by BM25F over body words, names
// of definitions and paths (S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009). Saturated weights
// are computed once, so that a question only multiplies and adds. Numbers of terms are the lexicon's and order nothing here.

import type { RecordForm } from "./record-form.ts";

export interface IndexedFile {
  readonly form: RecordForm;
  readonly pathTerms: Uint32Array;
  readonly pathCounts: Uint32Array;
}

export interface TextWeights {
  readonly definition: number;
  readonly path: number;
  /** How strongly long bodies and long lists of definitions count against a file: 0 to 1. */
  readonly bodyLength: number;
  readonly definitionLength: number;
  readonly pathLength: number;
  /** How soon more of the same term stops to say more. */
  readonly saturation: number;
}

export const textWeights: TextWeights = {
  definition: 3,
  path: 4,
  bodyLength: 0.5,
  definitionLength: 0.5,
  pathLength: 0.5,
  saturation: 2,
};

export class TextIndex {
  readonly #files: readonly IndexedFile[];
  /** Postings of term t are at #starts[t] to #starts[t + 1]. */
  readonly #starts: Uint32Array;
  readonly #postingFiles: Uint32Array;
  readonly #postingWeights: Float32Array;
  readonly #pathFrequencies: Uint32Array;

  constructor(files: readonly IndexedFile[], termCount: number, weights: TextWeights = textWeights) {
    this.#files = files;
    this.#starts = new Uint32Array(termCount + 2);
    this.#pathFrequencies = new Uint32Array(termCount);
    const stamps = new Uint32Array(termCount);
    files.forEach(({ form, pathTerms }, file) => {
      const { terms } = form;
      for (let at = 0; at < terms.length; at++) {
        const term = terms[at] ?? 0;
        this.#countPosting(term);
        stamps[term] = file + 1;
      }
      for (const term of pathTerms) {
        this.#pathFrequencies[term] = (this.#pathFrequencies[term] ?? 0) + 1;
        if (stamps[term] !== file + 1) this.#countPosting(term);
      }
    });
    for (let term = 1; term < this.#starts.length; term++) {
      this.#starts[term] = (this.#starts[term] ?? 0) + (this.#starts[term - 1] ?? 0);
    }
    const total = this.#starts[termCount + 1] ?? 0;
    this.#postingFiles = new Uint32Array(total);
    this.#postingWeights = new Float32Array(total);
    this.#fill(weights);
  }

  get fileCount(): number {
    return this.#files.length;
  }

  /** How rare a term is; 0 where no file has it. */
  rarity(term: number): number {
    return rarity(this.frequency(term), this.#files.length);
  }

  /** How rare a term is in paths; 0 where no path has it. */
  pathRarity(term: number): number {
    return rarity(this.#pathFrequencies[term] ?? 0, this.#files.length);
  }

  /** How many files have the term. */
  frequency(term: number): number {
    return (this.#starts[term + 1] ?? 0) - (this.#starts[term] ?? 0);
  }

  /** Adds `weight` times what the term says of each file to the file's score. */
  add(term: number, weight: number, scores: Float64Array): void {
    const end = this.#starts[term + 1] ?? 0;
    for (let at = this.#starts[term] ?? 0; at < end; at++) {
      const file = this.#postingFiles[at] ?? 0;
      scores[file] = (scores[file] ?? 0) + weight * (this.#postingWeights[at] ?? 0);
    }
  }

  /** Counted two places on: summed up, #starts[t + 1] is where postings of t begin; filling moves it to where they end. */
  #countPosting(term: number): void {
    this.#starts[term + 2] = (this.#starts[term + 2] ?? 0) + 1;
  }

  #fill(weights: TextWeights): void {
    const files = this.#files;
    const lengths = { body: 0, definition: 0, path: 0 };
    for (const { form, pathCounts } of files) {
      lengths.body += form.bodyLength;
      lengths.definition += form.definitionLength;
      for (const count of pathCounts) lengths.path += count;
    }
    const inPath = new Float64Array(this.#pathFrequencies.length);
    files.forEach(({ form, pathTerms, pathCounts }, file) => {
      const pathLength = pathCounts.reduce((sum, count) => sum + count, 0);
      const body = 1 / norm(form.bodyLength, lengths.body / files.length, weights.bodyLength);
      const definition =
        weights.definition / norm(form.definitionLength, lengths.definition / files.length, weights.definitionLength);
      const path = weights.path / norm(pathLength, lengths.path / files.length, weights.pathLength);
      pathTerms.forEach((term, at) => {
        inPath[term] = path * (pathCounts[at] ?? 0);
      });
      const { terms, bodyCounts, definitionCounts } = form;
      for (let at = 0; at < terms.length; at++) {
        const term = terms[at] ?? 0;
        const said = body * (bodyCounts[at] ?? 0) + definition * (definitionCounts[at] ?? 0) + (inPath[term] ?? 0);
        this.#post(term, file, said / (said + weights.saturation));
        inPath[term] = 0;
      }
      for (const term of pathTerms) {
        const said = inPath[term] ?? 0;
        if (said > 0) this.#post(term, file, said / (said + weights.saturation));
        inPath[term] = 0;
      }
    });
  }

  #post(term: number, file: number, weight: number): void {
    const at = this.#starts[term + 1] ?? 0;
    this.#starts[term + 1] = at + 1;
    this.#postingFiles[at] = file;
    this.#postingWeights[at] = weight;
  }
}

function norm(length: number, mean: number, strength: number): number {
  return 1 - strength + (mean > 0 ? (strength * length) / mean : strength);
}

function rarity(frequency: number, files: number): number {
  return frequency === 0 ? 0 : Math.log(1 + (files - frequency + 0.5) / (frequency + 0.5));
}
