// One filter of 256 bytes for each of many texts: which three bytes follow one another in it, as a Bloom filter of one hash.
// It says "not in this text" or "perhaps"; never "not" of what is there. A to Z count as a to z, so that one filter serves both searches.

const FILTER_BYTES = 256;
/** 11 bits of the product choose one of 2,048 bits. */
const SHIFT = 21;
const FACTOR = 0x9e3779b1;

/** Of A to Z, a to z; of any other byte, itself. */
const LOWER = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));

/** The bits of a text's trigrams, each once. Empty for texts of fewer than three bytes. */
export function trigramBits(bytes: Uint8Array): Uint16Array {
  const bits = new Set<number>();
  for (let at = 0; at + 2 < bytes.length; at++) {
    bits.add(
      bitOf(
        LOWER[bytes[at] as number] as number,
        LOWER[bytes[at + 1] as number] as number,
        LOWER[bytes[at + 2] as number] as number,
      ),
    );
  }
  return Uint16Array.from(bits);
}

const bitOf = (first: number, second: number, third: number) =>
  Math.imul((first << 16) | (second << 8) | third, FACTOR) >>> SHIFT;

export class TrigramFilters {
  #filters = new Uint8Array(1024 * FILTER_BYTES);
  readonly #free: number[] = [];
  #used = 0;

  /** @returns the number of the new filter */
  add(bytes: Uint8Array): number {
    const slot = this.#free.pop() ?? this.#used++;
    if (this.#filters.length < (slot + 1) * FILTER_BYTES) {
      const larger = new Uint8Array(this.#filters.length * 2);
      larger.set(this.#filters);
      this.#filters = larger;
    }
    this.#fill(slot * FILTER_BYTES, bytes);
    return slot;
  }

  remove(slot: number): void {
    this.#free.push(slot);
  }

  /** False: the text does not hold all of these trigrams. */
  mayHold(slot: number, bits: Uint16Array): boolean {
    const filters = this.#filters;
    const base = slot * FILTER_BYTES;
    for (let index = 0; index < bits.length; index++) {
      const bit = bits[index] as number;
      if (((filters[base + (bit >>> 3)] as number) & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  }

  #fill(base: number, bytes: Uint8Array): void {
    const filters = this.#filters;
    filters.fill(0, base, base + FILTER_BYTES);
    if (bytes.length < 3) return;
    let window = ((LOWER[bytes[0] as number] as number) << 8) | (LOWER[bytes[1] as number] as number);
    for (let at = 2; at < bytes.length; at++) {
      window = ((window << 8) | (LOWER[bytes[at] as number] as number)) & 0xffffff;
      const bit = Math.imul(window, FACTOR) >>> SHIFT;
      const place = base + (bit >>> 3);
      filters[place] = (filters[place] as number) | (1 << (bit & 7));
    }
  }
}
