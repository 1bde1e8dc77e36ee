// Tokens of the last 60 seconds, by the second. No interval of 60 seconds, wherever it begins, holds more than `used` has ever
// been allowed to reach: a second counts until all of it is 60 seconds ago.

const SECONDS = 61;
const SECOND_MS = 1000;

export class TokenWindow {
  readonly #bySecond = new Float64Array(SECONDS);
  #second = 0;
  #used = 0;

  /** Tokens that still count. */
  used(nowMs: number): number {
    this.#advance(nowMs);
    return this.#used;
  }

  /** Returns the second it was charged to, by which it can be taken back. */
  charge(tokens: number, nowMs: number): number {
    this.#advance(nowMs);
    this.#change(this.#second, tokens);
    return this.#second;
  }

  /** Gives back at most what that second was charged. Without effect once the second no longer counts. */
  giveBack(tokens: number, second: number, nowMs: number): void {
    this.#advance(nowMs);
    if (second <= this.#second - SECONDS || second > this.#second) return;
    this.#change(second, -Math.min(tokens, this.#bySecond[second % SECONDS] as number));
  }

  /** Milliseconds until `tokens` more are within `limit`; Infinity when they never are. */
  waitMs(tokens: number, limit: number, nowMs: number): number {
    let left = this.used(nowMs) + tokens - limit;
    if (left <= 0) return 0;
    for (let second = this.#second - SECONDS + 1; second <= this.#second; second++) {
      left -= this.#bySecond[((second % SECONDS) + SECONDS) % SECONDS] as number;
      if (left <= 0) return (second + SECONDS) * SECOND_MS - nowMs;
    }
    return Number.POSITIVE_INFINITY;
  }

  #advance(nowMs: number): void {
    const second = Math.floor(nowMs / SECOND_MS);
    if (second - this.#second >= SECONDS) {
      this.#bySecond.fill(0);
      this.#used = 0;
      this.#second = second;
    }
    while (this.#second < second) {
      this.#second++;
      this.#change(this.#second, -(this.#bySecond[this.#second % SECONDS] as number));
    }
  }

  #change(second: number, tokens: number): void {
    const at = second % SECONDS;
    this.#bySecond[at] = (this.#bySecond[at] as number) + tokens;
    // Sums of fractions drift: an estimate is whole, but whoever uses this may count in parts.
    this.#used = Math.max(0, this.#used + tokens);
  }
}
