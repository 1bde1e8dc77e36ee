// A view of the graph as text that other programs draw: DOT (https://graphviz.org/doc/info/lang.html) and Mermaid (https://mermaid.js.org).
// Names of files are data: no name can end the text around it.

import { escapeControls } from "../map/escape-controls.ts";
import type { GraphEdge, GraphView } from "./graph-view.ts";

/** Nodes of cycles and the edges between them are red; a file that was asked for is bold. */
export function drawDot({ nodes, edges, cycles }: GraphView): string {
  const inCycle = cycleOf(cycles);
  const isAsked = askedIn(nodes);
  const lines = ["digraph imports {", '  rankdir=LR; node [shape=box, fontname="sans-serif"];'];
  for (const node of nodes) {
    const marks = [
      ...(inCycle.has(node.path) ? ['color="#c0392b"'] : []),
      ...(isAsked(node) ? ["style=bold"] : []),
      ...(node.files > 1 ? [`tooltip="${node.files} files"`] : []),
    ];
    lines.push(`  ${quoted(node.path)}${marks.length > 0 ? ` [${marks.join(", ")}]` : ""};`);
  }
  for (const edge of edges) {
    const marks = [
      ...(isCircular(edge, inCycle) ? ['color="#c0392b"'] : []),
      ...(edge.count > 1 ? [`label="${edge.count}"`] : []),
    ];
    lines.push(`  ${quoted(edge.from)} -> ${quoted(edge.to)}${marks.length > 0 ? ` [${marks.join(", ")}]` : ""};`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

/** As `drawDot`. */
export function drawMermaid({ nodes, edges, cycles }: GraphView): string {
  const inCycle = cycleOf(cycles);
  const isAsked = askedIn(nodes);
  const numbers = new Map(nodes.map(({ path }, index) => [path, index]));
  const idOf = (path: string) => `n${numbers.get(path) ?? 0}`;
  const lines = ["flowchart LR"];
  for (const { path } of nodes) lines.push(`  ${idOf(path)}["${entities(path)}"]`);
  const circular: number[] = [];
  for (const [index, edge] of edges.entries()) {
    lines.push(`  ${idOf(edge.from)} -->${edge.count > 1 ? `|${edge.count}|` : ""} ${idOf(edge.to)}`);
    if (isCircular(edge, inCycle)) circular.push(index);
  }
  const asked = nodes.filter(isAsked).map(({ path }) => idOf(path));
  if (asked.length > 0) lines.push(`  classDef asked stroke-width:3px`, `  class ${asked.join(",")} asked`);
  if (circular.length > 0) lines.push(`  linkStyle ${circular.join(",")} stroke:#c0392b`);
  return `${lines.join("\n")}\n`;
}

/** The number of the cycle that a node is in. */
function cycleOf(cycles: GraphView["cycles"]): ReadonlyMap<string, number> {
  return new Map(cycles.flatMap((group, index) => group.map((path): [string, number] => [path, index])));
}

function isCircular({ from, to }: GraphEdge, inCycle: ReadonlyMap<string, number>): boolean {
  return inCycle.has(from) && inCycle.get(from) === inCycle.get(to);
}

/** In the whole graph all have the depth 0, and none was asked for. */
function askedIn(nodes: GraphView["nodes"]): (node: GraphView["nodes"][number]) => boolean {
  const isPart = nodes.some(({ depth }) => depth > 0);
  return ({ depth }) => isPart && depth === 0;
}

const quoted = (name: string): string => `"${escapeControls(name).replace(/["\\]/g, "\\$&")}"`;

const entities = (name: string): string => escapeControls(name).replace(/[&"<>#;`]/g, (sign) => `#${sign.charCodeAt(0)};`);
