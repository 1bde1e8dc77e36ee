// What one backend's answers told within one window: how many failed, and how long the first token took against what its
// uncached input would take at a usual rate, on a log scale so that one slow answer does not decide.

/** What a first token costs whatever the input, milliseconds. */
const OVERHEAD_MS = 500;

export class AnswerWindow {
  ok = 0;
  failed = 0;
  #slownessLog = 0;
  #timed = 0;

  timed(firstTokenMs: number, uncachedTokens: number, prefillTokensPerSecond: number): void {
    const usualMs = OVERHEAD_MS + (1000 * uncachedTokens) / prefillTokensPerSecond;
    this.#slownessLog += Math.log(Math.max(1, firstTokenMs) / usualMs);
    this.#timed++;
  }

  /** Undefined when too few were seen to tell. */
  failureShare(requestsMin: number): number | undefined {
    const requests = this.ok + this.failed;
    return requests < requestsMin ? undefined : this.failed / requests;
  }

  /** Times the usual, the geometric mean; undefined when too few were seen. */
  slowness(requestsMin: number): number | undefined {
    return this.#timed < requestsMin ? undefined : Math.exp(this.#slownessLog / this.#timed);
  }

  clear(): void {
    this.ok = 0;
    this.failed = 0;
    this.#slownessLog = 0;
    this.#timed = 0;
  }
}
