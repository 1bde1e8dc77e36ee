// Which names a statement assigns to. Names are candidates until an `=` outside of brackets confirms them; whatever cannot
// stand in a target ends the search, so that most statements cost a few comparisons. `a.b`, `a[0]` and `f(a)` are no names.

/** No target can follow in this statement. */
const OFF = 0;
/** A target may begin. */
const START = 1;
/** A plain name has been read and may be one. */
const NAME = 2;
/** In or after something that is no plain name. */
const OTHER = 3;
/** After the bracket that closes targets. */
const CLOSED = 4;

const NONE: readonly number[] = [];

export class Targets {
  #state = OFF;
  /** Brackets open before a call or subscript, in which no target stands; -1. */
  #blocked = -1;
  #hasAssigned = false;
  /** Begin and end of each candidate. */
  #candidates: number[] = [];

  get isOn(): boolean {
    return this.#state !== OFF;
  }

  begin(): void {
    this.#state = START;
    this.#blocked = -1;
    this.#hasAssigned = false;
    if (this.#candidates.length > 0) this.#candidates = [];
  }

  stop(): void {
    this.#state = OFF;
  }

  word(isReserved: boolean, at: number, end: number): void {
    if (this.#blocked >= 0) return;
    if (isReserved || this.#state === NAME) this.#state = OFF;
    else if (this.#state === START) {
      this.#candidates.push(at, end);
      this.#state = NAME;
    }
  }

  /** An operator or literal. */
  other(): void {
    if (this.#blocked < 0) this.#state = OFF;
  }

  star(): void {
    if (this.#state !== START) this.other();
  }

  dot(): void {
    if (this.#blocked < 0) this.#leaveName();
  }

  comma(): void {
    if (this.#blocked < 0) this.#state = START;
  }

  /** @param depth brackets open before this one. */
  open(depth: number, isBrace: boolean): void {
    if (this.#blocked >= 0) return;
    if (this.#state === START) {
      if (isBrace) this.#state = OFF;
      return;
    }
    this.#leaveName();
    this.#blocked = depth;
  }

  /** @param depth brackets open after this one. */
  close(depth: number): void {
    if (this.#blocked < 0) this.#state = CLOSED;
    else if (this.#blocked === depth) {
      this.#blocked = -1;
      this.#state = OTHER;
    }
  }

  /** An `=` outside of brackets. @returns begin and end of each name it assigns to. */
  equals(): readonly number[] {
    const confirmed = this.#candidates;
    this.#candidates = [];
    this.#state = START;
    this.#hasAssigned = true;
    return confirmed;
  }

  /** A `:` outside of brackets. @returns begin and end of the name it annotates, if it does. */
  colon(): readonly number[] {
    const isName = this.#state === NAME || this.#state === CLOSED;
    const isAnnotated = isName && this.#candidates.length === 2 && !this.#hasAssigned;
    this.#state = OFF;
    return isAnnotated ? this.#candidates : NONE;
  }

  #leaveName(): void {
    if (this.#state === NAME) this.#candidates.length -= 2;
    this.#state = OTHER;
  }
}
