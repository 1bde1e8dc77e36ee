// Numbers for words and terms, and the terms of each word, split once. All are known by their bytes: records hold words so, and no string is
// made for one that is known. Numbers follow the order of arrival, so nothing that is answered may depend on them: they index arrays, and sums are
// taken in an order that paths and records give. It only grows; whoever keeps one for long starts another when most of it is no longer used.

import { text, utf8 } from "../../base/index.ts";
import { ByteNumbers, grown, OFFSET_BASIS, PRIME } from "./byte-numbers.ts";
import { PARTS_MAX } from "./split-words.ts";
import { WordTerms } from "./word-terms.ts";

const LINE_FEED = 10;
const FIRST_WORDS = 1024;
const FIRST_BYTES = 16 * 1024;

export class Lexicon {
  readonly #words = new ByteNumbers();
  readonly #terms = new WordTerms();
  /** Of the words that are looked up. */
  #numbers = new Uint32Array(FIRST_BYTES);
  /** Terms of word w are at #termStarts[w] to #termStarts[w + 1]. */
  #termStarts = new Uint32Array(FIRST_WORDS + 1);
  #termIds = new Uint32Array(2 * FIRST_WORDS);
  #splitWords = 0;

  get wordCount(): number {
    return this.#words.size;
  }

  get termCount(): number {
    return this.#terms.size;
  }

  /** The number of a word, which it is given if it has none. */
  word(name: string): number {
    const bytes = utf8(name);
    return this.#split(this.#words.of(bytes, 0, bytes.byteLength));
  }

  /** Of several, one a line. Of this moment: the next call may write over them. */
  words(lines: Uint8Array): Uint32Array {
    const length = lines.byteLength;
    // No name is empty.
    if (this.#numbers.length < length) this.#numbers = new Uint32Array(length);
    const numbers = this.#numbers;
    let count = 0;
    for (let from = 0; from < length; ) {
      let state = OFFSET_BASIS;
      let to = from;
      for (; to < length; to++) {
        const byte = lines[to] as number;
        if (byte === LINE_FEED) break;
        state = Math.imul(state ^ byte, PRIME);
      }
      numbers[count++] = this.#split(this.#words.of(lines, from, to, state));
      from = to + 1;
    }
    return numbers.subarray(0, count);
  }

  /** Undefined: no record has the term. */
  findTerm(term: string): number | undefined {
    return this.#terms.find(term);
  }

  name(word: number): string {
    const { bytes, starts } = this.#words.all;
    return text(bytes.subarray(starts[word], starts[word + 1]));
  }

  /** UTF-8 of all words: that of word w is at starts[w] to starts[w + 1] of bytes. Of this moment: a word more may replace them. */
  get allWords(): { readonly bytes: Uint8Array; readonly starts: Uint32Array } {
    return this.#words.all;
  }

  /** Of a word, as splitWord gives them. */
  terms(word: number): Uint32Array {
    return this.#termIds.subarray(this.#termStarts[word], this.#termStarts[word + 1]);
  }

  /** Of all words: those of word w are at starts[w] to starts[w + 1] of ids. Of this moment: a word more may replace them. */
  get allTerms(): { readonly starts: Uint32Array; readonly ids: Uint32Array } {
    return { starts: this.#termStarts, ids: this.#termIds };
  }

  /** The number of a term, which it is given if it has none. */
  term(name: string): number {
    return this.#terms.number(name);
  }

  /** Splits a word that is new. */
  #split(word: number): number {
    if (word < this.#splitWords) return word;
    this.#splitWords++;
    const start = this.#termStarts[word] as number;
    const room = start + PARTS_MAX + 1;
    if (room > this.#termIds.length) this.#termIds = grown(this.#termIds, Uint32Array, 2 * room);
    if (word + 1 >= this.#termStarts.length) this.#termStarts = grown(this.#termStarts, Uint32Array, 2 * word + 2);
    const { bytes, starts } = this.#words.all;
    this.#termStarts[word + 1] = this.#terms.split(bytes, starts[word] ?? 0, starts[word + 1] ?? 0, this.#termIds, start);
    return word;
  }
}
