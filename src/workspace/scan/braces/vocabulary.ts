// Numbers the words that a language gives a meaning to, so that a grammar compares numbers instead of text. The number
// of a word is the kind of its token. Up to 127 words; made once for a language, never changed.

/** Kinds of tokens besides single characters (their ASCII code) and words of the vocabulary (from KEYWORD_FIRST on). */
export const END = 0;
export const WORD = 1;
export const STRING = 2;
export const NUMBER = 3;
export const KEYWORD_FIRST = 128;

export interface VocabularyWords {
  /** Never names. Not counted as identifiers. */
  readonly reserved: string;
  /** May be names in places, but mostly modify what follows. Not counted as identifiers. */
  readonly modifiers?: string;
  /** Names that mean something in places. Counted as identifiers. */
  readonly soft?: string;
}

export class Vocabulary {
  readonly #kinds = new Map<string, number>();
  /** Kinds from here on may be names. */
  readonly #nameFirst: number;
  readonly #countedFirst: number;

  constructor(words: VocabularyWords) {
    const lists = [words.reserved, words.modifiers ?? "", words.soft ?? ""].map((list) => list.split(/\s+/).filter(Boolean));
    for (const word of lists.flat()) if (!this.#kinds.has(word)) this.#kinds.set(word, KEYWORD_FIRST + this.#kinds.size);
    const reserved = new Set(lists[0]).size;
    this.#nameFirst = KEYWORD_FIRST + reserved;
    this.#countedFirst = this.#nameFirst + new Set(lists[1]).size;
  }

  /** The kind of a word's token: WORD for words of no meaning. */
  kindOf(word: string): number {
    return this.#kinds.get(word) ?? WORD;
  }

  /** The kinds of words, in their order. */
  kindsOf(words: string): number[] {
    return words
      .trim()
      .split(/\s+/)
      .map((word) => this.kindOf(word));
  }

  /** The kinds of words as a set to ask; words of no meaning are left out. */
  setOf(words: string): ReadonlySet<number> {
    return new Set(this.kindsOf(words).filter((kind) => kind !== WORD));
  }

  /** Whether a token of this kind can be a name. */
  isName(kind: number): boolean {
    return kind === WORD || kind >= this.#nameFirst;
  }

  /** Whether a word is left out of the identifiers. */
  isLeftOut(word: string): boolean {
    const kind = this.kindOf(word);
    return kind !== WORD && kind < this.#countedFirst;
  }
}
