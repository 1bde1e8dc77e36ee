// What is open around the current token of a Ruby source. `end` and `}` close the nearest that they can, with all that was
// left open in it, but never reach out of a field of a string. Depth costs memory, never stack.

import type { Literal } from "./literals.ts";

/** Closed by `end`: up to LOOP. */
export const BODY = 0;
export const BLOCK = 1;
/** A loop whose `do` may still come. */
export const LOOP = 2;
/** Closed by `}`: BRACE and FIELD. */
export const BRACE = 3;
/** Code in a string, which goes on after it. */
export const FIELD = 4;
export const PAREN = 5;
export const BRACKET = 6;

export interface Frame {
  kind: number;
  /** The definition around what is inside; -1. */
  readonly definition: number;
  /** Whether the innermost body is a method's. */
  readonly isInMethod: boolean;
  /** Whether the definition is this frame's own, and ends with it. */
  readonly isOwn: boolean;
  /** Before the end of its first line. */
  isHead: boolean;
  /** Whether methods that follow are private. */
  isHidden: boolean;
  readonly literal: Literal | undefined;
  /** Frames that `end` and `}` could close outside of this field. */
  readonly ends: number;
  readonly braces: number;
}

export class Frames {
  readonly #frames: Frame[] = [];
  readonly #ended: (definition: number, at: number) => void;
  #ends = 0;
  #braces = 0;
  #fields = 0;

  /** @param ended told of each definition whose frame is closed. */
  constructor(ended: (definition: number, at: number) => void) {
    this.#ended = ended;
  }

  get depth(): number {
    return this.#frames.length;
  }

  get top(): Frame | undefined {
    return this.#frames.at(-1);
  }

  /** @param own index of the definition that this frame is the body of; -1. */
  open(kind: number, own = -1, isMethod = false, literal?: Literal): void {
    const around = this.top;
    this.#frames.push({
      kind,
      definition: own >= 0 ? own : (around?.definition ?? -1),
      isInMethod: kind === BODY ? isMethod : (around?.isInMethod ?? false),
      isOwn: own >= 0,
      isHead: kind === BODY,
      isHidden: kind !== BODY && (around?.isHidden ?? false),
      literal,
      ends: this.#ends,
      braces: this.#braces,
    });
    if (kind === FIELD) {
      this.#fields++;
      this.#ends = 0;
      this.#braces = 0;
    } else if (kind <= LOOP) this.#ends++;
    else if (kind === BRACE) this.#braces++;
  }

  /** `end`, which ends before `at`. */
  closeEnd(at: number): void {
    if (this.#ends === 0) return;
    while ((this.top?.kind ?? BODY) > LOOP) this.pop(at);
    this.pop(at);
  }

  /** `}`, which ends before `at`. @returns the string that goes on after it, if it closed a field. */
  closeBrace(at: number): Literal | undefined {
    const target = this.#braces > 0 ? BRACE : FIELD;
    if (target === FIELD && this.#fields === 0) return undefined;
    while (this.top !== undefined && this.top.kind !== target) this.pop(at);
    return this.pop(at)?.literal;
  }

  /** `)` or `]`. */
  closeBracket(kind: number, at: number): void {
    if (this.top?.kind === kind) this.pop(at);
  }

  /** Closes the innermost. */
  pop(at: number): Frame | undefined {
    const frame = this.#frames.pop();
    if (frame === undefined) return undefined;
    if (frame.isOwn) this.#ended(frame.definition, at);
    if (frame.kind === FIELD) this.#fields--;
    this.#ends = frame.ends;
    this.#braces = frame.braces;
    return frame;
  }
}
