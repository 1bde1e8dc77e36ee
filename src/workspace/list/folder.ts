// One folder of the walk: what was found in it when it was read, and what of that is listed. Reads itself; who is ignored and what is
// tracked is told by the tree. Invariant: entries are of one reading, and `stamp` never is younger than they are.

import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { HeldFile } from "./held-file.ts";
import type { IgnorePatterns } from "./ignore-patterns.ts";
import type { IgnoreRules } from "./ignore-rules.ts";
import type { Stamp } from "./stamp.ts";

const IGNORE_FILE = ".gitignore";
const IGNORE_FILE_BYTES_MAX = 32 * 1024 * 1024;
const NOT_UTF8 = "\ufffd";
/** Names whose order is not that of UTF-16, and those that are not UTF-8. */
const IS_HIGH = /[\ud800-\uffff]/;

export type Reading = "same" | "changed" | "gone" | "unreadable";

export class Folder {
  readonly parent: Folder | undefined;
  /** From the root, with a slash at its end; "" is the root itself. */
  readonly path: string;
  /** Absolute. */
  readonly place: string;
  /** Regular files and symbolic links. */
  files: readonly string[] = [];
  folders: readonly string[] = [];
  /** Names left out, because they are not UTF-8. */
  unreadableNames = 0;
  isUnreadable = false;
  /** Some names need `comparePaths` to be in order. */
  hasHighNames = false;
  hasDotGit = false;
  ignoreFile: HeldFile | undefined;

  /** Undefined: to be taken at the next check. */
  stamp: Stamp | undefined;
  /** When it was read: stamps from then on prove nothing. Undefined: not read yet. */
  youngFrom: bigint | undefined;

  /** Of its parent; and what `rules` was made over. */
  inherited: IgnoreRules | undefined;
  rulesOver: IgnoreRules | undefined;
  /** What holds in it: the parent's and its own. */
  rules: IgnoreRules | undefined;
  /** Content of its ignore file, one character a byte; undefined: none. */
  ignoreText: string | undefined;
  patterns: IgnorePatterns | undefined;
  /** Only tracked files are listed. */
  isIgnored = false;
  /** Another repository, and nothing of it is tracked: listed as one path. */
  isNested = false;
  mustArrange = true;
  /** Paths of files, and of folders with a slash at their end, in order. */
  order: readonly string[] = [];
  children: ReadonlyMap<string, Folder> = NO_CHILDREN;

  constructor(parent: Folder | undefined, path: string, place: string) {
    this.parent = parent;
    this.path = path;
    this.place = place;
  }

  /** Reads what is in it. */
  read(youngFrom: bigint, isFolded: boolean): Reading {
    let entries: Dirent[];
    try {
      entries = readdirSync(this.place, { withFileTypes: true });
    } catch (error) {
      return this.#failed((error as { code?: unknown }).code, youngFrom);
    }
    const files: string[] = [];
    const folders: string[] = [];
    let unreadableNames = 0;
    let hasDotGit = false;
    this.hasHighNames = false;
    let hasIgnoreFile = false;
    for (const entry of entries) {
      const name = entry.name;
      const kind = kindOf(entry, this.place);
      const isHigh = IS_HIGH.test(name);
      if (isHigh) this.hasHighNames = true;
      if (name === ".git" || (isFolded && name.toLowerCase() === ".git")) hasDotGit = true;
      else if (kind === "other") continue;
      else if (isHigh && name.includes(NOT_UTF8)) unreadableNames++;
      else {
        if (kind === "folder") folders.push(name);
        else files.push(name);
        if (name === IGNORE_FILE) hasIgnoreFile = kind === "file";
      }
    }
    const isSame =
      this.youngFrom !== undefined &&
      !this.isUnreadable &&
      this.hasDotGit === hasDotGit &&
      isEqual(files, this.files) &&
      isEqual(folders, this.folders);
    this.files = files;
    this.folders = folders;
    this.unreadableNames = unreadableNames;
    this.hasDotGit = hasDotGit;
    this.isUnreadable = false;
    this.youngFrom = youngFrom;
    if (!hasIgnoreFile) this.ignoreFile = undefined;
    else this.ignoreFile ??= new HeldFile(`${this.place}/${IGNORE_FILE}`, { follows: false, bytesMax: IGNORE_FILE_BYTES_MAX });
    return isSame ? "same" : "changed";
  }

  #failed(code: unknown, youngFrom: bigint): Reading {
    this.files = [];
    this.folders = [];
    this.unreadableNames = 0;
    this.hasDotGit = false;
    this.ignoreFile = undefined;
    this.youngFrom = youngFrom;
    this.isUnreadable = code !== "ENOENT" && code !== "ENOTDIR";
    return this.isUnreadable ? "unreadable" : "gone";
  }
}

/** Of most folders: one for all of them. */
export const NO_CHILDREN: ReadonlyMap<string, Folder> = new Map();

function kindOf(entry: Dirent, place: string): "file" | "link" | "folder" | "other" {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  if (entry.isSymbolicLink()) return "link";
  if (entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice()) return "other";
  // A file system that does not say in its listing what an entry is.
  try {
    const stats = lstatSync(`${place}/${entry.name}`);
    if (stats.isDirectory()) return "folder";
    if (stats.isSymbolicLink()) return "link";
    return stats.isFile() ? "file" : "other";
  } catch {
    return "other";
  }
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
