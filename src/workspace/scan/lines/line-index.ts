// From offsets of a source to its lines. Lines end with a line feed, as git and tree-sitter count them.

export class LineIndex {
  /** Lines of the source: a line feed ends one, and what follows the last is a line if it is not empty. */
  readonly lines: number;
  readonly #breaks: number[] = [];

  constructor(source: string) {
    const breaks = this.#breaks;
    for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) breaks.push(at);
    this.lines = breaks.length + (source.length > 0 && breaks.at(-1) !== source.length - 1 ? 1 : 0);
  }

  /** The 1-based line of an offset; a line feed belongs to the line it ends. */
  lineOf(offset: number): number {
    let low = 0;
    let high = this.#breaks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#breaks[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }
}
