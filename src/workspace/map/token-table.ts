// A vocabulary of byte pairs (P. Gage, "A New Algorithm for Data Compression", 1994) in flat arrays: a token is known by its bytes, and its rank is
// where it comes in the vocabulary's file. Some megabytes, where two hundred thousand strings take eighty. It does not split text into pieces.

const LINE_FEED = 10;
const SPACE = 32;
const EQUALS = 61;
/** Of 32-bit FNV-1a (Fowler, Noll, Vo; public domain). */
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;
/** Above all ranks. */
const NEVER = 0x7fff_ffff;

/** What each letter of base64 stands for. */
const sextets: Readonly<Uint8Array> = everySextet();

export class TokenTable {
  /** Of all tokens, one after the other: token t is at #starts[t] to #starts[t + 1]. */
  readonly #bytes: Uint8Array;
  readonly #starts: Uint32Array;
  /** Open addressing: ranks plus one. */
  readonly #slots: Uint32Array;
  /** Of the piece that is counted: where its parts begin, and the rank of each part with the next one. */
  #parts = new Int32Array(64);
  #ranks = new Int32Array(64);

  /** @param file a line for each token, in the order of ranks: its bytes in base64, a space, and its rank */
  constructor(file: Uint8Array) {
    let lines = 0;
    for (let at = 0; at < file.length; at++) if (file[at] === LINE_FEED) lines++;
    // The last line may lack its end.
    this.#starts = new Uint32Array(lines + 2);
    this.#bytes = new Uint8Array(file.length);
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * lines + 4)));
    this.#bytes = this.#bytes.slice(0, this.#read(file));
  }

  /** How many tokens a piece of text makes. Takes time with the square of its length: pieces are words. */
  count(piece: Uint8Array): number {
    const { length } = piece;
    if (length < 2 || this.#rank(piece, 0, length) !== NEVER) return Math.min(length, 1);
    this.#begin(piece);
    const parts = this.#parts;
    const ranks = this.#ranks;
    let count = length;
    for (;;) {
      let best = 0;
      for (let part = 1; part < count - 1; part++) if ((ranks[part] as number) < (ranks[best] as number)) best = part;
      if (ranks[best] === NEVER) return count;
      parts.copyWithin(best + 1, best + 2, count + 1);
      ranks.copyWithin(best + 1, best + 2, count);
      count--;
      if (count === 1) return 1;
      ranks[best] = this.#rankOfPair(piece, best, count);
      if (best > 0) ranks[best - 1] = this.#rankOfPair(piece, best - 1, count);
    }
  }

  /** Each byte a part. */
  #begin(piece: Uint8Array): void {
    const { length } = piece;
    if (this.#parts.length <= length) {
      this.#parts = new Int32Array(2 * length);
      this.#ranks = new Int32Array(2 * length);
    }
    for (let at = 0; at <= length; at++) this.#parts[at] = at;
    for (let at = 0; at < length; at++) this.#ranks[at] = this.#rankOfPair(piece, at, length);
  }

  #rankOfPair(piece: Uint8Array, part: number, count: number): number {
    return part + 2 > count ? NEVER : this.#rank(piece, this.#parts[part] as number, this.#parts[part + 2] as number);
  }

  /** Of the token with these bytes. */
  #rank(bytes: Uint8Array, from: number, to: number): number {
    let hash = OFFSET_BASIS;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] as number), PRIME);
    const mask = this.#slots.length - 1;
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const rank = (this.#slots[slot] as number) - 1;
      if (rank < 0) return NEVER;
      if (this.#isToken(rank, bytes, from, to)) return rank;
    }
  }

  #isToken(rank: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[rank] as number;
    if ((this.#starts[rank + 1] as number) - start !== to - from) return false;
    for (let at = from; at < to; at++) if (this.#bytes[start + at - from] !== bytes[at]) return false;
    return true;
  }

  /** @returns how many bytes all tokens have. */
  #read(file: Uint8Array): number {
    const bytes = this.#bytes;
    let end = 0;
    for (let at = 0, rank = 0; at < file.length; rank++) {
      let [bits, held, hash] = [0, 0, OFFSET_BASIS];
      for (let unit = file[at]; unit !== undefined && unit !== SPACE; unit = file[++at]) {
        if (unit === EQUALS) continue;
        bits = ((bits << 6) | (sextets[unit] as number)) & 0xfff;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        const byte = (bits >> held) & 255;
        bytes[end++] = byte;
        hash = Math.imul(hash ^ byte, PRIME);
      }
      while (at < file.length && file[at++] !== LINE_FEED);
      this.#starts[rank + 1] = end;
      this.#place(rank, hash ^ (hash >>> 15));
    }
    return end;
  }

  #place(rank: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = rank + 1;
  }
}

function everySextet(): Uint8Array {
  const all = new Uint8Array(256);
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (let value = 0; value < letters.length; value++) all[letters.charCodeAt(value)] = value;
  return all;
}
