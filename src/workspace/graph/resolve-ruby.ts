// `require` of Ruby: `require_relative` and "./" from the file's folder, others from the folders that are usually on the load path.

import { external, filesFound, type Resolution, type Resolve } from "./resolution.ts";
import { folderOf, joinPath, nameOf, nearest, type SourceTree } from "./source-tree.ts";

const ROOTS = new Set(["lib", "spec", "test", "app", "ext"]);

export function rubyResolver(tree: SourceTree): Resolve {
  const roots = ["", ...[...tree.folders].filter((folder) => ROOTS.has(nameOf(folder))).sort()];
  const at = (folder: string, specifier: string): readonly string[] => {
    const path = joinPath(folder, specifier);
    return path === undefined ? [] : [path, `${path}.rb`].filter((each) => tree.has(each)).slice(0, 1);
  };
  return ({ path }, { specifier }): Resolution => {
    const beside = at(folderOf(path), specifier);
    if (/^\.\.?\//.test(specifier)) return beside.length > 0 ? filesFound(beside) : { kind: "missing" };
    const found = nearest(
      roots.flatMap((root) => at(root, specifier)),
      path,
    );
    if (found.length > 0) return filesFound(found.slice(0, 1));
    return specifier.endsWith(".rb") && beside.length > 0 ? filesFound(beside) : external(specifier);
  };
}
