// Calls to a worker of this room, from the thread that started it. Each call is answered or, when the worker is gone, rejected
// with `store_unavailable`; a worker with calls under way keeps the process alive, an idle one does not.
// Arguments and results are copied (structured clone), but for results that a method gives as text (json-text.ts).

import { type ErrorCode, MillraceError } from "../../base/index.ts";
import { JsonText } from "./json-text.ts";

export type Methods = Record<string, (...args: never[]) => unknown>;

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type Answer = { readonly id: number } & (
  | { readonly result: unknown }
  | { readonly json: string }
  | { readonly code: ErrorCode; readonly message: string }
);

/** What a caller has of a method's result. */
type AnswerOf<R> = R extends JsonText<infer T> ? T : R;

type Settle = (answer: Answer | undefined) => void;

export class WorkerCalls<M extends Methods> {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Settle>();
  #lastId = 0;
  readonly #closed = Promise.withResolvers<void>();
  #isGone = false;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.addEventListener("message", (event: MessageEvent<Answer>) => this.#settle(event.data));
    for (const end of ["error", "messageerror"]) worker.addEventListener(end, () => void this.end());
    worker.addEventListener("close", () => {
      this.#closed.resolve();
      void this.end();
    });
    unref(worker);
  }

  /** Whether it answers no more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  call<K extends keyof M & string>(method: K, ...args: Parameters<M[K]>): Promise<AnswerOf<ReturnType<M[K]>>> {
    return new Promise((resolve, reject) => {
      if (this.#isGone) return reject(gone());
      const call: Call = { id: ++this.#lastId, method, args };
      if (this.#pending.size === 0) ref(this.#worker);
      this.#pending.set(call.id, (answer) => {
        try {
          resolve(resultOf(answer) as AnswerOf<ReturnType<M[K]>>);
        } catch (error) {
          reject(error);
        }
      });
      try {
        this.#worker.postMessage(call);
      } catch (error) {
        this.#settle({ id: call.id, code: "option_invalid", message: `A call cannot be copied to a worker: ${error}.` });
      }
    });
  }

  /** Ends the worker where it stands. Resolves once it is gone, with the files it had open. */
  end(): Promise<void> {
    if (!this.#isGone) {
      this.#isGone = true;
      ref(this.#worker);
      this.#worker.terminate();
      for (const settle of this.#pending.values()) settle(undefined);
      this.#pending.clear();
    }
    return this.#closed.promise;
  }

  #settle(answer: Answer): void {
    const settle = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) unref(this.#worker);
    settle?.(answer);
  }
}

function resultOf(answer: Answer | undefined): unknown {
  if (answer === undefined) throw gone();
  if ("code" in answer) throw new MillraceError(answer.code, answer.message);
  return "json" in answer ? new JsonText(answer.json).parsed() : answer.result;
}

const gone = () => new MillraceError("store_unavailable", "A worker of the SQLite store has ended.");

// Bun's, which the types of the browser lack.
const ref = (worker: Worker) => (worker as Worker & { ref?(): void }).ref?.();
const unref = (worker: Worker) => (worker as Worker & { unref?(): void }).unref?.();
