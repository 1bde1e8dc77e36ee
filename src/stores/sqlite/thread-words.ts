// What is a word: a run of letters, marks and digits, compared without case or compatibility forms. Writing without spaces
// between words (Chinese, Japanese, Thai) is taken by its characters. The same for what is kept and what is asked, so nothing
// in a question can be an operator, and no word can be one of the marks that rights are told by.

const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]|[[\p{L}\p{M}\p{N}]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]]+/gv;
/** Longer ones are cut, on both sides. */
const UNITS_MAX = 64;
/** What FTS5's tokenizer `ascii` would take apart in another way than we: other characters than ASCII's, and long words. */
const NEEDS_SPLITTING = /[\u0080-\uffff]|[a-z0-9]{65}/;
const RUNS_TO_SPLIT = /[a-z0-9]*[\u0080-\uffff][a-z0-9\u0080-\uffff]*|[a-z0-9]{65,}/g;
/** The different words of a longer text are told apart before, so that they can be counted. */
const PLAIN_UNITS_MAX = 65_536;
const QUESTION_WORDS_MAX = 32;
const MESSAGE_WORDS_MAX = 20_000;

const normal = (text: string) => text.normalize("NFKC").toLowerCase();

/** Each once; so many at most. */
export const wordsOf = (text: string): Set<string> => wordsIn(normal(text));

/** The same words as FTS5's tokenizer `ascii` finds them; most texts need nothing done. */
export function indexText(text: string): string {
  const plain = normal(text);
  if (plain.length > PLAIN_UNITS_MAX) return spaced(plain);
  return NEEDS_SPLITTING.test(plain) ? plain.replace(RUNS_TO_SPLIT, spaced) : plain;
}

const spaced = (plain: string) => [...wordsIn(plain)].join(" ");

function wordsIn(plain: string): Set<string> {
  const words = new Set<string>();
  for (const [word] of plain.matchAll(WORD)) {
    words.add(cut(word));
    if (words.size === MESSAGE_WORDS_MAX) break;
  }
  return words;
}

/** The first ones of a question. */
export const askedWords = (question: string): readonly string[] => [...wordsOf(question)].slice(0, QUESTION_WORDS_MAX);

/** Where the first of the words stands in a text; 0 when it is not found again. */
export function placeOfWord(text: string, words: readonly string[]): number {
  const wanted = new Set(words);
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (wanted.has(cut(normal(word)))) return index;
  }
  return 0;
}

const cut = (word: string) => (word.length <= UNITS_MAX ? word : word.slice(0, UNITS_MAX).toWellFormed());
