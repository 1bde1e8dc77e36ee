// Numbers for strings of bytes, in the order of their arrival: 0, 1, 2. A hash table with open addressing over one array of all bytes, so that nothing
// is made for a string that is known. It only grows; nothing is taken out.

const FIRST_STRINGS = 1024;
const FIRST_BYTES = 16 * 1024;
/** Of 32-bit FNV-1a (Fowler, Noll, Vo; public domain). */
export const OFFSET_BASIS = 0x811c9dc5;
export const PRIME = 0x01000193;

export class ByteNumbers {
  /** Of all strings, one after the other: string n is at #starts[n] to #starts[n + 1]. */
  #bytes = new Uint8Array(FIRST_BYTES);
  #starts = new Uint32Array(FIRST_STRINGS + 1);
  #hashes = new Int32Array(FIRST_STRINGS);
  /** Numbers, plus one. */
  #slots = new Uint32Array(2 * FIRST_STRINGS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Of the bytes of `bytes` from `from` to `to`, which get the next number if they have none. @param state of FNV-1a after these bytes */
  of(bytes: Uint8Array, from: number, to: number, state: number = hashOf(bytes, from, to)): number {
    const hash = spread(state);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] as number) - 1;
      if (number < 0) return this.#add(slot, bytes, from, to, hash);
      if (this.#hashes[number] === hash && this.#is(number, bytes, from, to)) return number;
    }
  }

  /** Undefined: they have none. */
  find(bytes: Uint8Array): number | undefined {
    const hash = spread(hashOf(bytes, 0, bytes.byteLength));
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] as number) - 1;
      if (number < 0) return undefined;
      if (this.#hashes[number] === hash && this.#is(number, bytes, 0, bytes.byteLength)) return number;
    }
  }

  /** Of all strings: those of number n are at starts[n] to starts[n + 1] of bytes. Of this moment, and not to be changed. */
  get all(): { readonly bytes: Uint8Array; readonly starts: Uint32Array } {
    return { bytes: this.#bytes, starts: this.#starts };
  }

  #is(number: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[number] as number;
    if ((this.#starts[number + 1] as number) - start !== to - from) return false;
    const held = this.#bytes;
    for (let at = from; at < to; at++) if (held[start + at - from] !== bytes[at]) return false;
    return true;
  }

  #add(slot: number, bytes: Uint8Array, from: number, to: number, hash: number): number {
    const number = this.#size++;
    const start = this.#starts[number] as number;
    const end = start + to - from;
    if (end > this.#bytes.length) this.#bytes = grown(this.#bytes, Uint8Array, Math.max(2 * this.#bytes.length, end));
    const held = this.#bytes;
    for (let at = from; at < to; at++) held[start + at - from] = bytes[at] as number;
    this.#starts[number + 1] = end;
    this.#hashes[number] = hash;
    this.#slots[slot] = number + 1;
    if (this.#size === this.#hashes.length) this.#grow();
    return number;
  }

  #grow(): void {
    const size = 2 * this.#size;
    this.#starts = grown(this.#starts, Uint32Array, size + 1);
    this.#hashes = grown(this.#hashes, Int32Array, size);
    this.#slots = new Uint32Array(2 * size);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let slot = (this.#hashes[number] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}

/** Its low bits alone would be those of the last bytes. */
const spread = (state: number): number => state ^ (state >>> 15);

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let state = OFFSET_BASIS;
  for (let at = from; at < to; at++) state = Math.imul(state ^ (bytes[at] as number), PRIME);
  return state;
}

interface Numbers {
  readonly length: number;
  set(from: ArrayLike<number>): void;
}

/** A longer one with the same beginning. */
export function grown<T extends Numbers & ArrayLike<number>>(from: T, kind: new (length: number) => T, length: number): T {
  const made = new kind(length);
  made.set(from);
  return made;
}
