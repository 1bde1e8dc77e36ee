// The one counter of words, for every language: code, comments and strings alike. A word is a maximal run of letters,
// digits, `_` and `$` that does not begin with a digit and is longer than one unit. Splitting words is the map's job.

import type { Counts } from "./record.ts";
import { WordTable } from "./word-table.ts";
import { unitClasses, WORD_START } from "./word-units.ts";

export const DISTINCT_WORDS_MAX = 20_000;

/** Words as written; those that come after DISTINCT_WORDS_MAX distinct ones are left out. */
export function countWords(source: string): Counts {
  return wordsOf(source).counts();
}

/** The same as a table, in which words can be looked up. Linear in the length. */
export function wordsOf(source: string): WordTable {
  const table = new WordTable(source, DISTINCT_WORDS_MAX);
  const length = source.length;
  let at = 0;
  while (at < length) {
    const kind = unitClasses[source.charCodeAt(at)];
    if (kind === 0) at++;
    else if (kind !== WORD_START) at = numberEnd(source, at);
    else if (at + 1 < length && unitClasses[source.charCodeAt(at + 1)] !== 0) {
      table.count(at);
      at = table.end;
    } else at++;
  }
  return table;
}

/** The end of a run of word units: numbers such as 0xff take their letters with them. */
function numberEnd(source: string, from: number): number {
  let at = from + 1;
  while (at < source.length && unitClasses[source.charCodeAt(at)] !== 0) at++;
  return at;
}
