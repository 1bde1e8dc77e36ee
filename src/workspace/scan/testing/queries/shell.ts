// How definitions look in the trees of the grammar of bash.

import type { Node } from "web-tree-sitter";
import type { OracleQuery } from "../oracle-query.ts";

/** Whether the command gives its variables to other programs: `export a`, `declare -x a`, but not `export -f a`. */
function isExported(name: Node): boolean {
  if (name.parent?.type === "function_definition") return true;
  const command = name.parent?.type === "declaration_command" ? name.parent : name.parent?.parent;
  const options = command?.namedChildren.filter((child) => child?.type === "word").map((child) => child?.text ?? "") ?? [];
  if (options.some((option) => /^-\w*[fn]/.test(option))) return false;
  const keyword = command?.child(0)?.text ?? "";
  return keyword === "export" || (/^(?:declare|typeset)$/.test(keyword) && options.some((option) => /^-\w*x/.test(option)));
}

export const shell: OracleQuery = {
  grammar: "bash",
  query: `
(function_definition name: (word) @name)
(declaration_command (variable_name) @name)
(declaration_command (variable_assignment name: (variable_name) @name))`,
  isDefinition: isExported,
};
