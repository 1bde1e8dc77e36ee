// Makes resources for a pool: never more at once than allowed, one alone after a failure, with a growing pause between
// failures (a circuit breaker with one half-open probe). Nobody waits on a making of their own.
// What arrives after its limit is destroyed.

import { type Cancel, type Clock, MillraceError, type Random } from "../../base/index.ts";
import { MovingMean } from "./moving-mean.ts";
import { within } from "./within.ts";

export interface MakerOptions<T> {
  readonly clock: Clock;
  readonly random: Random;
  readonly create: (signal: AbortSignal) => Promise<T>;
  readonly createMsMax: number;
  readonly creatingMax: number;
  readonly backoffMs: number;
  readonly backoffMsMax: number;
  readonly failuresMax: number;
  readonly made: (resource: T, tookMs: number) => void;
  readonly failed: (error: unknown) => void;
  /** A resource that nobody waits for any more. */
  readonly tooLate: (resource: T) => void;
  /** The pause after a failure is over. */
  readonly mayTryAgain: () => void;
}

const BACKOFF_JITTER = 0.2;

export class Maker<T> {
  readonly #options: MakerOptions<T>;
  readonly #tookMs = new MovingMean();
  readonly #underWay = new Set<AbortController>();
  #cancelPause: Cancel | undefined;
  #isStopped = false;
  /** In a row. */
  failures = 0;
  lastFailure: unknown;

  constructor(options: MakerOptions<T>) {
    this.#options = options;
  }

  get making(): number {
    return this.#underWay.size;
  }

  /** How many more may be begun now. */
  get room(): number {
    if (this.#isStopped || this.#cancelPause) return 0;
    return (this.failures > 0 ? 1 : this.#options.creatingMax) - this.#underWay.size;
  }

  /** True from the last failure allowed in a row until a making succeeds. */
  get isBroken(): boolean {
    return this.failures >= this.#options.failuresMax;
  }

  /** Milliseconds that making one took lately; undefined before the first. */
  get meanMs(): number | undefined {
    return this.#tookMs.value;
  }

  make(): void {
    void this.#make();
  }

  /** Begins nothing more, and gives up what is under way. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelPause?.();
    for (const controller of this.#underWay) controller.abort(stopped());
  }

  async #make(): Promise<void> {
    const { clock, create, createMsMax, made, failed, tooLate } = this.#options;
    const controller = new AbortController();
    this.#underWay.add(controller);
    const startedAt = clock.monotonic();
    const creating = Promise.try(create, controller.signal);
    try {
      const given = new Promise<never>((_, reject) => {
        controller.signal.addEventListener("abort", () => reject(controller.signal.reason), { once: true });
      });
      const resource = await within(clock, createMsMax, Promise.race([creating, given]), () => tooLong(createMsMax));
      this.#underWay.delete(controller);
      this.failures = 0;
      const tookMs = clock.monotonic() - startedAt;
      this.#tookMs.add(tookMs);
      made(resource, tookMs);
    } catch (error) {
      this.#underWay.delete(controller);
      creating.then(tooLate, () => {});
      controller.abort(error);
      if (this.#isStopped) return;
      this.#pause(error);
      failed(error);
    }
  }

  #pause(error: unknown): void {
    const { clock, random, backoffMs, backoffMsMax, mayTryAgain } = this.#options;
    this.lastFailure = error;
    const ms = Math.min(backoffMsMax, backoffMs * 2 ** this.failures);
    this.failures++;
    this.#cancelPause?.();
    this.#cancelPause = clock.schedule(ms * (1 + BACKOFF_JITTER * (2 * random.next() - 1)), () => {
      this.#cancelPause = undefined;
      mayTryAgain();
    });
  }
}

const tooLong = (ms: number) => new MillraceError("pool_timeout", `Making a resource took longer than ${ms} ms.`);
const stopped = () => new MillraceError("shutting_down", "The pool is draining.");
