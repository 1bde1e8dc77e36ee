// The listed files as resolvers ask for them: by path, by folder, and by how a path ends. Paths are relative to the root; the root itself is "".

import { comparePaths } from "../list/path-order.ts";
import { addTo } from "./remembered.ts";

/** "" for what lies in the root. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** `a/b` and `../c` is `a/c`. Undefined: it leads out of the root. */
export function joinPath(folder: string, relative: string): string | undefined {
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of relative.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}

/** From the folder itself up to the root. */
export function* upwards(folder: string): Generator<string> {
  for (let at = folder; ; at = folderOf(at)) {
    yield at;
    if (at === "") return;
  }
}

/**
 * Those that share most of their first folders with a path, in their order.
 * @param candidates in the order of paths, so that those of one folder stand together
 * @param most so many at most
 */
export function nearest(candidates: readonly string[], from: string, most = Number.POSITIVE_INFINITY): readonly string[] {
  if (candidates.length < 2) return candidates;
  for (const folder of upwards(folderOf(from))) {
    if (folder === "") break;
    const start = placeOf(candidates, `${folder}/`);
    let end = start;
    while (end < candidates.length && end - start < most && candidates[end]?.startsWith(`${folder}/`)) end++;
    if (end > start) return candidates.slice(start, end);
  }
  return candidates.slice(0, most);
}

/** Of the first that does not come before. */
function placeOf(paths: readonly string[], path: string): number {
  let [low, high] = [0, paths.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (comparePaths(paths[middle] ?? "", path) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class SourceTree {
  /** Sorted. */
  readonly paths: readonly string[];
  readonly #paths: ReadonlySet<string>;
  readonly #byFolder = new Map<string, string[]>();
  readonly #byName = new Map<string, string[]>();
  readonly #folders = new Set<string>();

  constructor(paths: readonly string[]) {
    this.paths = paths;
    this.#paths = new Set(paths);
    for (const path of paths) {
      const folder = folderOf(path);
      addTo(this.#byFolder, folder, path);
      addTo(this.#byName, nameOf(path), path);
      for (const each of upwards(folder)) {
        if (this.#folders.has(each)) break;
        this.#folders.add(each);
      }
    }
  }

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  hasFolder(folder: string): boolean {
    return this.#folders.has(folder);
  }

  get folders(): ReadonlySet<string> {
    return this.#folders;
  }

  /** Directly in it. */
  filesIn(folder: string): readonly string[] {
    return this.#byFolder.get(folder) ?? [];
  }

  /** Files of this name, wherever they are. */
  named(name: string): readonly string[] {
    return this.#byName.get(name) ?? [];
  }

  /** Files whose path ends with these whole parts. */
  endingWith(parts: string): readonly string[] {
    return this.named(nameOf(parts)).filter((path) => path === parts || path.endsWith(`/${parts}`));
  }
}
