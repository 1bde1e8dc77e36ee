// Bytes that are written one after the other into a buffer that grows. The buffer is used again: who keeps what was written copies it.

import { utf8 } from "../../base/index.ts";

const UTF8_BYTES_MAX = 3;
const VARINT_BYTES_MAX = 5;

export class ByteWriter {
  length = 0;
  #bytes: Uint8Array<ArrayBuffer>;
  readonly #encoder = new TextEncoder();

  constructor(bytes = 16 * 1024) {
    this.#bytes = new Uint8Array(bytes);
  }

  /** Until more is written. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  /** LEB128. @param value a whole number of at most 31 bits */
  varint(value: number): void {
    if (this.length + VARINT_BYTES_MAX > this.#bytes.length) this.#reserve(VARINT_BYTES_MAX);
    let left = value;
    for (; left > 127; left >>>= 7) this.#bytes[this.length++] = (left & 127) | 128;
    this.#bytes[this.length++] = left;
  }

  bytes(from: Uint8Array): void {
    this.#reserve(from.length);
    this.#bytes.set(from, this.length);
    this.length += from.length;
  }

  /** Few of them: a call of the engine would take longer. */
  few(from: Uint8Array, start: number, count: number): void {
    if (this.length + count > this.#bytes.length) this.#reserve(count);
    const to = this.#bytes;
    let at = this.length;
    for (let index = start; index < start + count; index++) to[at++] = from[index] as number;
    this.length = at;
  }

  text(text: string): void {
    const needed = text.length * UTF8_BYTES_MAX;
    // Most of them are ASCII: a long one is measured before so much is held for it.
    if (needed > this.#bytes.length) {
      this.bytes(utf8(text));
      return;
    }
    this.#reserve(needed);
    this.length += this.#encoder.encodeInto(text, this.#bytes.subarray(this.length)).written;
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + count));
    grown.set(this.written);
    this.#bytes = grown;
  }
}
