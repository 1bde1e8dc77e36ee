// How long work takes to its first token, nearly always: the mean and twice the mean deviation, both smoothed (as TCP finds
// its retransmission timeout, RFC 6298), of logarithms, since such times spread by factors and one outlier must not reign.
// By the mean alone every other one would come too late after having cost all it costs.

const PACE = 0.1;
const DEVIATIONS = 2;

export class FirstToken {
  #mean: number | undefined;
  #deviation = 0;

  observe(tookMs: number): void {
    const size = Math.log(Math.max(1, tookMs));
    this.#mean ??= size;
    const difference = size - this.#mean;
    this.#deviation += PACE * (Math.abs(difference) - this.#deviation);
    this.#mean += PACE * difference;
  }

  /** 0 while nothing is known. */
  get likelyMs(): number {
    return this.#mean === undefined ? 0 : Math.exp(this.#mean + DEVIATIONS * this.#deviation);
  }
}
