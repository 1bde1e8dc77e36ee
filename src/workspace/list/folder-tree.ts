// The folders of a root, each as it was read, checked against the file system by their stamps and read again only where these changed.
// Invariant: after a whole check the tree is what a fresh walk would find. Ignored folders are not entered unless something in them is
// tracked, symbolic links never, other repositories not. Where the rules and the tracked files come from is up to the caller.

import { MillraceError } from "../../base/index.ts";
import { Folder, NO_CHILDREN } from "./folder.ts";
import { isRepository } from "./git-repository.ts";
import { IgnorePatterns } from "./ignore-patterns.ts";
import { IgnoreRules } from "./ignore-rules.ts";
import { comparePaths, sortPaths } from "./path-order.ts";
import { isSameStamp, isYoung, takeStamp } from "./stamp.ts";
import type { TrackedFiles } from "./tracked-files.ts";

const FOLDERS_PER_STEP = 64;
const NO_ENTRIES: Pick<Folder, "files" | "folders"> = { files: [], folders: [] };

export interface FolderTreeOptions {
  /** Absolute, of the root. */
  readonly place: string;
  /** Of the root, from the repository's top, with a slash at its end ("" at the top). */
  readonly prefix: string;
  readonly isFolded: boolean;
  /** Files and folders that one check may read. */
  readonly entriesMax: number;
  readonly readBlob: (blob: string) => string | undefined;
}

export interface Collected {
  readonly paths: readonly string[];
  readonly folders: number;
  readonly nestedRepositories: number;
  readonly unreadableFolders: number;
  readonly unreadableNames: number;
}

export class FolderTree {
  readonly #options: FolderTreeOptions;
  readonly #root: Folder;
  #tracked: TrackedFiles;
  /** To be checked even while the others are trusted. */
  readonly #pending = new Set<Folder>();
  readonly #withDotGit = new Set<Folder>();
  #isChanged = true;
  #isTorn = false;
  #entriesRead = 0;
  foldersRead = 0;

  constructor(options: FolderTreeOptions, tracked: TrackedFiles) {
    this.#options = options;
    this.#tracked = tracked;
    this.#root = new Folder(undefined, "", options.place);
  }

  /** Whether the list may have changed since it was last asked. */
  takeChanged(): boolean {
    const isChanged = this.#isChanged;
    this.#isChanged = false;
    return isChanged;
  }

  /** Whether a folder went away while it was walked, so that its files may have been missed elsewhere: check again. */
  takeTorn(): boolean {
    const isTorn = this.#isTorn;
    this.#isTorn = false;
    return isTorn;
  }

  setRules(rules: IgnoreRules | undefined, isIgnored: boolean): void {
    this.#inherit(this.#root, rules, isIgnored);
    this.#pending.add(this.#root);
  }

  setTracked(tracked: TrackedFiles): void {
    if (this.#root.youngFrom !== undefined) for (const path of tracked.differences(this.#tracked)) this.#markWay(path);
    this.#tracked = tracked;
  }

  /** The folder that holds the path, and that which it is, are checked even while others are trusted. */
  suspect(path: string): void {
    const folder = this.#deepest(path.endsWith("/") ? path : `${path}/`);
    this.#pending.add(folder);
    if (folder.parent) this.#pending.add(folder.parent);
  }

  /** Checks all folders (`isDeep`), or those suspected; reads what changed. Yields now and then how many folders it saw. */
  *check(isDeep: boolean, youngFrom: bigint): Generator<number, void> {
    const suspected = () => [...this.#pending, ...this.#withDotGit].sort((a, b) => b.path.length - a.path.length);
    const stack = isDeep ? [this.#root] : suspected();
    this.#pending.clear();
    this.#entriesRead = 0;
    let seen = 0;
    for (let folder = stack.pop(); folder; folder = stack.pop()) {
      if (!isDeep && !this.#isHeld(folder)) {
        this.#withDotGit.delete(folder);
        continue;
      }
      this.#visit(folder, youngFrom);
      for (const child of folder.children.values()) if (isDeep || child.mustArrange) stack.push(child);
      if (++seen % FOLDERS_PER_STEP === 0) yield seen;
    }
  }

  collect(): Collected {
    const paths: string[] = [];
    const counts = { folders: 0, nestedRepositories: 0, unreadableFolders: 0, unreadableNames: 0 };
    const enter = (folder: Folder) => {
      counts.folders++;
      counts.unreadableNames += folder.unreadableNames;
      if (folder.isUnreadable) counts.unreadableFolders++;
      const isLeaf = folder.children.size === 0;
      for (const path of folder.order) {
        const child = isLeaf ? undefined : folder.children.get(path);
        if (child && !child.isNested) enter(child);
        else paths.push(path);
        if (child?.isNested) counts.nestedRepositories++;
      }
    };
    enter(this.#root);
    return { paths, ...counts };
  }

  /** All that are entered, and the top folders of other repositories. */
  folders(): readonly string[] {
    const folders: string[] = [];
    const enter = (folder: Folder) => {
      folders.push(folder.path.slice(0, -1));
      for (const child of folder.children.values()) enter(child);
    };
    enter(this.#root);
    return sortPaths(folders);
  }

  #visit(folder: Folder, youngFrom: bigint): void {
    if (!this.#isAsRead(folder)) this.#read(folder, youngFrom);
    const hasNewPatterns = !folder.isIgnored && this.#hasNewPatterns(folder, youngFrom);
    if (hasNewPatterns || folder.rulesOver !== folder.inherited) this.#setOwnRules(folder);
    const isNested =
      folder.hasDotGit && folder !== this.#root && !this.#tracked.hasBelow(folder.path) && isRepository(folder.place);
    if (isNested !== folder.isNested) {
      folder.isNested = isNested;
      folder.mustArrange = true;
      this.#isChanged = true;
    }
    if (folder.mustArrange) this.#arrange(folder);
  }

  /**
   * A folder has no stamp after it was read for the first time (that would cost the first list a third): it is good if it is older than the
   * reading, and from then on if it stays the same.
   */
  #isAsRead(folder: Folder): boolean {
    if (folder.youngFrom === undefined) return false;
    const stamp = takeStamp(folder.place);
    const isGood = stamp?.isFolder === true && (folder.stamp === undefined || isSameStamp(stamp, folder.stamp));
    folder.stamp = stamp;
    return isGood && !isYoung(stamp, folder.youngFrom);
  }

  #read(folder: Folder, youngFrom: bigint): void {
    const isReplaced = folder.stamp !== undefined && !folder.stamp.isFolder;
    const { isUnreadable, unreadableNames } = folder;
    const reading = isReplaced ? "gone" : folder.read(youngFrom, this.#options.isFolded);
    this.foldersRead++;
    if (isUnreadable !== folder.isUnreadable || unreadableNames !== folder.unreadableNames) this.#isChanged = true;
    if (reading === "gone") {
      const { parent } = folder;
      if (!parent) throw new MillraceError("file_missing", `The folder ${folder.place} is not there.`);
      parent.youngFrom = undefined;
      this.#pending.add(parent);
      this.#isTorn = true;
    }
    if (reading !== "same") folder.mustArrange = true;
    if (folder.hasDotGit && folder !== this.#root) this.#withDotGit.add(folder);
    else this.#withDotGit.delete(folder);
    this.#entriesRead += folder.files.length + folder.folders.length;
    if (this.#entriesRead > this.#options.entriesMax) {
      throw new MillraceError(
        "workspace_too_large",
        `${this.#options.place} holds more than ${this.#options.entriesMax} files and folders that are not ignored. Name a smaller folder, or ignore what is generated.`,
      );
    }
  }

  #hasNewPatterns(folder: Folder, youngFrom: bigint): boolean {
    let text = folder.ignoreText;
    if (folder.ignoreFile) {
      const polled = folder.ignoreFile.poll(youngFrom);
      if (!polled) return false;
      text = polled.content?.toString("latin1");
    } else {
      // In a sparse checkout an ignore file that is left out still holds.
      const { ignoreBlobs } = this.#tracked;
      const blob = ignoreBlobs.size === 0 ? undefined : ignoreBlobs.get(`${this.#options.prefix}${folder.path}.gitignore`);
      text = blob && this.#options.readBlob(blob);
    }
    if (text === folder.ignoreText) return false;
    folder.ignoreText = text;
    const patterns = text === undefined ? undefined : new IgnorePatterns(text, this.#options.isFolded);
    folder.patterns = patterns?.isEmpty ? undefined : patterns;
    return true;
  }

  #setOwnRules(folder: Folder): void {
    const { prefix, isFolded } = this.#options;
    const { inherited, patterns } = folder;
    const rules = patterns ? new IgnoreRules(inherited, patterns, prefix + folder.path, isFolded) : inherited;
    folder.rulesOver = inherited;
    if (rules === folder.rules) return;
    folder.rules = rules;
    folder.mustArrange = true;
  }

  /** Decides which of the entries are listed and which folders are entered. */
  #arrange(folder: Folder): void {
    const { files, folders } = folder.isNested ? NO_ENTRIES : folder;
    let order: string[] = [];
    const tracked = this.#tracked.inFolder(folder.path);
    for (const name of files) {
      const path = this.#tracked.find(tracked, folder.path, name) ?? this.#pathOf(folder, name);
      if (path !== undefined) order.push(path);
    }
    // Several spellings of one file.
    if (this.#options.isFolded) order = [...new Set(order)];
    let children: Map<string, Folder> | undefined;
    for (const name of folders) {
      const path = `${folder.path}${name}`;
      if (this.#tracked.isGitlink(path)) order.push(path);
      else {
        const entered = `${path}/`;
        const isOut = this.#isIgnored(folder, name, true);
        if (isOut && !this.#tracked.hasBelow(entered)) continue;
        const child = folder.children.get(entered) ?? new Folder(folder, entered, `${folder.place}/${name}`);
        this.#inherit(child, folder.rules, isOut);
        children ??= new Map();
        children.set(entered, child);
        order.push(entered);
      }
    }
    if (folder.hasHighNames) order.sort(comparePaths);
    else if (order.length > 1) order.sort();
    this.#isChanged ||= !isSameOrder(order, children ?? NO_CHILDREN, folder);
    folder.order = order;
    folder.children = children ?? NO_CHILDREN;
    folder.mustArrange = false;
  }

  /** Of a file that is not tracked as it is spelled; undefined: not listed. */
  #pathOf(folder: Folder, name: string): string | undefined {
    const path = `${folder.path}${name}`;
    const spelling = this.#tracked.otherSpelling(path);
    if (spelling === undefined) return this.#isIgnored(folder, name, false) ? undefined : path;
    // The index's spelling is told, if the file system knows the file by it too.
    return takeStamp(`${this.#options.place}/${spelling}`) ? spelling : undefined;
  }

  #isIgnored(folder: Folder, name: string, isFolder: boolean): boolean {
    return folder.isIgnored || folder.rules?.isIgnored(this.#options.prefix + folder.path, name, isFolder) === true;
  }

  #inherit(folder: Folder, rules: IgnoreRules | undefined, isIgnored: boolean): void {
    if (folder.inherited === rules && folder.isIgnored === isIgnored) return;
    folder.inherited = rules;
    folder.isIgnored = isIgnored;
    folder.mustArrange = true;
  }

  #deepest(path: string): Folder {
    let folder = this.#root;
    for (;;) {
      const slash = path.indexOf("/", folder.path.length);
      const child = slash < 0 ? undefined : folder.children.get(path.slice(0, slash + 1));
      if (!child) return folder;
      folder = child;
    }
  }

  #markWay(path: string): void {
    for (let folder: Folder | undefined = this.#deepest(path); folder; folder = folder.parent) {
      folder.mustArrange = true;
      this.#pending.add(folder);
    }
  }

  #isHeld(folder: Folder): boolean {
    const { parent } = folder;
    if (!parent) return folder === this.#root;
    return parent.children.get(folder.path) === folder && this.#isHeld(parent);
  }
}

function isSameOrder(
  order: readonly string[],
  children: ReadonlyMap<string, Folder>,
  { order: before, children: held }: Folder,
): boolean {
  if (order.length !== before.length || children.size !== held.size) return false;
  return order.every((path, index) => path === before[index] && (held.size === 0 || children.get(path) === held.get(path)));
}
