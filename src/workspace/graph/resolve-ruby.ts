// `require` of Ruby: `require_relative` and "./" from the file's folder, others from the folders that are usually on the load path.

import { remembered } from "./remembered.ts";
import { external, filesFound, missing, type Resolution, type Resolve } from "./resolution.ts";
import { folderOf, joinPath, nameOf, nearest, type SourceTree } from "./source-tree.ts";

const ROOTS = new Set(["lib", "spec", "test", "app", "ext"]);

export function rubyResolver(tree: SourceTree): Resolve {
  const isRoot = (folder: string) => folder === "" || ROOTS.has(nameOf(folder));
  /** All that the specifier may mean, from whatever root. */
  const onPath = remembered((specifier) => {
    const file = specifier.endsWith(".rb") ? specifier : `${specifier}.rb`;
    return tree.endingWith(file).filter((path) => isRoot(path.slice(0, Math.max(0, path.length - file.length - 1))));
  });
  return ({ path }, { specifier }): Resolution => {
    const joined = joinPath(folderOf(path), specifier);
    const beside = joined === undefined ? [] : [joined, `${joined}.rb`].filter((each) => tree.has(each)).slice(0, 1);
    if (/^\.\.?\//.test(specifier)) return beside.length > 0 ? filesFound(beside) : missing;
    const found = nearest(onPath(specifier), path, 1);
    if (found.length > 0) return filesFound(found);
    return specifier.endsWith(".rb") && beside.length > 0 ? filesFound(beside) : external(specifier);
  };
}
