// The names of a record as bytes: those of `words` one a line, with their counts as varints (LEB128); identifiers and definitions by where they are
// among the words, as nearly all of them are there. What is kept so is read in place: no name becomes a string before somebody asks for it.

import { concat, text, utf8 } from "../../base/index.ts";
import type { Counts } from "../scan/record.ts";

const COUNT_MAX = 2 ** 31 - 1;
const VARINT_BYTES_MAX = 5;

/** No name may be empty or have a line feed. */
export function encodeNames(words: Counts, identifiers: Counts, definitions: readonly string[]): Uint8Array {
  const places = new Map(words.names.map((name, index) => [name, index + 1]));
  const others: string[] = [];
  /** Counted from 1; 0: the next of the others. */
  const placeOf = (name: string): number => {
    const place = places.get(name) ?? 0;
    if (place === 0) others.push(name);
    return place;
  };
  const numbers: number[] = [words.names.length, identifiers.names.length, definitions.length];
  for (const count of words.counts) numbers.push(count);
  for (let index = 0; index < identifiers.names.length; index++)
    numbers.push(placeOf(identifiers.names[index] ?? ""), identifiers.counts[index] ?? 1);
  for (const name of definitions) numbers.push(placeOf(name));
  const names = utf8((others.length > 0 ? [...words.names, ...others] : words.names).join("\n"));
  return concat([varints([names.byteLength]), names, varints(numbers)]);
}

/** Names as they are kept. Reading ends whatever the bytes are, and says nothing sensible of those that `areSound` refuses. */
export class HeldNames {
  /** One a line: those of the words, then those of identifiers and definitions that are no words. */
  readonly lines: Uint8Array;
  readonly wordCount: number;
  readonly identifierCount: number;
  readonly definitionCount: number;
  /** Counts of words, then places and counts of identifiers, then places of definitions. */
  readonly #numbers: Uint8Array;

  constructor(bytes: Uint8Array) {
    const reader = new Varints(bytes);
    const bounded = () => Math.min(reader.next(), bytes.byteLength);
    this.lines = reader.take(reader.next());
    [this.wordCount, this.identifierCount, this.definitionCount] = [bounded(), bounded(), bounded()];
    this.#numbers = reader.rest();
  }

  get words(): Counts {
    return { names: this.#names().slice(0, this.wordCount), counts: [...this.#columns().wordCounts] };
  }

  get identifiers(): Counts {
    const names = this.#names();
    const { identifiers } = this.#columns();
    const each = <T>(of: (at: number) => T) => Array.from({ length: this.identifierCount }, (_, index) => of(2 * index));
    return { names: each((at) => names[identifiers[at] ?? 0] ?? ""), counts: each((at) => identifiers[at + 1] ?? 0) };
  }

  get definitionNames(): readonly string[] {
    const names = this.#names();
    return Array.from(this.#columns().definitions, (place) => names[place] ?? "");
  }

  /** Of `numbers`. */
  get numberCount(): number {
    return this.wordCount + 2 * this.identifierCount + this.definitionCount;
  }

  /** Writes into `into`: the counts of the first lines; the line of each identifier, counted from 0, with its count; the line of each definition. */
  numbers(into: Uint32Array): void {
    const count = this.numberCount;
    new Varints(this.#numbers).fill(into, count);
    const definitionsAt = count - this.definitionCount;
    let other = this.wordCount;
    for (let at = this.wordCount; at < count; at += at < definitionsAt ? 2 : 1) {
      const place = into[at] as number;
      into[at] = place === 0 ? other++ : place - 1;
    }
  }

  #columns(): { wordCounts: Uint32Array; identifiers: Uint32Array; definitions: Uint32Array } {
    const numbers = new Uint32Array(this.numberCount);
    this.numbers(numbers);
    const definitionsAt = numbers.length - this.definitionCount;
    return {
      wordCounts: numbers.subarray(0, this.wordCount),
      identifiers: numbers.subarray(this.wordCount, definitionsAt),
      definitions: numbers.subarray(definitionsAt),
    };
  }

  /** Whether these are bytes of `encodeNames`. */
  areSound(): boolean {
    const names = this.#names();
    const isPlace = (place: number) => place <= this.wordCount;
    const reader = new Varints(this.#numbers);
    let others = 0;
    for (let index = 0; index < this.wordCount; index++) if (reader.next() === 0) return false;
    for (let index = 0; index < this.identifierCount; index++) {
      const place = reader.next();
      if (!isPlace(place) || reader.next() === 0) return false;
      if (place === 0) others++;
    }
    for (let index = 0; index < this.definitionCount; index++) {
      const place = reader.next();
      if (!isPlace(place)) return false;
      if (place === 0) others++;
    }
    return reader.isAtEnd && this.wordCount + others === names.length && !names.includes("");
  }

  #names(): string[] {
    return this.lines.byteLength === 0 ? [] : text(this.lines).split("\n");
  }
}

export function varints(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * VARINT_BYTES_MAX);
  let end = 0;
  for (let number of numbers) {
    for (; number > 127; number >>>= 7) bytes[end++] = (number & 127) | 128;
    bytes[end++] = number;
  }
  return bytes.subarray(0, end);
}

export class Varints {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isBroken = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return !this.#isBroken && this.#at === this.#bytes.byteLength;
  }

  /** 0 once there are no more. */
  next(): number {
    const first = this.#bytes[this.#at++];
    if (first !== undefined && first < 128) return first;
    let [value, scale, byte] = [(first ?? 128) & 127, 128, first];
    for (let length = 2; byte !== undefined && byte > 127 && length <= VARINT_BYTES_MAX; length++) {
      byte = this.#bytes[this.#at++];
      value += ((byte ?? 0) & 127) * scale;
      scale *= 128;
    }
    if (byte !== undefined && byte < 128 && value <= COUNT_MAX) return value;
    this.#isBroken = true;
    return 0;
  }

  /** Writes so many into `into`, from its beginning. */
  fill(into: Uint32Array, count: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let index = 0; index < count; index++) {
      // Past the end there is nothing, which is below nothing.
      const first = bytes[at] as number;
      if (first < 128) {
        into[index] = first;
        at++;
        continue;
      }
      const second = bytes[at + 1] as number;
      if (second < 128) {
        into[index] = (first & 127) + second * 128;
        at += 2;
        continue;
      }
      this.#at = at;
      into[index] = this.next();
      at = this.#at;
    }
    this.#at = at;
  }

  /** Fewer, when there are not so many. */
  take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.byteLength) this.#isBroken = true;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }
}
