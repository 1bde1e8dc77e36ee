// How much the files of a repository point at each other by the names they use: PageRank (L. Page and others, 1999) over the factorised graph,
// personalised by the files in focus. A file's rank flows to the names it uses, and from each name to its definers. The number of rounds is fixed and sums run in the order of paths and records, so equal repositories have equal ranks, bit for bit.

import type { NameGraph } from "./name-graph.ts";

const ROUNDS = 12;
const DAMPING = 0.85;
/** The rest is spread over all files, so that those no focus leads to have an order too. */
const FOCUS_SHARE = 0.9;

export interface Ranks {
  /** Of each file; they sum up to 1. */
  readonly files: Float64Array;
  /** What the names of the graph carry to each of their definers. */
  readonly names: Float64Array;
}

/** @param focus numbers of files; none: all files alike. Takes some milliseconds for thousands of files. */
export function pageRank(graph: NameGraph, focus: readonly number[] = []): Ranks {
  const { fileCount, nameCount } = graph;
  const start = startVector(fileCount, focus);
  const names = new Float64Array(nameCount);
  const files = start.slice();
  for (let round = 0; round < ROUNDS; round++) {
    const stranded = flow(graph, files, names);
    const base = 1 - DAMPING + DAMPING * stranded;
    for (let file = 0; file < fileCount; file++) {
      files[file] = base * (start[file] as number) + DAMPING * received(graph, names, file);
    }
  }
  return { files, names };
}

function startVector(fileCount: number, focus: readonly number[]): Float64Array {
  const start = new Float64Array(fileCount).fill((focus.length > 0 ? 1 - FOCUS_SHARE : 1) / fileCount);
  for (const file of focus) start[file] = (start[file] ?? 0) + FOCUS_SHARE / focus.length;
  return start;
}

/** Fills `names` with what flows to each definer; returns the rank of files that point nowhere. */
function flow(
  { fileCount, useStarts, useNames, useWeights, shares }: NameGraph,
  files: Float64Array,
  names: Float64Array,
): number {
  names.fill(0);
  let stranded = 0;
  for (let file = 0; file < fileCount; file++) {
    const rank = files[file] as number;
    const share = rank * (shares[file] as number);
    if (share === 0) {
      stranded += rank;
      continue;
    }
    const end = useStarts[file + 1] as number;
    for (let at = useStarts[file] as number; at < end; at++) {
      const name = useNames[at] as number;
      names[name] = (names[name] as number) + share * (useWeights[at] as number);
    }
  }
  return stranded;
}

function received({ definedStarts, definedNames }: NameGraph, names: Float64Array, file: number): number {
  let sum = 0;
  const end = definedStarts[file + 1] as number;
  for (let at = definedStarts[file] as number; at < end; at++) sum += names[definedNames[at] as number] as number;
  return sum;
}
