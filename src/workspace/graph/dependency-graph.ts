// Which files of a repository depend on which: by what they import, and where the language lets files see one another without it, by the names they
// use. A function of paths, records and manifests alone, in the order of paths.

import { MillraceError } from "../../base/index.ts";
import { sortPaths } from "../list/path-order.ts";
import { Adjacency } from "./adjacency.ts";

export interface FileLinks {
  readonly path: string;
  /** Files it depends on, in any order. */
  readonly files: readonly string[];
  /** What it takes from outside the repository. */
  readonly external: readonly string[];
  /** Imports of files that are not there. */
  readonly missing: readonly { readonly specifier: string; readonly line: number }[];
}

export interface ReachedFile {
  readonly path: string;
  /** Imports in between: 1 is a direct one. */
  readonly depth: number;
}

export interface MissingImport {
  readonly path: string;
  readonly line: number;
  readonly specifier: string;
}

export interface ExternalImport {
  readonly name: string;
  /** Files that take it. */
  readonly importers: number;
}

export class DependencyGraph {
  /** Sorted: the sources, and the files that they import. */
  readonly paths: readonly string[];
  readonly imports: Adjacency;
  readonly importers: Adjacency;
  readonly missing: readonly MissingImport[];
  readonly #links: readonly FileLinks[];
  readonly #numbers: ReadonlyMap<string, number>;
  #external: readonly ExternalImport[] | undefined;
  #cycles: readonly (readonly string[])[] | undefined;

  /** @param links in the order of paths, each path once */
  constructor(links: readonly FileLinks[]) {
    const targets = links.flatMap(({ files }) => files);
    this.paths = sortPaths([...new Set([...links.map(({ path }) => path), ...targets])]);
    const numbers = new Map(this.paths.map((path, index) => [path, index]));
    const edges: number[][] = this.paths.map(() => []);
    for (const { path, files } of links) {
      const from = numbers.get(path) ?? 0;
      for (const file of files) if (file !== path) edges[from]?.push(numbers.get(file) ?? 0);
    }
    this.imports = new Adjacency(edges);
    this.importers = this.imports.reversed();
    this.missing = links.flatMap(({ path, missing }) => missing.map(({ specifier, line }) => ({ path, line, specifier })));
    this.#links = links;
    this.#numbers = numbers;
  }

  has(path: string): boolean {
    return this.#numbers.has(path);
  }

  /** What the files need: directly, and through others. In order of depth, then of paths. Throws `file_missing` for what is no file of the graph. */
  importsOf(paths: readonly string[], depthMax: number): readonly ReachedFile[] {
    return this.#reached(this.imports, paths, depthMax);
  }

  /** What may break when the files change. As `importsOf`. */
  importersOf(paths: readonly string[], depthMax: number): readonly ReachedFile[] {
    return this.#reached(this.importers, paths, depthMax);
  }

  /** Files that need one another in a circle, the largest group first. */
  get cycles(): readonly (readonly string[])[] {
    this.#cycles ??= this.imports.cycles().map((group) => group.map((node) => this.paths[node] ?? ""));
    return this.#cycles;
  }

  /** What comes from outside, and how many files take it; that which most take first. */
  external(): readonly ExternalImport[] {
    this.#external ??= this.#countExternal();
    return this.#external;
  }

  /** Places in `paths`. Throws `file_missing`. */
  numbersOf(paths: readonly string[]): readonly number[] {
    return paths.map((path) => this.#number(path));
  }

  #countExternal(): readonly ExternalImport[] {
    const counts = new Map<string, number>();
    for (const { external } of this.#links) for (const name of new Set(external)) counts.set(name, (counts.get(name) ?? 0) + 1);
    return [...counts]
      .map(([name, importers]) => ({ name, importers }))
      .sort((a, b) => b.importers - a.importers || (a.name < b.name ? -1 : 1));
  }

  #reached(direction: Adjacency, paths: readonly string[], depthMax: number): readonly ReachedFile[] {
    return [...direction.reach(this.numbersOf(paths), depthMax)]
      .filter(([, depth]) => depth > 0)
      .map(([node, depth]) => ({ path: this.paths[node] ?? "", depth }));
  }

  #number(path: string): number {
    const number = this.#numbers.get(path);
    if (number !== undefined) return number;
    throw new MillraceError("file_missing", "There is no such file among the sources and what they import.");
  }
}
