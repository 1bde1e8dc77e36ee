// `paths` and `baseUrl` of the tsconfig.json or jsconfig.json that is nearest above a file, with what it extends
// (https://www.typescriptlang.org/tsconfig/#paths).

import { type Fields, fieldsOf, type Manifests, stringOf, stringsOf } from "./manifests.ts";
import type { ScriptPackages } from "./script-packages.ts";
import { folderOf, joinPath, type SourceTree } from "./source-tree.ts";

interface PathRules {
  /** With at most one `*`; the longest first. */
  readonly patterns: readonly { readonly before: string; readonly after: string; readonly targets: readonly string[] }[];
  readonly baseUrl: string | undefined;
}

const EXTENDS_MAX = 8;
const CONFIG_NAMES = ["tsconfig.json", "jsconfig.json"] as const;
const none: PathRules = { patterns: [], baseUrl: undefined };

export class ScriptPaths {
  readonly #tree: SourceTree;
  readonly #manifests: Manifests;
  readonly #packages: ScriptPackages;
  readonly #rules = new Map<string, PathRules>();

  constructor(tree: SourceTree, manifests: Manifests, packages: ScriptPackages) {
    this.#tree = tree;
    this.#manifests = manifests;
    this.#packages = packages;
  }

  /** Paths from the root, without extension as a rule, that a specifier may mean in a folder; the likeliest first. */
  candidates(folder: string, specifier: string): readonly string[] {
    const { patterns, baseUrl } = this.#rulesFor(folder);
    const found: string[] = [];
    for (const { before, after, targets } of patterns) {
      if (!specifier.startsWith(before) || !specifier.endsWith(after) || specifier.length < before.length + after.length)
        continue;
      const part = specifier.slice(before.length, specifier.length - after.length);
      for (const target of targets) found.push(target.replace("*", () => part));
      break;
    }
    const based = baseUrl === undefined ? undefined : joinPath(baseUrl, specifier);
    return based === undefined ? found : [...found, based];
  }

  #rulesFor(folder: string): PathRules {
    const known = this.#rules.get(folder);
    if (known) return known;
    let rules: PathRules | undefined;
    for (const name of CONFIG_NAMES) {
      const path = joinPath(folder, name) ?? name;
      if (!rules && this.#tree.has(path)) rules = this.#read(path);
    }
    rules ??= folder === "" ? none : this.#rulesFor(folderOf(folder));
    this.#rules.set(folder, rules);
    return rules;
  }

  #read(path: string): PathRules {
    let [patterns, baseUrl]: [PathRules["patterns"] | undefined, string | undefined] = [undefined, undefined];
    const pending = [path];
    for (let read = 0; read < EXTENDS_MAX && pending.length > 0; read++) {
      const at = pending.shift() ?? path;
      const config = this.#manifests.json(at);
      const options = fieldsOf(config.compilerOptions);
      const base = stringOf(options.baseUrl);
      const from = base === undefined ? folderOf(at) : joinPath(folderOf(at), base);
      if (base !== undefined) baseUrl ??= from;
      if (options.paths !== undefined) patterns ??= patternsOf(fieldsOf(options.paths), from ?? folderOf(at));
      // The last one wins, and what extends wins over all of them.
      pending.push(
        ...stringsOf(config.extends)
          .toReversed()
          .flatMap((specifier) => this.#extended(folderOf(at), specifier)),
      );
    }
    return { patterns: patterns ?? [], baseUrl };
  }

  #extended(folder: string, specifier: string): readonly string[] {
    const found = specifier.startsWith(".") ? joinPath(folder, specifier) : this.#inPackage(specifier);
    if (found === undefined) return [];
    return [found, `${found}.json`, `${found}/tsconfig.json`].filter((path) => this.#tree.has(path)).slice(0, 1);
  }

  #inPackage(specifier: string): string | undefined {
    const parts = specifier.split("/");
    const name = parts.splice(0, specifier.startsWith("@") ? 2 : 1).join("/");
    const folder = this.#packages.named(name)?.folder;
    return folder === undefined ? undefined : joinPath(folder, parts.length === 0 ? "tsconfig.json" : parts.join("/"));
  }
}

function patternsOf(paths: Fields, folder: string): PathRules["patterns"] {
  return Object.entries(paths)
    .map(([pattern, targets]) => {
      const star = pattern.indexOf("*");
      const [before, after] = star < 0 ? [pattern, ""] : [pattern.slice(0, star), pattern.slice(star + 1)];
      const found = stringsOf(targets).flatMap((target) => joinPath(folder, target) ?? []);
      return { before, after, targets: found, isExact: star < 0 };
    })
    .sort((a, b) => Number(b.isExact) - Number(a.isExact) || b.before.length - a.before.length);
}
