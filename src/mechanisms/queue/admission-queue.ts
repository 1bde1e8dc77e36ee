// The door where work waits that must not all run at once. Who is let in, in which order, who is told at once that it
// is no use; what was let in is never shed. Every outcome but the caller's own leaving is a value.
// Invariants: what is in flight was within both limits when admitted (one request alone may exceed a limit cut below it);
// asked = admitted + shed + expired + left + waiting, and admitted = finished + in flight; one timer, whoever waits.

import type { Abortable, Cancel, Clock, Random } from "../../base/index.ts";
import type { Admission, AdmissionRequest, Priority, ShedReason, Usage } from "./admission.ts";
import { DrainRate } from "./drain-rate.ts";
import { FirstToken } from "./first-token.ts";
import { PriorityLines } from "./priority-lines.ts";
import { type CheckedOptions, checkedOptions, type QueueOptions } from "./queue-options.ts";
import { byUrgency, type Place, Waiter } from "./waiter.ts";

export interface QueueStats {
  readonly waiting: Readonly<Record<Priority, { count: number; tokens: number }>>;
  readonly inFlight: number;
  readonly tokensInFlight: number;
  readonly admitted: number;
  readonly finished: number;
  readonly shed: Readonly<Record<ShedReason, number>>;
  readonly expired: number;
  /** Callers that left the line by their signal. */
  readonly left: number;
  readonly limits: { readonly seats: number; readonly tokens: number };
}

/** What was let in. */
interface Work {
  readonly request: AdmissionRequest;
  readonly tokens: number;
  readonly waitedMs: number;
  readonly startedMs: number;
  /** None for what was let in while nobody was in line. */
  readonly place: Place | undefined;
}

const SIZE_PACE = 0.03;
/** Of the usual size. Less is chance, with some ten in flight. */
const LARGE = 1.25;
const UNKNOWN_WAIT_MS = 5000;
const RETRY_SECONDS_MAX = 60;
/** By which chance makes it longer or shorter. */
const RETRY_SPREAD = 0.5;

export class AdmissionQueue {
  readonly #options: CheckedOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #lines: PriorityLines;
  readonly #urgent = byUrgency();
  readonly #byId = new Map<string, Waiter>();
  readonly #drain = new DrainRate();
  readonly #counts = { admitted: 0, finished: 0, expired: 0, left: 0 };
  readonly #shedFor: Record<ShedReason, number> = { full: 0, hopeless: 0, too_large: 0, replaced: 0, elsewhere: 0 };
  #waitingTokens = 0;
  #inFlight = 0;
  #tokensInFlight = 0;
  #sequence = 0;
  readonly #firstToken = new FirstToken();
  /** Mean tokens of what is in flight. */
  #usualSize = 0;
  #timer: { readonly dueMs: number; readonly cancel: Cancel } | undefined;

  /** Throws `option_invalid` for an option that bounds nothing. */
  constructor(options: QueueOptions) {
    this.#options = checkedOptions(options);
    this.#clock = this.#options.clock;
    this.#random = this.#options.random;
    this.#lines = new PriorityLines(this.#options);
  }

  /** What becomes of the request: at once when it is known at once. Rejects, or is rejected, with the signal's reason only. */
  admit(request: AdmissionRequest, signal?: Abortable): Admission | Promise<Admission> {
    if (signal?.aborted) {
      this.#counts.left++;
      return Promise.reject(signal.reason);
    }
    const nowMs = this.#clock.monotonic();
    const { waitMsMax, waitingTokensMax } = this.#options;
    const tokens = Math.max(1, Math.ceil(request.tokens));
    // With nothing in flight somebody has to find out whether what was learned still holds.
    const neededMs = Math.max(0, request.neededMs ?? (this.#inFlight === 0 ? 0 : this.#firstToken.likelyMs));
    const latestStartMs = Math.min(request.deadlineMs - neededMs, nowMs + waitMsMax);
    if (!(tokens <= Math.min(this.#options.tokens.ceiling, waitingTokensMax))) return this.#refuse("too_large");
    if (!(nowMs < latestStartMs)) return this.#refuse("hopeless");
    if (this.hasRoomFor(tokens)) {
      this.#lines.of(request).passedBy(tokens);
      return this.#letIn({ request, tokens, waitedMs: 0, startedMs: nowMs, place: undefined });
    }
    const earlier = request.id === undefined ? undefined : this.#byId.get(keyOf(request));
    this.#drain.passed(nowMs, this.#urgent.size > 0);
    let pushedOut: Waiter | undefined;
    if (!earlier) {
      const startMs = nowMs + this.#waitMs(request, tokens);
      const passed = this.#lines.of(request).passedOver(request, nowMs);
      if (passed && startMs >= passed.latestStartMs) pushedOut = passed;
      else if (!passed && startMs >= latestStartMs) return this.#refuse("hopeless");
    }
    const sinceMs = earlier?.sinceMs ?? nowMs;
    const sequence = earlier?.sequence ?? this.#sequence++;
    const waiter = new Waiter({ request, tokens, sinceMs, sequence, latestStartMs });
    this.#join(waiter, nowMs);
    // Only now: a line that is empty for a moment would lose what its floor share owes it.
    if (earlier) this.#shed(earlier, "replaced");
    if (pushedOut) this.#shed(pushedOut, "hopeless");
    this.#dispatch();
    this.#shedBeyondBounds();
    if (waiter.outcome) return waiter.outcome;
    this.#watch();
    return waiter.wait(signal, () => {
      this.#counts.left++;
      this.#leave(waiter);
      this.#dispatch();
    });
  }

  /** Whether a request of so many tokens would be let in at once. */
  hasRoomFor(tokens: number): boolean {
    return this.#urgent.size === 0 && this.#hasRoom(tokens);
  }

  /**
   * About how long a request would wait now, in milliseconds, at no more cost than a few look-ups: 0 while there is room,
   * or nothing is known. Behind what the user has waiting; without a user, the tenant; without a tenant, all of the priority.
   */
  expectedWaitMs(priority: Priority, tenant?: string, user?: string): number {
    if (this.hasRoomFor(1)) return 0;
    return this.#waitMs({ priority, tenant, user }, this.#tokensInFlight / Math.max(1, this.#inFlight));
  }

  /** What is waited for is of no use for now: who can go elsewhere is told so, in order of arrival; the others stay in line. */
  turnAway(): void {
    const movable = this.#urgent.members.filter(({ request }) => request.canGoElsewhere);
    for (const waiter of movable.sort((one, other) => one.sequence - other.sequence)) this.#shed(waiter, "elsewhere");
    this.#dispatch();
  }

  stats(): QueueStats {
    const { seats, tokens } = this.#options;
    return {
      ...this.#counts,
      shed: { ...this.#shedFor },
      waiting: this.#lines.waiting,
      inFlight: this.#inFlight,
      tokensInFlight: this.#tokensInFlight,
      limits: { seats: Math.floor(seats.value), tokens: Math.floor(tokens.value) },
    };
  }

  #join(waiter: Waiter, nowMs: number): void {
    this.#lines.of(waiter.request).add(waiter, nowMs);
    this.#urgent.add(waiter);
    this.#waitingTokens += waiter.tokens;
    if (waiter.request.id !== undefined) this.#byId.set(keyOf(waiter.request), waiter);
  }

  #leave(waiter: Waiter): void {
    const nowMs = this.#clock.monotonic();
    this.#drain.passed(nowMs, true);
    this.#lines.of(waiter.request).remove(waiter);
    this.#urgent.remove(waiter);
    this.#waitingTokens -= waiter.tokens;
    const { id } = waiter.request;
    if (id !== undefined && this.#byId.get(keyOf(waiter.request)) === waiter) this.#byId.delete(keyOf(waiter.request));
    if (this.#urgent.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Lets in whoever is next while there is room. The next is waited for when it does not fit: else large ones starve. */
  #dispatch(): void {
    const nowMs = this.#clock.monotonic();
    for (let next = this.#lines.next(nowMs); next; next = this.#lines.next(nowMs)) {
      if (next.latestStartMs <= nowMs) this.#expire(next);
      else if (this.#hasRoom(next.tokens)) this.#serve(next, nowMs);
      else return;
    }
  }

  #hasRoom(tokens: number): boolean {
    const { seats, tokens: limit } = this.#options;
    if (this.#inFlight === 0) return true;
    return this.#inFlight + 1 <= seats.value && this.#tokensInFlight + tokens <= limit.value;
  }

  #serve(waiter: Waiter, nowMs: number): void {
    const { request, tokens, sinceMs } = waiter;
    const place = this.#lines.of(request).charge(waiter, nowMs);
    this.#leave(waiter);
    this.#lines.served(waiter, nowMs);
    // Whoever was let in without waiting says nothing of the line's pace.
    if (sinceMs < nowMs) this.#drain.admitted(tokens);
    waiter.settle(this.#letIn({ request, tokens, waitedMs: nowMs - sinceMs, startedMs: nowMs, place }));
  }

  #letIn(work: Work): Admission {
    this.#inFlight++;
    this.#tokensInFlight += work.tokens;
    this.#counts.admitted++;
    let isOver = false;
    const finish = (usage?: Usage) => {
      if (isOver) return;
      isOver = true;
      this.#finish(work, usage);
    };
    return { kind: "admitted", waitedMs: work.waitedMs, finish };
  }

  #finish(work: Work, usage: Usage | undefined): void {
    const { request, tokens, place } = work;
    this.#learn(work, usage);
    this.#inFlight--;
    this.#tokensInFlight -= tokens;
    this.#counts.finished++;
    const difference = isAmount(usage?.tokens) ? Math.min(usage.tokens, this.#options.tokens.ceiling) - tokens : 0;
    const line = this.#lines.of(request);
    if (place) line.settle(place, difference);
    else if (difference !== 0) line.correct(request, difference);
    if (this.#urgent.size > 0) this.#dispatch();
  }

  /**
   * That there was too much does not say of what: seats, unless what is in flight is larger than usual, then tokens. A limit
   * cut to what happens to be in use beside the one that was meant would bind from then on, as large and small ones change.
   */
  #learn({ tokens, startedMs }: Work, usage: Usage | undefined): void {
    const { seats, tokens: limit } = this.#options;
    const used = this.#inFlight;
    const usedTokens = this.#tokensInFlight;
    const size = usedTokens / used;
    const areTokens = seats.isFixed || (size > LARGE * this.#usualSize && this.#usualSize > 0 && !limit.isFixed);
    this.#usualSize += (this.#usualSize === 0 ? 1 : SIZE_PACE) * (size - this.#usualSize);
    if (usage?.pushedBack) {
      const { retryAfterMs } = usage.pushedBack;
      if (areTokens) limit.pushedBack({ retryAfterMs, startedMs, used: usedTokens });
      else seats.pushedBack({ retryAfterMs, startedMs, used });
      return;
    }
    if (usage?.hasFailed) return;
    seats.finished({ amount: 1, used, startedMs, latency: areTokens ? undefined : usage?.latency });
    limit.finished({ amount: tokens, used: usedTokens, startedMs, latency: areTokens ? usage?.latency : undefined });
    const tookMs = this.#clock.monotonic() - startedMs;
    this.#drain.finished(tokens, tookMs);
    if (!isAmount(usage?.firstTokenMs)) return;
    this.#firstToken.observe(Math.min(tookMs, usage.firstTokenMs));
  }

  #shedBeyondBounds(): void {
    const { waitingMax, waitingTokensMax } = this.#options;
    while (this.#urgent.size > waitingMax || this.#waitingTokens > waitingTokensMax) {
      const { victim } = this.#lines;
      if (!victim) return;
      this.#shed(victim, "full");
    }
  }

  #shed(waiter: Waiter, reason: ShedReason): void {
    this.#leave(waiter);
    this.#shedFor[reason]++;
    waiter.settle({ kind: "shed", reason, retryAfterSeconds: this.#retryAfterSeconds() });
  }

  #refuse(reason: ShedReason): Admission {
    this.#shedFor[reason]++;
    return { kind: "shed", reason, retryAfterSeconds: this.#retryAfterSeconds() };
  }

  #expire(waiter: Waiter): void {
    this.#leave(waiter);
    this.#counts.expired++;
    const waitedMs = this.#clock.monotonic() - waiter.sinceMs;
    waiter.settle({ kind: "expired", waitedMs, retryAfterSeconds: this.#retryAfterSeconds() });
  }

  #waitMs(
    { priority, tenant, user }: Pick<AdmissionRequest, "priority"> & { tenant?: string | undefined; user?: string | undefined },
    tokens: number,
  ): number {
    return this.#drain.waitMs(this.#lines.tokensAhead(priority, tenant, user) + tokens, this.#tokensInFlight) ?? 0;
  }

  /** About when the line will have drained; spread, so that those refused together do not come back together. */
  #retryAfterSeconds(): number {
    const waitMs = this.#drain.waitMs(this.#waitingTokens, this.#tokensInFlight) ?? UNKNOWN_WAIT_MS;
    // Spread below the most: where that cut it off, many would come back in the same second.
    const mean = Math.min(RETRY_SECONDS_MAX / (1 + RETRY_SPREAD), waitMs / 1000);
    const seconds = mean * (1 + RETRY_SPREAD * (2 * this.#random.next() - 1));
    return Math.min(RETRY_SECONDS_MAX, Math.max(1, Math.ceil(seconds + this.#random.next())));
  }

  /** Keeps the one timer at the first latest start of all who wait. */
  #watch(): void {
    const first = this.#urgent.first;
    if (!first || (this.#timer && this.#timer.dueMs <= first.latestStartMs)) return;
    this.#timer?.cancel();
    const cancel = this.#clock.schedule(first.latestStartMs - this.#clock.monotonic(), () => this.#expireDue());
    this.#timer = { dueMs: first.latestStartMs, cancel };
  }

  #expireDue(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonic();
    for (let first = this.#urgent.first; first && first.latestStartMs <= nowMs; first = this.#urgent.first) this.#expire(first);
    this.#watch();
    // One that did not fit may have stood before one that does.
    this.#dispatch();
  }
}

/** What a caller reports may be any number. */
const isAmount = (value: number | undefined): value is number => value !== undefined && value >= 0 && value < Number.MAX_VALUE;

/** Another tenant's request never takes a place, whatever its id. */
const keyOf = ({ tenant, id }: AdmissionRequest): string => `${tenant.length}:${tenant}${id}`;
