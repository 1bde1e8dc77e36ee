// The nearest known name to one that is not known, for "did you mean": configuration keys, commands, flags.

/** Typing mistakes between two words: insert, delete, replace, swap neighbours (optimal string alignment; Damerau 1964). */
function mistakes(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let least = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) least = Math.min(least, at(beforeLast, column - 2) + 1);
      current.push(least);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

const at = (row: readonly number[], index: number): number => row[index] as number;

/** Longer words are never compared: no known name is near them, and the comparison costs length times length. */
const LENGTH_MAX = 64;

/** The candidate with the fewest typing mistakes, ignoring case, else the only one that begins so; undefined when none is meant. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > LENGTH_MAX) return undefined;
  const plain = name.toLowerCase();
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const count = mistakes(plain, candidate.toLowerCase());
    if (count < fewest) {
      fewest = count;
      nearest = candidate;
    }
  }
  const meant = Math.max(1, Math.floor(Math.max(name.length, nearest?.length ?? 0) / 3));
  if (fewest <= meant) return nearest;
  const begun = plain.length >= 2 ? candidates.filter((candidate) => candidate.toLowerCase().startsWith(plain)) : [];
  return begun.length === 1 ? begun[0] : undefined;
}
