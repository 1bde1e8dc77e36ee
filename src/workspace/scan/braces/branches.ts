// Joins brackets, and keeps their depth sane where `#if` has several branches: the first branch counts. In later ones a
// bracket that would close what stands before the branch is dropped, and one left open is closed with the branch.
// Brackets that do not fit are looked for a few levels up; amortised linear.

import type { TokenList } from "./token-list.ts";

const LOOKED_UP_MAX = 32;

const OPENERS: Readonly<Record<number, number>> = { 41: 40, 93: 91, 125: 123 };

export class Branches {
  readonly #tokens: TokenList;
  /** Indices of open brackets. */
  readonly #open: number[] = [];
  /** What was the floor before each `#if`, and whether its first branch is over. */
  readonly #conditions: { readonly floorBefore: number; isLater: boolean }[] = [];
  #floor = 0;

  constructor(tokens: TokenList) {
    this.#tokens = tokens;
  }

  open(index: number): void {
    this.#open.push(index);
  }

  /** Whether a closing bracket is to become a token. */
  mayClose(): boolean {
    return this.#floor === 0 || this.#open.length > this.#floor;
  }

  close(index: number, unit: number): void {
    const opener = OPENERS[unit];
    const lowest = Math.max(this.#floor, this.#open.length - LOOKED_UP_MAX);
    for (let level = this.#open.length - 1; level >= lowest; level--) {
      const open = this.#open[level] as number;
      if (this.#tokens.kind(open) !== opener) continue;
      this.#closeAbove(level + 1, index);
      this.#open.pop();
      this.#tokens.setPartner(open, index);
      this.#tokens.setPartner(index, open);
      return;
    }
  }

  /** `#if`. */
  begin(): void {
    this.#conditions.push({ floorBefore: this.#floor, isLater: false });
  }

  /** `#else`, `#elif`. */
  otherwise(): void {
    const condition = this.#conditions.at(-1);
    if (condition === undefined) return;
    if (condition.isLater) this.#closeAbove(this.#floor, this.#tokens.count - 1);
    condition.isLater = true;
    this.#floor = this.#open.length;
  }

  /** `#endif`. */
  end(): void {
    const condition = this.#conditions.pop();
    if (condition === undefined) return;
    if (condition.isLater) this.#closeAbove(this.#floor, this.#tokens.count - 1);
    this.#floor = condition.floorBefore;
  }

  finish(): void {
    this.#closeAbove(0, this.#tokens.count);
  }

  /** Closes brackets from a level on with the token at an index. */
  #closeAbove(level: number, index: number): void {
    while (this.#open.length > level) this.#tokens.setPartner(this.#open.pop() as number, index);
  }
}
