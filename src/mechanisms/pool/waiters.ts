// Callers in line for a resource, first come first served. Each leaves at its own absolute deadline, when its signal
// aborts, or when it is served, whichever is first; leaving costs the same wherever it stands.

import { type Abortable, type Cancel, type Clock, MillraceError } from "../../base/index.ts";

export interface WaitersOptions {
  readonly clock: Clock;
  readonly countMax: number;
  readonly tenantCountMax: number;
}

export interface Waiter<L> {
  readonly since: number;
  readonly tenant: string | undefined;
  resolve(lease: L): void;
  reject(reason: unknown): void;
}

export class Waiters<L> {
  readonly #options: WaitersOptions;
  readonly #line = new Set<Waiter<L>>();
  readonly #perTenant = new Map<string, number>();
  /** Callers whose deadline passed in line. */
  timeouts = 0;

  constructor(options: WaitersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#line.size;
  }

  get first(): Waiter<L> | undefined {
    return this.#line.values().next().value;
  }

  /** Rejects with `pool_full`, with `pool_timeout` at the deadline, or with the signal's reason. */
  join(deadlineMs: number, signal: Abortable | undefined, tenant: string | undefined): Promise<L> {
    const { clock, countMax, tenantCountMax } = this.#options;
    const ofTenant = tenant === undefined ? 0 : (this.#perTenant.get(tenant) ?? 0);
    if (this.#line.size >= countMax || ofTenant >= tenantCountMax) {
      return Promise.reject(
        new MillraceError("pool_full", `All resources are in use and ${this.#line.size} callers wait already.`),
      );
    }
    const since = clock.monotonic();
    if (tenant !== undefined) this.#perTenant.set(tenant, ofTenant + 1);
    return new Promise<L>((resolve, reject) => {
      let cancel: Cancel | undefined;
      const leave = () => {
        this.#remove(waiter);
        cancel?.();
        signal?.removeEventListener("abort", abort);
      };
      const waiter: Waiter<L> = {
        since,
        tenant,
        resolve(lease) {
          leave();
          resolve(lease);
        },
        reject(reason) {
          leave();
          reject(reason);
        },
      };
      const abort = () => waiter.reject(signal?.reason);
      this.#line.add(waiter);
      signal?.addEventListener("abort", abort);
      cancel = clock.schedule(deadlineMs - since, () => {
        this.timeouts++;
        const waitedMs = Math.round(clock.monotonic() - since);
        waiter.reject(new MillraceError("pool_timeout", `No resource became free within ${waitedMs} ms.`));
      });
    });
  }

  rejectAll(reason: unknown): void {
    for (const waiter of [...this.#line]) waiter.reject(reason);
  }

  #remove(waiter: Waiter<L>): void {
    if (!this.#line.delete(waiter) || waiter.tenant === undefined) return;
    const left = (this.#perTenant.get(waiter.tenant) ?? 1) - 1;
    if (left > 0) this.#perTenant.set(waiter.tenant, left);
    else this.#perTenant.delete(waiter.tenant);
  }
}
