// Connections nobody uses at the moment, by origin, newest taken first so that those beyond need grow old and go.
// Invariant: none is kept longer than `idleMs`, whether or not anybody asks for its origin again.

import { type Cancel, type Clock, MillraceError } from "../../base/index.ts";

export interface ConnectionPoolOptions {
  readonly clock: Clock;
  /** Kept connections per origin. Default 1,024; what is more is closed. */
  readonly idleMax?: number;
  /** How long an unused connection is kept. Default 30,000: less than upstreams keep theirs. */
  readonly idleMs?: number;
}

/** What can be kept. */
export interface Poolable {
  readonly closed: boolean;
  destroy(): void;
}

interface Kept<Connection> {
  readonly connection: Connection;
  readonly since: number;
}

/** Connections to further origins are closed after one use. */
const ORIGINS_MAX = 1000;

export class ConnectionPool<Connection extends Poolable> {
  readonly #clock: Clock;
  readonly #idleMax: number;
  readonly #idleMs: number;
  readonly #origins = new Map<string, Kept<Connection>[]>();
  #cancelSweep: Cancel | undefined;
  #isClosed = false;

  constructor({ clock, idleMax = 1024, idleMs = 30_000 }: ConnectionPoolOptions) {
    if (!Number.isSafeInteger(idleMax) || idleMax < 0) throw new MillraceError("option_invalid", "`idleMax` must be 0 or more.");
    if (!Number.isFinite(idleMs) || idleMs <= 0) throw new MillraceError("option_invalid", "`idleMs` must be over 0 and finite.");
    this.#clock = clock;
    this.#idleMax = idleMax;
    this.#idleMs = idleMs;
  }

  take(origin: string): Connection | undefined {
    const kept = this.#origins.get(origin);
    for (let last = kept?.pop(); last; last = kept?.pop()) {
      if (this.#isGood(last)) return last.connection;
      last.connection.destroy();
    }
    return undefined;
  }

  keep(origin: string, connection: Connection): void {
    const kept = this.#origins.get(origin) ?? [];
    const isNew = kept.length === 0 && !this.#origins.has(origin);
    if (this.#isClosed || kept.length >= this.#idleMax || (isNew && this.#origins.size >= ORIGINS_MAX)) {
      connection.destroy();
      return;
    }
    if (isNew) this.#origins.set(origin, kept);
    kept.push({ connection, since: this.#clock.monotonic() });
    this.#cancelSweep ??= this.#clock.schedule(this.#idleMs, () => this.#sweep());
  }

  /** Closes what is kept, and from now on whatever is brought. */
  close(): void {
    this.#isClosed = true;
    this.#cancelSweep?.();
    for (const kept of this.#origins.values()) for (const { connection } of kept) connection.destroy();
    this.#origins.clear();
  }

  #isGood({ connection, since }: Kept<Connection>): boolean {
    return !connection.closed && this.#clock.monotonic() - since < this.#idleMs;
  }

  #sweep(): void {
    this.#cancelSweep = undefined;
    let oldest = Number.POSITIVE_INFINITY;
    for (const [origin, kept] of this.#origins) {
      const good: Kept<Connection>[] = [];
      for (const entry of kept) {
        if (this.#isGood(entry)) good.push(entry);
        else entry.connection.destroy();
      }
      if (good[0]) {
        oldest = Math.min(oldest, good[0].since);
        this.#origins.set(origin, good);
      } else {
        this.#origins.delete(origin);
      }
    }
    if (oldest === Number.POSITIVE_INFINITY) return;
    this.#cancelSweep = this.#clock.schedule(oldest + this.#idleMs - this.#clock.monotonic(), () => this.#sweep());
  }
}
