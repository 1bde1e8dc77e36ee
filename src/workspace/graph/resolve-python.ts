// Imports of Python: relative ones by their dots; others from the folders that can be on the module path: those above the file that are no packages
// themselves, `src`, `lib`, and wherever a top-level package lies. `from a import b` means the module b of a, where there is one, else a.

import { addTo } from "./remembered.ts";
import { external, filesFound, missing, type Resolution, type Resolve } from "./resolution.ts";
import { folderOf, joinPath, nameOf, nearest, type SourceTree, upwards } from "./source-tree.ts";

/** Places of one name that are tried: a monorepo may have hundreds, and the nearest is meant. */
const ROOTS_MAX = 16;
const CONVENTIONAL = new Set(["", "src", "lib", "python"]);

export function pythonResolver(tree: SourceTree): Resolve {
  const isPackage = (folder: string): boolean => hasModule(tree, joined(folder, "__init__"));
  const places = placesByName(tree, isPackage);

  const absolute = (from: string, parts: readonly string[], names: readonly string[]): readonly string[] => {
    const first = parts[0] ?? "";
    const above = [...upwards(folderOf(from))].filter((folder) => !isPackage(folder));
    for (const root of new Set([...above, ...nearest(places.get(first) ?? [], from, ROOTS_MAX).map(rootOf)])) {
      const files = modulesOf(tree, root, parts, names);
      if (files.length > 0) return files.filter((file) => file !== from);
    }
    return [];
  };
  return ({ path }, { specifier, names }): Resolution => {
    const dots = /^\.*/.exec(specifier)?.[0].length ?? 0;
    const parts = specifier
      .slice(dots)
      .split(".")
      .filter((part) => part !== "");
    if (dots === 0) {
      const files = absolute(path, parts, names);
      return files.length > 0 ? filesFound(files) : external(parts[0] ?? specifier);
    }
    const base = joinPath(folderOf(path), "../".repeat(dots - 1));
    const files = base === undefined ? [] : modulesOf(tree, base, parts, names).filter((file) => file !== path);
    return files.length > 0 ? filesFound(files) : missing;
  };
}

/** By the name of a top-level package, or of a module in a folder where they are usual: their files, in the order of paths. */
function placesByName(tree: SourceTree, isPackage: (folder: string) => boolean): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, string[]>();
  for (const path of tree.paths) {
    const [, name] = /([^/]+)\.pyi?$/.exec(path) ?? [];
    if (name === undefined) continue;
    const folder = folderOf(path);
    const root = folderOf(folder);
    const isTop = name === "__init__" ? folder !== "" && (root === "" || !isPackage(root)) : CONVENTIONAL.has(folder);
    if (!isTop) continue;
    const key = name === "__init__" ? nameOf(folder) : name;
    addTo(places, key, path);
  }
  return places;
}

/** The folder on the module path that a package's or a module's file says. */
const rootOf = (path: string): string => (/(?:^|\/)__init__\.pyi?$/.test(path) ? folderOf(folderOf(path)) : folderOf(path));

/** The modules that are read for `from a.b import names` in a folder; none: there is no module a.b. */
function modulesOf(tree: SourceTree, root: string, parts: readonly string[], names: readonly string[]): readonly string[] {
  const path = joined(root, parts.join("/"));
  const own = parts.length > 0 ? moduleAt(tree, path) : moduleAt(tree, joined(path, "__init__"));
  const files = new Set<string>();
  let needsOwn = names.length === 0;
  for (const name of names) {
    const inner = name === "*" ? undefined : moduleAt(tree, joined(path, name));
    if (inner === undefined) needsOwn = true;
    else files.add(inner);
  }
  if (needsOwn && own !== undefined) files.add(own);
  return [...files];
}

function moduleAt(tree: SourceTree, path: string): string | undefined {
  return [`${path}.py`, `${path}/__init__.py`, `${path}.pyi`, `${path}/__init__.pyi`].find((each) => tree.has(each));
}

function hasModule(tree: SourceTree, path: string): boolean {
  return tree.has(`${path}.py`) || tree.has(`${path}.pyi`);
}

const joined = (folder: string, rest: string): string => [folder, rest].filter((part) => part !== "").join("/");
