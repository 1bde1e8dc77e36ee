// How much each file has to do with a question: BM25F over body words, definition names and path; the definition that fits best; scopes and
// paths that the question mentions; and a little of what the folder's other files score. No history, no model: equal inputs give equal scores.

import type { Lexicon } from "./lexicon.ts";
import type { Question } from "./question.ts";
import type { IndexedFile, TextIndex } from "./text-index.ts";

export interface ScoredFile extends IndexedFile {
  readonly path: string;
  /** What of its score it keeps: by its sort. */
  readonly weight: number;
  /** A number that the other files of its folder have too. */
  readonly folder: number;
}

export interface QueryWeights {
  readonly definition: number;
  readonly scope: number;
  readonly mentionedPath: number;
  readonly mentionedName: number;
  readonly mentionedFolder: number;
  readonly folder: number;
}

export const queryWeights: QueryWeights = {
  definition: 0.5,
  scope: 1,
  mentionedPath: 1.5,
  mentionedName: 1,
  mentionedFolder: 0.3,
  folder: 0.1,
};

/** What a question weighs, in numbers of a lexicon; made once a question, for scores and for the choice of definitions. */
export interface TermWeights {
  /** By term: the question's weight times rarity; 0 for all others. */
  readonly byTerm: Float64Array;
  readonly terms: readonly number[];
}

export function weighTerms({ terms }: Question, lexicon: Lexicon, index: TextIndex): TermWeights {
  const byTerm = new Float64Array(lexicon.termCount);
  const known: number[] = [];
  for (const [name, weight] of terms) {
    const term = lexicon.findTerm(name);
    if (term === undefined || index.frequency(term) === 0) continue;
    byTerm[term] = weight * index.rarity(term);
    known.push(term);
  }
  return { byTerm, terms: known };
}

export function scoreFiles(
  question: Question,
  weighed: TermWeights,
  { files, index, lexicon }: { files: readonly ScoredFile[]; index: TextIndex; lexicon: Lexicon },
  weights: QueryWeights = queryWeights,
): Float64Array {
  const scores = new Float64Array(files.length);
  const isDefining = new Uint8Array(files.length);
  for (const term of weighed.terms) index.add(term, weighed.byTerm[term] ?? 0, scores, isDefining);
  let best = 0;
  for (let file = 0; file < scores.length; file++) best = Math.max(best, scores[file] as number);
  addDefinitions(scores, files, isDefining, lexicon.allTerms, weighed, weights.definition);
  addScopes(scores, files, question, { index, lexicon }, weights.scope);
  addMentions(scores, files, question.paths, best > 0 ? best : 1, weights);
  for (let file = 0; file < files.length; file++) scores[file] = (scores[file] as number) * (files[file] as ScoredFile).weight;
  addFolders(scores, files, weights.folder);
  return scores;
}

/** What a definition's name has to do with the question: the sum of its terms' weights, less for long names. */
export function scoreName(terms: Uint32Array, byTerm: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < terms.length; at++) sum += byTerm[terms[at] ?? 0] ?? 0;
  return sum === 0 ? 0 : sum / Math.sqrt(terms.length + 1);
}

/** Those of files where a definition has a term of the question: what the others define scores nothing. */
function addDefinitions(
  scores: Float64Array,
  files: readonly ScoredFile[],
  isDefining: Uint8Array,
  { starts, ids }: Lexicon["allTerms"],
  { byTerm }: TermWeights,
  by: number,
): void {
  for (let file = 0; file < files.length; file++) {
    if (isDefining[file] === 0) continue;
    let best = 0;
    const names = (files[file] as ScoredFile).form.definitionNames;
    for (let at = 0; at < names.length; at++) {
      const word = names[at] as number;
      const from = starts[word] as number;
      const end = starts[word + 1] as number;
      let sum = 0;
      for (let index = from; index < end; index++) sum += byTerm[ids[index] as number] as number;
      if (sum === 0) continue;
      const score = sum / Math.sqrt(end - from + 1);
      if (score > best) best = score;
    }
    scores[file] = (scores[file] as number) + by * best;
  }
}

function addScopes(
  scores: Float64Array,
  files: readonly ScoredFile[],
  { scopes }: Question,
  { index, lexicon }: { index: TextIndex; lexicon: Lexicon },
  by: number,
): void {
  if (scopes.size === 0) return;
  const byTerm = new Float64Array(lexicon.termCount);
  for (const [name, weight] of scopes) {
    const term = lexicon.findTerm(name);
    if (term !== undefined) byTerm[term] = weight * index.pathRarity(term);
  }
  files.forEach(({ pathTerms }, file) => {
    for (let at = 0; at < pathTerms.length; at++) scores[file] = (scores[file] ?? 0) + by * (byTerm[pathTerms[at] ?? 0] ?? 0);
  });
}

/** A whole path says more than a name that several files may have, and that more than a folder. */
function addMentions(
  scores: Float64Array,
  files: readonly ScoredFile[],
  paths: readonly string[],
  best: number,
  weights: QueryWeights,
): void {
  for (const mention of paths) {
    const isName = !mention.includes("/");
    const found: number[] = [];
    files.forEach(({ path }, file) => {
      if (path === mention || path.endsWith(`/${mention}`)) found.push(file);
      else if (!isName && `/${path}`.includes(`/${mention}/`))
        scores[file] = (scores[file] ?? 0) + best * weights.mentionedFolder;
    });
    for (const file of found) {
      scores[file] = (scores[file] ?? 0) + (best * (isName ? weights.mentionedName : weights.mentionedPath)) / found.length;
    }
  }
}

/** Each file takes a share of the best other file of its folder: what changes together lies together. */
function addFolders(scores: Float64Array, files: readonly ScoredFile[], by: number): void {
  const count = files.reduce((most, { folder }) => Math.max(most, folder + 1), 0);
  const bests = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  const seconds = new Float64Array(count);
  for (let file = 0; file < files.length; file++) {
    const folder = files[file]?.folder ?? 0;
    const score = scores[file] ?? 0;
    const best = bests[folder] ?? 0;
    if (score > best) {
      seconds[folder] = Math.max(best, 0);
      bests[folder] = score;
    } else if (score > (seconds[folder] ?? 0)) seconds[folder] = score;
  }
  for (let file = 0; file < files.length; file++) {
    const folder = files[file]?.folder ?? 0;
    const score = scores[file] ?? 0;
    scores[file] = score + by * ((score === bests[folder] ? seconds[folder] : bests[folder]) ?? 0);
  }
}
