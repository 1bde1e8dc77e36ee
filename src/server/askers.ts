// Who asks regularly whether this server is ready: balancers and front doors. A server that stops goes on taking calls until
// each of them has been told, so that no call is sent to a server that is gone. One who asks once (a person) is not waited for.

import type { Clock } from "../base/index.ts";

interface Asker {
  lastAt: number;
  /** Between its last two questions; undefined after one. */
  everyMs: number | undefined;
  isTold: boolean;
}

const ASKERS_MAX = 100;
/** So late a question may be and still be expected. */
const LATE_MS = 1000;

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
    this.#askers.set(name, { lastAt: now, everyMs: known && now - known.lastAt, isTold: this.#told !== undefined });
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
  }

  #awaited(): Asker[] {
    const now = this.#clock.monotonic();
    return [...this.#askers.values()].filter(
      ({ isTold, everyMs, lastAt }) => !isTold && everyMs !== undefined && now - lastAt <= 2 * everyMs + LATE_MS,
    );
  }
}
