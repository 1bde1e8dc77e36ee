// Which resolver answers for a language, and which groups a file of it belongs to.

import type { Language } from "../scan/record.ts";
import type { Manifests } from "./manifests.ts";
import type { NameGroups } from "./name-groups.ts";
import type { Importer, Resolve } from "./resolution.ts";
import { csharpResolver, csharpSeen } from "./resolve-csharp.ts";
import { goGroup, goResolver } from "./resolve-go.ts";
import { includeResolver } from "./resolve-include.ts";
import { jvmGroup, jvmResolver } from "./resolve-jvm.ts";
import { pathResolver } from "./resolve-path.ts";
import { phpResolver } from "./resolve-php.ts";
import { pythonResolver } from "./resolve-python.ts";
import { rubyResolver } from "./resolve-ruby.ts";
import { rustResolver } from "./resolve-rust.ts";
import { scriptResolver } from "./resolve-script.ts";
import { swiftGroup, swiftResolver } from "./resolve-swift.ts";
import type { SourceTree } from "./source-tree.ts";

/** Files of one group need no import to see one another: those whose names a file's own are, and those whose names it sees. */
export interface Groups {
  readonly own: readonly string[];
  readonly seen: readonly string[];
}

const alone: Groups = { own: [], seen: [] };

export function groupsOf({ path, language, namespaces }: Pick<Importer, "path" | "language" | "namespaces">): Groups {
  switch (language) {
    case "go":
      return only(goGroup(path));
    case "java":
    case "kotlin":
    case "scala":
      return only(jvmGroup(path));
    case "swift":
      return only(swiftGroup(path));
    case "csharp":
      return { own: namespaces.map((name) => `csharp:${name}`), seen: csharpSeen(namespaces) };
    case "php":
      return only(...namespaces.map((name) => `php:${name}`));
    case "ruby":
      // Classes are loaded by their names, wherever they are.
      return only("ruby:");
    default:
      return alone;
  }
}

const only = (...own: readonly string[]): Groups => ({ own, seen: own });

export function resolvers(tree: SourceTree, manifests: Manifests, groups: NameGroups): (language: Language) => Resolve {
  const script = scriptResolver(tree, manifests);
  const jvm = jvmResolver(tree, groups);
  const include = includeResolver(tree);
  const path = pathResolver(tree);
  const of: Partial<Record<Language, Resolve>> = {
    ...{
      typescript: script,
      tsx: script,
      javascript: script,
      java: jvm,
      kotlin: jvm,
      scala: jvm,
      c: include,
      cpp: include,
      objc: include,
    },
    python: pythonResolver(tree),
    go: goResolver(tree, manifests, groups),
    csharp: csharpResolver(groups),
    rust: rustResolver(tree, manifests),
    ruby: rubyResolver(tree),
    php: phpResolver(tree, manifests, groups),
    swift: swiftResolver(groups),
  };
  return (language) => of[language] ?? path;
}
