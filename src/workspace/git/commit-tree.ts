// What files a commit has, without a checkout: each one's path, mode and blob, in git's own order (bytes of paths).

import { MillraceError } from "../../base/index.ts";
import { type GitOptions, runGit } from "./run-git.ts";

export interface TreeFile {
  readonly path: string;
  /** As git writes it: 100644, 100755, 120000 (symbolic link), 160000 (submodule). */
  readonly mode: string;
  /** Of its bytes, in hex. */
  readonly blob: string;
}

export interface Commit {
  readonly commit: string;
  readonly tree: string;
}

const TREE_BYTES_MAX = 256 * 1024 * 1024;
const NAME_BYTES_MAX = 1024;
const ENTRY = /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s;

/**
 * The commit that a name means (HEAD, a branch, a tag, an id or its beginning); undefined: there is none.
 * Throws `option_invalid` for what cannot be a name.
 */
export async function findCommit(name: string, options: GitOptions): Promise<Commit | undefined> {
  const isName =
    name !== "" && !name.startsWith("-") && Buffer.byteLength(name) <= NAME_BYTES_MAX && !/[\0-\x20\x7f~^:?*[\\]/.test(name);
  if (!isName) throw new MillraceError("option_invalid", "A commit is named by its id, or by a branch or tag.");
  const ask = ["rev-parse", "--verify", "--quiet", "--end-of-options"];
  const commit = await line([...ask, `${name}^{commit}`], options);
  const tree = commit && (await line([...ask, `${commit}^{tree}`], options));
  return commit && tree ? { commit, tree } : undefined;
}

/** All files of a tree (or commit), by its id. Those whose names are not UTF-8 are left out. */
export async function readTree(tree: string, options: GitOptions): Promise<readonly TreeFile[]> {
  const printed = await runGit(["ls-tree", "-r", "-z", "--full-tree", tree], { ...options, bytesMax: TREE_BYTES_MAX });
  if (!printed) throw new MillraceError("repository_unreadable", `The repository ${options.folder} has no tree ${tree}.`);
  const files: TreeFile[] = [];
  for (const entry of printed.toString("utf8").split("\0")) {
    const [, mode = "", , blob = "", path = ""] = ENTRY.exec(entry) ?? [];
    if (path !== "" && !path.includes("\ufffd")) files.push({ path, mode, blob });
  }
  return files;
}

async function line(args: readonly string[], options: GitOptions): Promise<string | undefined> {
  const printed = await runGit(args, { ...options, bytesMax: NAME_BYTES_MAX });
  return printed?.toString("latin1").trim() || undefined;
}
