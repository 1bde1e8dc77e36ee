// Here-documents that have been announced and begin on the next line, of Ruby and the shell.

/** A terminator that is nowhere makes none of the announcement; looking for such is given up after this many. */
const MISSED_MAX = 16;

export class Heredocs {
  readonly #source: string;
  #waiting: { readonly terminator: string; readonly isIndented: boolean }[] = [];
  #missed = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** @param isIndented whether white space may stand before the terminator. */
  announce(terminator: string, isIndented: boolean): void {
    this.#waiting.push({ terminator, isIndented });
  }

  /** @param at where a line begins. @returns where code goes on: after the bodies of all that were announced. */
  skip(at: number): number {
    let end = at;
    for (const { terminator, isIndented } of this.#waiting) end = this.#bodyEnd(end, terminator, isIndented);
    this.#waiting = [];
    return end;
  }

  #bodyEnd(from: number, terminator: string, isIndented: boolean): number {
    if (this.#missed >= MISSED_MAX) return from;
    for (let found = this.#source.indexOf(terminator, from); found !== -1; found = this.#source.indexOf(terminator, found + 1)) {
      if (!this.#isLine(from, found, found + terminator.length, isIndented)) continue;
      const lineEnd = this.#source.indexOf("\n", found);
      return lineEnd === -1 ? this.#source.length : lineEnd + 1;
    }
    this.#missed++;
    return from;
  }

  /** Whether nothing else is on the line of [found, end). Looks at white space only, so at each unit at most once. */
  #isLine(from: number, found: number, end: number, isIndented: boolean): boolean {
    const source = this.#source;
    const after = source.charCodeAt(end);
    const isLast = end >= source.length || after === 10 || (after === 13 && source.charCodeAt(end + 1) === 10);
    if (!isLast) return false;
    let at = found;
    while (isIndented && at > from && (source.charCodeAt(at - 1) === 32 || source.charCodeAt(at - 1) === 9)) at--;
    return at === from || source.charCodeAt(at - 1) === 10;
  }
}
