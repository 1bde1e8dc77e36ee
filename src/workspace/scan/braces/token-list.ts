// The tokens of one source in one typed array: kind, place, line, and for each bracket its partner. Comments are no
// tokens. A bracket without a partner is closed by the end of the source, so every group can be stepped over at once.

import { END, STRING } from "./vocabulary.ts";

/** Numbers of each token, in this order: kind and whether it begins its line, start, end, line, partner. */
const WIDTH = 5;
const START = 1;
const STOP = 2;
const LINE = 3;
const PARTNER = 4;
/** Beside the kind. */
const FRESH = 0x100;
const KIND = 0xff;
const FIRST_CAPACITY = 32;
/** Characters for each token at first; code with few comments has fewer, and the list grows. */
const CHARACTERS_SHIFT = 3;

export class TokenList {
  readonly source: string;
  count = 0;
  #numbers: Int32Array;

  constructor(source: string) {
    this.source = source;
    this.#numbers = new Int32Array((FIRST_CAPACITY + (source.length >> CHARACTERS_SHIFT)) * WIDTH);
  }

  /** @returns the index of the new token. */
  push(kind: number, start: number, end: number, line: number, isFresh: boolean): number {
    const index = this.count++;
    const at = index * WIDTH;
    if (at === this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    numbers[at] = isFresh ? kind | FRESH : kind;
    numbers[at + START] = start;
    numbers[at + STOP] = end;
    numbers[at + LINE] = line;
    numbers[at + PARTNER] = -1;
    return index;
  }

  /** Takes the last token back. */
  pop(): void {
    this.count--;
  }

  setEnd(index: number, end: number): void {
    this.#numbers[index * WIDTH + STOP] = end;
  }

  setPartner(index: number, partner: number): void {
    this.#numbers[index * WIDTH + PARTNER] = partner;
  }

  /** END before the first and after the last. */
  kind(index: number): number {
    return index >= 0 && index < this.count ? (this.#numbers[index * WIDTH] as number) & KIND : END;
  }

  start(index: number): number {
    return index < this.count ? (this.#numbers[index * WIDTH + START] as number) : this.source.length;
  }

  /** Exclusive. */
  end(index: number): number {
    if (index < 0) return 0;
    return index < this.count ? (this.#numbers[index * WIDTH + STOP] as number) : this.source.length;
  }

  /** 1-based. */
  line(index: number): number {
    const last = Math.min(index, this.count - 1);
    return last < 0 ? 1 : (this.#numbers[last * WIDTH + LINE] as number);
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
    return index >= this.count || ((this.#numbers[index * WIDTH] as number) & FRESH) !== 0;
  }

  /** Of an opening bracket the closing one (`count` if it has none); of a closing one the opening one or -1. */
  partner(index: number): number {
    return index >= 0 && index < this.count ? (this.#numbers[index * WIDTH + PARTNER] as number) : -1;
  }

  /** The token after it, or after its group if it opens one. */
  next(index: number): number {
    const partner = this.partner(index);
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
    const grown = new Int32Array(this.#numbers.length * 2);
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
}
