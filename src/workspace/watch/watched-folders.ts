// The folders that are watched and what happened in them, for the thread that watches. It watches what it is told to and decides nothing about
// what is ignored: a folder that appears is told of, and whoever keeps the list says whether to watch it. Invariant: a path is held as watched
// only while its watch is on the folder that has this path, as of the events that were read; a folder that moved is let go with all below it.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Stamp, takeStamp } from "../list/stamp.ts";
import { happened, type Inotify } from "./inotify.ts";
import { tellsOfChanges } from "./local-file-systems.ts";
import { type Batch, type GitFolders, joinPaths, type LostReason } from "./watch-messages.ts";

const {
  modified,
  attributes,
  writerClosed,
  movedFrom,
  movedTo,
  created,
  deleted,
  deletedSelf,
  movedSelf,
  unmounted,
  overflow,
  watchEnded,
  folder,
} = happened;
const ENTRIES = modified | attributes | writerClosed | movedFrom | movedTo | created | deleted | deletedSelf | movedSelf;
/** After these a path may be a folder that can be watched. */
const APPEARED = movedTo | created | attributes;
const WENT = deletedSelf | movedSelf | unmounted;

const GIT_FILES: ReadonlySet<string> = new Set(["HEAD", "index", "packed-refs", "config"]);
/** Folders of branches: with more, changes of the branches in the others are not told. */
const BRANCH_FOLDERS_MAX = 1000;

export interface WatchedFoldersOptions {
  readonly root: string;
  readonly repository: GitFolders | undefined;
  readonly foldersMax: number;
  /** Changed paths that wait to be taken. With more, all is lost: "overflow". */
  readonly pathsMax: number;
}

export class WatchedFolders {
  readonly #inotify: Inotify;
  readonly #options: WatchedFoldersOptions;
  readonly #paths = new Map<number, string>();
  readonly #watches = new Map<string, number>();
  /** Of the git folders: the names that matter there, or all. */
  readonly #git = new Map<number, ReadonlySet<string> | "all">();
  readonly #root: Stamp | undefined;
  readonly #changed = new Set<string>();
  #events = 0;
  #isRepositoryChanged = false;
  #isDoubtful = false;
  /** Once it is set, nothing here is true any more. */
  lost: LostReason | undefined;

  /** Watches what is around the root; the folders in it come with `sync`. */
  constructor(inotify: Inotify, options: WatchedFoldersOptions) {
    this.#inotify = inotify;
    this.#options = options;
    this.#root = takeStamp(options.root);
    const { repository } = options;
    for (const path of repository ? [repository.gitFolder, repository.commonFolder] : []) {
      const watch = this.#add(path);
      if (watch !== undefined) this.#git.set(watch, GIT_FILES);
    }
    this.#watchBranches();
  }

  get watches(): number {
    return new Set([...this.#paths.keys(), ...this.#git.keys()]).size;
  }

  /** Watches these and no others. @returns those added: what happened in them before is not known */
  sync(folders: readonly string[]): readonly string[] {
    // What is read later would be as good, and take another round.
    this.read();
    if (folders.length > this.#options.foldersMax) this.lost ??= "limit";
    const wanted = new Set(folders);
    for (const path of this.#watches.keys()) if (!wanted.has(path)) this.#drop(path);
    const added: string[] = [];
    for (const path of folders) {
      if (this.lost) return added;
      if (this.#watches.has(path)) continue;
      const place = join(this.#options.root, path);
      const watch = this.#add(place);
      if (watch === undefined) continue;
      if (!tellsOfChanges(place)) this.lost ??= "unsupported";
      this.#hold(path, watch);
      added.push(path);
    }
    if (!this.#watches.has("")) this.lost ??= "error";
    return added;
  }

  /** All that happened before the call. */
  drain(): void {
    this.read();
    // A root that somebody is in is not told of when it is removed, and no root when a folder above it moves.
    if (!isSamePlace(this.#root, takeStamp(this.#options.root))) this.lost ??= "error";
  }

  /** All that happened in what is watched. */
  read(): void {
    if (!this.lost) this.#inotify.read((watch, bits, name) => this.#take(watch, bits, name));
  }

  /** What was read since; undefined: nothing. */
  takeBatch(): Batch | undefined {
    if (this.#changed.size === 0 && !this.#isRepositoryChanged && !this.#isDoubtful) return undefined;
    const batch: Batch = {
      paths: joinPaths(this.#changed),
      isRepositoryChanged: this.#isRepositoryChanged,
      isDoubtful: this.#isDoubtful,
      events: this.#events,
    };
    this.#changed.clear();
    this.#isRepositoryChanged = false;
    this.#isDoubtful = false;
    return batch;
  }

  #take(watch: number, bits: number, name: string): void {
    this.#events++;
    if (bits & overflow) this.lost ??= "overflow";
    const path = this.#paths.get(watch);
    if (path !== undefined) {
      if (name === "") this.#takeSelf(path, bits);
      else this.#takeEntry(path, bits, name);
    }
    const names = this.#git.get(watch);
    if (names) this.#takeGit(watch, names, bits, name);
  }

  #takeEntry(path: string, bits: number, name: string): void {
    this.#changed.add(path === "" ? name : `${path}/${name}`);
    if (this.#changed.size > this.#options.pathsMax) this.lost ??= "overflow";
    if (bits & folder) this.#takeFolder(path === "" ? name : `${path}/${name}`, bits);
    // Another repository than the one whose files are watched.
    if (path === "" && name === ".git" && bits & APPEARED & ~attributes) this.lost ??= "error";
  }

  /** A watch of this path is on another folder from now on: one removed may live on, where it is in use. */
  #takeFolder(path: string, bits: number): void {
    if (bits & APPEARED) this.#isDoubtful = true;
    if (bits & (created | movedTo | deleted | movedFrom)) this.#drop(path);
    // Those removed were empty, and so are those made.
    if (bits & movedFrom) this.#dropBelow(path);
  }

  #takeSelf(path: string, bits: number): void {
    this.#changed.add(path);
    if (path === "" && bits & (WENT | watchEnded)) this.lost ??= "error";
    // Also when what was mounted there is taken away. That it moved, the folder that it is in tells.
    if (bits & watchEnded) {
      this.#isDoubtful = true;
      this.#drop(path);
    }
  }

  #takeGit(watch: number, names: ReadonlySet<string> | "all", bits: number, name: string): void {
    if (bits & watchEnded) this.#git.delete(watch);
    if (names !== "all" && name === "" && bits & WENT) this.lost ??= "error";
    if (names === "all" ? name.endsWith(".lock") : !names.has(name)) return;
    this.#isRepositoryChanged = true;
    this.#isDoubtful = true;
    if (bits & folder && bits & APPEARED) this.#watchBranches();
  }

  #watchBranches(): void {
    const { repository } = this.#options;
    const { commonFolder = "" } = repository ?? {};
    const waiting = repository ? [join(commonFolder, "refs", "heads"), join(commonFolder, "reftable")] : [];
    for (let path = waiting.pop(), seen = 0; path !== undefined && seen < BRANCH_FOLDERS_MAX; path = waiting.pop(), seen++) {
      const watch = this.#add(path);
      if (watch === undefined) continue;
      this.#git.set(watch, "all");
      for (const name of foldersIn(path)) waiting.push(join(path, name));
    }
  }

  /** Undefined: it is not there, may not be read, or there are too many. */
  #add(path: string): number | undefined {
    const watch = this.#inotify.add(path, ENTRIES);
    if (watch === "limit") this.lost ??= "limit";
    return typeof watch === "number" ? watch : undefined;
  }

  #hold(path: string, watch: number): void {
    const before = this.#paths.get(watch);
    // Moved since the events were read; those that say so come, and the path of before is looked at again.
    if (before !== undefined) {
      if (this.#isMountedTwice(before, path)) this.lost ??= "unsupported";
      this.#watches.delete(before);
      this.#isDoubtful = true;
    }
    this.#paths.set(watch, path);
    this.#watches.set(path, watch);
  }

  /** One folder in two places: only one of them can be told. */
  #isMountedTwice(one: string, other: string): boolean {
    const { root } = this.#options;
    return isSamePlace(takeStamp(join(root, one)), takeStamp(join(root, other)));
  }

  #dropBelow(path: string): void {
    for (const held of this.#watches.keys()) if (held.startsWith(`${path}/`)) this.#drop(held);
  }

  #drop(path: string): void {
    const watch = this.#watches.get(path);
    if (watch === undefined) return;
    this.#watches.delete(path);
    this.#paths.delete(watch);
    if (!this.#git.has(watch)) this.#inotify.remove(watch);
  }
}

const isSamePlace = (a: Stamp | undefined, b: Stamp | undefined) =>
  a !== undefined && b !== undefined && a.inode === b.inode && a.device === b.device;

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
