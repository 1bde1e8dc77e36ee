// For the tests of the queue: one on a virtual clock, and callers who say what became of them.

import { Cancellation, seededRandom, VirtualClock } from "../../base/index.ts";
import { AdaptiveLimit, type Admission, AdmissionQueue, type AdmissionRequest, type QueueOptions } from "./index.ts";

export interface Setting extends Partial<QueueOptions> {
  seatsMax?: number;
  tokensMax?: number;
  clock?: VirtualClock;
}

export function make({ seatsMax = 1, tokensMax = 1_000_000, clock = newClock(), ...options }: Setting = {}) {
  const queue = new AdmissionQueue({
    seats: new AdaptiveLimit({ floor: seatsMax, ceiling: seatsMax, clock }),
    tokens: new AdaptiveLimit({ floor: tokensMax, ceiling: tokensMax, clock }),
    clock,
    random: seededRandom(1),
    ...options,
  });
  const ask = (request: Partial<AdmissionRequest> = {}) => new Caller(queue, clock, request);
  return { clock, queue, ask };
}

/** For what runs on this thread alone. */
export const newClock = () => new VirtualClock(undefined, setImmediate);

export class Caller {
  readonly cancellation = new Cancellation();
  outcome: Admission | undefined;
  failure: unknown;
  finished = false;

  constructor(queue: AdmissionQueue, clock: VirtualClock, request: Partial<AdmissionRequest>) {
    const whole: AdmissionRequest = {
      priority: "normal",
      tenant: "acme",
      user: "ann",
      tokens: 100,
      deadlineMs: clock.monotonic() + 60_000,
      ...request,
    };
    const admission = queue.admit(whole, this.cancellation);
    if (!(admission instanceof Promise)) {
      this.outcome = admission;
      return;
    }
    admission.then(
      (outcome) => {
        this.outcome = outcome;
      },
      (failure: unknown) => {
        this.failure = failure;
      },
    );
  }

  get is(): string {
    if (this.failure !== undefined) return "left";
    if (this.outcome === undefined) return "waits";
    return this.outcome.kind === "shed" ? this.outcome.reason : this.outcome.kind;
  }

  finish(...usage: Parameters<Extract<Admission, { kind: "admitted" }>["finish"]>): void {
    if (this.outcome?.kind !== "admitted") throw new Error(`Not admitted: ${this.is}.`);
    this.finished = true;
    this.outcome.finish(...usage);
  }
}
