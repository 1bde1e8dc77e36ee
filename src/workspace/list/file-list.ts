// The held list of a root's files that are not ignored: what `git ls-files -co --exclude-standard` prints there, and what it would print
// where there is no repository. Invariant: an answer is what a fresh list would be, by a check of every folder's stamp or, while a watcher
// vouches, of those that it named. Does not read files, and does not watch.

import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Abortable, type Clock, MillraceError, orAbort } from "../../base/index.ts";
import type { Collected } from "./folder-tree.ts";
import type { UserFolders } from "./git-settings.ts";
import { HeldRoot } from "./held-root.ts";
import type { IndexedBlobs } from "./indexed-blobs.ts";
import { takeStamp, youngFromNs } from "./stamp.ts";

const SLICE_MS = 10;
/** How often a walk begins anew because a folder went away under it. */
const ATTEMPTS_MAX = 5;
const NOTHING: Collected = { paths: [], folders: 0, nestedRepositories: 0, unreadableFolders: 0, unreadableNames: 0 };

export interface FileListOptions {
  readonly folder: string;
  /** Its wall time is compared with the file system's. */
  readonly clock: Clock;
  /** The file system's clock may tick so slowly: a folder that changed so shortly before it was read is read again. Default 20. */
  readonly granularityMs?: number;
  /** For a root that cannot be watched: a list checked at most so long ago is given without a check. Default 0: each answer is checked. */
  readonly heldMsMax?: number;
  /** Files and folders that are not ignored; with more, `workspace_too_large` is thrown. Default 4,000,000. */
  readonly entriesMax?: number;
  /** Where the user's git configuration is. Default: the home folder, and `.config` in it. */
  readonly home?: string;
  readonly configHome?: string;
}

export interface FileListStats {
  readonly generation: number;
  readonly paths: number;
  readonly folders: number;
  /** Listed as one path that ends with a slash. */
  readonly nestedRepositories: number;
  /** Passed over: no permission. */
  readonly unreadableFolders: number;
  /** Left out: names that are not UTF-8. */
  readonly unreadableNames: number;
  readonly checks: number;
  readonly foldersRead: number;
  readonly isTrusted: boolean;
  readonly isRepository: boolean;
  /** Without git the settings are the defaults. */
  readonly git: "found" | "missing";
}

/**
 * Paths are relative to the folder, in git's order (`comparePaths`), each once. As git has them, a submodule is one path, an untracked
 * repository within is one path with a slash at its end, and a symbolic link is a path that is not followed.
 * Other than git: tracked files that are not there are left out, and so are names that are not UTF-8 (counted) and what is neither a file
 * nor a link (pipes, sockets, devices), tracked or not. core.worktree is not looked at.
 */
export class FileList {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #granularityMs: number;
  readonly #heldMsMax: number;
  readonly #entriesMax: number;
  readonly #user: UserFolders;
  #root: HeldRoot | undefined;
  #list: Collected = NOTHING;
  /** Undefined: not asked for since the list was made. */
  #folders: readonly string[] | undefined;
  #generation = 0;
  #checks = 0;
  /** Of clock.monotonic; undefined: what is held may be outdated or unfinished. */
  #checkedAtMs: number | undefined;
  #isVouched = false;
  #isSuspected = false;
  /** Raised by each check: one that was left half-way stops when another began. */
  #turn = 0;
  /** Raised when all that was checked, or is being checked, becomes doubtful. */
  #doubts = 0;
  #loading: Promise<void> | undefined;

  constructor(options: FileListOptions) {
    const { granularityMs = 20, heldMsMax = 0, entriesMax = 4_000_000, home = homedir() } = options;
    const isFine =
      granularityMs >= 0 &&
      heldMsMax >= 0 &&
      heldMsMax <= 60_000 &&
      entriesMax >= 1 &&
      Number.isFinite(granularityMs + entriesMax);
    if (!isFine)
      throw new MillraceError(
        "option_invalid",
        "A file list needs heldMsMax of at most 60,000, and a finite granularityMs and entriesMax.",
      );
    this.#folder = options.folder;
    this.#clock = options.clock;
    this.#granularityMs = granularityMs;
    this.#heldMsMax = heldMsMax;
    this.#entriesMax = entriesMax;
    this.#user = { home, config: options.configHome ?? join(home, ".config") };
  }

  /**
   * The list as it is now; the same array while nothing changed.
   * Throws `file_missing` when the folder is not there, `repository_unreadable` when it is in a bare or damaged repository, `workspace_too_large`.
   */
  paths(): readonly string[] {
    this.#refresh();
    return this.#list.paths;
  }

  /** Folders whose changes may change the list, for a watcher: those not ignored, or with tracked files. "" is the root. */
  folders(): readonly string[] {
    this.#refresh();
    this.#folders ??= this.#root?.tree.folders() ?? [];
    return this.#folders;
  }

  /** What git's index says of the contents of the files in the list last given; undefined: nothing that can be believed. */
  indexed(): IndexedBlobs | undefined {
    return this.#root?.indexed(this.#list.paths);
  }

  /** Of the list last given: rises whenever it is another one. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * What may have changed, as a watcher tells it: paths of files or folders, relative to the root. Without paths: anything.
   * The repository's own files need not be named, they are looked at with every answer.
   */
  invalidate(paths?: readonly string[]): void {
    this.#isSuspected = true;
    if (paths === undefined) this.#doubt();
    else for (const path of paths) this.#root?.tree.suspect(path);
  }

  /** While watched, only folders that were named to `invalidate` are checked. The first answer after each call checks all. */
  vouch(isWatched: boolean): void {
    this.#isVouched = isWatched;
    this.#doubt();
  }

  /** As `paths`, in slices of about 10 ms, so that a first list of a big tree keeps nobody waiting. `progress`: folders seen so far. */
  async load(signal?: Abortable, progress?: (folders: number) => void): Promise<readonly string[]> {
    signal?.throwIfAborted();
    // A check that began before the question may have passed by what changed since.
    const begun = this.#checks;
    while (this.#loading) {
      const other = this.#loading.catch(() => undefined);
      await (signal ? orAbort(other, signal) : other);
      if (this.#checkedAtMs !== undefined && this.#checks > begun) return this.#list.paths;
    }
    this.#loading = this.#loadInSlices(signal, progress).finally(() => {
      this.#loading = undefined;
    });
    await this.#loading;
    return this.#list.paths;
  }

  stats(): FileListStats {
    const { paths, folders, nestedRepositories, unreadableFolders, unreadableNames } = this.#list;
    return {
      generation: this.#generation,
      paths: paths.length,
      folders,
      nestedRepositories,
      unreadableFolders,
      unreadableNames: unreadableNames + (this.#root?.tracked.unreadableNames ?? 0),
      checks: this.#checks,
      foldersRead: this.#root?.tree.foldersRead ?? 0,
      isTrusted: this.#isVouched && this.#checkedAtMs !== undefined,
      isRepository: this.#root?.isRepository ?? false,
      git: this.#root?.git ?? "found",
    };
  }

  #doubt(): void {
    this.#doubts++;
    this.#checkedAtMs = undefined;
  }

  #refresh(): void {
    const isHeld = !this.#isSuspected && !this.#isVouched && this.#checkedAtMs !== undefined && this.#heldMsMax > 0;
    if (isHeld && this.#clock.monotonic() - (this.#checkedAtMs ?? 0) <= this.#heldMsMax) return;
    const check = this.#check();
    while (check.next().done !== true);
  }

  async #loadInSlices(signal: Abortable | undefined, progress: ((folders: number) => void) | undefined): Promise<void> {
    const check = this.#check();
    for (;;) {
      const until = this.#clock.monotonic() + SLICE_MS;
      let step = check.next();
      while (step.done !== true && this.#clock.monotonic() < until) step = check.next();
      if (step.done === true) {
        // Another check took over; it is done, unless it failed.
        if (!step.value) this.#refresh();
        return;
      }
      progress?.(step.value);
      await this.#clock.sleep(0, signal);
    }
  }

  /** Yields how many folders it saw. @returns whether it came to its end */
  *#check(): Generator<number, boolean> {
    const turn = ++this.#turn;
    const doubts = this.#doubts;
    const checkedAtMs = this.#clock.monotonic();
    const isTrusted = this.#isVouched && this.#checkedAtMs !== undefined;
    this.#checkedAtMs = undefined;
    this.#isSuspected = false;
    this.#checks++;
    try {
      let isTorn = true;
      for (let attempt = 0; isTorn && attempt < ATTEMPTS_MAX; attempt++) {
        const youngFrom = youngFromNs(this.#clock.now(), this.#granularityMs);
        const root = this.#currentRoot();
        const mustCheckAll = root.poll(youngFrom);
        for (const seen of root.tree.check(!isTrusted || mustCheckAll, youngFrom)) {
          yield seen;
          if (turn !== this.#turn) return false;
        }
        isTorn = root.tree.takeTorn();
        if (root.tree.takeChanged()) this.#take(root.tree.collect());
      }
      if (!isTorn && doubts === this.#doubts) this.#checkedAtMs = checkedAtMs;
      return true;
    } catch (error) {
      this.#root = undefined;
      throw error;
    }
  }

  /** What is held of the root, or a new one when the place became another. */
  #currentRoot(): HeldRoot {
    const place = this.#place();
    if (place === undefined) throw new MillraceError("file_missing", `The folder ${this.#folder} is not there.`);
    if (!this.#root?.isCurrent(place)) this.#root = new HeldRoot(place, this.#entriesMax, this.#user);
    return this.#root;
  }

  #place(): string | undefined {
    try {
      const place = realpathSync(this.#folder);
      return takeStamp(place)?.isFolder ? place : undefined;
    } catch {
      return undefined;
    }
  }

  #take(list: Collected): void {
    this.#folders = undefined;
    const before = this.#list.paths;
    const isSame = list.paths.length === before.length && list.paths.every((path, index) => path === before[index]);
    this.#list = isSame ? { ...list, paths: before } : list;
    if (!isSame || this.#generation === 0) this.#generation++;
  }
}
