// How well rankings and maps find what a commit changed: shares of commits whose files all stand among the first, the reciprocal rank of the
// first one, and the share of files that a map shows.

export interface FoundFiles {
  /** All of them among the first 1, 5, 10: 1, else 0. */
  readonly in1: number;
  readonly in5: number;
  readonly in10: number;
  /** One over the rank of the one found first. */
  readonly reciprocalRank: number;
  /** The share of them that the map shows. */
  readonly inMap: number;
}

/** @param ranked paths, best first */
export function scoreRanking(
  gold: readonly string[],
  ranked: readonly string[],
  shown: ReadonlySet<string> = new Set(),
): FoundFiles {
  const ranks = gold.map((path) => ranked.indexOf(path)).map((at) => (at < 0 ? Number.POSITIVE_INFINITY : at + 1));
  const last = Math.max(...ranks);
  return {
    in1: last <= 1 ? 1 : 0,
    in5: last <= 5 ? 1 : 0,
    in10: last <= 10 ? 1 : 0,
    reciprocalRank: 1 / Math.min(...ranks),
    inMap: gold.filter((path) => shown.has(path)).length / gold.length,
  };
}

/** Means; of none: zeros. */
export function meanOf(all: readonly FoundFiles[]): FoundFiles {
  const mean = (of: (found: FoundFiles) => number) => all.reduce((sum, found) => sum + of(found), 0) / Math.max(1, all.length);
  return {
    in1: mean(({ in1 }) => in1),
    in5: mean(({ in5 }) => in5),
    in10: mean(({ in10 }) => in10),
    reciprocalRank: mean(({ reciprocalRank }) => reciprocalRank),
    inMap: mean(({ inMap }) => inMap),
  };
}
