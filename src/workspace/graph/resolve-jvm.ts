// Imports of Java, Kotlin and Scala: a package is what a source root's folders spell, over all source roots; a name in it is found by the file that
// defines it, or is called so.

import type { NameGroups } from "./name-groups.ts";
import { addTo } from "./remembered.ts";
import { external, filesFound, type Importer, missing, type Resolution, type Resolve } from "./resolution.ts";
import { folderOf, nameOf, nearest, type SourceTree } from "./source-tree.ts";

const ROOTS = new Set(["java", "kotlin", "scala", "groovy"]);
const JVM_FILE = /\.(?:java|kts?|scala|sc)$/;

/** `src/main/java/a/b/C.java` is of a.b; without such a folder, what follows the last `src`, `app` or `test`. */
export function jvmPackage(path: string): string {
  const parts = folderOf(path).split("/");
  const root = parts.findLastIndex((part) => ROOTS.has(part) || /^scala-[\d.+-]+$/.test(part));
  const after = root >= 0 ? root : parts.findLastIndex((part) => part === "src" || part === "app" || part === "test");
  return parts.slice(after + 1).join(".");
}

export const jvmGroup = (path: string): string => `jvm:${jvmPackage(path)}`;

export function jvmResolver(tree: SourceTree, groups: NameGroups): Resolve {
  /** By package, and in it by the file's name. */
  const filesOf = new Map<string, Map<string, string[]>>();
  const tops = new Set<string>();
  for (const path of tree.paths) {
    if (!JVM_FILE.test(path)) continue;
    const name = jvmPackage(path);
    const files = filesOf.get(name) ?? new Map<string, string[]>();
    filesOf.set(name, files);
    const stem = nameOf(path).replace(JVM_FILE, "");
    addTo(files, stem, path);
    tops.add(name.split(".", 2).join("."));
  }
  /** Of `a.b.C.d`: the file that defines C, in the longest package of a.b. */
  const symbol = (from: string, parts: readonly string[]): readonly string[] => {
    for (let length = parts.length - 1; length > 0; length--) {
      const name = parts.slice(0, length).join(".");
      const files = filesOf.get(name);
      if (!files) continue;
      const wanted = parts[length] ?? "";
      const defined = groups.definers(`jvm:${name}`, wanted, from);
      if (defined.length > 0) return defined;
      // Kotlin's file of functions is a class for Java; what Scala's package objects hold is found by no file's name.
      for (const name of [wanted.replace(/Kt$/, ""), "package"]) {
        const called = (files.get(name) ?? []).filter((path) => path !== from);
        if (called.length > 0) return nearest(called, from);
      }
    }
    return [];
  };
  const all = (importer: Importer, specifier: string): readonly string[] =>
    filesOf.has(specifier) ? groups.usedBy(importer, `jvm:${specifier}`) : symbol(importer.path, specifier.split("."));

  return (importer, { specifier, names }): Resolution => {
    const parts = specifier.split(".");
    const found = new Set<string>();
    for (const name of names) {
      const named =
        name === "*" ? all(importer, specifier) : symbol(importer.path, name === parts.at(-1) ? parts : [...parts, name]);
      for (const path of named) found.add(path);
    }
    found.delete(importer.path);
    if (found.size > 0) return filesFound([...found]);
    // A package of ours in which nothing of what is named is used or there.
    if (filesOf.has(specifier)) return filesFound([]);
    return tops.has(parts.slice(0, 2).join(".")) && filesOf.has(parts.slice(0, -1).join(".")) ? missing : external(specifier);
  };
}
