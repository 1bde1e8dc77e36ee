// What files a checkout has now, and what they contain: the list, the contents and the watcher that spares them work, kept in step. Invariant: an
// answer is of the files as they were at some moment after it was asked for. A watcher that is not there, or has lost something, costs time only.

import type { Abortable, Clock } from "../../base/index.ts";
import { FileList, type FileListStats } from "../list/file-list.ts";
import { languageOf } from "../scan/languages.ts";
import type { Language } from "../scan/record.ts";
import { rangeOf } from "../search/glob.ts";
import { Watcher, type WatcherStats } from "../watch/watcher.ts";
import { Changes } from "./changes.ts";
import { Contents, type ReadFile } from "./contents.ts";
import { stateId } from "./state-id.ts";

export interface CheckoutOptions {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  readonly clock: Clock;
  readonly read: ReadFile;
  readonly granularityMs: number;
  /** As `read` has it. */
  readonly fileBytesMax: number;
  /** Whether changes are to be watched for from the first question on. */
  readonly isWatched: boolean;
  /** For tests. */
  readonly startWatchWorker: ((start: () => Worker) => Worker) | undefined;
}

export interface Listed {
  /** Sorted by `comparePaths`; the same array while nothing changed. */
  readonly paths: readonly string[];
  /** Differs whenever `paths` does. */
  readonly generation: number;
}

/** The files that have a language. */
export interface Sources extends Listed {
  /** Git blob ids of those that can be read, in the order of the paths. */
  readonly blobs: ReadonlyMap<string, string>;
  readonly languages: ReadonlyMap<string, Language>;
  readonly stateId: string;
}

export interface CheckoutAsk {
  readonly signal?: Abortable | undefined;
  /** Folders listed so far. */
  readonly listed?: ((folders: number) => void) | undefined;
}

export interface SourcesAsk extends CheckoutAsk {
  /** Told how long the list took, and that contents are read from now on. */
  readonly reading?: () => void;
  /** Told the bytes of what had to be read. */
  readonly took: (blob: string, bytes: Uint8Array) => void;
}

const WATCH_WORKER = new URL("../watch/watch-worker.ts", import.meta.url);

export class Checkout {
  readonly #list: FileList;
  readonly #contents: Contents;
  readonly #watcher: Watcher | undefined;
  /** Since contents were looked at. */
  readonly #changes = new Changes();
  readonly #followers = new Set<Changes>([this.#changes]);
  #sources: Sources | undefined;
  #isIndexTrusted = true;
  #languages: { readonly paths: readonly string[]; readonly of: ReadonlyMap<string, Language> } = { paths: [], of: new Map() };

  constructor(options: CheckoutOptions) {
    const { folder, clock, read, granularityMs, fileBytesMax } = options;
    this.#list = new FileList({ folder, clock, granularityMs });
    this.#contents = new Contents({ folder, clock, granularityMs, fileBytesMax, read });
    this.#watcher = options.isWatched ? this.#watch(options) : undefined;
  }

  /** Changes as they are told from now on, for whoever holds something of files. */
  follow(): Changes {
    const changes = new Changes();
    this.#followers.add(changes);
    if (this.#watcher?.stats().mode === "inotify") changes.vouch(true);
    return changes;
  }

  /** Rejects with `file_missing`, `repository_unreadable`, `workspace_too_large`, and the signal's reason. */
  async list({ signal, listed }: CheckoutAsk = {}): Promise<Listed> {
    await this.#settle(signal);
    const paths = await this.#list.load(signal, listed);
    return { paths, generation: this.#list.generation };
  }

  /** The same object while nothing changed. Rejects as `list`. Not to be called again before it ends. */
  async sources({ reading, took, ...ask }: SourcesAsk): Promise<Sources> {
    const { paths, generation } = await this.list(ask);
    reading?.();
    const taken = this.#changes.take();
    const held = this.#sources;
    if (held && held.paths === paths && taken?.length === 0 && !this.#contents.hasLinked) return held;
    try {
      const languages = this.#languagesOf(paths);
      const changed = taken && filesIn(taken, paths);
      const known = this.#isIndexTrusted ? this.#list.indexed() : undefined;
      const blobs = await this.#contents.of([...languages.keys()], { changed, known, signal: ask.signal, took });
      this.#sources = { paths, generation, blobs, languages, stateId: stateId(blobs) };
      return this.#sources;
    } catch (error) {
      this.#changes.doubt();
      throw error;
    }
  }

  /** A file was not what git's index says, for good: it is not believed again. */
  distrustIndex(): void {
    this.#isIndexTrusted = false;
    this.#contents.distrust();
    this.#sources = undefined;
    this.#changes.doubt();
  }

  stats(): { readonly list: FileListStats; readonly watcher: WatcherStats | undefined } {
    return { list: this.#list.stats(), watcher: this.#watcher?.stats() };
  }

  async close(): Promise<void> {
    await this.#watcher?.stop();
  }

  /** All that happened before is known afterwards, or known to be unknown. */
  async #settle(signal: Abortable | undefined): Promise<void> {
    if (!this.#watcher) return;
    // Whoever asks first does not wait for it to begin: lists and contents are checked meanwhile.
    if (this.#watcher.stats().starts === 0) void this.#watcher.start();
    await this.#watcher.settled(signal);
  }

  #watch({ folder, clock, startWatchWorker: start }: CheckoutOptions): Watcher {
    const vouch = (isWatched: boolean) => {
      this.#list.vouch(isWatched);
      for (const changes of this.#followers) changes.vouch(isWatched);
    };
    return new Watcher({
      folder,
      clock,
      folders: async () => {
        await this.#list.load();
        return this.#list.folders();
      },
      on: {
        changed: (paths) => {
          this.#list.invalidate(paths);
          for (const changes of this.#followers) changes.add(paths);
        },
        lost: () => vouch(false),
        ready: () => vouch(true),
      },
      ...(start ? { startWorker: () => start(() => new Worker(WATCH_WORKER)) } : {}),
    });
  }

  #languagesOf(paths: readonly string[]): ReadonlyMap<string, Language> {
    if (this.#languages.paths === paths) return this.#languages.of;
    const of = new Map<string, Language>();
    for (const path of paths) {
      const language = languageOf(path);
      if (language !== undefined) of.set(path, language);
    }
    this.#languages = { paths, of };
    return of;
  }
}

/** The listed files among these files and folders. */
function filesIn(changed: readonly string[], paths: readonly string[]): ReadonlySet<string> {
  const files = new Set<string>(changed);
  for (const path of changed) {
    const { from, end } = rangeOf(paths, `${path}/`);
    for (let index = from; index < end; index++) files.add(paths[index] ?? "");
  }
  return files;
}
