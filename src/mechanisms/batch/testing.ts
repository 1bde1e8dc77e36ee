// For the tests of the batcher: an engine whose health a test decides, on a virtual clock, and callers who say what became of them.

import { type Abortable, type Cancellation, seededRandom, VirtualClock } from "../../base/index.ts";
import { Batcher, type BatcherOptions } from "./index.ts";

export interface Write {
  readonly id: number | string;
  readonly key?: string;
  readonly rank?: number;
  readonly bytes?: number;
  /** It cannot be committed, nor can what is sent with it. */
  readonly isBad?: boolean;
}

export const RETRIABLE = "the disk is full";
export const BAD = "a row is bad";

/** Commits whole batches after a while, or fails as told. */
export class Engine {
  commitMs = 10;
  /** Of each of the next commits: rejects with it, without having done anything. */
  failures: unknown[] = [];
  isDown = false;
  hangs = false;
  /** What was asked for, in that order, and when. */
  readonly asked: (number | string)[][] = [];
  readonly askedAtMs: number[] = [];
  readonly committed: Write[] = [];
  readonly aborts: unknown[] = [];
  running = 0;
  runningMax = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  readonly commit = async (items: readonly Write[], signal?: Cancellation): Promise<readonly string[]> => {
    this.asked.push(items.map(({ id }) => id));
    this.askedAtMs.push(this.#clock.monotonic());
    this.runningMax = Math.max(this.runningMax, ++this.running);
    signal?.addEventListener("abort", () => this.aborts.push(signal.reason));
    try {
      if (this.hangs) await this.#clock.sleep(3_600_000, signal);
      await this.#clock.sleep(this.commitMs, signal);
      if (this.isDown) throw RETRIABLE;
      if (this.failures.length > 0) throw this.failures.shift();
      if (items.some(({ isBad }) => isBad)) throw BAD;
      this.committed.push(...items);
      return items.map(({ id }) => `result ${id}`);
    } finally {
      this.running--;
    }
  };
}

export interface Seen {
  value?: unknown;
  error?: unknown;
  settled: number;
  atMs?: number;
}

export function make(options: Partial<BatcherOptions<Write, string>> = {}) {
  const clock = new VirtualClock(0, setImmediate);
  const engine = new Engine(clock);
  const batcher = new Batcher<Write, string>({
    commit: engine.commit,
    bytesOf: ({ bytes = 100 }) => bytes,
    keyOf: ({ key }) => key,
    rankOf: ({ rank = 0 }) => rank,
    isRetriable: (error) => error === RETRIABLE,
    clock,
    random: seededRandom(1),
    ...options,
  });
  /** Adds it, and tells what becomes of it. */
  const add = (write: Write, signal?: Abortable): Seen => watched(batcher.add(write, { signal }), clock);
  return { clock, engine, batcher, add };
}

export function watched(promise: Promise<unknown>, clock: VirtualClock): Seen {
  const seen: Seen = { settled: 0 };
  const settle = (what: Partial<Seen>) => Object.assign(seen, what, { settled: seen.settled + 1, atMs: clock.monotonic() });
  promise.then(
    (value) => settle({ value }),
    (error: unknown) => settle({ error }),
  );
  return seen;
}

export const ids = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => from + index);
