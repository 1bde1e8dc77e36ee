// An admission queue whose every act is checked: nothing is let in beyond the limits of that moment, and no priority that
// waits gets less than its floor share. It also counts what its callers hold, for the queue to be compared with.

import type { Abortable, VirtualClock } from "../../src/base/index.ts";
import {
  type Admission,
  type AdmissionQueue,
  type AdmissionRequest,
  type Priority,
  priorities,
  type Usage,
} from "../../src/mechanisms/queue/index.ts";
import type { Journal } from "./journal.ts";

export type Admitted = Extract<Admission, { kind: "admitted" }>;

export interface WatchedQueueOptions {
  readonly name: string;
  readonly queue: AdmissionQueue;
  readonly floors: Readonly<Record<Priority, number>>;
  readonly waitingMax: number;
  readonly tokensMax: number;
  readonly clock: VirtualClock;
  readonly journal: Journal;
}

/** What a floor may owe, in requests of the largest size: it is paid in whole ones, and several may be owed at once. */
const OWED_REQUESTS_MAX = 2;

export class WatchedQueue {
  readonly #options: WatchedQueueOptions;
  #asked = 0;
  #left = 0;
  #told = 0;
  #held = 0;
  #heldTokens = 0;
  /** Tokens of those who wait. */
  readonly #waiting: number[] = [];
  #inFlight = 0;
  #tokensInFlight = 0;
  /** Tokens let in from the line since the priority began to wait: its own, and all. */
  readonly #since = Object.fromEntries(priorities.map((priority) => [priority, { own: 0, all: 0 }])) as Record<
    Priority,
    { own: number; all: number }
  >;

  constructor(options: WatchedQueueOptions) {
    this.#options = options;
  }

  get queue(): AdmissionQueue {
    return this.#options.queue;
  }

  admit(request: AdmissionRequest, signal: Abortable): Admission | Promise<Admission> {
    this.#look();
    this.#asked++;
    if (this.queue.stats().waiting[request.priority].count === 0) this.#since[request.priority] = { own: 0, all: 0 };
    const asked = this.queue.admit(request, signal);
    this.#look();
    if (!(asked instanceof Promise)) return this.#heard(request, asked);
    this.#waiting.push(request.tokens);
    return asked.then(
      (admission) => {
        this.#waiting.splice(this.#waiting.indexOf(request.tokens), 1);
        if (admission.kind === "admitted") this.#servedFromLine(request);
        return this.#heard(request, admission);
      },
      (reason: unknown) => {
        this.#waiting.splice(this.#waiting.indexOf(request.tokens), 1);
        this.#left++;
        throw reason;
      },
    );
  }

  /** Between two events: what the queue counts is what its callers know, and nobody waits beside a free seat. */
  checkAtRest(): void {
    const { name, journal, waitingMax } = this.#options;
    const { waiting, inFlight, tokensInFlight, admitted, finished, shed, expired, left, limits } = this.queue.stats();
    const count = priorities.reduce((sum, priority) => sum + waiting[priority].count, 0);
    const refused = Object.values(shed).reduce((sum, one) => sum + one, 0) + expired;
    journal.must(inFlight === this.#held, () => `${name} has ${inFlight} in flight, and ${this.#held} seats are held`);
    const isSame = tokensInFlight === this.#heldTokens;
    journal.must(isSame, () => `${name} has ${tokensInFlight} tokens in flight, and ${this.#heldTokens} are held`);
    journal.must(
      admitted === finished + inFlight,
      () => `${name} let in ${admitted}: ${finished} finished, ${inFlight} in flight`,
    );
    const known = admitted + refused + left + count;
    journal.must(this.#asked === known, () => `${name} was asked ${this.#asked} times and knows of ${known}`);
    const answered = this.#told + this.#left + count;
    journal.must(this.#asked === answered, () => `${name}: of ${this.#asked} callers ${answered} were told or wait`);
    journal.must(count <= waitingMax, () => `${count} wait in ${name}`);
    const isRoom = inFlight + 1 <= limits.seats && tokensInFlight + Math.max(...this.#waiting) <= limits.tokens;
    journal.must(count === 0 || (inFlight > 0 && !isRoom), () => `${count} wait in ${name} beside a free seat`);
  }

  checkAtEnd(): void {
    const { name, journal } = this.#options;
    const { waiting, inFlight, tokensInFlight } = this.queue.stats();
    const tokens = priorities.reduce((sum, priority) => sum + waiting[priority].tokens, 0);
    const isEmpty = inFlight === 0 && tokensInFlight === 0 && tokens === 0;
    journal.must(isEmpty, () => `${name} ends with ${inFlight} in flight, their ${tokensInFlight} tokens, ${tokens} waiting`);
  }

  #heard(request: AdmissionRequest, admission: Admission): Admission {
    const { clock, journal, name } = this.#options;
    this.#told++;
    if (admission.kind !== "admitted") {
      journal.count(admission.kind === "shed" ? `shed: ${admission.reason}` : admission.kind);
      const seconds = admission.retryAfterSeconds;
      journal.must(seconds >= 1 && seconds <= 60 && Number.isInteger(seconds), () => `${name} said: retry after ${seconds} s`);
      return admission;
    }
    const isInTime = clock.monotonic() < request.deadlineMs;
    journal.must(isInTime, () => `${name} let in what had to be answered by ${request.deadlineMs}`);
    journal.count(admission.waitedMs > 0 ? "admitted after a wait" : "admitted at once");
    this.#held++;
    this.#heldTokens += request.tokens;
    const finish = (usage?: Usage) => {
      this.#look();
      this.#held--;
      this.#heldTokens -= request.tokens;
      this.#inFlight--;
      this.#tokensInFlight -= request.tokens;
      admission.finish(usage);
      // A second time must do nothing.
      admission.finish(usage);
      this.#look();
    };
    return { ...admission, finish };
  }

  /** To be called before and after whatever changes a limit: in between, all was let in under the limits of now. */
  #look(): void {
    const { name, journal } = this.#options;
    const { inFlight, tokensInFlight, limits } = this.queue.stats();
    const isSeated = inFlight <= Math.max(1, limits.seats, this.#inFlight);
    journal.must(isSeated, () => `${name} let in a ${inFlight}th beyond ${limits.seats} seats`);
    const isWithin = inFlight <= 1 || tokensInFlight <= Math.max(limits.tokens, this.#tokensInFlight);
    journal.must(isWithin, () => `${name} let in ${tokensInFlight} tokens beyond ${limits.tokens}`);
    this.#inFlight = inFlight;
    this.#tokensInFlight = tokensInFlight;
  }

  #servedFromLine({ priority, tokens }: AdmissionRequest): void {
    const { name, journal, floors, tokensMax } = this.#options;
    const { waiting } = this.queue.stats();
    for (const each of priorities) {
      const since = this.#since[each];
      if (each === priority) since.own += tokens;
      else if (waiting[each].count === 0) {
        this.#since[each] = { own: 0, all: 0 };
        continue;
      }
      since.all += tokens;
      const owed = floors[each] * since.all - since.own;
      const isServed = owed <= OWED_REQUESTS_MAX * tokensMax;
      journal.must(isServed, () => `"${each}" in ${name} got ${since.own} of ${since.all} tokens while it waited`);
    }
  }
}
