// Finds the repository a folder belongs to, as git does: upwards, through `.git` folders and files (worktrees, submodules), within one file
// system. Invariant: a `.git` that git would not take for a repository is passed over. Reads no configuration.

import { accessSync, constants, lstatSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { MillraceError } from "../../base/index.ts";

const GITFILE_BYTES_MAX = 1 << 20;
const HEAD_NAMES_REFERENCE = /^ref:\s*refs\//;
const HEAD_NAMES_COMMIT = /^[0-9a-f]{40}/;

export interface GitRepository {
  /** Its checkout's top folder. */
  readonly top: string;
  /** Of this checkout: HEAD and index. */
  readonly gitFolder: string;
  /** Of all its worktrees: info/exclude, config. */
  readonly commonFolder: string;
}

/**
 * @param folder absolute, without symbolic links
 * @returns undefined: it is in no repository. Throws `repository_unreadable` where git refuses to work too: bare, or a `.git` file that leads nowhere.
 */
export function findRepository(folder: string): GitRepository | undefined {
  const device = statSync(folder).dev;
  for (let top = folder; ; top = dirname(top)) {
    if (statSync(top).dev !== device) return undefined;
    const gitFolder = gitFolderOf(top);
    if (gitFolder === "nowhere") {
      throw new MillraceError("repository_unreadable", `The file ${join(top, ".git")} names no repository; repair or remove it.`);
    }
    if (gitFolder !== undefined) return { top, gitFolder, commonFolder: commonFolderOf(gitFolder) };
    if (isGitFolder(top)) {
      throw new MillraceError(
        "repository_unreadable",
        `${folder} has no files of its own: it is inside a bare repository, or a .git folder. Name a checkout.`,
      );
    }
    if (dirname(top) === top) return undefined;
  }
}

/** Whether git, on its way through another repository, would not go into this folder. */
export function isRepository(folder: string): boolean {
  const found = gitFolderOf(folder);
  return found !== undefined && found !== "nowhere";
}

function gitFolderOf(top: string): string | "nowhere" | undefined {
  const dotGit = join(top, ".git");
  try {
    const stats = statSync(dotGit, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (stats.isDirectory()) return isGitFolder(dotGit) ? dotGit : undefined;
    if (!stats.isFile()) return undefined;
    if (stats.size > GITFILE_BYTES_MAX) return "nowhere";
    const [, named] = /^gitdir: (.+?)[\r\n]*$/s.exec(readFileSync(dotGit, "utf8")) ?? [];
    const gitFolder = named === undefined ? undefined : resolve(top, named);
    return gitFolder !== undefined && isGitFolder(gitFolder) ? gitFolder : "nowhere";
  } catch {
    return "nowhere";
  }
}

function isGitFolder(folder: string): boolean {
  try {
    if (!isHead(join(folder, "HEAD"))) return false;
    const common = commonFolderOf(folder);
    for (const needed of ["objects", "refs"]) accessSync(join(common, needed), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isHead(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (stats.isSymbolicLink()) return readlinkSync(path).startsWith("refs/");
  if (!stats.isFile() || stats.size > GITFILE_BYTES_MAX) return false;
  const head = readFileSync(path, "latin1");
  return HEAD_NAMES_REFERENCE.test(head) || HEAD_NAMES_COMMIT.test(head);
}

function commonFolderOf(gitFolder: string): string {
  const file = join(gitFolder, "commondir");
  if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) return gitFolder;
  return resolve(gitFolder, readFileSync(file, "utf8").replace(/[\r\n]+$/, ""));
}
