// The words of a message as FTS5 is to find them: its tokenizer `ascii` finds the same words as we do in most texts, and is given the words
// themselves where it would not.

import { normalText, wordsIn } from "../records/index.ts";

/** What the tokenizer would take apart in another way than we: other characters than ASCII's, and long words. */
const NEEDS_SPLITTING = /[\u0080-\uffff]|[a-z0-9]{65}/;
const RUNS_TO_SPLIT = /[a-z0-9]*[\u0080-\uffff][a-z0-9\u0080-\uffff]*|[a-z0-9]{65,}/g;
/** The different words of a longer text are told apart before, so that they can be counted. */
const PLAIN_UNITS_MAX = 65_536;

export function indexText(text: string): string {
  const plain = normalText(text);
  if (plain.length > PLAIN_UNITS_MAX) return spaced(plain);
  return NEEDS_SPLITTING.test(plain) ? plain.replace(RUNS_TO_SPLIT, spaced) : plain;
}

const spaced = (plain: string): string => [...wordsIn(plain)].join(" ");
