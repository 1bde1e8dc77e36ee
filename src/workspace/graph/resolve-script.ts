// Imports of TypeScript and JavaScript: relative ones, `#` ones, aliases of tsconfig.json, packages of the same repository.

import { type Manifests, nearestAbove } from "./manifests.ts";
import { remembered } from "./remembered.ts";
import { external, filesFound, firstOf, missing, type Resolution, type Resolve } from "./resolution.ts";
import { ScriptPackages } from "./script-packages.ts";
import { ScriptPaths } from "./script-paths.ts";
import { folderOf, joinPath, type SourceTree } from "./source-tree.ts";

const EXTENSIONS = [".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json", ".vue", ".svelte"] as const;
/** What a specifier's extension stands for when there is a TypeScript source. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx", ".d.ts", ".jsx"],
  ".jsx": [".tsx"],
  ".mjs": [".mts", ".d.mts"],
  ".cjs": [".cts", ".d.cts"],
};

export function scriptResolver(tree: SourceTree, manifests: Manifests): Resolve {
  const find = (path: string): string | undefined => findScript(tree, path);
  const packages = new ScriptPackages(tree, manifests, find);
  const paths = new ScriptPaths(tree, manifests, packages);
  /** What a build will write into the package that it belongs to. */
  const builtFrom = (path: string): string | undefined => {
    const inside = nearestAbove(packages.byFolder, path)?.folder;
    return inside === undefined ? undefined : packages.builtFrom(inside, inside === "" ? path : path.slice(inside.length + 1));
  };

  const resolve = (path: string, specifier: string): Resolution => {
    const folder = folderOf(path);
    if (/^\.\.?(?:\/|$)/.test(specifier)) {
      const target = joinPath(folder, specifier);
      return found(target === undefined ? undefined : (find(target) ?? builtFrom(target)));
    }
    if (specifier.startsWith("#")) {
      const from = nearestAbove(packages.byFolder, path);
      const file = from && packages.internal(from, specifier);
      if (file !== undefined) return filesFound([file]);
    }
    const alias = firstOf(...paths.candidates(folder, specifier).map((candidate) => () => find(candidate)));
    if (alias !== undefined) return filesFound([alias]);
    if (specifier.startsWith("#") || specifier.startsWith("/")) return missing;
    const name = packageName(specifier);
    const inside = packages.named(name);
    if (!inside) return external(specifier.startsWith("node:") ? specifier : name);
    return found(packages.entry(inside, specifier.slice(name.length)));
  };
  // Files of one folder mean the same by a specifier.
  const resolutionOf = remembered((key) => {
    const [path = "", specifier = ""] = key.split("\0");
    return resolve(path, specifier.replace(/[?!].*$/s, ""));
  });
  return ({ path }, { specifier }) => resolutionOf(`${folderOf(path)}/\0${specifier}`);
}

const found = (file: string | undefined): Resolution => (file === undefined ? missing : filesFound([file]));

/** `@scope/name` or `name`, without what follows. */
function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** @param path as written: with the extension, without it, with that of what it is compiled to, or of a folder */
function findScript(tree: SourceTree, path: string): string | undefined {
  const dot = path.lastIndexOf(".");
  const written = WRITTEN_AS[path.slice(dot)];
  if (tree.has(path)) return path;
  for (const extension of written ?? []) {
    if (tree.has(path.slice(0, dot) + extension)) return path.slice(0, dot) + extension;
  }
  for (const extension of EXTENSIONS) if (tree.has(path + extension)) return path + extension;
  if (!tree.hasFolder(path)) return undefined;
  const index = path === "" ? "index" : `${path}/index`;
  for (const extension of EXTENSIONS) if (tree.has(index + extension)) return index + extension;
  return undefined;
}
