// Names with counts as bytes: the names of `words` one a line, counts as varints (LEB128), and `identifiers` by where they are among the words,
// as nearly all of them are there. Reading is bounded by the bytes there are, and refuses what does not add up.

import { concat, text, utf8 } from "../../base/index.ts";
import type { Counts } from "../scan/record.ts";

const COUNT_MAX = 2 ** 31 - 1;
const VARINT_BYTES_MAX = 5;

/** Neither may hold a name that is empty or has a line feed: such names are left out. */
export function encodeCounts(words: Counts, identifiers: Counts): Uint8Array {
  const places = new Map(words.names.map((name, index) => [name, index]));
  const others: string[] = [];
  const numbers: number[] = [words.names.length, identifiers.names.length, ...words.counts];
  for (const [index, name] of identifiers.names.entries()) {
    const place = places.get(name);
    if (place === undefined) others.push(name);
    // 0: the next of the others.
    numbers.push(place === undefined ? 0 : place + 1, identifiers.counts[index] ?? 1);
  }
  const names = utf8([...words.names, ...others].join("\n"));
  return concat([varints([names.byteLength]), names, varints(numbers)]);
}

/** Undefined: these bytes are none of `encodeCounts`. */
export function decodeCounts(bytes: Uint8Array): { words: Counts; identifiers: Counts } | undefined {
  const reader = new Varints(bytes);
  const names = linesOf(reader.take(reader.next()));
  const [wordCount, identifierCount] = [reader.next(), reader.next()];
  if (names === undefined || wordCount > names.length || identifierCount > bytes.byteLength) return undefined;
  const counts: number[] = [];
  for (let index = 0; index < wordCount; index++) counts.push(reader.next());
  const identifiers: string[] = [];
  const uses: number[] = [];
  let other = wordCount;
  for (let index = 0; index < identifierCount; index++) {
    const place = reader.next();
    if (place > wordCount) return undefined;
    identifiers.push(names[place === 0 ? other++ : place - 1] ?? "");
    uses.push(reader.next());
  }
  if (!reader.isAtEnd || other !== names.length || counts.includes(0) || uses.includes(0)) return undefined;
  names.length = wordCount;
  return { words: { names, counts }, identifiers: { names: identifiers, counts: uses } };
}

function linesOf(bytes: Uint8Array | undefined): string[] | undefined {
  if (bytes === undefined) return undefined;
  const names = bytes.byteLength === 0 ? [] : text(bytes).split("\n");
  return names.includes("") ? undefined : names;
}

function varints(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * VARINT_BYTES_MAX);
  let end = 0;
  for (let number of numbers) {
    for (; number > 127; number >>>= 7) bytes[end++] = (number & 127) | 128;
    bytes[end++] = number;
  }
  return bytes.subarray(0, end);
}

class Varints {
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

  take(length: number): Uint8Array | undefined {
    if (this.#isBroken || this.#at + length > this.#bytes.byteLength) return undefined;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
