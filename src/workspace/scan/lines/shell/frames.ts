// What is open around the current token of a shell source. Closers close the nearest frame of their kind, with all that
// was left open in it. Depth costs memory, never stack.

/** `{ ...; }` */
export const GROUP = 0;
/** `( ... )` with commands. */
export const SUBSHELL = 1;
/** `$( ... )` */
export const SUBSTITUTION = 2;
/** `(...)` without commands: arrays, patterns. */
export const WORDS = 3;
/** Half of `(( ))`, or a bracket in it. */
export const ARITHMETIC = 4;
export const CASE = 5;
/** `${ ... }` */
export const EXPANSION = 6;
export const BACKTICK = 7;

export const HEAD = 0;
export const PATTERN = 1;
export const COMMANDS = 2;

export interface Frame {
  readonly kind: number;
  /** The function around what is inside; -1. */
  readonly definition: number;
  readonly isOwn: boolean;
  /** Whether text in double quotes goes on after it. */
  readonly isInText: boolean;
  /** What the command is that goes on after it. */
  readonly command: number;
  /** Of a case: HEAD before its `in`, PATTERN, then COMMANDS. */
  phase: number;
}

export class Frames {
  readonly #frames: Frame[] = [];
  readonly #ended: (definition: number, at: number) => void;
  readonly #open = [0, 0, 0, 0, 0, 0, 0, 0];

  /** @param ended told of each function whose body is closed. */
  constructor(ended: (definition: number, at: number) => void) {
    this.#ended = ended;
  }

  get depth(): number {
    return this.#frames.length;
  }

  get top(): Frame | undefined {
    return this.#frames.at(-1);
  }

  /** @param own index of the function that this is the body of; -1. */
  open(kind: number, own = -1, isInText = false, command = 0): void {
    const definition = own >= 0 ? own : (this.top?.definition ?? -1);
    this.#frames.push({ kind, definition, isOwn: own >= 0, isInText, command, phase: HEAD });
    this.#open[kind] = (this.#open[kind] ?? 0) + 1;
  }

  /** Closes the nearest frame of a kind, if there is one. @returns it. */
  close(kind: number, at: number): Frame | undefined {
    if (this.#open[kind] === 0) return undefined;
    while (this.top?.kind !== kind) this.pop(at);
    return this.pop(at);
  }

  /** `)`: the nearest round bracket of whatever kind. */
  closeBracket(at: number): Frame | undefined {
    const kinds = [SUBSHELL, SUBSTITUTION, WORDS, ARITHMETIC];
    if (kinds.every((kind) => this.#open[kind] === 0)) return undefined;
    while (this.top !== undefined && !kinds.includes(this.top.kind)) this.pop(at);
    return this.pop(at);
  }

  pop(at: number): Frame | undefined {
    const frame = this.#frames.pop();
    if (frame === undefined) return undefined;
    this.#open[frame.kind] = (this.#open[frame.kind] ?? 0) - 1;
    if (frame.isOwn) this.#ended(frame.definition, at);
    return frame;
  }
}
