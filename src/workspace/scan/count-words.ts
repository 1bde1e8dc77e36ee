// The one counter of words, for every language: code, comments and strings alike. A word is a maximal run of letters,
// digits, `_` and `$` that does not begin with a digit and is longer than one unit. Splitting words is the map's job.

import type { Counts } from "./record.ts";
import { WordTable } from "./word-table.ts";

export const DISTINCT_WORDS_MAX = 20_000;

/** Words as written; those that come after DISTINCT_WORDS_MAX distinct ones are left out. Linear in the length. */
export function countWords(source: string): Counts {
  return wordsOf(source).words();
}

/** The same as a table, in which words can be looked up. */
export function wordsOf(source: string): WordTable {
  const table = new WordTable(source, DISTINCT_WORDS_MAX);
  table.readRest();
  return table;
}
