// How definitions look in the trees of the Scala grammar.

import type { Node } from "web-tree-sitter";
import type { OracleQuery } from "../oracle-query.ts";
import { outside } from "./outside.ts";

const isOutside = outside(
  "block",
  "indented_block",
  "case_block",
  "instance_expression",
  "function_definition",
  "val_definition",
  "var_definition",
  "call_expression",
);

/** Parameters are properties with `val` or `var`, and those of the first list of a case class. */
function isProperty(parameter: Node): boolean {
  if (parameter.children.some((child) => child?.type === "val" || child?.type === "var")) return true;
  const owner = parameter.parent?.parent;
  const first = owner?.namedChildren.find((child) => child?.type === "class_parameters");
  return owner?.children.some((child) => child?.type === "case") === true && first?.id === parameter.parent?.id;
}

export const scala: OracleQuery = {
  grammar: "scala",
  // After `{ self =>` and after `= -x` what follows on other lines is read as operators and operands of one expression, in which
  // the words that begin declarations are names.
  misread: `((identifier) @_ (#match? @_ "^(def|val|var|override|class|trait|object|implicit|private|protected|final|lazy)$"))`,
  query: `
(class_definition name: (identifier) @name)
(object_definition name: (identifier) @name)
(package_object name: (identifier) @name)
(trait_definition name: (identifier) @name)
(function_definition name: (identifier) @name)
(function_declaration name: (identifier) @name)
(type_definition name: (type_identifier) @name)
(val_definition pattern: (_) @pattern)
(var_definition pattern: (_) @pattern)
(val_declaration name: (identifier) @name)
(var_declaration name: (identifier) @name)
(class_parameter name: (identifier) @name)`,
  namesIn: (pattern) => {
    if (pattern.type === "identifier") return [pattern];
    return pattern.type === "identifiers" ? pattern.namedChildren.filter((child) => child !== null) : [];
  },
  isDefinition: (name) =>
    name.text !== "this" && (name.parent?.type !== "class_parameter" || isProperty(name.parent)) && isOutside(name),
};
