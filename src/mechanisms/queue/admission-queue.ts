// The door where work waits that must not all run at once. Who is let in, in which order, who is told at once that it
// is no use; what was let in is never shed. Every outcome but the caller's own leaving is a value.
// Invariants: what is in flight was within both limits when admitted (one request alone may exceed a limit cut below it);
// asked = admitted + shed + expired + left + waiting, and admitted = finished + in flight; one timer, whoever waits.

import type { Abortable, Cancel, Clock, Random } from "../../base/index.ts";
import type { Admission, AdmissionRequest, Priority, ShedReason, Usage } from "./admission.ts";
import { DrainRate } from "./drain-rate.ts";
import { PriorityLines } from "./priority-lines.ts";
import { type CheckedOptions, checkedOptions, type QueueOptions } from "./queue-options.ts";
import { byUrgency, type Place, type Waiter } from "./waiter.ts";

export interface QueueStats {
  readonly waiting: Readonly<Record<Priority, { count: number; tokens: number }>>;
  readonly inFlight: number;
  readonly tokensInFlight: number;
  readonly admitted: number;
  readonly finished: number;
  readonly shed: number;
  readonly expired: number;
  /** Callers that left the line by their signal. */
  readonly left: number;
  readonly limits: { readonly seats: number; readonly tokens: number };
}

const FIRST_TOKEN_PACE = 0.1;
const UNKNOWN_WAIT_MS = 5000;
const RETRY_SECONDS_MAX = 60;

export class AdmissionQueue {
  readonly #options: CheckedOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #lines: PriorityLines;
  readonly #urgent = byUrgency();
  readonly #byId = new Map<string, Waiter>();
  readonly #drain = new DrainRate();
  readonly #counts = { admitted: 0, finished: 0, shed: 0, expired: 0, left: 0 };
  #waitingTokens = 0;
  #inFlight = 0;
  #tokensInFlight = 0;
  #sequence = 0;
  #firstTokenMs = 0;
  #timer: { readonly dueMs: number; readonly cancel: Cancel } | undefined;

  /** Throws `option_invalid` for an option that bounds nothing. */
  constructor(options: QueueOptions) {
    this.#options = checkedOptions(options);
    this.#clock = this.#options.clock;
    this.#random = this.#options.random;
    this.#lines = new PriorityLines(this.#options);
  }

  /** Resolves when it is known what becomes of the request. Rejects with the signal's reason only. */
  admit(request: AdmissionRequest, signal?: Abortable): Promise<Admission> {
    if (signal?.aborted) {
      this.#counts.left++;
      return Promise.reject(signal.reason);
    }
    const nowMs = this.#clock.monotonic();
    const tokens = Math.max(1, request.tokens);
    const latestStartMs = Math.min(
      request.deadlineMs - (request.neededMs ?? this.#firstTokenMs),
      nowMs + this.#options.waitMsMax,
    );
    if (!(tokens <= Math.min(this.#options.tokens.ceiling, this.#options.waitingTokensMax))) return this.#refuse("too_large");
    const earlier = request.id === undefined ? undefined : this.#byId.get(keyOf(request));
    this.#drain.passed(nowMs, this.#urgent.size > 0);
    const waitMs = earlier ? 0 : this.#expectedWaitMs(request, tokens);
    if (!(nowMs + waitMs < latestStartMs)) return this.#refuse("hopeless");
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        request,
        tokens,
        sinceMs: earlier?.sinceMs ?? nowMs,
        sequence: earlier?.sequence ?? this.#sequence++,
        latestStartMs,
        signal,
        settle: resolve,
        abort: () => {
          this.#counts.left++;
          this.#leave(waiter);
          reject(signal?.reason);
          this.#dispatch();
        },
        place: undefined,
      };
      this.#join(waiter, nowMs);
      if (earlier) this.#shed(earlier, "replaced");
      this.#dispatch();
      this.#shedBeyondBounds();
    });
  }

  stats(): QueueStats {
    const { seats, tokens } = this.#options;
    return {
      ...this.#counts,
      waiting: this.#lines.waiting,
      inFlight: this.#inFlight,
      tokensInFlight: this.#tokensInFlight,
      limits: { seats: Math.floor(seats.value), tokens: Math.floor(tokens.value) },
    };
  }

  #join(waiter: Waiter, nowMs: number): void {
    this.#lines.of(waiter).add(waiter, nowMs);
    this.#urgent.add(waiter);
    this.#waitingTokens += waiter.tokens;
    if (waiter.request.id !== undefined) this.#byId.set(keyOf(waiter.request), waiter);
    waiter.signal?.addEventListener("abort", waiter.abort);
    this.#watch();
  }

  #leave(waiter: Waiter): void {
    const nowMs = this.#clock.monotonic();
    this.#drain.passed(nowMs, true);
    this.#lines.of(waiter).remove(waiter);
    this.#urgent.remove(waiter);
    this.#waitingTokens -= waiter.tokens;
    const { id } = waiter.request;
    if (id !== undefined && this.#byId.get(keyOf(waiter.request)) === waiter) this.#byId.delete(keyOf(waiter.request));
    waiter.signal?.removeEventListener("abort", waiter.abort);
    if (this.#urgent.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Lets in whoever is next while there is room. The next is waited for when it does not fit: else large ones starve. */
  #dispatch(): void {
    const nowMs = this.#clock.monotonic();
    for (let next = this.#lines.next(nowMs); next; next = this.#lines.next(nowMs)) {
      if (next.latestStartMs <= nowMs) this.#expire(next);
      else if (this.#hasRoom(next.tokens)) this.#letIn(next, nowMs);
      else return;
    }
  }

  #hasRoom(tokens: number): boolean {
    const { seats, tokens: limit } = this.#options;
    if (this.#inFlight === 0) return true;
    return this.#inFlight + 1 <= seats.value && this.#tokensInFlight + tokens <= limit.value;
  }

  #letIn(waiter: Waiter, nowMs: number): void {
    const line = this.#lines.of(waiter);
    const place = line.charge(waiter, nowMs);
    this.#leave(waiter);
    this.#lines.served(waiter, nowMs);
    // Whoever was let in without waiting says nothing of the line's pace.
    if (waiter.sinceMs < nowMs) this.#drain.admitted(waiter.tokens);
    this.#inFlight++;
    this.#tokensInFlight += waiter.tokens;
    this.#counts.admitted++;
    let isOver = false;
    const finish = (usage: Usage = {}) => {
      if (isOver) return;
      isOver = true;
      this.#finish(waiter, place, nowMs, usage);
    };
    waiter.settle({ kind: "admitted", waitedMs: nowMs - waiter.sinceMs, finish });
  }

  #finish(waiter: Waiter, place: Place, startedMs: number, usage: Usage): void {
    const { seats, tokens: limit } = this.#options;
    const { latency, firstTokenMs, pushedBack } = usage;
    const used =
      usage.tokens !== undefined && usage.tokens >= 0 && usage.tokens < Number.MAX_VALUE ? usage.tokens : waiter.tokens;
    if (pushedBack) {
      seats.pushedBack(pushedBack.retryAfterMs, startedMs);
      limit.pushedBack(pushedBack.retryAfterMs, startedMs);
    } else {
      seats.finished({ amount: 1, used: this.#inFlight, startedMs, latency });
      limit.finished({ amount: waiter.tokens, used: this.#tokensInFlight, startedMs, latency });
    }
    if (firstTokenMs !== undefined && firstTokenMs >= 0 && firstTokenMs < Number.MAX_VALUE) {
      this.#firstTokenMs += (this.#firstTokenMs === 0 ? 1 : FIRST_TOKEN_PACE) * (firstTokenMs - this.#firstTokenMs);
    }
    this.#inFlight--;
    this.#tokensInFlight -= waiter.tokens;
    this.#counts.finished++;
    this.#lines.of(waiter).settle(place, used - waiter.tokens);
    this.#dispatch();
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
    this.#counts.shed++;
    waiter.settle({ kind: "shed", reason, retryAfterSeconds: this.#retryAfterSeconds() });
  }

  #refuse(reason: ShedReason): Promise<Admission> {
    this.#counts.shed++;
    return Promise.resolve({ kind: "shed", reason, retryAfterSeconds: this.#retryAfterSeconds() });
  }

  #expire(waiter: Waiter): void {
    this.#leave(waiter);
    this.#counts.expired++;
    const waitedMs = this.#clock.monotonic() - waiter.sinceMs;
    waiter.settle({ kind: "expired", waitedMs, retryAfterSeconds: this.#retryAfterSeconds() });
  }

  #expectedWaitMs({ priority, tenant }: AdmissionRequest, tokens: number): number {
    if (this.#urgent.size === 0) return 0;
    return this.#drain.waitMs(this.#lines.tokensAhead(priority, tenant) + tokens) ?? 0;
  }

  /** About when the line will have drained; spread, so that those refused together do not come back together. */
  #retryAfterSeconds(): number {
    const waitMs = this.#drain.waitMs(this.#waitingTokens) ?? UNKNOWN_WAIT_MS;
    const seconds = Math.min(RETRY_SECONDS_MAX, waitMs / 1000) * (0.5 + this.#random.next());
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

/** Another tenant's request never takes a place, whatever its id. */
const keyOf = ({ tenant, id }: AdmissionRequest): string => `${tenant.length}:${tenant}${id}`;
