// The terms of words given as bytes, in numbers: as splitWord takes words apart, without a string for any of them. Each part is stemmed once, by the
// rules for strings; words with other letters than those of ASCII, and very long ones, go to splitWord as a whole.

import { text, utf8 } from "../../base/index.ts";
import { ByteNumbers, grown } from "./byte-numbers.ts";
import { PARTS_MAX, splitWord, stem, TERM_UNITS_MAX } from "./split-words.ts";

const [BETWEEN, UPPER, LOWER, DIGIT, OTHER] = [0, 1, 2, 3, 4] as const;
const TO_LOWER = 32;
const FIRST_PARTS = 1024;

export class WordTerms {
  readonly #terms = new ByteNumbers();
  readonly #parts = new ByteNumbers();
  /** The term of each part. */
  #termOfPart = new Uint32Array(FIRST_PARTS);
  /** The parts of a word in lower case, one after the other. */
  readonly #whole = new Uint8Array(TERM_UNITS_MAX);

  get size(): number {
    return this.#terms.size;
  }

  /** The number of a term, which it is given if it has none. */
  number(term: string): number {
    const bytes = utf8(term);
    return this.#terms.of(bytes, 0, bytes.byteLength);
  }

  /** Undefined: it has none. */
  find(term: string): number | undefined {
    return this.#terms.find(utf8(term));
  }

  /** Writes the numbers of a word's terms, PARTS_MAX + 1 at most, into `into` at `start`; returns where they end. @param bytes have the word from `from` to `to` */
  split(bytes: Uint8Array, from: number, to: number, into: Uint32Array, start: number): number {
    if (to - from <= TERM_UNITS_MAX && isPlain(bytes, from, to)) return this.#splitPlain(bytes, from, to, into, start);
    let end = start;
    for (const term of splitWord(text(bytes.subarray(from, to)))) end = added(into, start, end, this.number(term));
    return end;
  }

  #splitPlain(bytes: Uint8Array, from: number, to: number, into: Uint32Array, start: number): number {
    const whole = this.#whole;
    let [written, parts, end] = [0, 0, start];
    for (let at = from; at < to; ) {
      const kind = KINDS[bytes[at] as number];
      const partTo = partEnd(bytes, at, to, kind);
      if (kind !== BETWEEN) {
        const partAt = written;
        for (; at < partTo; at++) {
          const byte = bytes[at] as number;
          whole[written++] = KINDS[byte] === UPPER ? byte + TO_LOWER : byte;
        }
        if (parts++ < PARTS_MAX && written - partAt > 1) end = added(into, start, end, this.#ofPart(partAt, written));
      }
      at = partTo;
    }
    return parts > 1 ? added(into, start, end, this.#terms.of(whole, 0, written)) : end;
  }

  #ofPart(from: number, to: number): number {
    const known = this.#parts.size;
    const part = this.#parts.of(this.#whole, from, to);
    if (part < known) return this.#termOfPart[part] as number;
    if (part >= this.#termOfPart.length) this.#termOfPart = grown(this.#termOfPart, Uint32Array, 2 * part);
    const name = text(this.#whole.subarray(from, to));
    const stemmed = stem(name);
    const term = stemmed === name ? this.#terms.of(this.#whole, from, to) : this.number(stemmed);
    this.#termOfPart[part] = term;
    return term;
  }
}

/** Of the part, or of what is between parts, that begins at `from` in a word that ends at `to`. */
function partEnd(bytes: Uint8Array, from: number, to: number, kind: number | undefined): number {
  const end = runEnd(bytes, from + 1, to, kind);
  if (kind !== UPPER || end === to || KINDS[bytes[end] as number] !== LOWER) return end;
  // The last of several capitals begins the next part.
  return end - from > 1 ? end - 1 : runEnd(bytes, end, to, LOWER);
}

function runEnd(bytes: Uint8Array, from: number, to: number, kind: number | undefined): number {
  let at = from;
  while (at < to && KINDS[bytes[at] as number] === kind) at++;
  return at;
}

function isPlain(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (KINDS[bytes[at] as number] === OTHER) return false;
  return true;
}

/** Each term is there once. */
function added(into: Uint32Array, start: number, end: number, term: number): number {
  for (let at = start; at < end; at++) if (into[at] === term) return end;
  into[end] = term;
  return end + 1;
}

const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 128) return OTHER;
  if (byte >= 97 && byte <= 122) return LOWER;
  if (byte >= 65 && byte <= 90) return UPPER;
  return byte >= 48 && byte <= 57 ? DIGIT : BETWEEN;
});
