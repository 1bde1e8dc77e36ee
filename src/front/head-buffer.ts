// Bytes of an unfinished head or line, put together as they come: a head that arrives byte by byte costs no more than twice
// its length in copying.

export class HeadBuffer {
  #bytes = Buffer.allocUnsafeSlow(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** All so far; valid until the next `add`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  add(bytes: Uint8Array): void {
    const needed = this.#length + bytes.byteLength;
    if (needed > this.#bytes.byteLength) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.byteLength));
      grown.set(this.bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = needed;
  }

  clear(): void {
    this.#length = 0;
    this.#bytes = Buffer.allocUnsafeSlow(0);
  }
}
