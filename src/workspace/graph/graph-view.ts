// A part of the graph that somebody asks for, and can look at: around some files or all of it, files or the folders they are in.

import { MillraceError } from "../../base/index.ts";
import { Adjacency } from "./adjacency.ts";
import type { DependencyGraph, ExternalImport, MissingImport } from "./dependency-graph.ts";
import { folderOf } from "./source-tree.ts";

export type GraphDirection = "imports" | "importers" | "both";

export interface GraphAsk {
  /** Files to begin at. Default: the whole graph. */
  readonly paths?: readonly string[];
  /** What they need, what needs them, or both. Default "both"; of the whole graph it makes no difference. */
  readonly direction?: GraphDirection;
  /** Imports in between: 1 to 1,000. Default 1. */
  readonly depth?: number;
  /** Folders of so many parts are shown instead of files: 0 (files) to 100. Default 0. */
  readonly folders?: number;
  /** Edges shown: 1 to 100,000. Default 10,000. */
  readonly edgesMax?: number;
}

export interface GraphNode {
  readonly path: string;
  /** Imports between it and a file asked for, which has 0; the least of a folder's files. 0 in the whole graph. */
  readonly depth: number;
  /** Files that it stands for. */
  readonly files: number;
}

export interface GraphEdge {
  /** What imports. */
  readonly from: string;
  /** What is imported. */
  readonly to: string;
  /** Pairs of files that it stands for. */
  readonly count: number;
}

export interface GraphView {
  /** In order of paths. */
  readonly nodes: readonly GraphNode[];
  /** In order of `from`, then `to`. */
  readonly edges: readonly GraphEdge[];
  /** Groups of shown nodes that need one another in a circle, the largest first. */
  readonly cycles: readonly (readonly string[])[];
  /** Imports, by the files shown, of files of this repository that are not there. At most 1,000. */
  readonly missing: readonly MissingImport[];
  /** What all files of the graph take from outside; that which most take first. At most 1,000. */
  readonly external: readonly ExternalImport[];
  /** False: there are more edges. */
  readonly isComplete: boolean;
}

const RANGES = { depth: [1, 1000], folders: [0, 100], edgesMax: [1, 100_000] } as const;
const USUAL = { direction: "both", depth: 1, folders: 0, edgesMax: 10_000 } as const;
const LISTED_MAX = 1000;

/** Throws `option_invalid` for numbers out of range, `file_missing` for a path that is no file of the graph. */
export function viewOf(graph: DependencyGraph, ask: GraphAsk): GraphView {
  const { folders, edgesMax } = checked(ask);
  const depths = shownFiles(graph, ask);
  const shown = [...depths.keys()].sort((a, b) => a - b);
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const nodes: { depth: number; files: number }[] = [];
  const nodeOf = new Map<number, number>();
  for (const file of shown) {
    const name = nameOf(graph.paths[file] ?? "", folders);
    let number = numbers.get(name);
    if (number === undefined) {
      number = names.push(name) - 1;
      numbers.set(name, number);
      nodes.push({ depth: Number.POSITIVE_INFINITY, files: 0 });
    }
    nodeOf.set(file, number);
    const node = nodes[number];
    if (!node) continue;
    node.files++;
    node.depth = Math.min(node.depth, depths.get(file) ?? 0);
  }
  const edges = edgesOf(graph, nodeOf, names.length);
  const rows = new Adjacency(edges.map((row) => row.keys()));
  const listed = names.flatMap((from, node) =>
    [...rows.of(node)].map((target): GraphEdge => ({ from, to: names[target] ?? "", count: edges[node]?.get(target) ?? 0 })),
  );
  const isShown = (path: string) => numbers.has(nameOf(path, folders));
  return {
    nodes: names.map((path, node) => ({ path, depth: nodes[node]?.depth ?? 0, files: nodes[node]?.files ?? 0 })),
    edges: listed.slice(0, edgesMax),
    cycles: rows.cycles().map((group) => group.map((node) => names[node] ?? "")),
    missing: graph.missing.filter(({ path }) => isShown(path)).slice(0, LISTED_MAX),
    external: graph.external().slice(0, LISTED_MAX),
    isComplete: listed.length <= edgesMax,
  };
}

/** The numbers of files, with their depths. */
function shownFiles(
  graph: DependencyGraph,
  { paths, direction = USUAL.direction, depth = USUAL.depth }: GraphAsk,
): Map<number, number> {
  if (paths === undefined || paths.length === 0) return new Map(graph.paths.map((_, file) => [file, 0]));
  const from = graph.numbersOf(paths);
  const depths = new Map<number, number>();
  for (const way of ["imports", "importers"] as const) {
    if (direction !== "both" && direction !== way) continue;
    for (const [file, steps] of graph[way].reach(from, depth)) depths.set(file, Math.min(steps, depths.get(file) ?? steps));
  }
  return depths;
}

/** By node, its targets and how many pairs of files each stands for; none to itself. */
function edgesOf(graph: DependencyGraph, nodeOf: ReadonlyMap<number, number>, count: number): readonly Map<number, number>[] {
  const edges = Array.from({ length: count }, () => new Map<number, number>());
  for (const [file, node] of nodeOf) {
    const row = edges[node];
    for (const target of graph.imports.of(file)) {
      const other = nodeOf.get(target);
      if (other !== undefined && other !== node) row?.set(other, (row.get(other) ?? 0) + 1);
    }
  }
  return edges;
}

function nameOf(path: string, folders: number): string {
  if (folders === 0) return path;
  return folderOf(path).split("/", folders).join("/") || ".";
}

function checked(ask: GraphAsk): { readonly folders: number; readonly edgesMax: number } {
  const whole = { ...USUAL, ...ask };
  for (const name of ["depth", "folders", "edgesMax"] as const) {
    const [least, most] = RANGES[name];
    const value = whole[name];
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    throw new MillraceError("option_invalid", `${name} of a graph is a whole number from ${least} to ${most}.`);
  }
  return whole;
}
