// Imports that are paths: `source` of shells, and whatever languages have no rules of their own here. From the file's folder, else from the root.

import { external, filesFound, missing, type Resolution, type Resolve } from "./resolution.ts";
import { folderOf, joinPath, type SourceTree } from "./source-tree.ts";

/** `$DIR/`, `$(dirname "$0")/`: as a rule the file's own folder. */
const COMPUTED = /^(?:\$\{?\w+\}?|\$\([^)]*\))\//;

export function pathResolver(tree: SourceTree): Resolve {
  return ({ path }, { specifier }): Resolution => {
    if (specifier.startsWith("/")) return external(specifier);
    const relative = specifier.replace(COMPUTED, "");
    const [found] = [folderOf(path), ""].flatMap((folder) => joinPath(folder, relative) ?? []).filter((each) => tree.has(each));
    if (found !== undefined) return filesFound(found === path ? [] : [found]);
    return specifier.startsWith(".") ? missing : external(specifier);
  };
}
