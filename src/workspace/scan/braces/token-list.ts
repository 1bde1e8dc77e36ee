// The tokens of one source in parallel typed arrays: kind, place, line, and for each bracket its partner. Comments are no
// tokens. A bracket without a partner is closed by the end of the source, so every group can be stepped over at once.

import { END, STRING } from "./vocabulary.ts";

const FIRST_CAPACITY = 64;

export class TokenList {
  readonly source: string;
  count = 0;
  #kinds: Uint8Array;
  #starts: Int32Array;
  #ends: Int32Array;
  #lines: Int32Array;
  #partners: Int32Array;
  #fresh: Uint8Array;

  constructor(source: string) {
    this.source = source;
    const capacity = FIRST_CAPACITY + (source.length >> 2);
    this.#kinds = new Uint8Array(capacity);
    this.#starts = new Int32Array(capacity);
    this.#ends = new Int32Array(capacity);
    this.#lines = new Int32Array(capacity);
    this.#partners = new Int32Array(capacity);
    this.#fresh = new Uint8Array(capacity);
  }

  /** @returns the index of the new token. */
  push(kind: number, start: number, end: number, line: number, isFresh: boolean): number {
    if (this.count === this.#kinds.length) this.#grow();
    const index = this.count++;
    this.#kinds[index] = kind;
    this.#starts[index] = start;
    this.#ends[index] = end;
    this.#lines[index] = line;
    this.#partners[index] = -1;
    this.#fresh[index] = isFresh ? 1 : 0;
    return index;
  }

  /** Takes the last token back. */
  pop(): void {
    this.count--;
  }

  setKind(index: number, kind: number): void {
    this.#kinds[index] = kind;
  }

  setEnd(index: number, end: number): void {
    this.#ends[index] = end;
  }

  setPartner(index: number, partner: number): void {
    this.#partners[index] = partner;
  }

  /** END before the first and after the last. */
  kind(index: number): number {
    return index >= 0 && index < this.count ? (this.#kinds[index] as number) : END;
  }

  start(index: number): number {
    return index < this.count ? (this.#starts[index] as number) : this.source.length;
  }

  /** Exclusive. */
  end(index: number): number {
    return index < 0 ? 0 : index < this.count ? (this.#ends[index] as number) : this.source.length;
  }

  /** 1-based. */
  line(index: number): number {
    return this.#lines[Math.min(index, this.count - 1)] ?? 1;
  }

  /** The line of its last character: strings may span several. */
  lastLine(index: number): number {
    let line = this.line(index);
    if (this.kind(index) !== STRING) return line;
    // A line feed at the end is the last of its line.
    const text = this.text(index).slice(0, -1);
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) line++;
    return line;
  }

  /** Whether it is the first of its line. */
  isFresh(index: number): boolean {
    return index >= this.count || this.#fresh[index] === 1;
  }

  /** Of an opening bracket the closing one (`count` if it has none); of a closing one the opening one or -1. */
  partner(index: number): number {
    return this.#partners[index] ?? -1;
  }

  /** The token after it, or after its group if it opens one. */
  next(index: number): number {
    const partner = index < this.count ? (this.#partners[index] as number) : -1;
    return (partner > index ? partner : index) + 1;
  }

  text(index: number): string {
    return this.source.slice(this.start(index), this.end(index));
  }

  /** Whether the next token follows without a gap. */
  isJoined(index: number): boolean {
    return this.end(index) === this.start(index + 1);
  }

  #grow(): void {
    const length = this.count * 2;
    const twice = <T extends Uint8Array | Int32Array>(old: T, grown: T): T => {
      grown.set(old);
      return grown;
    };
    this.#kinds = twice(this.#kinds, new Uint8Array(length));
    this.#starts = twice(this.#starts, new Int32Array(length));
    this.#ends = twice(this.#ends, new Int32Array(length));
    this.#lines = twice(this.#lines, new Int32Array(length));
    this.#partners = twice(this.#partners, new Int32Array(length));
    this.#fresh = twice(this.#fresh, new Uint8Array(length));
  }
}
