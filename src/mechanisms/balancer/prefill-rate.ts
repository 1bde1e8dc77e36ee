// How fast the backends read, learned from their answers: what it costs, in time, to have a prompt read again.

/** Below it the first token's time says little of reading. */
const TOKENS_MIN = 2000;
const WEIGHT = 0.02;

export class PrefillRate {
  #tokensPerMs: number;

  constructor(tokensPerSecond: number) {
    this.#tokensPerMs = tokensPerSecond / 1000;
  }

  get tokensPerMs(): number {
    return this.#tokensPerMs;
  }

  learn(firstTokenMs: number, uncachedTokens: number): void {
    if (!(uncachedTokens >= TOKENS_MIN && firstTokenMs > 0)) return;
    this.#tokensPerMs += WEIGHT * (uncachedTokens / firstTokenMs - this.#tokensPerMs);
  }
}
