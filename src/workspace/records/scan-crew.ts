// Threads that scan, a few, made when there is much to scan and gone when there is nothing for a while. Each has a batch more than it scans, so that it
// never waits for whoever hands them out. A batch that is lost with its thread is an error of whoever asked for it alone.

import { type Abortable, type Clock, orAbort } from "../../base/index.ts";
import { Pool } from "../../mechanisms/pool/index.ts";
import { eachOf, type Source } from "./scan-batch.ts";
import { ScanThread } from "./scan-thread.ts";

export interface ScanCrewOptions {
  readonly clock: Clock;
  /** Threads at most. */
  readonly workersMax: number;
  /** For one batch, and the one before it. Default 20,000. */
  readonly batchMsMax?: number;
}

const BATCH_MS = 20_000;
const IDLE_MS = 5000;
/** Of others, that a batch may have to wait for. */
const WAITING_BATCHES = 10;
/** Batches of a thread at once. */
const SEATS = 2;

export class ScanCrew {
  readonly #pool: Pool<ScanThread>;
  readonly #clock: Clock;
  readonly #threads: ScanThread[] = [];
  readonly #options: Required<ScanCrewOptions>;

  /** Throws `option_invalid` for an option that bounds nothing. */
  constructor({ clock, workersMax, batchMsMax = BATCH_MS }: ScanCrewOptions) {
    this.#clock = clock;
    this.#options = { clock, workersMax, batchMsMax };
    this.#pool = new Pool<ScanThread>({
      create: async () => this.#seat(),
      destroy: (thread) => this.#leave(thread),
      isBroken: () => false,
      max: workersMax * SEATS,
      waitMsMax: WAITING_BATCHES * batchMsMax,
      idleMsMax: IDLE_MS,
      clock,
    });
  }

  /** Starts a thread now, for who will soon have much to scan. */
  prepare(): void {
    this.#pool.use((thread) => void thread.start()).catch(() => {});
  }

  /** Encoded records, in the order of the sources. Rejects with `scan_failed`, as the pool does, and with the signal's reason. */
  scan(sources: readonly Source[], signal?: Abortable): Promise<readonly Uint8Array[]> {
    const work = async (thread: ScanThread) => {
      const answer = thread.scan(sources);
      return eachOf(await (signal ? orAbort(answer, signal) : answer));
    };
    return this.#pool.use(work, signal ? { signal } : {});
  }

  async close(): Promise<void> {
    await this.#pool.drain(this.#clock.monotonic());
  }

  /** Of a thread more, or of the one that has the fewest. */
  #seat(): ScanThread {
    const { workersMax, clock, batchMsMax } = this.#options;
    if (this.#threads.length < workersMax) this.#threads.push(new ScanThread(clock, batchMsMax));
    const thread = this.#threads.reduce((least, each) => (each.seats < least.seats ? each : least));
    thread.seats++;
    return thread;
  }

  #leave(thread: ScanThread): void {
    if (--thread.seats > 0) return;
    thread.end();
    this.#threads.splice(this.#threads.indexOf(thread), 1);
  }
}
