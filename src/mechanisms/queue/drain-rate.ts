// How fast the line moves: tokens admitted a millisecond over the time in which anyone waited, older ones counting
// less. Time without waiters says nothing about capacity and is left out.

const HALF_LIFE_MS = 15_000;
const KNOWN_AFTER_MS = 50;

export class DrainRate {
  #tokens = 0;
  #timeMs = 0;
  #lastMs = 0;

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

  /** Milliseconds until that many tokens are through; undefined while nothing is known. */
  waitMs(tokens: number): number | undefined {
    if (this.#timeMs < KNOWN_AFTER_MS || this.#tokens <= 0) return undefined;
    return (tokens * this.#timeMs) / this.#tokens;
  }
}
