// Files that see one another without importing: the files of a Go package, a JVM package, a C# namespace, a Swift module, a PHP namespace. Which of
// them a file depends on is told by the names it uses: those that another of the group defines at its top.

import { addTo } from "./remembered.ts";
import type { Importer } from "./resolution.ts";
import { nearest } from "./source-tree.ts";

/** More definers of one name than these: it says nothing. */
const DEFINERS_MAX = 16;
/** The same of those equally near. */
const NEAR_MAX = 4;

export class NameGroups {
  /** By group, the files that define a name. */
  readonly #definers = new Map<string, Map<string, string[]>>();

  readonly #spaces = new Set<string>();

  /** In the order of paths. */
  add(group: string, { path, tops, spaces }: Pick<Importer, "path" | "tops" | "spaces">): void {
    let names = this.#definers.get(group);
    if (!names) {
      names = new Map();
      this.#definers.set(group, names);
    }
    for (const name of spaces) this.#spaces.add(`${group}\0${name}`);
    for (const name of tops) addTo(names, name, path);
  }

  has(group: string): boolean {
    return this.#definers.has(group);
  }

  /** Those nearest to who asks. */
  definers(group: string, name: string, from: string): readonly string[] {
    const files = this.#definers.get(group)?.get(name);
    if (!files || files.length > DEFINERS_MAX || files.includes(from) || this.#spaces.has(`${group}\0${name}`)) return [];
    const near = nearest(files, from, NEAR_MAX + 1);
    return near.length > NEAR_MAX ? [] : near;
  }

  /** The files of a group that define something that a file names. */
  usedBy(importer: Importer, group: string): readonly string[] {
    const names = this.#definers.get(group);
    if (!names) return [];
    const used = new Set<string>();
    for (const name of importer.identifiers()) {
      if (names.has(name) && !importer.types.has(name))
        for (const file of this.definers(group, name, importer.path)) used.add(file);
    }
    return [...used];
  }
}
