// Paths of Rust: crates are the packages of Cargo.toml files, modules the files below a crate's root
// (https://doc.rust-lang.org/reference/items/modules.html). A path leads to the last module of it that is a file.

import { fieldsOf, type Manifests, stringOf } from "./manifests.ts";
import { external, filesFound, missing, type Resolution, type Resolve } from "./resolution.ts";
import { folderOf, joinPath, nameOf, type SourceTree, upwards } from "./source-tree.ts";

interface Module {
  readonly file: string;
  /** Where its child modules lie. */
  readonly folder: string;
}

const ROOT_FILES = ["lib.rs", "main.rs"] as const;
const OWN_FOLDER = new Set(["lib.rs", "main.rs", "mod.rs", "build.rs"]);
const STANDARD = new Set(["std", "core", "alloc", "proc_macro", "test"]);

export function rustResolver(tree: SourceTree, manifests: Manifests): Resolve {
  const folders = new Map<string, string>();
  const libraries = new Map<string, Module>();
  for (const path of tree.named("Cargo.toml")) {
    const { package: own, lib } = manifests.toml(path);
    const name = stringOf(fieldsOf(lib).name) ?? stringOf(fieldsOf(own).name);
    if (name === undefined) continue;
    folders.set(folderOf(path), name);
    const root = joinPath(folderOf(path), stringOf(fieldsOf(lib).path) ?? "src/lib.rs");
    if (root !== undefined && tree.has(root)) libraries.set(name.replaceAll("-", "_"), { file: root, folder: folderOf(root) });
  }
  const moduleOf = (file: string): Module => {
    const name = nameOf(file);
    const isRoot = OWN_FOLDER.has(name) || isOwnCrate(folders, file);
    return { file, folder: isRoot ? folderOf(file) : file.slice(0, -".rs".length) };
  };
  const childOf = ({ folder }: Module, name: string): Module | undefined => {
    const within = folder === "" ? "" : `${folder}/`;
    const file = [`${within}${name}.rs`, `${within}${name}/mod.rs`].find((each) => tree.has(each));
    return file === undefined ? undefined : { file, folder: `${within}${name}` };
  };
  const parentOf = ({ folder }: Module): Module | undefined => {
    const above = folderOf(folder);
    const file = [`${above}/mod.rs`, `${above}.rs`, ...ROOT_FILES.map((name) => `${above}/${name}`)].find((each) =>
      tree.has(each),
    );
    return file === undefined ? undefined : { file, folder: above };
  };
  const rootOf = (module: Module): Module => {
    if (isOwnCrate(folders, module.file)) return module;
    for (const folder of upwards(folderOf(module.file))) {
      for (const name of ROOT_FILES)
        if (tree.has(folder === "" ? name : `${folder}/${name}`)) return moduleOf(folder === "" ? name : `${folder}/${name}`);
      if (folders.has(folder)) break;
    }
    return module;
  };
  /** As deep as files go. */
  const walk = (start: Module, parts: readonly string[]): Module => {
    let at = start;
    for (const part of parts) {
      const next = part === "self" ? at : part === "super" ? parentOf(at) : childOf(at, part);
      if (!next) break;
      at = next;
    }
    return at;
  };
  return ({ path }, { specifier }): Resolution => {
    const [first = "", ...rest] = specifier.replace(/^::/, "").split("::");
    const own = moduleOf(path);
    const start = ((): Module | undefined => {
      if (first === "crate") return rootOf(own);
      if (first === "self" || first === "super") return walk(own, [first]);
      return libraries.get(first) ?? childOf(own, first);
    })();
    if (!start) return STANDARD.has(first) || !isLocal(first) ? external(first) : missing;
    const { file } = walk(start, rest);
    return filesFound(file === path ? [] : [file]);
  };
}

/** Tests, examples, benches and programs are crates by themselves. */
function isOwnCrate(folders: ReadonlyMap<string, string>, file: string): boolean {
  const folder = folderOf(file);
  const isUsual = /(?:^|\/)(?:tests|examples|benches|src\/bin)$/.test(folder);
  return isUsual && folders.has(folder.replace(/(?:^|\/)(?:tests|examples|benches|src\/bin)$/, ""));
}

const isLocal = (name: string): boolean => name === "crate" || name === "self" || name === "super";
