// Builds the graph of a state, and keeps it while nothing that it was made of changes: the sources' contents, the list of files, the manifests.

import { createHash } from "node:crypto";
import type { MapEntry } from "../map/analysis.ts";
import { HeldRecord } from "../records/record-codec.ts";
import type { Definition, DefinitionKind, Language, ParseRecord } from "../scan/record.ts";
import { DependencyGraph, type FileLinks } from "./dependency-graph.ts";
import { Manifests, type ReadText } from "./manifests.ts";
import { NameGroups } from "./name-groups.ts";
import type { Importer } from "./resolution.ts";
import { groupsOf, resolvers } from "./resolvers.ts";
import { SourceTree } from "./source-tree.ts";

export interface GraphSource {
  /** In the order of paths. */
  readonly entries: readonly MapEntry[];
  /** All listed files; the same array while nothing changed. */
  readonly paths: readonly string[];
  /** Of the contents of the entries. */
  readonly stateId: string;
}

export interface BuiltGraph {
  readonly graph: DependencyGraph;
  /** Over contents, paths and manifests: equal ids, equal graphs. */
  readonly stateId: string;
}

interface Held extends BuiltGraph {
  readonly source: GraphSource;
  readonly texts: ReadonlyMap<string, string | undefined>;
}

/** Raised whenever the same files give another graph. */
const GRAPH_VERSION = 1;

/** Languages whose files find one another by names. */
const BY_NAME: ReadonlySet<Language> = new Set(["go", "java", "kotlin", "scala", "swift", "csharp", "php", "ruby"]);
const TYPES: ReadonlySet<DefinitionKind> = new Set(["class", "interface", "enum", "struct", "trait", "type"]);
/** Members are none: what adds to a type of another file has them at its top. */
const VALUES: ReadonlySet<DefinitionKind> = new Set(["function", "constant", "variable", "macro"]);
const none: ReadonlySet<string> = new Set();

type Read = Omit<Importer, "path">;

export class GraphBuilder {
  readonly #read: ReadText;
  #held: Held | undefined;
  /** What records say of imports; they do not change. */
  #records = new WeakMap<ParseRecord, Read>();

  constructor(read: ReadText) {
    this.#read = read;
  }

  /** The same object while nothing changed. */
  build(source: GraphSource): BuiltGraph {
    const held = this.#held;
    const isSame = held && held.source.paths === source.paths && held.source.stateId === source.stateId;
    if (isSame && [...held.texts].every(([path, text]) => this.#read(path) === text)) return held;
    const manifests = new Manifests(this.#read);
    const graph = new DependencyGraph(this.#links(source, manifests));
    this.#held = { graph, stateId: idOf(source, manifests.texts), source, texts: manifests.texts };
    return this.#held;
  }

  #links({ entries, paths }: GraphSource, manifests: Manifests): readonly FileLinks[] {
    const groups = new NameGroups();
    const importers = entries.map(({ path, record }): Importer => ({ path, ...this.#spread(record) }));
    const seen = importers.map((importer) => {
      const of = groupsOf(importer);
      for (const group of of.own) groups.add(group, importer);
      return of.seen;
    });
    const resolverOf = resolvers(new SourceTree(paths), manifests, groups);
    return importers.map((importer, index): FileLinks => {
      const files = new Set<string>();
      const external = new Set<string>();
      const missing: { specifier: string; line: number }[] = [];
      const resolve = resolverOf(importer.language);
      for (const statement of importer.imports) {
        const resolution = resolve(importer, statement);
        if (resolution.kind === "files") for (const file of resolution.files) files.add(file);
        else if (resolution.kind === "external") external.add(resolution.name);
        else missing.push({ specifier: statement.specifier, line: statement.line });
      }
      for (const group of seen[index] ?? []) for (const file of groups.usedBy(importer, group)) files.add(file);
      return { path: importer.path, files: [...files], external: [...external], missing };
    });
  }

  #spread(record: ParseRecord): Read {
    const known = this.#records.get(record);
    if (known) return known;
    // What a held record reads of itself it keeps: all of it is not wanted for long.
    const { definitions, imports } = (record instanceof HeldRecord ? record.head() : undefined) ?? record;
    const { language } = record;
    const read: Read = {
      ...{ language, imports, tops: [], spaces: [], namespaces: [], types: none },
      ...(BY_NAME.has(language) ? namesOf(definitions, language) : {}),
      identifiers: () => record.identifiers.names,
    };
    this.#records.set(record, read);
    return read;
  }
}

type Names = Pick<Read, "tops" | "spaces" | "namespaces" | "types">;

function namesOf(definitions: readonly Definition[], language: Language): Names {
  const [tops, spaces, types]: [Set<string>, Set<string>, Set<string>] = [new Set(), new Set(), new Set()];
  /** Of definitions that are namespaces, by index. */
  const full = new Map<number, string>();
  const isOuter = new Set(definitions.filter(({ kind }) => kind === "namespace" || TYPES.has(kind)).map(({ parent }) => parent));
  for (const [index, { name, kind, parent }] of definitions.entries()) {
    const outer = full.get(parent);
    const isSpace = kind === "namespace";
    if (isSpace) full.set(index, outer === undefined ? name : `${outer}.${name}`);
    if (isSpace) for (const part of name.split(/[.\\]/)) types.add(part);
    if (TYPES.has(kind)) types.add(name);
    if (parent >= 0 && outer === undefined) continue;
    // Ruby's modules are types as well, unless types are in them; what is no constant is found by no name.
    if (isSpace && isOuter.has(index)) spaces.add(name);
    else if (TYPES.has(kind) || (language === "ruby" ? isSpace : VALUES.has(kind))) tops.add(name);
  }
  return { tops: [...tops], spaces: [...spaces], namespaces: [...new Set(full.values())], types };
}

function idOf({ paths, stateId }: GraphSource, texts: ReadonlyMap<string, string | undefined>): string {
  const hash = createHash("sha256").update(`${GRAPH_VERSION}\n${stateId}\n${paths.join("\0")}\n`);
  for (const path of [...texts.keys()].sort()) hash.update(`${path}\0${texts.get(path) ?? ""}\0`);
  return hash.digest("hex");
}
