// What is a word: a run of letters, marks and digits, compared without case or compatibility forms. Writing without spaces between words
// (Chinese, Japanese, Thai) is taken by its characters. The same for what is kept and what is asked, so nothing in a question can be an
// operator, and no word can be one of the marks that rights are told by.

const UNSPACED = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`;
const LETTERS = String.raw`[\p{L}\p{M}\p{N}]`;
/** A script has signs too, such as Khmer's of moon days: no words. */
const WORD = new RegExp(`[${LETTERS}&&[${UNSPACED}]]|[${LETTERS}--[${UNSPACED}]]+`, "gv");
/** UTF-16 units. Longer ones are cut, on both sides. */
const UNITS_MAX = 64;

/** Of a message, and of a question: the first ones count. */
export const WORDS_MAX = 20_000;
export const QUESTION_WORDS_MAX = 32;

export const normalText = (text: string): string => text.normalize("NFKC").toLowerCase();

/** Each once; so many at most. */
export const wordsOf = (text: string, countMax = WORDS_MAX): ReadonlySet<string> => wordsIn(normalText(text), countMax);

/** @param plain a normal text. @param bytesMax of all words together, as UTF-8 */
export function wordsIn(plain: string, countMax = WORDS_MAX, bytesMax = Number.POSITIVE_INFINITY): ReadonlySet<string> {
  const words = new Set<string>();
  let bytes = 0;
  for (const [whole] of plain.matchAll(WORD)) {
    const word = cut(whole);
    if (words.has(word)) continue;
    if (bytesMax !== Number.POSITIVE_INFINITY) bytes += Buffer.byteLength(word);
    if (bytes > bytesMax) break;
    words.add(word);
    if (words.size === countMax) break;
  }
  return words;
}

/** Where the first of the words stands in a text; 0 when it is not found again. */
export function placeOfWord(text: string, words: ReadonlySet<string>): number {
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (words.has(cut(normalText(word)))) return index;
  }
  return 0;
}

const cut = (word: string): string => (word.length <= UNITS_MAX ? word : word.slice(0, UNITS_MAX).toWellFormed());
