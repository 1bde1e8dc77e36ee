// The definitions that the current line is inside of, by indentation. Depth costs memory, never stack.

import type { Outline } from "../outline.ts";

export class Blocks {
  readonly #outline: Outline;
  readonly #columns: number[] = [];
  readonly #definitions: number[] = [];
  readonly #isFunction: boolean[] = [];

  constructor(outline: Outline) {
    this.#outline = outline;
  }

  /** Index of the innermost definition; -1. */
  get definition(): number {
    return this.#definitions.at(-1) ?? -1;
  }

  get isInFunction(): boolean {
    return this.#isFunction.at(-1) ?? false;
  }

  get isInClass(): boolean {
    return this.#isFunction.length > 0 && !this.isInFunction;
  }

  /** @param column of the statement that defines; lines further right are in its body. */
  open(column: number, definition: number, isFunction: boolean): void {
    this.#columns.push(column);
    this.#definitions.push(definition);
    this.#isFunction.push(isFunction);
  }

  /** A statement begins in `column`: bodies further right end at `end`. */
  close(column: number, end: number): void {
    while (this.#columns.length > 0 && (this.#columns.at(-1) as number) >= column) {
      this.#outline.end(this.definition, end);
      this.#columns.pop();
      this.#definitions.pop();
      this.#isFunction.pop();
    }
  }
}
