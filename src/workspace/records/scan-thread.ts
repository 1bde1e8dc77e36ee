// A thread that scans, from outside: batches go in and answers come out in the same order. It is started when first asked for. A batch that takes too
// long, or ends the thread, is given up with all that wait behind it; the next one has another thread.

import { type Cancel, type Clock, MillraceError } from "../../base/index.ts";
import { type Parts, packed, type Source } from "./scan-batch.ts";

const WORKER = new URL("./scan-worker.ts", import.meta.url);

interface Waiting {
  readonly answer: PromiseWithResolvers<Parts>;
  readonly cancel: Cancel;
}

export class ScanThread {
  /** Who may give it batches. */
  seats = 0;
  readonly #clock: Clock;
  readonly #batchMsMax: number;
  #worker: Worker | undefined;
  #waiting: Waiting[] = [];

  constructor(clock: Clock, batchMsMax: number) {
    this.#clock = clock;
    this.#batchMsMax = batchMsMax;
  }

  start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(WORKER);
    worker.onmessage = ({ data }: MessageEvent<Parts>) => {
      const first = this.#waiting.shift();
      first?.cancel();
      first?.answer.resolve(data);
    };
    worker.onerror = () => this.end();
    this.#worker = worker;
    return worker;
  }

  /** Records, in the order of the sources. Rejects with `scan_failed`. */
  scan(sources: readonly Source[]): Promise<Parts> {
    const batch = packed(sources);
    const worker = this.start();
    const answer = Promise.withResolvers<Parts>();
    // Whoever waits may have left.
    answer.promise.catch(() => {});
    this.#waiting.push({ answer, cancel: this.#clock.schedule(this.#batchMsMax, () => this.end()) });
    worker.postMessage(batch, [batch.parts.bytes.buffer]);
    return answer.promise;
  }

  end(): void {
    if (this.#worker) this.#worker.onmessage = null;
    this.#worker?.terminate();
    this.#worker = undefined;
    const lost = this.#waiting;
    this.#waiting = [];
    for (const { answer, cancel } of lost) {
      cancel();
      answer.reject(new MillraceError("scan_failed", "A thread that scans files ended, or took too long."));
    }
  }
}
