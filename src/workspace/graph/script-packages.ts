// Packages of JavaScript and TypeScript within the repository: their names, and what their `exports`, `imports` and entry fields lead to
// (https://nodejs.org/api/packages.html). Where those name what a build will write, the source it is made of is looked for.

import { type Fields, fieldsOf, type Manifests, stringOf } from "./manifests.ts";
import { folderOf, joinPath, nameOf, type SourceTree } from "./source-tree.ts";

export interface ScriptPackage {
  readonly folder: string;
  readonly fields: Fields;
}

/** Finds the file that a path without extension, or with another, means. */
export type FindScript = (path: string) => string | undefined;

const DEPTH_MAX = 8;
const TARGETS_MAX = 32;
const ENTRY_FIELDS = ["source", "types", "typings", "module", "main", "browser"] as const;
/** Folders that builds write to, and those they read. */
const BUILT = new Set(["dist", "lib", "build", "out", "esm", "cjs", "es", "types", "typings", "output"]);
const SOURCE_FOLDERS = ["src", "source", "lib", "src/exports", "."] as const;
const SCRIPT_EXTENSION = /(?:\.d)?\.[cm]?[jt]sx?$/;

export class ScriptPackages {
  readonly #tree: SourceTree;
  readonly #find: FindScript;
  readonly #byName = new Map<string, ScriptPackage>();
  readonly byFolder = new Map<string, ScriptPackage>();

  constructor(tree: SourceTree, manifests: Manifests, find: FindScript) {
    this.#tree = tree;
    this.#find = find;
    for (const path of tree.named("package.json")) {
      const found = { folder: folderOf(path), fields: manifests.json(path) };
      this.byFolder.set(found.folder, found);
      const name = stringOf(found.fields.name);
      // Of two with one name the one nearer to the root is meant: the other is an example or a fixture.
      const other = name === undefined ? undefined : this.#byName.get(name);
      if (name !== undefined && (!other || depthOf(found.folder) < depthOf(other.folder))) this.#byName.set(name, found);
    }
  }

  named(name: string): ScriptPackage | undefined {
    return this.#byName.get(name);
  }

  /** @param subpath after the name: "" or "/types" */
  entry(from: ScriptPackage, subpath: string): string | undefined {
    const { fields, folder } = from;
    const targets: string[] = [];
    if (fields.exports !== undefined) collect(matched(fields.exports, `.${subpath}`), targets);
    else if (subpath === "") for (const field of ENTRY_FIELDS) collect(fields[field], targets);
    else targets.push(`.${subpath}`);
    return this.#firstSource(folder, targets) ?? this.builtFrom(folder, subpath === "" ? "index" : subpath.slice(1));
  }

  /** @param name as in `#internal/thing` */
  internal(from: ScriptPackage, name: string): string | undefined {
    const targets: string[] = [];
    collect(matched(from.fields.imports, name), targets);
    return this.#firstSource(from.folder, targets);
  }

  #firstSource(folder: string, targets: readonly string[]): string | undefined {
    for (const target of targets) {
      const path = joinPath(folder, target);
      const found = path === undefined ? undefined : this.#find(path);
      if (found !== undefined) return found;
    }
    for (const target of targets) {
      const found = this.builtFrom(folder, joinPath("", target) ?? "");
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The source of what a build will write, as in `dist/esm/types.mjs` within the package's folder. */
  builtFrom(folder: string, built: string): string | undefined {
    const parts = built.replace(SCRIPT_EXTENSION, "").split("/");
    while (parts.length > 1 && BUILT.has(parts[0] ?? "")) parts.shift();
    const stem = parts.join("/");
    if (stem === "") return undefined;
    for (const source of SOURCE_FOLDERS) {
      const path = joinPath(folder, `${source}/${stem}`);
      const found = path === undefined ? undefined : this.#find(path);
      if (found !== undefined) return found;
    }
    return stem === "index" ? undefined : this.#endingWith(folder, stem);
  }

  /** The one least deep in the package. */
  #endingWith(folder: string, stem: string): string | undefined {
    const within = folder === "" ? "" : `${folder}/`;
    const candidates = ["ts", "tsx", "mts", "js", "mjs"]
      .flatMap((extension) => this.#tree.endingWith(`${stem}.${extension}`))
      .filter((path) => path.startsWith(within) && !nameOf(path).includes(".test."));
    return candidates.sort((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1))[0];
  }
}

const depthOf = (path: string): number => path.split("/").length;

/** What `exports` or `imports` say of a name: its own entry, else that of the longest pattern. */
function matched(entries: unknown, name: string): unknown {
  if (typeof entries === "string" || Array.isArray(entries)) return name === "." ? entries : undefined;
  const fields = fieldsOf(entries);
  const keys = Object.keys(fields);
  if (keys.length > 0 && keys.every((key) => !/^[.#]/.test(key))) return name === "." ? entries : undefined;
  if (fields[name] !== undefined) return fields[name];
  const patterns = keys.filter((key) => key.includes("*")).sort((a, b) => b.length - a.length);
  for (const pattern of patterns) {
    const [before = "", after = ""] = pattern.split("*");
    if (!name.startsWith(before) || !name.endsWith(after) || name.length < pattern.length - 1) continue;
    return filled(fields[pattern], name.slice(before.length, name.length - after.length), 0);
  }
  return undefined;
}

function filled(value: unknown, part: string, depth: number): unknown {
  if (typeof value === "string") return value.replaceAll("*", part);
  if (depth > DEPTH_MAX || typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return value.map((each: unknown) => filled(each, part, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, part, depth + 1)]));
}

/** All paths under conditions, in their order. */
function collect(value: unknown, targets: string[], depth = 0): void {
  if (targets.length >= TARGETS_MAX || depth > DEPTH_MAX) return;
  if (typeof value === "string") targets.push(value);
  else if (typeof value === "object" && value !== null)
    for (const each of Object.values(value)) collect(each, targets, depth + 1);
}
