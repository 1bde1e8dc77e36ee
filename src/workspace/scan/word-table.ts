// Counts the words of one source without making a string for each occurrence: a hash table over (start, length) of the
// first occurrence, compared unit by unit, so that no two words are ever confused. One table serves one source.

import type { Counts } from "./record.ts";
import { unitClasses } from "./word-units.ts";

const SLOTS_FIRST = 512;
/** An entry: the hash, where the word is first, how long it is, and how often it occurs. Beside each other, as they are asked for together. */
const ENTRY = 4;
const START = 1;
const LENGTH = 2;
const COUNT = 3;

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
  /** Indexes plus one, by hash; at most half of them are taken. */
  #slots = new Int32Array(SLOTS_FIRST);
  #entries = new Int32Array((SLOTS_FIRST / 2) * ENTRY);

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
    const slots = this.#slots;
    const entries = this.#entries;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = (slots[slot] as number) - 1;
      if (index < 0) return this.#insert(slot, hash, at, end - at);
      const entry = index * ENTRY;
      if (
        entries[entry] === hash &&
        entries[entry + LENGTH] === end - at &&
        isSame(source, entries[entry + START] as number, at, end)
      ) {
        entries[entry + COUNT] = (entries[entry + COUNT] as number) + 1;
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
      const entry = index * ENTRY;
      if (this.#entries[entry] !== hash || this.#entries[entry + LENGTH] !== name.length) continue;
      if (this.#source.startsWith(name, this.#entries[entry + START])) return index;
    }
  }

  /** Takes one count of a word back: it turned out not to be one of those meant. It stays known. */
  uncount(index: number): void {
    if (index < 0) return;
    const at = index * ENTRY + COUNT;
    this.#entries[at] = (this.#entries[at] as number) - 1;
  }

  /** The word of an index. */
  name(index: number): string {
    const entry = index * ENTRY;
    const start = this.#entries[entry + START] as number;
    return this.#source.slice(start, start + (this.#entries[entry + LENGTH] as number));
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
      const count = this.#entries[index * ENTRY + COUNT] as number;
      if (count <= 0) continue;
      const name = this.name(index);
      if (isLeftOut(name, index)) continue;
      names.push(name);
      counts.push(count);
    }
    return { names, counts };
  }

  #insert(slot: number, hash: number, at: number, length: number): number {
    if (this.size >= this.#distinctMax) return -1;
    const index = this.size++;
    this.#slots[slot] = index + 1;
    const entries = this.#entries;
    const entry = index * ENTRY;
    entries[entry] = hash;
    entries[entry + START] = at;
    entries[entry + LENGTH] = length;
    entries[entry + COUNT] = 1;
    if (entry + ENTRY === entries.length) this.#grow();
    return index;
  }

  #grow(): void {
    const entries = new Int32Array(this.#entries.length * 2);
    entries.set(this.#entries);
    this.#entries = entries;
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let index = 0; index < this.size; index++) {
      let slot = (entries[index * ENTRY] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = index + 1;
    }
  }
}

/** Whether the units from `first` on are those of source[at, end). */
function isSame(source: string, first: number, at: number, end: number): boolean {
  for (let left = first, right = at; right < end; left++, right++) {
    if (source.charCodeAt(left) !== source.charCodeAt(right)) return false;
  }
  return true;
}
