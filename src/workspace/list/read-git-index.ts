// The rows of a checkout's index: read here where it can be, asked of git where it cannot (split, sparse, of a newer kind). An index that git
// cannot read either is an error that says so; a checkout without one has no rows.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MillraceError } from "../../base/index.ts";
import { ASK_STAGES, type GitIndex, parseGitIndex, parseStages } from "./git-index.ts";
import { askGit } from "./git-program.ts";
import type { GitRepository } from "./git-repository.ts";

export const INDEX_BYTES_MAX = 1 << 30;

/** Throws `repository_unreadable`: neither this nor git can make sense of it. */
export function readGitIndex(repository: GitRepository): GitIndex {
  return indexOf(repository, bytesOf(join(repository.gitFolder, "index")));
}

/** @param bytes of the index; undefined: there is none */
export function indexOf(repository: GitRepository, bytes: Buffer | undefined): GitIndex {
  if (bytes === undefined) return { paths: [], isGitlink: noRow, isSkippedInWorktree: noRow, entry: noRow };
  const parsed = parseGitIndex(bytes);
  if (typeof parsed !== "string") return parsed;
  const { top, gitFolder } = repository;
  const answer = askGit(top, ["--git-dir", gitFolder, "--work-tree", top, ...ASK_STAGES]);
  const index = answer?.output && parseStages(answer.output);
  if (index) return index;
  const why = answer === undefined ? "it is of a kind that only git can read, and git is not on this machine" : answer.complaint;
  throw new MillraceError("repository_unreadable", `The index of ${top} cannot be read: ${why || "git gave no answer"}.`);
}

function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw new MillraceError("repository_unreadable", `The index ${path} cannot be read.`, { cause: error });
  }
}

function noRow(row: number): never {
  throw new RangeError(`The index has no row ${row}.`);
}
