// Tells what changes under a root, in the folders that its list names, and says so when it no longer knows. Invariant: after `settled`, all that
// happened before it was called has been told, or `lost` was. It starts anew by itself after a loss, later each time. It decides nothing about
// what is ignored, and does not read files. Not told by any watcher: writes through another hard link or a mapped file that is still open, and
// file systems mounted in the root while it is watched.

import { type Abortable, type Cancel, type Clock, MillraceError, orAbort } from "../../base/index.ts";
import { findRepository } from "../list/git-repository.ts";
import { openInotify } from "./inotify.ts";
import type { GitFolders, LostReason } from "./watch-messages.ts";
import { WatchThread } from "./watch-thread.ts";

export interface WatcherOptions {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  readonly clock: Clock;
  /** Those to be watched, as they are now: `FileList.folders`. The same array while nothing changed. May throw what a list throws. */
  readonly folders: () => readonly string[] | Promise<readonly string[]>;
  readonly on: {
    /** Files and folders that may have changed; of a folder, all that is in it. "" is the root. For `FileList.invalidate`. */
    changed(paths: readonly string[]): void;
    /** HEAD, the index, a branch or the repository's configuration changed. */
    repository?(): void;
    /** From now on changes are missed: for `FileList.vouch(false)`. */
    lost(why: LostReason): void;
    /** From now on none is missed, but what was held before is of no worth: for `FileList.vouch(true)`. */
    ready(): void;
  };
  /** With more, `lost("limit")`. Default 100,000. */
  readonly foldersMax?: number;
  /** Changed paths kept while nobody takes them; with more, `lost("overflow")`. Default 100,000. */
  readonly pathsMax?: number;
  /** For `settled`; later, `lost("error")`. Default 5,000. */
  readonly settleMsMax?: number;
  /** For a start; later, `lost("error")`. Default 60,000. */
  readonly startMsMax?: number;
  /** For tests. */
  readonly startWorker?: () => Worker;
}

export interface WatcherStats {
  /** "polling": nothing is watched, now; lists have to be checked. */
  readonly mode: "inotify" | "polling";
  readonly watches: number;
  /** Of the kernel, since the last start. */
  readonly events: number;
  readonly overflows: number;
  readonly starts: number;
  /** The last loss, if it was not ready since. */
  readonly lost: LostReason | undefined;
  /** How long the last start took that came to its end. */
  readonly readyMs: number | undefined;
}

const LIMITS = { foldersMax: 100_000, pathsMax: 100_000, settleMsMax: 5000, startMsMax: 60_000 } as const;
const BACKOFF_MS = 100;
const BACKOFF_MS_MAX = 30_000;
/** Who was ready for so long is trusted to start soon again. */
const STEADY_MS = 60_000;
const WORKER = new URL("./watch-worker.ts", import.meta.url);

type State = "idle" | "starting" | "ready" | "lost" | "stopped";

export class Watcher {
  readonly #options: Required<Omit<WatcherOptions, "startWorker">>;
  readonly #startWorker: () => Worker;
  #state: State = "idle";
  #thread: WatchThread | undefined;
  /** Threads that are ending. */
  readonly #ending = new Set<Promise<void>>();
  /** As they were watched last, and whether others may have to be. */
  #synced: readonly string[] | undefined;
  #isDoubtful = true;
  #syncing: Promise<boolean> | undefined;
  #cancelTimer: Cancel = () => {};
  #attempts = 0;
  #startedAtMs = 0;
  #readyAtMs = 0;
  #readyMs: number | undefined;
  #overflows = 0;
  #starts = 0;
  #lost: LostReason | undefined;
  /** Of `start`: when the first attempt is over, one way or the other. */
  readonly #first = Promise.withResolvers<void>();

  constructor({ startWorker, ...options }: WatcherOptions) {
    this.#options = { ...LIMITS, ...options };
    this.#startWorker = startWorker ?? (() => new Worker(WORKER));
    for (const name of ["foldersMax", "pathsMax", "settleMsMax", "startMsMax"] as const) {
      const value = this.#options[name];
      if (!Number.isSafeInteger(value) || value < 1)
        throw new MillraceError("option_invalid", `${name} must be a whole number above 0.`);
    }
  }

  /** Resolves when it is ready, or lost for the first time: it then goes on trying. Rejects with the signal's reason, and is stopped then. */
  async start(signal?: Abortable): Promise<void> {
    signal?.throwIfAborted();
    if (this.#state === "idle") this.#begin();
    if (!signal) return this.#first.promise;
    try {
      await orAbort(this.#first.promise, signal);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /**
   * When this resolves, all that happened under the root before the call has been told to `on`, or `lost` was called, or it is not ready.
   * Whoever made a change, or was told of one, calls it before relying on what `on` was told. Rejects with the signal's reason only.
   */
  async settled(signal?: Abortable): Promise<void> {
    signal?.throwIfAborted();
    if (this.#state !== "ready") return;
    const thread = this.#thread;
    const { clock, settleMsMax } = this.#options;
    const late = Promise.withResolvers<void>();
    const cancel = clock.schedule(settleMsMax, () => {
      this.#lose(thread, "error");
      late.resolve();
    });
    const settling = Promise.race([this.#settle(thread), late.promise]).finally(cancel);
    await (signal ? orAbort(settling, signal) : settling);
  }

  stats(): WatcherStats {
    return {
      mode: this.#state === "ready" ? "inotify" : "polling",
      watches: this.#thread?.watches ?? 0,
      events: this.#thread?.events ?? 0,
      overflows: this.#overflows,
      starts: this.#starts,
      lost: this.#lost,
      readyMs: this.#readyMs,
    };
  }

  /** Nothing is told from now on; resolves when all is freed. It does not start again. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    this.#first.resolve();
    this.#endThread();
    await Promise.all(this.#ending);
  }

  #begin(): void {
    const { clock, folder, foldersMax, pathsMax, on } = this.#options;
    this.#state = "starting";
    this.#starts++;
    this.#startedAtMs = clock.monotonic();
    const files = openInotify();
    if (typeof files === "string") {
      this.#lose(undefined, files);
      return;
    }
    const isCurrent = () => this.#thread === thread;
    const thread: WatchThread = new WatchThread({
      clock,
      root: folder,
      repository: repositoryOf(folder),
      files,
      foldersMax,
      pathsMax,
      startWorker: this.#startWorker,
      on: {
        changed: (paths) => isCurrent() && on.changed(paths),
        repository: () => isCurrent() && on.repository?.(),
        doubt: () => {
          this.#isDoubtful = true;
          if (isCurrent() && this.#state === "ready") void this.#sync(thread);
        },
        lost: (why) => this.#lose(thread, why),
      },
    });
    this.#thread = thread;
    this.#synced = undefined;
    this.#isDoubtful = true;
    this.#cancelTimer = clock.schedule(this.#options.startMsMax, () => this.#lose(thread, "error"));
    void this.#becomeReady(thread);
  }

  /** A folder made while the others were being watched is in the next list, or told of: when a list names no other folder, none is missed. */
  async #becomeReady(thread: WatchThread): Promise<void> {
    await this.#settle(thread);
    if (this.#thread !== thread) return;
    this.#cancelTimer();
    this.#state = "ready";
    this.#lost = undefined;
    this.#readyAtMs = this.#options.clock.monotonic();
    this.#readyMs = this.#readyAtMs - this.#startedAtMs;
    this.#first.resolve();
    this.#options.on.ready();
  }

  async #settle(thread: WatchThread | undefined): Promise<void> {
    while (thread && this.#thread === thread) {
      await thread.drain();
      if (!(await this.#sync(thread))) return;
    }
  }

  /** One at a time. @returns whether others are watched than before, so that what they tell has to be waited for */
  async #sync(thread: WatchThread): Promise<boolean> {
    while (this.#syncing) await this.#syncing;
    if (this.#thread !== thread) return false;
    this.#syncing = this.#syncOnce(thread).finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  async #syncOnce(thread: WatchThread): Promise<boolean> {
    try {
      const folders = await this.#options.folders();
      if (this.#thread !== thread || (!this.#isDoubtful && isSame(folders, this.#synced))) return false;
      this.#isDoubtful = false;
      this.#synced = folders;
      const added = await thread.sync(folders);
      if (this.#thread !== thread || added === "lost") return false;
      if (added.length > 0) this.#options.on.changed(added);
      return added.length > 0 || this.#isDoubtful;
    } catch {
      // The list cannot be had: the root is gone, or has become too large.
      this.#lose(thread, "error");
      return false;
    }
  }

  #lose(thread: WatchThread | undefined, why: LostReason): void {
    if (this.#state === "stopped" || this.#thread !== thread) return;
    const { clock, on } = this.#options;
    if (this.#state === "ready" && clock.monotonic() - this.#readyAtMs > STEADY_MS) this.#attempts = 0;
    this.#state = "lost";
    this.#lost = why;
    if (why === "overflow") this.#overflows++;
    this.#endThread();
    // What cannot be here will not be later, and a limit is of what others use too: to reach it often would be theirs to suffer.
    if (why !== "unsupported") {
      const backoffMs = BACKOFF_MS * 2 ** this.#attempts++;
      const waitMs = why === "limit" ? BACKOFF_MS_MAX : Math.min(backoffMs, BACKOFF_MS_MAX);
      this.#cancelTimer = clock.schedule(waitMs, () => this.#begin());
    }
    this.#first.resolve();
    on.lost(why);
  }

  #endThread(): void {
    this.#cancelTimer();
    const ending = this.#thread?.end();
    this.#thread = undefined;
    if (!ending) return;
    this.#ending.add(ending);
    void ending.finally(() => this.#ending.delete(ending));
  }
}

function repositoryOf(folder: string): GitFolders | undefined {
  try {
    return findRepository(folder);
  } catch {
    return undefined;
  }
}

function isSame(a: readonly string[], b: readonly string[] | undefined): boolean {
  if (a === b) return true;
  return a.length === b?.length && a.every((each, index) => each === b[index]);
}
