// Numbers for words and terms, and the terms of each word, split once. Words are known by their bytes: records hold most of them so, and no string is
// made for one that is known. Numbers follow the order of arrival, so nothing that is answered may depend on them: they index arrays, and sums are
// taken in an order that paths and records give. It only grows; whoever keeps one for long starts another when most of it is no longer used.

import { text, utf8 } from "../../base/index.ts";
import { splitWord } from "./split-words.ts";

const LINE_FEED = 10;
const FIRST_WORDS = 1024;
const FIRST_BYTES = 16 * 1024;
/** Of 32-bit FNV-1a (Fowler, Noll, Vo; public domain). */
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

export class Lexicon {
  /** Of all words, one after the other: word w is at #starts[w] to #starts[w + 1]. */
  #bytes = new Uint8Array(FIRST_BYTES);
  #starts = new Uint32Array(FIRST_WORDS + 1);
  #hashes = new Int32Array(FIRST_WORDS);
  /** Open addressing: numbers of words, plus one. */
  #slots = new Uint32Array(2 * FIRST_WORDS);
  #words = 0;
  /** Of the words that are looked up. */
  #numbers = new Uint32Array(FIRST_BYTES);
  readonly #terms = new Map<string, number>();
  /** Terms of word w are at #termStarts[w] to #termStarts[w + 1]. */
  #termStarts = new Uint32Array(FIRST_WORDS + 1);
  #termIds = new Uint32Array(2 * FIRST_WORDS);

  get wordCount(): number {
    return this.#words;
  }

  get termCount(): number {
    return this.#terms.size;
  }

  /** The number of a word, which it is given if it has none. */
  word(name: string): number {
    const bytes = utf8(name);
    return this.#number(bytes, 0, bytes.byteLength, hashOf(bytes, 0, bytes.byteLength));
  }

  /** Of several, one a line. */
  words(lines: Uint8Array): Uint32Array {
    const length = lines.byteLength;
    // No name is empty.
    if (this.#numbers.length < length) this.#numbers = new Uint32Array(length);
    const numbers = this.#numbers;
    let count = 0;
    for (let from = 0; from < length; ) {
      let hash = OFFSET_BASIS;
      let to = from;
      for (; to < length; to++) {
        const byte = lines[to] as number;
        if (byte === LINE_FEED) break;
        hash = Math.imul(hash ^ byte, PRIME);
      }
      numbers[count++] = this.#number(lines, from, to, hash ^ (hash >>> 15));
      from = to + 1;
    }
    return numbers.slice(0, count);
  }

  /** Undefined: no record has the term. */
  findTerm(term: string): number | undefined {
    return this.#terms.get(term);
  }

  name(word: number): string {
    return text(this.#bytes.subarray(this.#starts[word], this.#starts[word + 1]));
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
    const known = this.#terms.get(name);
    if (known !== undefined) return known;
    const id = this.#terms.size;
    this.#terms.set(name, id);
    return id;
  }

  #number(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const word = (this.#slots[slot] as number) - 1;
      if (word < 0) return this.#add(slot, bytes, from, to, hash);
      if (this.#hashes[word] === hash && this.#isWord(word, bytes, from, to)) return word;
    }
  }

  #isWord(word: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[word] as number;
    if ((this.#starts[word + 1] as number) - start !== to - from) return false;
    for (let at = from; at < to; at++) if (this.#bytes[start + at - from] !== bytes[at]) return false;
    return true;
  }

  #add(slot: number, bytes: Uint8Array, from: number, to: number, hash: number): number {
    const word = this.#words++;
    const start = this.#starts[word] as number;
    const end = start + to - from;
    if (end > this.#bytes.length) this.#bytes = grown(this.#bytes, Uint8Array, Math.max(2 * this.#bytes.length, end));
    this.#bytes.set(bytes.subarray(from, to), start);
    this.#starts[word + 1] = end;
    this.#hashes[word] = hash;
    this.#slots[slot] = word + 1;
    this.#split(word);
    if (this.#words === this.#hashes.length) this.#grow();
    return word;
  }

  #split(word: number): void {
    const terms = splitWord(this.name(word));
    const start = this.#termStarts[word] as number;
    const end = start + terms.length;
    if (end > this.#termIds.length) this.#termIds = grown(this.#termIds, Uint32Array, 2 * end);
    for (let index = 0; index < terms.length; index++) this.#termIds[start + index] = this.term(terms[index] ?? "");
    this.#termStarts[word + 1] = end;
  }

  #grow(): void {
    const size = 2 * this.#words;
    this.#starts = grown(this.#starts, Uint32Array, size + 1);
    this.#termStarts = grown(this.#termStarts, Uint32Array, size + 1);
    this.#hashes = grown(this.#hashes, Int32Array, size);
    this.#slots = new Uint32Array(2 * size);
    const mask = this.#slots.length - 1;
    for (let word = 0; word < this.#words; word++) {
      let slot = (this.#hashes[word] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = word + 1;
    }
  }
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = OFFSET_BASIS;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), PRIME);
  return hash ^ (hash >>> 15);
}

interface Numbers {
  readonly length: number;
  set(from: ArrayLike<number>): void;
}

function grown<T extends Numbers & ArrayLike<number>>(from: T, kind: new (length: number) => T, length: number): T {
  const made = new kind(length);
  made.set(from);
  return made;
}
