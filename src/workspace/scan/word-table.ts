// Counts the words of one source, and those of them that are identifiers, without making a string for each occurrence: a hash table over (start,
// length) of the first occurrence, compared unit by unit, so that no two are ever confused. A scanner tells where identifiers are; the words
// between them, in comments and strings, are counted on the way, so that each unit is hashed once. One table serves one source after another.

import type { Counts } from "./counts.ts";
import { unitClasses, WORD_START } from "./word-units.ts";

const SLOTS_FIRST = 256;
/** With more slots than that, the next source begins with few again: clearing them would take longer than growing. */
const SLOTS_KEPT = 16 * SLOTS_FIRST;
/** An entry's numbers, beside each other as they are asked for together. */
const ENTRY = 8;
const START = 1;
const LENGTH = 2;
/** Its place among the words plus one, 0 for none, and how often it occurs as one. */
const WORD = 3;
const TIMES = 4;
/** The same of identifiers. */
const CODE = 5;
const USES = 6;
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;
/** Everything has been read before that. */
const EVERYTHING = 0x7fff_ffff;

/**
 * Words are maximal runs of word units that do not begin with a digit and are longer than one unit. Identifiers are what `count` is called for.
 * Both are numbered from 0 in the order of first occurrence.
 */
export class WordTable {
  /** Where the identifier last read ends (exclusive). */
  end = 0;
  /** Distinct identifiers so far. */
  size = 0;
  /** Distinct words so far. */
  wordCount = 0;
  /** Identifiers that `counts` gave last. */
  kept: readonly number[] | undefined;
  #source: string;
  #wordsMax = 0;
  /** Words before that are counted. */
  #read = EVERYTHING;
  #entryCount = 0;
  /** Entries plus one, by hash; at most half of the slots are taken. */
  #slots = new Int32Array(SLOTS_FIRST);
  #entries = new Int32Array((SLOTS_FIRST / 2) * ENTRY);
  /** Where the entries of words and identifiers are. */
  #words = new Int32Array(SLOTS_FIRST / 2);
  #codes = new Int32Array(SLOTS_FIRST / 2);

  /** @param wordsMax as many distinct words are counted; 0: identifiers alone. */
  constructor(source: string, wordsMax = 0) {
    this.#source = source;
    this.#count(wordsMax);
  }

  /** Forgets all and begins another source. */
  begin(source: string, wordsMax = 0): void {
    this.#source = source;
    this.end = 0;
    this.size = 0;
    this.wordCount = 0;
    this.kept = undefined;
    this.#entryCount = 0;
    if (this.#slots.length > SLOTS_KEPT) {
      this.#slots = new Int32Array(SLOTS_FIRST);
      this.#resize(SLOTS_FIRST / 2);
    } else this.#slots.fill(0);
    this.#count(wordsMax);
  }

  /** Reads the maximal run of word units from `at` on as an identifier and leaves its end in `end`. @returns its index. */
  count(at: number): number {
    if (this.#read < at) this.#readTo(at);
    const entry = this.#entryAt(at, true);
    if (this.#read <= at) {
      this.#read = this.end;
      if (this.end - at > 1 && unitClasses[this.#source.charCodeAt(at)] === WORD_START) this.#countWord(entry);
    }
    const entries = this.#entries;
    const code = (entries[entry + CODE] as number) - 1;
    entries[entry + USES] = (entries[entry + USES] as number) + 1;
    if (code >= 0) return code;
    this.#codes[this.size] = entry;
    entries[entry + CODE] = ++this.size;
    return this.size - 1;
  }

  /** Takes one count of an identifier back: it turned out not to be one. It stays known. */
  uncount(index: number): void {
    if (index < 0) return;
    const at = (this.#codes[index] as number) + USES;
    this.#entries[at] = (this.#entries[at] as number) - 1;
  }

  /** Counts the words of the rest of the source. */
  readRest(): void {
    this.#readTo(this.#source.length);
  }

  /** The identifier of an index. */
  name(index: number): string {
    return this.#text(this.#codes[index] as number);
  }

  /**
   * Of identifiers; those counted zero times are left out. Strings are made when they are asked for, which is before another source is begun.
   * @param isLeftOut what is not wanted, asked once for each distinct one.
   * @param namesMax the first so many are given.
   */
  counts(isLeftOut: (index: number) => boolean = () => false, namesMax = EVERYTHING): Counts {
    const kept: number[] = [];
    for (let index = 0; index < this.size && kept.length < namesMax; index++) {
      if (this.uses(index) > 0 && !isLeftOut(index)) kept.push(index);
    }
    this.kept = kept;
    const table = this;
    return {
      get names() {
        return kept.map((index) => table.name(index));
      },
      get counts() {
        return kept.map((index) => table.uses(index));
      },
    };
  }

  /** `hashOf` an identifier. */
  hash(index: number): number {
    return this.#entries[this.#codes[index] as number] as number;
  }

  /** How often an identifier occurs. */
  uses(index: number): number {
    return this.#entries[(this.#codes[index] as number) + USES] as number;
  }

  /** The place of an identifier among the words, counted from 1; 0: it is none. */
  wordOf(index: number): number {
    return this.#entries[(this.#codes[index] as number) + WORD] as number;
  }

  words(): Counts {
    const entries = Array.from(this.#words.subarray(0, this.wordCount));
    return {
      names: entries.map((entry) => this.#text(entry)),
      counts: entries.map((entry) => this.#entries[entry + TIMES] as number),
    };
  }

  /** Where the word of a place, counted from 0, is first, how long it is, and how often it occurs. */
  wordStart(word: number): number {
    return this.#entries[(this.#words[word] as number) + START] as number;
  }

  wordLength(word: number): number {
    return this.#entries[(this.#words[word] as number) + LENGTH] as number;
  }

  wordTimes(word: number): number {
    return this.#entries[(this.#words[word] as number) + TIMES] as number;
  }

  /** The place of a word, counted from 0; -1 if it is none. */
  find(name: string): number {
    const hash = hashOf(name);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = ((this.#slots[slot] as number) - 1) * ENTRY;
      if (entry < 0) return -1;
      if (this.#entries[entry] !== hash || this.#entries[entry + LENGTH] !== name.length) continue;
      if (this.#source.startsWith(name, this.#entries[entry + START])) return (this.#entries[entry + WORD] as number) - 1;
    }
  }

  #count(wordsMax: number): void {
    this.#wordsMax = wordsMax;
    this.#read = wordsMax > 0 ? 0 : EVERYTHING;
  }

  #text(entry: number): string {
    const start = this.#entries[entry + START] as number;
    return this.#source.slice(start, start + (this.#entries[entry + LENGTH] as number));
  }

  /** Counts the words that begin before `to`. */
  #readTo(to: number): void {
    const source = this.#source;
    let at = this.#read;
    while (at < to) {
      const kind = unitClasses[source.charCodeAt(at)];
      if (kind === 0) at++;
      else if (kind !== WORD_START) at = numberEnd(source, at);
      else if (at + 1 < source.length && unitClasses[source.charCodeAt(at + 1)] !== 0) {
        const entry = this.#entryAt(at, this.wordCount < this.#wordsMax);
        if (entry >= 0) this.#countWord(entry);
        at = this.end;
      } else at++;
    }
    this.#read = Math.max(at, this.#read);
  }

  #countWord(entry: number): void {
    const entries = this.#entries;
    if (entries[entry + WORD] === 0) {
      if (this.wordCount >= this.#wordsMax) return;
      this.#words[this.wordCount] = entry;
      entries[entry + WORD] = ++this.wordCount;
    }
    entries[entry + TIMES] = (entries[entry + TIMES] as number) + 1;
  }

  /**
   * The entry of the maximal run of word units from `at` on, whose end it leaves in `end`; -1: there is none, and none is made.
   */
  #entryAt(at: number, isMade: boolean): number {
    const source = this.#source;
    const length = source.length;
    let hash = OFFSET_BASIS;
    let end = at;
    while (end < length) {
      const unit = source.charCodeAt(end);
      if (unitClasses[unit] === 0) break;
      hash = Math.imul(hash ^ unit, PRIME);
      end++;
    }
    this.end = end;
    hash ^= hash >>> 15;
    const slots = this.#slots;
    const entries = this.#entries;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = ((slots[slot] as number) - 1) * ENTRY;
      if (entry < 0) return isMade ? this.#insert(slot, hash, at, end - at) : -1;
      if (
        entries[entry] === hash &&
        entries[entry + LENGTH] === end - at &&
        isSame(source, entries[entry + START] as number, at, end)
      )
        return entry;
    }
  }

  #insert(slot: number, hash: number, at: number, length: number): number {
    const entries = this.#entries;
    const entry = this.#entryCount * ENTRY;
    this.#slots[slot] = ++this.#entryCount;
    entries[entry] = hash;
    entries[entry + START] = at;
    entries[entry + LENGTH] = length;
    entries[entry + WORD] = 0;
    entries[entry + TIMES] = 0;
    entries[entry + CODE] = 0;
    entries[entry + USES] = 0;
    if (this.#entryCount === this.#words.length) this.#grow();
    return entry;
  }

  #grow(): void {
    const count = this.#entryCount;
    this.#resize(2 * count);
    const slots = new Int32Array(4 * count);
    const mask = slots.length - 1;
    for (let index = 0; index < count; index++) {
      let slot = (this.#entries[index * ENTRY] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }

  /** Room for so many entries. */
  #resize(count: number): void {
    this.#entries = resized(this.#entries, count * ENTRY);
    this.#words = resized(this.#words, count);
    this.#codes = resized(this.#codes, count);
  }
}

function resized(from: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const made = new Int32Array(length);
  made.set(from.length > length ? from.subarray(0, length) : from);
  return made;
}

/** As tables hash words: FNV-1a over UTF-16 units (Fowler, Noll, Vo; public domain), its bits mixed once more. */
export function hashOf(word: string): number {
  let hash = OFFSET_BASIS;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), PRIME);
  return hash ^ (hash >>> 15);
}

/** The end of a run of word units: numbers such as 0xff take their letters with them. */
function numberEnd(source: string, from: number): number {
  let at = from + 1;
  while (at < source.length && unitClasses[source.charCodeAt(at)] !== 0) at++;
  return at;
}

/** Whether the units from `first` on are those of source[at, end). */
function isSame(source: string, first: number, at: number, end: number): boolean {
  for (let left = first, right = at; right < end; left++, right++) {
    if (source.charCodeAt(left) !== source.charCodeAt(right)) return false;
  }
  return true;
}
