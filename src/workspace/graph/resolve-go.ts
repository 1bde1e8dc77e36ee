// Imports of Go: a package is a folder, named by the module's path in go.mod and the folder's path below it (https://go.dev/ref/mod), or one of
// `vendor`. A file depends on the files of the package that define a name it uses; on all of them when it uses none of theirs.

import type { Manifests } from "./manifests.ts";
import type { NameGroups } from "./name-groups.ts";
import { external, filesFound, missing, type Resolution, type Resolve } from "./resolution.ts";
import { folderOf, joinPath, type SourceTree, upwards } from "./source-tree.ts";

interface GoModule {
  readonly path: string;
  readonly folder: string;
}

export const goGroup = (path: string): string => `go:${folderOf(path)}`;

export function goResolver(tree: SourceTree, manifests: Manifests, groups: NameGroups): Resolve {
  const modules = tree
    .named("go.mod")
    .flatMap((path): GoModule[] => {
      const name = /^[ \t]*module[ \t]+"?([^\s"]+)/m.exec(manifests.text(path))?.[1];
      return name === undefined ? [] : [{ path: name, folder: folderOf(path) }];
    })
    .sort((a, b) => b.path.length - a.path.length || (a.folder < b.folder ? -1 : 1));
  /** Undefined: it is not of this repository. */
  const folderFor = (from: string, specifier: string): string | undefined => {
    const inside = modules.find(({ path }) => specifier === path || specifier.startsWith(`${path}/`));
    if (inside) return joinPath(inside.folder, specifier.slice(inside.path.length));
    for (const folder of upwards(folderOf(from))) {
      const vendored = joinPath(folder, `vendor/${specifier}`);
      if (vendored !== undefined && tree.hasFolder(vendored)) return vendored;
    }
    return undefined;
  };
  return (importer, { specifier }): Resolution => {
    const folder = folderFor(importer.path, specifier);
    if (folder === undefined) return external(specifier);
    const files = tree.filesIn(folder).filter((path) => path.endsWith(".go") && !path.endsWith("_test.go"));
    if (files.length === 0) return missing;
    const used = groups.usedBy(importer, `go:${folder}`).filter((path) => !path.endsWith("_test.go"));
    return filesFound(used.length > 0 ? used : files);
  };
}
