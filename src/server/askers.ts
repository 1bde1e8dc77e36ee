// Who asks regularly whether this server is ready: balancers and front doors. A server that stops goes on taking calls until
// each of them has been told, so that no call is sent to a server that is gone. One who asks once (a person) is not waited for.

import type { Clock } from "../base/index.ts";

interface Asker {
  lastAt: number;
  /** Between two questions, as it says or as it was seen to do; undefined for one who asked once. */
  everyMs: number | undefined;
  isTold: boolean;
}

const ASKERS_MAX = 100;
/** How a front door says in its name how often it asks. */
const ANNOUNCED = /\bevery (\d{1,6}) ms\b/;
/** So late a question may be and still be expected. */
const LATE_MS = 1000;
/** From the last answer until it has arrived, and what was sent before it too. */
const SETTLE_MS = 250;

export class Askers {
  readonly #clock: Clock;
  readonly #graceMs: number;
  /** Oldest question first. */
  readonly #askers = new Map<string, Asker>();
  #told: (() => void) | undefined;

  /** @param graceMs longest wait until all are told */
  constructor(clock: Clock, graceMs: number) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  /** @param name what tells one from another; beyond 100 the one heard of longest ago is forgotten */
  asked(name: string): void {
    const now = this.#clock.monotonic();
    const known = this.#askers.get(name);
    this.#askers.delete(name);
    const announced = ANNOUNCED.exec(name)?.[1];
    const everyMs = announced === undefined ? known && now - known.lastAt : Number(announced);
    this.#askers.set(name, { lastAt: now, everyMs, isTold: this.#told !== undefined });
    const [oldest] = this.#askers.keys();
    if (this.#askers.size > ASKERS_MAX && oldest !== undefined) this.#askers.delete(oldest);
    if (this.#awaited().length === 0) this.#told?.();
  }

  /** From now on those who ask are told. Resolves when all have been who ask regularly, or the grace is over. */
  async tellAll(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#told = resolve;
    if (this.#awaited().length === 0) return;
    const given = new AbortController();
    await Promise.race([promise, this.#clock.sleep(this.#graceMs, given.signal).catch(() => {})]);
    given.abort();
    await this.#clock.sleep(SETTLE_MS);
  }

  #awaited(): Asker[] {
    const now = this.#clock.monotonic();
    return [...this.#askers.values()].filter(
      ({ isTold, everyMs, lastAt }) => !isTold && everyMs !== undefined && now - lastAt <= 2 * everyMs + LATE_MS,
    );
  }
}
