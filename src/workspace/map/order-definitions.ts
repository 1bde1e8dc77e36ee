// Which definitions of a file to show first: those whose names, or whose parents' names, the question is about, then those that others use
// most. Equal ones stay in the order of the file.

import type { DefinitionKind } from "../scan/record.ts";
import type { AnalysedFile, Analysis } from "./analysis.ts";
import { scoreName } from "./query-score.ts";

const STRUCTURAL = 0.5;
const OF_PARENT = 0.4;
const EXPORTED = 0.05;
/** What keeps the order of kinds where nothing else tells definitions apart. */
const BASE = 0.01;
const MINOR_KINDS: ReadonlyMap<DefinitionKind, number> = new Map<DefinitionKind, number>([
  ["method", 0.8],
  ["constructor", 0.6],
  ["constant", 0.6],
  ["variable", 0.5],
  ["property", 0.5],
  ["field", 0.5],
]);

/**
 * Numbers of a file's definitions, best first.
 * @param byTerm what the question weighs; undefined without one
 * @param names what the graph's names carry to their definers
 */
export function orderDefinitions(
  file: AnalysedFile,
  { vocabulary, graph }: Analysis,
  byTerm: Float64Array | undefined,
  names: Float64Array,
): number[] {
  const { definitions } = file.record;
  const ofQuestion = new Float64Array(definitions.length);
  const ofGraph = new Float64Array(definitions.length);
  file.form.definitionNames.forEach((word, at) => {
    const own = byTerm === undefined ? 0 : scoreName(vocabulary.lexicon.terms(word), byTerm);
    const parent = definitions[at]?.parent ?? -1;
    // Parents come first, so what they got is known.
    ofQuestion[at] = own + (parent >= 0 && parent < at ? OF_PARENT * (ofQuestion[parent] ?? 0) : 0);
    ofGraph[at] = names[(graph.nameOfWord[word] ?? 0) - 1] ?? 0;
  });
  const questionMost = most(ofQuestion);
  const graphMost = most(ofGraph);
  const scores = Float64Array.from(definitions, ({ kind, exported }, at) => {
    const sum =
      BASE + (ofQuestion[at] ?? 0) / questionMost + (STRUCTURAL * (ofGraph[at] ?? 0)) / graphMost + (exported ? EXPORTED : 0);
    return sum * (MINOR_KINDS.get(kind) ?? 1);
  });
  return Array.from(scores.keys()).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
}

/** The largest of them; 1 where none is above 0. */
function most(scores: Float64Array): number {
  let largest = 0;
  for (const score of scores) if (score > largest) largest = score;
  return largest > 0 ? largest : 1;
}
