// One place in line, and the heaps it stands in: of its user by urgency and by age, of its tenant by age.

import type { Abortable } from "../../base/index.ts";
import type { Admission, AdmissionRequest } from "./admission.ts";
import type { FairShare, Owner } from "./fair-share.ts";
import { Heap } from "./heap.ts";

/** What is fixed when it joins the line. */
export interface Standpoint {
  readonly request: AdmissionRequest;
  readonly tokens: number;
  readonly sinceMs: number;
  /** Order of arrival. A retry has its first attempt's. */
  readonly sequence: number;
  /** After this its deadline cannot be met. */
  readonly latestStartMs: number;
}

export class Waiter implements Standpoint {
  readonly request: AdmissionRequest;
  readonly tokens: number;
  readonly sinceMs: number;
  readonly sequence: number;
  readonly latestStartMs: number;
  /** Set while in line. */
  place: Place | undefined;
  /** Set when it was known before anyone had to be promised it. */
  outcome: Admission | undefined;
  #resolve: ((outcome: Admission) => void) | undefined;
  #deaf: (() => void) | undefined;

  constructor({ request, tokens, sinceMs, sequence, latestStartMs }: Standpoint) {
    this.request = request;
    this.tokens = tokens;
    this.sinceMs = sinceMs;
    this.sequence = sequence;
    this.latestStartMs = latestStartMs;
  }

  /** @param leave takes it out of the line; called once, when the signal aborts before the outcome is known. */
  wait(signal: Abortable | undefined, leave: () => void): Promise<Admission> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      if (!signal) return;
      const abort = () => {
        leave();
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort);
      this.#deaf = () => signal.removeEventListener("abort", abort);
    });
  }

  settle(outcome: Admission): void {
    this.#deaf?.();
    if (this.#resolve) this.#resolve(outcome);
    else this.outcome = outcome;
  }
}

export interface Place {
  readonly tenant: Owner<TenantLine>;
  readonly user: Owner<UserLine>;
}

export interface TenantLine {
  readonly users: FairShare<UserLine>;
  readonly newest: Heap<Waiter>;
  waitingTokens: number;
}

export interface UserLine {
  readonly urgent: Heap<Waiter>;
  readonly newest: Heap<Waiter>;
  /** In order of arrival. */
  readonly all: Set<Waiter>;
  waitingTokens: number;
}

export const byUrgency = (): Heap<Waiter> =>
  new Heap((one, other) =>
    one.latestStartMs === other.latestStartMs ? one.sequence < other.sequence : one.latestStartMs < other.latestStartMs,
  );

export const byNewest = (): Heap<Waiter> => new Heap((one, other) => one.sequence > other.sequence);
