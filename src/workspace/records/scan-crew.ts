// Threads that scan, a few, made when there is much to scan and gone when there is nothing for a while. A batch that takes too long, or whose thread
// ends, is given up and its thread with it: whoever asked is told, and the next batch has another thread.

import { type Abortable, type Clock, MillraceError, orAbort } from "../../base/index.ts";
import { Pool } from "../../mechanisms/pool/index.ts";
import { eachOf, type Parts, type Source } from "./scan-batch.ts";

export interface ScanCrewOptions {
  readonly clock: Clock;
  /** Threads at most. */
  readonly workersMax: number;
  /** For one batch. Default 20,000. */
  readonly batchMsMax?: number;
}

const BATCH_MS = 20_000;
const IDLE_MS = 5000;
/** Of others, that a batch may have to wait for. */
const WAITING_BATCHES = 10;
const WORKER = new URL("./scan-worker.ts", import.meta.url);

export class ScanCrew {
  readonly #pool: Pool<Worker>;
  readonly #clock: Clock;
  readonly #batchMsMax: number;

  /** Throws `option_invalid` for an option that bounds nothing. */
  constructor({ clock, workersMax, batchMsMax = BATCH_MS }: ScanCrewOptions) {
    this.#clock = clock;
    this.#batchMsMax = batchMsMax;
    this.#pool = new Pool<Worker>({
      create: async () => new Worker(WORKER),
      destroy: (worker) => worker.terminate(),
      isBroken: () => true,
      max: workersMax,
      waitMsMax: WAITING_BATCHES * batchMsMax,
      idleMsMax: IDLE_MS,
      clock,
    });
  }

  /** Starts a thread now, for who will soon have much to scan. */
  prepare(): void {
    this.#pool.use(async () => {}).catch(() => {});
  }

  /** Encoded records, in the order of the sources, whose bytes are gone afterwards. Rejects with `scan_failed`, as the pool does, and with the signal's reason. */
  scan(sources: readonly Source[], signal?: Abortable): Promise<readonly Uint8Array[]> {
    return this.#pool.use(async (worker) => [...eachOf(await this.#ask(worker, sources, signal))], signal ? { signal } : {});
  }

  async close(): Promise<void> {
    await this.#pool.drain(this.#clock.monotonic());
  }

  async #ask(worker: Worker, sources: readonly Source[], signal: Abortable | undefined): Promise<Parts> {
    const answer = Promise.withResolvers<Parts>();
    const fail = () => answer.reject(new MillraceError("scan_failed", "A thread that scans files ended, or took too long."));
    const cancel = this.#clock.schedule(this.#batchMsMax, fail);
    worker.onmessage = ({ data }: MessageEvent<Parts>) => answer.resolve(data);
    worker.onerror = fail;
    worker.postMessage(sources, handedOver(sources));
    try {
      return await (signal ? orAbort(answer.promise, signal) : answer.promise);
    } finally {
      cancel();
    }
  }
}

/** Buffers that hold nothing but one source; others are copied. */
function handedOver(sources: readonly Source[]): ArrayBuffer[] {
  const whole = sources.filter(({ bytes }) => bytes.byteLength === bytes.buffer.byteLength && bytes.byteLength > 0);
  return [...new Set(whole.map(({ bytes }) => bytes.buffer as ArrayBuffer))];
}
