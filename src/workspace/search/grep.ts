// Searches of one root's files, by a worker that holds them: one at a time, the others wait in a bounded queue. A search over its time ends
// the worker, which alone stops an expression that explodes; the next search starts a new one. Whoever no longer wants a search leaves it.
// Exactness: every match told was verified by a stat after it was found. That a file holds none is as of a verification after the call,
// where `changed` is "unknown"; else as of the file's last verification and what the watcher named since: as exact as the watcher is.

import { type Abortable, type Cancel, type Clock, MillraceError } from "../../base/index.ts";
import { compileGlobChoice } from "./glob-choice.ts";
import type { GrepReply, GrepRequest, GrepStart } from "./grep-messages.ts";
import { CompiledQuery, type GrepQuery } from "./grep-query.ts";
import type { GrepAnswer } from "./search-files.ts";

export interface GrepOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Text held in memory; the files beyond it are read from the disk by searches whose filter does not rule them out. */
  readonly bytesMax: number;
  /** Larger files are not searched, and counted. Default 32 MB. */
  readonly fileBytesMax?: number;
  /** The coarsest step of the file system's stamps. Default 2,000, which is right everywhere: younger files are read again each time. */
  readonly granularityMs?: number;
  /** For one search, once its files are in memory. Default 5,000. */
  readonly searchMsMax?: number;
  /** For verifying and reading files before a search. Default 60,000. */
  readonly loadMsMax?: number;
  /** Searches that may wait. Default 64. */
  readonly waitingMax?: number;
  /** For tests. */
  readonly startWorker?: () => Worker;
}

export interface SearchedList {
  /** Sorted by `comparePaths`. */
  readonly paths: readonly string[];
  /** Differs whenever `paths` does. */
  readonly generation: number;
}

export interface SearchOptions {
  /** Files and folders that a watcher saw change since the call before; "unknown": no watcher vouches for that time, all files are verified. */
  readonly changed: readonly string[] | "unknown";
  readonly signal?: Abortable;
}

interface Search {
  readonly query: GrepQuery;
  readonly list: SearchedList;
  readonly isUnknown: boolean;
  settle(outcome: GrepAnswer | MillraceError): void;
}

const LIMITS = {
  granularityMs: 2000,
  fileBytesMax: 32 * 1024 * 1024,
  searchMsMax: 5000,
  loadMsMax: 60_000,
  waitingMax: 64,
} as const;
const QUERY_RANGES = { matchesMax: [1, 100_000], matchesPerFileMax: [1, 100_000], textMax: [16, 100_000] } as const;
/** More changed paths than these are not named one by one. */
const CHANGED_MAX = 10_000;

export class Grep {
  readonly #options: Required<Omit<GrepOptions, "startWorker">>;
  readonly #startWorker: () => Worker;
  readonly #waiting: Search[] = [];
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  readonly #changed = new Set<string>();
  #worker: Worker | undefined;
  /** Of the list that the worker has. */
  #generation: number | undefined;
  #current: Search | undefined;
  #cancelLimit: Cancel = () => {};
  #isClosed = false;
  #searches = 0;
  #started = 0;

  constructor({ startWorker, ...options }: GrepOptions) {
    this.#options = { ...LIMITS, ...options };
    this.#startWorker = startWorker ?? (() => new Worker(new URL("./grep-worker.ts", import.meta.url)));
    for (const name of ["bytesMax", "fileBytesMax", "granularityMs", "searchMsMax", "loadMsMax", "waitingMax"] as const) {
      const value = this.#options[name];
      if (!Number.isSafeInteger(value) || value < 1)
        throw new MillraceError("option_invalid", `${name} must be a whole number above 0.`);
    }
  }

  /**
   * Rejects with `pattern_invalid`, `grep_full` (as many wait as may), `grep_too_slow`, `grep_failed` (the worker ended), `shutting_down`,
   * or the signal's reason. What `changed` names counts also when the search fails.
   */
  async search(query: GrepQuery, list: SearchedList, { changed, signal }: SearchOptions): Promise<GrepAnswer> {
    if (changed !== "unknown") for (const path of changed) this.#changed.add(path);
    signal?.throwIfAborted();
    checkQuery(query);
    if (this.#isClosed) throw new MillraceError("shutting_down", "Searches have ended.");
    if (this.#waiting.length >= this.#options.waitingMax) {
      throw new MillraceError("grep_full", `${this.#waiting.length} searches wait already. Try again in a moment.`);
    }
    this.#searches++;
    return new Promise((resolve, reject) => {
      const leave = () => {
        const index = this.#waiting.indexOf(search);
        if (index >= 0) this.#waiting.splice(index, 1);
        else if (this.#current === search) Atomics.store(this.#stop, 0, 1);
        reject(signal?.reason);
      };
      const search: Search = {
        query,
        list,
        isUnknown: changed === "unknown",
        settle(outcome) {
          signal?.removeEventListener("abort", leave);
          if (MillraceError.is(outcome)) reject(outcome);
          else resolve(outcome);
        },
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.push(search);
      this.#next();
    });
  }

  stats(): { readonly searches: number; readonly waiting: number; readonly workersStarted: number } {
    return { searches: this.#searches, waiting: this.#waiting.length, workersStarted: this.#started };
  }

  /** Ends the worker and rejects what is under way or waits. */
  close(): void {
    this.#isClosed = true;
    this.#end(new MillraceError("shutting_down", "Searches have ended."));
    for (const search of this.#waiting.splice(0)) search.settle(new MillraceError("shutting_down", "Searches have ended."));
  }

  #next(): void {
    const search = this.#current ? undefined : this.#waiting.shift();
    if (!search) return;
    const worker = this.#worker ?? this.#start();
    this.#current = search;
    setRef(worker, true);
    Atomics.store(this.#stop, 0, 0);
    this.#limit(this.#options.loadMsMax, "Its files were not read");
    const isNewList = search.list.generation !== this.#generation;
    this.#generation = search.list.generation;
    const request: GrepRequest = {
      kind: "search",
      query: search.query,
      list: isNewList ? search.list.paths.map((path) => `${path}\0`).join("") : undefined,
      changed: search.isUnknown || this.#changed.size > CHANGED_MAX ? "unknown" : [...this.#changed],
    };
    this.#changed.clear();
    worker.postMessage(request);
  }

  #start(): Worker {
    const worker = this.#startWorker();
    this.#started++;
    this.#worker = worker;
    this.#generation = undefined;
    const { folder, bytesMax, fileBytesMax, granularityMs } = this.#options;
    worker.addEventListener("message", (event: MessageEvent<GrepReply>) => {
      if (worker === this.#worker) this.#take(event.data);
    });
    const died = () => {
      if (worker === this.#worker) this.#end(new MillraceError("grep_failed", "The worker that searches ended. Search again."));
      this.#next();
    };
    for (const end of ["error", "messageerror", "close"]) worker.addEventListener(end, died);
    worker.postMessage({ kind: "start", folder, bytesMax, fileBytesMax, granularityMs, stop: this.#stop } satisfies GrepStart);
    return worker;
  }

  #take(reply: GrepReply): void {
    if (reply.kind === "prepared") {
      this.#limit(this.#options.searchMsMax, "A regular expression that explodes takes for ever");
      return;
    }
    this.#settle(reply.kind === "answer" ? reply.answer : new MillraceError(reply.code, reply.message));
    this.#next();
  }

  #limit(ms: number, why: string): void {
    this.#cancelLimit();
    this.#cancelLimit = this.#options.clock.schedule(ms, () => {
      this.#end(
        new MillraceError(
          "grep_too_slow",
          `The search took over ${ms} ms and was ended. ${why}; narrow it by globs or a simpler pattern.`,
        ),
      );
      this.#next();
    });
  }

  #settle(outcome: GrepAnswer | MillraceError): void {
    this.#cancelLimit();
    if (this.#worker) setRef(this.#worker, false);
    const search = this.#current;
    this.#current = undefined;
    search?.settle(outcome);
  }

  #end(error: MillraceError): void {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#settle(error);
    worker?.terminate();
  }
}

function checkQuery(query: GrepQuery): void {
  for (const [name, [low, high]] of Object.entries(QUERY_RANGES)) {
    const value = query[name as keyof typeof QUERY_RANGES];
    if (value !== undefined && !(Number.isInteger(value) && value >= low && value <= high)) {
      throw new MillraceError("option_invalid", `${name} must be a whole number from ${low} to ${high}.`);
    }
  }
  // Here, so that what cannot be searched for costs no worker anything.
  new CompiledQuery(query);
  compileGlobChoice(query.globs ?? []);
}

// Bun's, which the types of the browser lack: an idle worker keeps no process alive.
const setRef = (worker: Worker, isOn: boolean) => {
  const counted = worker as Worker & { ref?(): void; unref?(): void };
  if (isOn) counted.ref?.();
  else counted.unref?.();
};
