// A workspace in a thread of its own, asked by messages, so that no analysis holds up the thread that serves. The thread begins with the first
// ask and ends when nobody asked for a while. Whoever waits no longer leaves at once; a thread that does not take notice of it is stuck, and is
// ended with all that it does. After an end that nobody wanted the next ask begins another one, later after each in a row.
// Invariant: never more than `asksMax` under way, those that were left included until the thread is done with them.

import { type Abortable, type Cancel, type Clock, MillraceError } from "../../base/index.ts";
import type { Calls } from "./answer-asks.ts";
import type { HostMessage, HostReply } from "./host-messages.ts";
import type { HostedCalls } from "./hosted-calls.ts";

export interface WorkspaceThreadOptions {
  readonly clock: Clock;
  /** Its script answers by `answerAsks`. */
  readonly startWorker: () => Worker;
  /** Under way at once. Default 64. */
  readonly asksMax?: number;
  /** For one ask. Default 60,000: the first map of a large repository. */
  readonly askMsMax?: number;
  /** To take notice that somebody left, and to close. Default 10,000: one step of a large analysis cannot be interrupted. */
  readonly noticeMsMax?: number;
  /** Without asks, until the thread ends. Default 30 minutes. */
  readonly idleMsMax?: number;
}

export interface WorkspaceThreadStats {
  readonly asks: number;
  readonly underWay: number;
  readonly threadsStarted: number;
  /** Ends that nobody wanted. */
  readonly threadsFailed: number;
}

type AskOf<Table extends Calls, Name extends keyof Table> = Parameters<Table[Name]>[0];

interface Asked {
  /** Undefined once it was left. */
  settle: ((outcome: Uint8Array<ArrayBuffer> | MillraceError) => void) | undefined;
  /** Of the ask, then of the thread's notice that it was left. */
  cancelLimit: Cancel;
}

const LIMITS = { asksMax: 64, askMsMax: 60_000, noticeMsMax: 10_000, idleMsMax: 30 * 60_000 } as const;
const DELAY_MS = 250;
const DELAY_MS_MAX = 60_000;

/** @typeParam Table what its script answers: the calls of a workspace, unless said otherwise */
export class WorkspaceThread<Table extends Calls = HostedCalls> {
  readonly #clock: Clock;
  readonly #startWorker: () => Worker;
  readonly #limits: Record<keyof typeof LIMITS, number>;
  readonly #asked = new Map<number, Asked>();
  #worker: Worker | undefined;
  readonly #closings = new Map<Worker, () => void>();
  #cancelIdle: Cancel = () => {};
  #isClosed = false;
  #lastId = 0;
  /** In a row, without an answer in between. */
  #failures = 0;
  #startFromMs = 0;
  #threadsStarted = 0;
  #threadsFailed = 0;

  /** Throws `option_invalid` for a bound that bounds nothing. Starts nothing yet. */
  constructor({ clock, startWorker, ...limits }: WorkspaceThreadOptions) {
    this.#clock = clock;
    this.#startWorker = startWorker;
    this.#limits = { ...LIMITS, ...limits };
    for (const [name, value] of Object.entries(this.#limits)) {
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new MillraceError("option_invalid", `A workspace's thread needs ${name}: a whole number of at least 1.`);
    }
  }

  /**
   * The answer as JSON, in UTF-8. Rejects as the call itself does, with `workspace_full`, `workspace_failed` (the thread ended, took too long, or
   * failed in a way that nobody expected), `shutting_down`, and the signal's reason.
   */
  async ask<Name extends keyof Table & string>(
    name: Name,
    ask: AskOf<Table, Name>,
    signal?: Abortable,
  ): Promise<Uint8Array<ArrayBuffer>> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw ended();
    const { asksMax, askMsMax } = this.#limits;
    if (this.#asked.size >= asksMax) {
      throw new MillraceError("workspace_full", `${asksMax} questions to this workspace are under way. Try again in a moment.`);
    }
    const worker = this.#started();
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const leave = () => this.#leave(id, signal?.reason, reject);
      const late = () => this.#leave(id, failed(`The workspace took over ${askMsMax} ms to answer, and was left.`), settled);
      const settled = (outcome: unknown) => {
        signal?.removeEventListener("abort", leave);
        if (outcome instanceof Uint8Array) resolve(outcome as Uint8Array<ArrayBuffer>);
        else reject(outcome);
      };
      this.#asked.set(id, { settle: settled, cancelLimit: this.#clock.schedule(askMsMax, late) });
      signal?.addEventListener("abort", leave, { once: true });
      worker.postMessage({ kind: "ask", id, name, ask } satisfies HostMessage);
    });
  }

  stats(): WorkspaceThreadStats {
    const [threadsStarted, threadsFailed] = [this.#threadsStarted, this.#threadsFailed];
    return { asks: this.#lastId, underWay: this.#asked.size, threadsStarted, threadsFailed };
  }

  /** Lets the thread close what it has open. What is under way is rejected with `shutting_down`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#retire(ended());
  }

  #started(): Worker {
    this.#cancelIdle();
    if (this.#worker) {
      setRef(this.#worker, true);
      return this.#worker;
    }
    if (this.#clock.monotonic() < this.#startFromMs) {
      throw failed("The workspace failed several times in a row. Try again in a minute.");
    }
    const worker = this.#startWorker();
    this.#threadsStarted++;
    this.#worker = worker;
    worker.addEventListener("message", ({ data }: MessageEvent<HostReply>) => this.#take(worker, data));
    for (const end of ["error", "messageerror", "close"] as const) {
      worker.addEventListener(end, (event: Event) => this.#died(worker, event));
    }
    return worker;
  }

  #take(worker: Worker, reply: HostReply): void {
    if (reply.kind === "closed") {
      this.#closings.get(worker)?.();
      return;
    }
    const asked = worker === this.#worker ? this.#asked.get(reply.id) : undefined;
    if (!asked) return;
    asked.cancelLimit();
    if (reply.kind === "left") return;
    this.#failures = 0;
    this.#asked.delete(reply.id);
    if (reply.kind === "answer") asked.settle?.(reply.json);
    else if (reply.code === undefined) asked.settle?.(failed("The workspace failed to answer.", new Error(reply.message)));
    else asked.settle?.(new MillraceError(reply.code, reply.message));
    this.#rest();
  }

  /** An idle thread keeps no process alive, and ends after a while. */
  #rest(): void {
    if (this.#asked.size > 0 || !this.#worker) return;
    setRef(this.#worker, false);
    this.#cancelIdle = this.#clock.schedule(this.#limits.idleMsMax, () => void this.#retire(ended()));
  }

  /** Its place is free again when the thread is done with it. */
  #leave(id: number, reason: unknown, reject: (reason: unknown) => void): void {
    const asked = this.#asked.get(id);
    if (!asked?.settle) return;
    asked.settle = undefined;
    asked.cancelLimit();
    const stuck = failed("The workspace did not take notice of a question that was taken back, and was ended.");
    asked.cancelLimit = this.#clock.schedule(this.#limits.noticeMsMax, () => this.#fail(stuck));
    this.#worker?.postMessage({ kind: "leave", id } satisfies HostMessage);
    reject(reason);
  }

  #died(worker: Worker, event: Event): void {
    this.#closings.get(worker)?.();
    const cause = "message" in event ? new Error(String(event.message)) : undefined;
    if (worker === this.#worker) this.#fail(failed("The workspace's thread ended before it answered. Ask again.", cause));
  }

  #fail(error: MillraceError): void {
    this.#threadsFailed++;
    // The first one may be chance.
    const delayMs = this.#failures === 0 ? 0 : Math.min(DELAY_MS_MAX, DELAY_MS * 2 ** this.#failures);
    this.#failures++;
    this.#startFromMs = this.#clock.monotonic() + delayMs;
    this.#letGo(error)?.terminate();
  }

  /** Nothing more is asked of the thread, and nothing more taken from it. */
  #letGo(error: MillraceError): Worker | undefined {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#cancelIdle();
    for (const [id, { settle, cancelLimit }] of this.#asked) {
      this.#asked.delete(id);
      cancelLimit();
      settle?.(error);
    }
    return worker;
  }

  async #retire(error: MillraceError): Promise<void> {
    const worker = this.#letGo(error);
    if (!worker) return;
    setRef(worker, true);
    const closed = Promise.withResolvers<void>();
    this.#closings.set(worker, closed.resolve);
    const cancelLimit = this.#clock.schedule(this.#limits.noticeMsMax, closed.resolve);
    worker.postMessage({ kind: "close" } satisfies HostMessage);
    await closed.promise;
    cancelLimit();
    this.#closings.delete(worker);
    worker.terminate();
  }
}

const ended = (): MillraceError => new MillraceError("shutting_down", "This workspace is closed.");

const failed = (message: string, cause?: Error): MillraceError =>
  new MillraceError("workspace_failed", message, cause ? { cause } : {});

// Bun's, which the types of the browser lack.
const setRef = (worker: Worker, isOn: boolean): void => {
  const counted = worker as Worker & { ref?(): void; unref?(): void };
  if (isOn) counted.ref?.();
  else counted.unref?.();
};
