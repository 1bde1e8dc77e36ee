// Whether one backend may be given work: ejected after failures in a row, or on the verdict of a comparison with its peers
// (outliers.ts); longer with each ejection in short succession, and let back in slowly. Push-back is no failure. A probe
// that succeeds ends nothing but what probes that failed added: it may take a path that the traffic does not.

import type { HealthOptions } from "./balancer-options.ts";

const SHARE_MIN = 0.1;

export class Health {
  readonly #options: Required<HealthOptions>;
  #failures = 0;
  #probeFailures = 0;
  #ejections = 0;
  /** What its failures brought it; probes that fail may make it longer, never shorter. */
  #earnedUntilMs = Number.NEGATIVE_INFINITY;
  #ejectedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: Required<HealthOptions>) {
    this.#options = options;
  }

  get ejectedUntilMs(): number {
    return this.#ejectedUntilMs;
  }

  isUnhealthy(nowMs: number): boolean {
    return nowMs < this.#ejectedUntilMs;
  }

  /** Of new sessions, the share it may have: 1, but after an ejection first little and then more. */
  share(nowMs: number): number {
    // Given work although it is ejected, there is no better one to be spared for.
    if (this.isUnhealthy(nowMs)) return 1;
    const back = (nowMs - this.#ejectedUntilMs) / this.#options.slowStartMs;
    return back >= 1 ? 1 : SHARE_MIN + (1 - SHARE_MIN) * back;
  }

  /** Whether its ejections are forgotten, so that what is warm elsewhere may be sent to it. */
  isTrusted(nowMs: number): boolean {
    return this.#ejectionsAt(nowMs) === 0;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(nowMs: number): void {
    // What fails now was sent before the ejection, or in a panic: neither makes it worse.
    if (this.isUnhealthy(nowMs)) return;
    if (++this.#failures >= this.#options.failuresMax) this.eject(nowMs);
  }

  probed(isOk: boolean, nowMs: number): void {
    const { failuresMax, ejectionMs } = this.#options;
    if (isOk) {
      this.#probeFailures = 0;
      if (this.isUnhealthy(nowMs)) this.#ejectedUntilMs = Math.max(this.#earnedUntilMs, nowMs);
    } else if (this.isUnhealthy(nowMs)) {
      // Still broken: it does not come back only for its time to be over.
      this.#ejectedUntilMs = Math.max(this.#ejectedUntilMs, nowMs + ejectionMs);
    } else if (++this.#probeFailures >= failuresMax) {
      this.eject(nowMs);
    }
  }

  eject(nowMs: number): void {
    if (this.isUnhealthy(nowMs)) return;
    const { ejectionMs, ejectionMsMax } = this.#options;
    this.#ejections = Math.min(Math.ceil(ejectionMsMax / ejectionMs), this.#ejectionsAt(nowMs) + 1);
    this.#earnedUntilMs = nowMs + Math.min(ejectionMsMax, ejectionMs * this.#ejections);
    this.#ejectedUntilMs = this.#earnedUntilMs;
    this.#failures = 0;
    this.#probeFailures = 0;
  }

  /** One is forgotten for every two lengths of the first that the backend behaved. */
  #ejectionsAt(nowMs: number): number {
    if (this.#ejections === 0) return 0;
    const forgotten = Math.floor((nowMs - this.#ejectedUntilMs) / (2 * this.#options.ejectionMs));
    return Math.max(0, this.#ejections - Math.max(0, forgotten));
  }
}
