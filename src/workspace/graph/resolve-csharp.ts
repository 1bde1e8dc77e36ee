// `using` of C#: a namespace is whatever files declare it. A file depends on those of its files that define a name it uses.

import type { NameGroups } from "./name-groups.ts";
import { external, filesFound, type Resolution, type Resolve } from "./resolution.ts";

/** Its own namespaces and those around them, which need no `using`. */
export function csharpSeen(namespaces: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  for (const own of namespaces) {
    for (let name = own; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf(".")))) seen.add(`csharp:${name}`);
  }
  return [...seen];
}

export function csharpResolver(groups: NameGroups): Resolve {
  return (importer, { specifier }): Resolution => {
    if (groups.has(`csharp:${specifier}`)) return filesFound(groups.usedBy(importer, `csharp:${specifier}`));
    // A type: `using static`, or another name for one.
    const dot = specifier.lastIndexOf(".");
    const space = `csharp:${specifier.slice(0, Math.max(0, dot))}`;
    return groups.has(space) ? filesFound(groups.definers(space, specifier.slice(dot + 1), importer.path)) : external(specifier);
  };
}
