// A circuit breaker for a tier that nobody may wait for: the first call that fails or is slow opens it, every call then
// waiting is let go, and until a probe in the background succeeds no call is made. Callers never see an error.

import type { Cancel, Clock } from "../../base/index.ts";

export interface BreakerOptions {
  clock: Clock;
  /** Wait before the first probe; doubles with each failed one, up to twelve times. */
  coolDownMs: number;
  probeMsMax: number;
  probe: () => Promise<unknown>;
  /** Called when a probe succeeded and calls are made again. */
  onClose: () => void;
}

const COOL_DOWN_GROWTH_MAX = 12;

type Answered<T> = { value: T } | undefined;

export class Breaker {
  readonly #options: BreakerOptions;
  readonly #waiting = new Set<() => void>();
  #isOpen = false;
  #coolDownMs: number;
  #cancelProbe: Cancel | undefined;
  /** How often it opened. */
  opened = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#coolDownMs = options.coolDownMs;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * What the call answered, without a promise where it had none; undefined when it failed, took longer than `msMax` or
   * was not made. Too slow always opens the breaker, an error only with `opensOnError`.
   */
  run<T>(call: () => T | Promise<T>, msMax: number, opensOnError: boolean): Answered<T> | Promise<Answered<T>> {
    if (this.#isOpen) return undefined;
    const { clock } = this.#options;
    const startedAt = clock.monotonic();
    try {
      const answer = call();
      if (answer instanceof Promise) return this.#later(answer, msMax, opensOnError);
      // What is here counts, but the next caller shall not wait as long.
      if (clock.monotonic() - startedAt > msMax) this.#open();
      return { value: answer };
    } catch {
      if (opensOnError) this.#open();
      return undefined;
    }
  }

  /** Stops probing. */
  close(): void {
    this.#cancelProbe?.();
  }

  async #later<T>(answer: Promise<T>, msMax: number, opensOnError: boolean): Promise<Answered<T>> {
    const outcome = await this.#within(answer, msMax);
    if (outcome === "slow" || (outcome === "failed" && opensOnError)) this.#open();
    return typeof outcome === "string" ? undefined : outcome;
  }

  #within<T>(answer: Promise<T>, msMax: number): Promise<{ value: T } | "failed" | "slow" | "released"> {
    return new Promise((resolve) => {
      const settle = (outcome: { value: T } | "failed" | "slow" | "released") => {
        if (this.#waiting.delete(release)) cancel?.();
        resolve(outcome);
      };
      const release = () => settle("released");
      let cancel: Cancel | undefined;
      this.#waiting.add(release);
      answer.then(
        (value) => settle({ value }),
        () => settle("failed"),
      );
      // A store on this thread has answered by now, and spares itself the timer.
      queueMicrotask(() => {
        if (this.#waiting.has(release)) cancel = this.#options.clock.schedule(msMax, () => settle("slow"));
      });
    });
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.opened++;
    for (const release of [...this.#waiting]) release();
    this.#scheduleProbe();
  }

  #scheduleProbe(): void {
    this.#cancelProbe = this.#options.clock.schedule(this.#coolDownMs, () => void this.#probe());
  }

  async #probe(): Promise<void> {
    const { coolDownMs, probe, probeMsMax, onClose } = this.#options;
    const outcome = await this.#within(probe(), probeMsMax);
    if (typeof outcome === "string") {
      this.#coolDownMs = Math.min(this.#coolDownMs * 2, coolDownMs * COOL_DOWN_GROWTH_MAX);
      this.#scheduleProbe();
      return;
    }
    this.#isOpen = false;
    this.#coolDownMs = coolDownMs;
    onClose();
  }
}
