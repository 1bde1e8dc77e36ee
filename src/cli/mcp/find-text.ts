// What the tool `find` answers: places a line, the likeliest first, and what to do when there is nothing or more.

import type { GraphDirection, Watched, Workspace } from "../../workspace/index.ts";
import { linesOf } from "./answer-text.ts";

export async function definitionsText(workspace: Workspace, name: string, most: number, watched: Watched): Promise<string> {
  const { symbols, isComplete } = await workspace.symbols(name, most, watched);
  if (symbols.length === 0) return `Nothing is defined whose name has ${name}. Grep finds text anywhere.`;
  return linesOf(
    symbols.map(({ path, line, kind, parent, signature }) => {
      const of = parent === undefined ? "" : ` in ${parent}`;
      return `${path}:${line}: ${kind}${of}: ${signature}`;
    }),
    isComplete ? undefined : "There are more: write more of the name, or raise limit.",
  );
}

export async function referencesText(workspace: Workspace, name: string, most: number, watched: Watched): Promise<string> {
  const { references, isComplete } = await workspace.references(name, most, watched);
  if (references.length === 0) return `No code uses ${name}. Grep finds text anywhere.`;
  return linesOf(
    references.map(
      ({ path, line, text, isDefinition }) => `${path}:${line}:${isDefinition ? " (definition)" : ""} ${text.trim()}`,
    ),
    isComplete ? undefined : "There are more: raise limit, or grep the name in the folders that matter, with word: true.",
  );
}

export async function importsText(
  workspace: Workspace,
  {
    path,
    direction,
    depth,
  }: { readonly path: string; readonly direction: Exclude<GraphDirection, "both">; readonly depth: number },
  most: number,
  watched: Watched,
): Promise<string> {
  const { nodes } = await workspace.graph({ paths: [path], direction, depth }, watched);
  const found = nodes.filter((node) => node.depth > 0).sort((a, b) => a.depth - b.depth);
  if (found.length === 0)
    return direction === "imports" ? `${path} imports no file of this repository.` : `No file imports ${path}.`;
  const lines = found.slice(0, most).map((node) => (node.depth === 1 ? node.path : `${node.path} (${node.depth} imports away)`));
  return linesOf(lines, found.length <= most ? undefined : `${found.length} files in all: raise limit for the others.`);
}
