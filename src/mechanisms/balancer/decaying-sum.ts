// A sum that forgets: what was added a time constant ago counts for 1/e. Lazy, so it needs no timer.

export class DecayingSum {
  readonly #constantMs: number;
  #value = 0;
  #atMs = 0;

  constructor(constantMs: number) {
    this.#constantMs = constantMs;
  }

  add(amount: number, nowMs: number): void {
    this.#value = this.at(nowMs) + amount;
    this.#atMs = nowMs;
  }

  at(nowMs: number): number {
    return nowMs <= this.#atMs ? this.#value : this.#value * Math.exp((this.#atMs - nowMs) / this.#constantMs);
  }
}
