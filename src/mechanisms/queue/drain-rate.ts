// How fast the line moves: tokens admitted a millisecond over the time in which anyone waited, older ones counting
// less. Time without waiters says nothing about capacity and is left out. What is in flight and how long such work takes
// says as much before anyone has waited (Little's law), and counts as if it had been watched for that long.

const HALF_LIFE_MS = 15_000;
const KNOWN_AFTER_MS = 50;
const DURATION_PACE = 0.03;

export class DrainRate {
  #tokens = 0;
  #timeMs = 0;
  #lastMs = 0;
  /** Of finished work, older counting less; their quotient is the mean time in flight of a token. */
  #finishedTokens = 0;
  #finishedTokenMs = 0;

  /** Time up to now counts when someone waited in it. To be called before the line changes. */
  passed(nowMs: number, hadWaiters: boolean): void {
    const sinceMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (!hadWaiters || sinceMs <= 0) return;
    const kept = 2 ** (-sinceMs / HALF_LIFE_MS);
    this.#tokens *= kept;
    this.#timeMs = this.#timeMs * kept + sinceMs;
  }

  admitted(tokens: number): void {
    this.#tokens += tokens;
  }

  finished(tokens: number, tookMs: number): void {
    this.#finishedTokens += tokens - DURATION_PACE * this.#finishedTokens;
    this.#finishedTokenMs += tokens * tookMs - DURATION_PACE * this.#finishedTokenMs;
  }

  /** Milliseconds until that many tokens are through; undefined while nothing is known. */
  waitMs(tokens: number, inFlight: number): number | undefined {
    const tookMs = this.#finishedTokens > 0 ? this.#finishedTokenMs / this.#finishedTokens : 0;
    if (tookMs > 0 && inFlight > 0) return (tokens * (this.#timeMs + tookMs)) / (this.#tokens + inFlight);
    if (this.#timeMs < KNOWN_AFTER_MS || this.#tokens <= 0) return undefined;
    return (tokens * this.#timeMs) / this.#tokens;
  }
}
