// Leaves out what a query finds inside of nodes that hold no definitions for us: bodies of functions, values.

import type { Node } from "web-tree-sitter";

/** Whether the definition around a name is in none of the nodes of those types; it may itself be one of them. */
export function outside(...types: readonly string[]): (name: Node) => boolean {
  const excluded = new Set(types);
  return (name) => {
    for (let node = name.parent?.parent ?? null; node !== null; node = node.parent) if (excluded.has(node.type)) return false;
    return true;
  };
}
