// Where the lines of a source end: offsets become lines by bisection, so that nothing is searched for twice.

export class LineBreaks {
  /** As countLines counts them. */
  readonly lines: number;
  readonly #length: number;
  readonly #offsets: number[] = [];

  constructor(source: string) {
    const offsets = this.#offsets;
    for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) offsets.push(at);
    this.#length = source.length;
    const last = offsets[offsets.length - 1] ?? -1;
    this.lines = source.length > last + 1 ? offsets.length + 1 : offsets.length;
  }

  /** The 1-based line of an offset; a line feed belongs to the line it ends. */
  lineOf(offset: number): number {
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#offsets[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }

  /** The offset of the line feed that ends a 1-based line, or the end of the source. */
  endOf(line: number): number {
    return this.#offsets[line - 1] ?? this.#length;
  }
}
