// For tests: what git itself lists in a folder, with the differences that a file list states.

import { lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import { askGit } from "./git-program.ts";
import { sortPaths } from "./path-order.ts";

/** `git ls-files -co --exclude-standard`, sorted and each once, without what is not there, no file or link, or not UTF-8. Throws as git complains. */
export function gitList(folder: string): string[] {
  const submodules = new Set(
    ask(folder, "ls-files", "-z", "--stage")
      .filter((line) => line.startsWith("160000"))
      .map((line) => line.slice(line.indexOf("\t") + 1)),
  );
  const printed = new Set(ask(folder, "ls-files", "-z", "-co", "--exclude-standard"));
  const isThere = (path: string) => {
    if (path.endsWith("/")) return true;
    if (path.includes("\ufffd") || !isPlainFolder(folder, dirname(path))) return false;
    const stats = lstatSync(join(folder, path), { throwIfNoEntry: false });
    return stats !== undefined && (stats.isFile() || stats.isSymbolicLink() || (stats.isDirectory() && submodules.has(path)));
  };
  return sortPaths([...printed].filter(isThere));
}

function isPlainFolder(root: string, path: string): boolean {
  if (path === ".") return true;
  return isPlainFolder(root, dirname(path)) && lstatSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() === true;
}

function ask(folder: string, ...args: readonly string[]): string[] {
  const answer = askGit(folder, args);
  if (!answer?.output) throw new Error(answer?.complaint ?? "git is not on this machine");
  return answer.output
    .toString("utf8")
    .split("\0")
    .filter((line) => line !== "");
}
