// The index of a repository's terms: for each, the files that have it and how often, and how much that says of them by BM25F over body words, names of
// definitions and paths (S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009). After a change of few files
// the next index shares the postings of the last and knows which of them are dead; what a question gets is the same as from a new one, bit for bit:
// each file's sums run in the order of the question's terms.

import { type DocumentCounts, type IndexedFile, Postings } from "./postings.ts";

export type { IndexedFile } from "./postings.ts";

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
  definition: 1,
  path: 9,
  bodyLength: 0.5,
  definitionLength: 0.5,
  pathLength: 0.25,
  saturation: 5,
};

/** As many files, or this share of them, may differ from those that the postings were made of. */
const APART_MAX = 64;
const APART_SHARE_MAX = 0.05;

/** What one occurrence in each field says of a file, by its lengths. */
interface Fields {
  readonly body: Float64Array;
  readonly definition: Float64Array;
  readonly path: Float64Array;
}

export class TextIndex {
  readonly #files: readonly IndexedFile[];
  readonly #postings: Postings;
  /** Of each document of the postings: its file now, or -1. */
  readonly #fileOf: Int32Array;
  /** Files that are in no postings, with their counts by term. */
  readonly #apart: readonly { readonly file: number; readonly counts: DocumentCounts }[];
  /** By term: how many files have it, and how many paths. */
  readonly #frequencies: Uint32Array;
  readonly #pathFrequencies: Uint32Array;
  readonly #fields: Fields;
  readonly #saturation: number;

  /** @param previous of another time, with the same numbers for terms */
  constructor(files: readonly IndexedFile[], termCount: number, previous?: TextIndex, weights: TextWeights = textWeights) {
    this.#files = files;
    this.#saturation = weights.saturation;
    this.#fields = fieldsOf(files, weights);
    const shared = previous && apartFrom(previous.#postings, files);
    this.#postings = shared ? previous.#postings : new Postings(files, termCount);
    const { fileOf, apart } = shared ?? { fileOf: Int32Array.from(files.keys()), apart: [] };
    this.#fileOf = fileOf;
    this.#apart = apart.map((file) => ({ file, counts: Postings.countsOf(files[file] as IndexedFile) }));
    [this.#frequencies, this.#pathFrequencies] = this.#count(termCount);
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
    return this.#frequencies[term] ?? 0;
  }

  /** Adds `weight` times what the term says of each file to the file's score, and marks with 1 who has it in a definition's name. */
  add(term: number, weight: number, scores: Float64Array, isDefining: Uint8Array = new Uint8Array(this.#files.length)): void {
    const { files, bodies, definitions, paths } = this.#postings;
    const [from, end] = this.#postings.rangeOf(term);
    for (let at = from; at < end; at++) {
      const file = this.#fileOf[files[at] as number] as number;
      if (file < 0) continue;
      const definition = definitions[at] as number;
      if (definition > 0) isDefining[file] = 1;
      const said = this.#said(file, bodies[at] as number, definition, paths[at] as number);
      scores[file] = (scores[file] as number) + weight * said;
    }
    for (const { file, counts } of this.#apart) {
      const found = counts.get(term);
      if (!found) continue;
      if (found.definition > 0) isDefining[file] = 1;
      scores[file] = (scores[file] as number) + weight * this.#said(file, found.body, found.definition, found.path);
    }
  }

  #said(file: number, body: number, definition: number, path: number): number {
    const fields = this.#fields;
    const said =
      (fields.body[file] as number) * body +
      (fields.definition[file] as number) * definition +
      (fields.path[file] as number) * path;
    return said / (said + this.#saturation);
  }

  #count(termCount: number): [Uint32Array, Uint32Array] {
    const { frequencies, pathFrequencies, documents } = this.#postings;
    const all = new Uint32Array(termCount);
    const paths = new Uint32Array(termCount);
    all.set(frequencies);
    paths.set(pathFrequencies);
    const change = (counts: DocumentCounts, by: number) => {
      for (const [term, { path }] of counts) {
        all[term] = (all[term] ?? 0) + by;
        if (path > 0) paths[term] = (paths[term] ?? 0) + by;
      }
    };
    for (let document = 0; document < documents.length; document++) {
      const dead = (this.#fileOf[document] as number) < 0 ? documents[document] : undefined;
      if (dead) change(Postings.countsOf(dead), -1);
    }
    for (const { counts } of this.#apart) change(counts, 1);
    return [all, paths];
  }
}

/** Undefined: too few files are in the postings, or too many documents are dead. */
function apartFrom(postings: Postings, files: readonly IndexedFile[]) {
  const fileOf = new Int32Array(postings.documents.length).fill(-1);
  const apart: number[] = [];
  files.forEach((file, index) => {
    const document = postings.find(file);
    if (document === undefined) apart.push(index);
    else fileOf[document] = index;
  });
  const dead = postings.documents.length - (files.length - apart.length);
  const most = Math.max(APART_MAX, files.length * APART_SHARE_MAX);
  return apart.length + dead <= most ? { fileOf, apart } : undefined;
}

function fieldsOf(files: readonly IndexedFile[], weights: TextWeights): Fields {
  const count = files.length;
  const [bodies, definitions, paths] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  for (let file = 0; file < count; file++) {
    const { form, pathCounts } = files[file] as IndexedFile;
    bodies[file] = form.bodyLength;
    definitions[file] = form.definitionLength;
    let length = 0;
    for (let at = 0; at < pathCounts.length; at++) length += pathCounts[at] as number;
    paths[file] = length;
  }
  return {
    body: shares(bodies, 1, weights.bodyLength),
    definition: shares(definitions, weights.definition, weights.definitionLength),
    path: shares(paths, weights.path, weights.pathLength),
  };
}

/** What one occurrence says, by each file's length; `lengths` are replaced. */
function shares(lengths: Float64Array, weight: number, strength: number): Float64Array {
  let total = 0;
  for (let file = 0; file < lengths.length; file++) total += lengths[file] as number;
  const mean = total / lengths.length;
  for (let file = 0; file < lengths.length; file++) lengths[file] = weight / norm(lengths[file] as number, mean, strength);
  return lengths;
}

function norm(length: number, mean: number, strength: number): number {
  return 1 - strength + (mean > 0 ? (strength * length) / mean : strength);
}

function rarity(frequency: number, files: number): number {
  return frequency === 0 ? 0 : Math.log(1 + (files - frequency + 0.5) / (frequency + 0.5));
}
