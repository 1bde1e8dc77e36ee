// The one counter of words, for every language: code, comments and strings alike. A word is a maximal run of letters,
// digits, `_` and `$` that does not begin with a digit and is longer than one unit. Splitting words is the map's job.

import type { Counts } from "./record.ts";
import { WordTable } from "./word-table.ts";
import { asciiClasses, isLetterBeyondAscii, WORD_START } from "./word-units.ts";

export const DISTINCT_WORDS_MAX = 20_000;

/** Words as written; those that come after DISTINCT_WORDS_MAX distinct ones are left out. Linear in the length. */
export function countWords(source: string): Counts {
  const table = new WordTable(source, DISTINCT_WORDS_MAX);
  const length = source.length;
  let at = 0;
  while (at < length) {
    const unit = source.charCodeAt(at);
    const kind = unit < 128 ? (asciiClasses[unit] as number) : isLetterBeyondAscii(unit) ? WORD_START : 0;
    if (kind === 0) at++;
    else if (kind === WORD_START) {
      table.count(at);
      at = table.end;
    } else at = numberEnd(source, at);
  }
  return table.counts((name) => name.length === 1);
}

/** The end of a run of word units: numbers such as 0xff take their letters with them. */
function numberEnd(source: string, from: number): number {
  let at = from + 1;
  for (; at < source.length; at++) {
    const unit = source.charCodeAt(at);
    if (unit < 128 ? asciiClasses[unit] === 0 : !isLetterBeyondAscii(unit)) break;
  }
  return at;
}
