// Numbers of what has scores, best first, put in order as far as somebody asks: a map shows some hundred files of thousands. The order is that of
// a sort by score, then by second score, both descending, then by number, however far it is asked for.

/** What is put in order at first; more is asked for seldom, and then all are. */
const FIRST = 256;

export class BestFirst {
  readonly #scores: Float64Array;
  readonly #seconds: Float64Array;
  #order: readonly number[];

  /** Scores are not NaN. */
  constructor(scores: Float64Array, seconds: Float64Array) {
    this.#scores = scores;
    this.#seconds = seconds;
    // Equal ones come together or not at all.
    const least = scores.length > FIRST ? (scores.toSorted()[scores.length - FIRST] ?? 0) : Number.NEGATIVE_INFINITY;
    this.#order = this.#sorted(least);
  }

  get length(): number {
    return this.#scores.length;
  }

  /** The number that has this rank, from 0 on; undefined: there are not so many. */
  at(rank: number): number | undefined {
    if (rank >= this.#order.length && this.#order.length < this.length) this.#order = this.#sorted(Number.NEGATIVE_INFINITY);
    return this.#order[rank];
  }

  all(): readonly number[] {
    this.at(this.length - 1);
    return this.#order;
  }

  #sorted(least: number): readonly number[] {
    const [scores, seconds] = [this.#scores, this.#seconds];
    const numbers: number[] = [];
    for (let number = 0; number < scores.length; number++) if ((scores[number] as number) >= least) numbers.push(number);
    return numbers.sort(
      (a, b) => (scores[b] as number) - (scores[a] as number) || (seconds[b] as number) - (seconds[a] as number) || a - b,
    );
  }
}
