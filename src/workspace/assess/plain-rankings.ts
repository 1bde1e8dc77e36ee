// What rankings are held against: words of paths alone, and BM25 over whole files (S. Robertson and H. Zaragoza, 2009; k1 1.2, b 0.75), each with
// the same terms of the question, unweighted.

import type { Analysis } from "../map/analysis.ts";
import { readQuestion } from "../map/question.ts";
import { TextIndex } from "../map/text-index.ts";

const PLAIN = { definition: 0, path: 0, bodyLength: 0.75, definitionLength: 0, pathLength: 0, saturation: 1.2 };

export interface Baselines {
  /** Paths, best first; ties by path. */
  readonly byPath: readonly string[];
  readonly byText: readonly string[];
}

export function rankPlainly(message: string, { files, index, vocabulary: { lexicon } }: Analysis): Baselines {
  const text = new TextIndex(files, lexicon.termCount, undefined, PLAIN);
  const byPath = new Float64Array(files.length);
  const byText = new Float64Array(files.length);
  const asked = new Set<number>();
  for (const name of readQuestion(message).terms.keys()) {
    const term = lexicon.findTerm(name);
    if (term === undefined) continue;
    asked.add(term);
    text.add(term, text.rarity(term), byText);
  }
  for (const [file, { pathTerms }] of files.entries()) {
    let score = 0;
    for (const term of pathTerms) if (asked.has(term)) score += index.pathRarity(term);
    byPath[file] = score;
  }
  const ranked = (scores: Float64Array) =>
    Array.from(scores.keys())
      .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
      .map((file) => files[file]?.path ?? "");
  return { byPath: ranked(byPath), byText: ranked(byText) };
}
