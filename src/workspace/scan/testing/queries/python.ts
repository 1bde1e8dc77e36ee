// How definitions look in the trees of the Python grammar.

import type { Node } from "web-tree-sitter";
import type { OracleQuery } from "../oracle-query.ts";

const QUERY = `
(function_definition name: (identifier) @name)
(class_definition name: (identifier) @name)
(type_alias_statement . (type [(identifier) @pattern (generic_type . (identifier) @pattern)]))
(assignment left: (_) @pattern)`;

/** Fields of classes and variables of the module, in whatever statement: not those of functions. */
function isOutsideFunctions(pattern: Node): boolean {
  for (let node = pattern.parent; node !== null; node = node.parent) {
    if (node.type === "function_definition" || node.type === "lambda") return false;
    if (node.type === "class_definition") return true;
  }
  return true;
}

function namesOf(pattern: Node): Node[] {
  if (pattern.type === "identifier") return [pattern];
  if (pattern.type === "attribute" || pattern.type === "subscript" || pattern.type === "call") return [];
  return pattern.namedChildren.flatMap((child) => (child === null ? [] : namesOf(child)));
}

export const python: OracleQuery = {
  grammar: "python",
  query: QUERY,
  namesIn: (pattern) => (isOutsideFunctions(pattern) ? namesOf(pattern) : []),
};
