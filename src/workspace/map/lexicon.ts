// Numbers for words and terms, and the terms of each word, split once. Numbers follow the order of arrival, so nothing that is answered may
// depend on them: they index arrays, and sums are taken in an order that paths and records give. It only grows; whoever keeps one for long
// starts another when most of it is no longer used (see RepositoryMap).

import { splitWord } from "./split-words.ts";

export class Lexicon {
  readonly #words = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #terms = new Map<string, number>();
  readonly #termsOfWord: Uint32Array[] = [];

  get wordCount(): number {
    return this.#names.length;
  }

  get termCount(): number {
    return this.#terms.size;
  }

  /** The number of a word, which it is given if it has none. */
  word(name: string): number {
    const known = this.#words.get(name);
    if (known !== undefined) return known;
    const id = this.#names.length;
    this.#words.set(name, id);
    this.#names.push(name);
    this.#termsOfWord.push(Uint32Array.from(splitWord(name), (term) => this.term(term)));
    return id;
  }

  /** Undefined: no record has the word. */
  findWord(name: string): number | undefined {
    return this.#words.get(name);
  }

  /** Undefined: no record has the term. */
  findTerm(term: string): number | undefined {
    return this.#terms.get(term);
  }

  name(word: number): string {
    return this.#names[word] ?? "";
  }

  /** Of a word, as splitWord gives them. */
  terms(word: number): Uint32Array {
    return this.#termsOfWord[word] ?? NO_TERMS;
  }

  /** The number of a term, which it is given if it has none. */
  term(name: string): number {
    const known = this.#terms.get(name);
    if (known !== undefined) return known;
    const id = this.#terms.size;
    this.#terms.set(name, id);
    return id;
  }
}

const NO_TERMS = new Uint32Array(0);
