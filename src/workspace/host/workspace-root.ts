// What a folder is that somebody wants served: a checkout, a bare mirror, a plain folder, or not there. A mirror's own files (its settings may hold
// a password) are no content, and no more is what git keeps in a checkout.

import { realpathSync } from "node:fs";
import { join } from "node:path";
import { MillraceError } from "../../base/index.ts";
import { type GitOptions, runGit } from "../git/run-git.ts";
import { takeStamp } from "../list/stamp.ts";

export type RootKind = "checkout" | "mirror" | "folder" | "missing";

const PREFIX_BYTES_MAX = 64 * 1024;

/** By what is there now; a few microseconds. */
export function rootKind(folder: string): RootKind {
  if (isMirror(folder)) return "mirror";
  if (!isFolder(folder)) return "missing";
  return exists(join(folder, ".git")) ? "checkout" : "folder";
}

/** As git tells a bare repository; one look where there is none. */
export function isMirror(folder: string): boolean {
  return exists(join(folder, "HEAD")) && isFolder(join(folder, "objects")) && isFolder(join(folder, "refs"));
}

/**
 * Rejects with `repository_unreadable` where git would read another repository than this folder's own: one that the folder is only a part of
 * has files outside of it. Rejects as `runGit` too.
 */
export async function checkOwnRepository(options: GitOptions): Promise<void> {
  const kind = rootKind(options.folder);
  if (kind === "mirror" || kind === "checkout") {
    const prefix = await runGit(["rev-parse", "--show-prefix"], { ...options, bytesMax: PREFIX_BYTES_MAX });
    if (prefix?.toString("latin1").trim() === "") return;
  }
  throw new MillraceError(
    "repository_unreadable",
    `${options.folder} is no repository of its own: it has no commits to be read.`,
  );
}

/** Whether a path, wherever its links lead, is in what git keeps for itself. @param root its real path. Throws `file_missing`. */
export function isKeptByGit(root: string, path: string): boolean {
  let place: string;
  try {
    place = realpathSync.native(join(root, path));
  } catch (error) {
    throw new MillraceError("file_missing", `There is no file ${JSON.stringify(path)}.`, { cause: error });
  }
  return [path, place.slice(root.length)].some((each) => /(?:^|\/)\.git(?:\/|$)/i.test(each));
}

const exists = (path: string): boolean => takeStamp(path) !== undefined;
const isFolder = (path: string): boolean => takeStamp(path, true)?.isFolder === true;
