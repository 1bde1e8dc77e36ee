// One thread that watches one root, seen from the thread that wants to know. It ends once: when it is told to, or when it lost track, which is
// told once. Requests are answered in order; those that it can no longer answer get "lost".

import type { Cancel, Clock } from "../../base/index.ts";
import { closeInotify, type InotifyFiles, ring } from "./inotify.ts";
import {
  type GitFolders,
  joinPaths,
  type LostReason,
  shared,
  splitPaths,
  type WatchReply,
  type WatchRequest,
} from "./watch-messages.ts";

const END_MS = 5000;

export interface WatchThreadOptions {
  readonly clock: Clock;
  readonly root: string;
  readonly repository: GitFolders | undefined;
  /** This thread's from now on: closed when it ended. */
  readonly files: InotifyFiles;
  readonly foldersMax: number;
  readonly pathsMax: number;
  readonly startWorker: () => Worker;
  readonly on: {
    changed(paths: readonly string[]): void;
    repository(): void;
    /** Other folders may have to be watched. */
    doubt(): void;
    lost(why: LostReason): void;
  };
}

export class WatchThread {
  readonly #options: WatchThreadOptions;
  readonly #worker: Worker;
  readonly #numbers = new Int32Array(new SharedArrayBuffer(4 * shared.length));
  readonly #waiting: ((answer: readonly string[] | "lost") => void)[] = [];
  readonly #gone = Promise.withResolvers<boolean>();
  #isEnded = false;
  watches = 0;
  events = 0;

  constructor(options: WatchThreadOptions) {
    this.#options = options;
    this.#worker = options.startWorker();
    this.#worker.addEventListener("message", ({ data }: MessageEvent<WatchReply>) => this.#take(data));
    this.#worker.addEventListener("error", () => this.#lose("error"));
    this.#worker.addEventListener("close", () => {
      this.#gone.resolve(true);
      this.#lose("error");
    });
    unref(this.#worker);
    const { root, repository, files, foldersMax, pathsMax } = options;
    this.#send({ kind: "start", root, repository, files, foldersMax, pathsMax, shared: this.#numbers });
  }

  /** From now on watches these and no others. @returns those that were added, of which anything may have changed before */
  sync(folders: readonly string[]): Promise<readonly string[] | "lost"> {
    return this.#ask({ kind: "sync", folders: joinPaths(folders) });
  }

  /** When this resolves, all that happened before the call was told, or the loss. */
  async drain(): Promise<void> {
    await this.#ask({ kind: "drain" });
  }

  /** Nothing is told from now on. Resolves when the thread is gone and its files are closed; what does not go in time keeps its files. */
  async end(): Promise<void> {
    if (!this.#isEnded) {
      this.#isEnded = true;
      Atomics.store(this.#numbers, shared.isEnding, 1);
      ring(this.#options.files);
      this.#worker.terminate();
      for (const answer of this.#waiting.splice(0)) answer("lost");
      const cancel: Cancel = this.#options.clock.schedule(END_MS, () => this.#gone.resolve(false));
      void this.#gone.promise.then((isGone) => {
        cancel();
        if (isGone) closeInotify(this.#options.files);
      });
    }
    await this.#gone.promise;
  }

  #ask(request: WatchRequest): Promise<readonly string[] | "lost"> {
    return new Promise((resolve) => {
      if (this.#isEnded) return resolve("lost");
      this.#waiting.push(resolve);
      this.#send(request);
    });
  }

  #send(request: WatchRequest): void {
    // Before the bell: the thread looks for as many messages as it is told of before it waits again.
    Atomics.add(this.#numbers, shared.sent, 1);
    this.#worker.postMessage(request);
    ring(this.#options.files);
  }

  #take(reply: WatchReply): void {
    if (this.#isEnded) return;
    const { on } = this.#options;
    if (reply.kind === "lost") {
      this.#lose(reply.why);
      return;
    }
    if (reply.kind === "batch") {
      Atomics.add(this.#numbers, shared.taken, 1);
      this.events = reply.events;
      const paths = splitPaths(reply.paths);
      if (paths.length > 0) on.changed(paths);
      if (reply.isRepositoryChanged) on.repository();
      if (reply.isDoubtful) on.doubt();
      return;
    }
    if (reply.kind === "synced") this.watches = reply.watches;
    this.#waiting.shift()?.(reply.kind === "synced" ? splitPaths(reply.added) : []);
  }

  #lose(why: LostReason): void {
    if (this.#isEnded) return;
    this.end().catch(() => {});
    this.#options.on.lost(why);
  }
}

// Bun's, which the types of the browser lack: a thread that waits for changes keeps no process alive.
const unref = (worker: Worker) => (worker as Worker & { unref?(): void }).unref?.();
