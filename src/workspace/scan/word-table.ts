// Counts the words of one source without making a string for each occurrence: a hash table over (start, length) of the
// first occurrence, compared unit by unit, so that no two words are ever confused. One table serves one source.

import type { Counts } from "./record.ts";
import { unitClasses } from "./word-units.ts";

const SLOTS_FIRST = 512;

/**
 * Words of one source. `count(at)` reads the word that begins at `at`; its index counts distinct words from 0 in the
 * order of first occurrence. When `distinctMax` words are known, further ones are read but not counted (index -1).
 */
export class WordTable {
  /** Where the word last read ends (exclusive). */
  end = 0;
  /** Distinct words so far. */
  size = 0;
  readonly #source: string;
  readonly #distinctMax: number;
  #slots = new Int32Array(SLOTS_FIRST);
  #hashes = new Int32Array(SLOTS_FIRST / 2);
  #starts = new Int32Array(SLOTS_FIRST / 2);
  #lengths = new Int32Array(SLOTS_FIRST / 2);
  #counts = new Int32Array(SLOTS_FIRST / 2);

  constructor(source: string, distinctMax = 0x3fff_ffff) {
    this.#source = source;
    this.#distinctMax = distinctMax;
  }

  /**
   * Reads the maximal run of word units from `at` on, counts it and leaves its end in `end`. FNV-1a over UTF-16 units
   * (Fowler, Noll, Vo; public domain).
   * @returns its index, or -1 if the table is full.
   */
  count(at: number): number {
    const source = this.#source;
    const length = source.length;
    let hash = 0x811c9dc5;
    let end = at;
    while (end < length) {
      const unit = source.charCodeAt(end);
      if (unitClasses[unit] === 0) break;
      hash = Math.imul(hash ^ unit, 0x01000193);
      end++;
    }
    this.end = end;
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] as number) - 1;
      if (index < 0) return this.#insert(slot, hash, at, end - at);
      if (this.#hashes[index] === hash && this.#isSame(index, at, end - at)) {
        this.#counts[index] = (this.#counts[index] as number) + 1;
        return index;
      }
    }
  }

  /** The index of a word, -1 if it is not known. */
  find(name: string): number {
    let hash = 0x811c9dc5;
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] as number) - 1;
      if (index < 0) return -1;
      if (this.#hashes[index] !== hash || this.#lengths[index] !== name.length) continue;
      if (this.#source.startsWith(name, this.#starts[index])) return index;
    }
  }

  /** Takes one count of a word back: it turned out not to be one of those meant. It stays known. */
  uncount(index: number): void {
    if (index >= 0) this.#counts[index] = (this.#counts[index] as number) - 1;
  }

  /** The word of an index. */
  name(index: number): string {
    const start = this.#starts[index] as number;
    return this.#source.slice(start, start + (this.#lengths[index] as number));
  }

  /**
   * Words counted zero times are left out.
   * @param isLeftOut words that are not wanted, asked once for each distinct one.
   * @param namesMax the first so many are given.
   */
  counts(isLeftOut: (name: string, index: number) => boolean = () => false, namesMax = this.#distinctMax): Counts {
    const names: string[] = [];
    const counts: number[] = [];
    for (let index = 0; index < this.size && names.length < namesMax; index++) {
      const count = this.#counts[index] as number;
      if (count <= 0) continue;
      const name = this.name(index);
      if (isLeftOut(name, index)) continue;
      names.push(name);
      counts.push(count);
    }
    return { names, counts };
  }

  #isSame(index: number, at: number, length: number): boolean {
    if (this.#lengths[index] !== length) return false;
    const source = this.#source;
    const first = this.#starts[index] as number;
    for (let offset = 0; offset < length; offset++) {
      if (source.charCodeAt(first + offset) !== source.charCodeAt(at + offset)) return false;
    }
    return true;
  }

  #insert(slot: number, hash: number, at: number, length: number): number {
    if (this.size >= this.#distinctMax) return -1;
    const index = this.size++;
    this.#slots[slot] = index + 1;
    this.#hashes[index] = hash;
    this.#starts[index] = at;
    this.#lengths[index] = length;
    this.#counts[index] = 1;
    if (this.size === this.#hashes.length) this.#grow();
    return index;
  }

  #grow(): void {
    const twice = (words: Int32Array<ArrayBuffer>) => {
      const grown = new Int32Array(words.length * 2);
      grown.set(words);
      return grown;
    };
    this.#hashes = twice(this.#hashes);
    this.#starts = twice(this.#starts);
    this.#lengths = twice(this.#lengths);
    this.#counts = twice(this.#counts);
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let index = 0; index < this.size; index++) {
      let slot = (this.#hashes[index] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = index + 1;
    }
  }
}
