// One place in line, and the heaps it stands in: of its user by urgency and by age, of its tenant by age.

import type { Abortable } from "../../base/index.ts";
import type { Admission, AdmissionRequest } from "./admission.ts";
import type { FairShare, Owner } from "./fair-share.ts";
import { Heap } from "./heap.ts";

export interface Waiter {
  readonly request: AdmissionRequest;
  readonly tokens: number;
  readonly sinceMs: number;
  /** Order of arrival. A retry has its first attempt's. */
  readonly sequence: number;
  /** After this its deadline cannot be met. */
  readonly latestStartMs: number;
  readonly signal: Abortable | undefined;
  readonly settle: (outcome: Admission) => void;
  readonly abort: () => void;
  /** Set while in line. */
  place: Place | undefined;
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
}

export const byUrgency = (): Heap<Waiter> =>
  new Heap((one, other) =>
    one.latestStartMs === other.latestStartMs ? one.sequence < other.sequence : one.latestStartMs < other.latestStartMs,
  );

export const byNewest = (): Heap<Waiter> => new Heap((one, other) => one.sequence > other.sequence);
