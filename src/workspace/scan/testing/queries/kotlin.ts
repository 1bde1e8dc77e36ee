// How definitions look in the trees of the Kotlin grammar.

import type { Node } from "web-tree-sitter";
import type { OracleQuery } from "../oracle-query.ts";
import { outside } from "./outside.ts";

/** Not property_declaration: properties of types lie in it only by their getters. */
const isOutside = outside(
  "function_body",
  "lambda_literal",
  "anonymous_initializer",
  "secondary_constructor",
  "object_literal",
  "call_expression",
  "getter",
  "setter",
  "control_structure_body",
  "property_delegate",
);

function isDefinition(name: Node): boolean {
  // A later one is a value: `val a: Int = b`.
  if (name.parent?.namedChildren.find((child) => child?.type === name.type)?.id !== name.id) return false;
  if (
    name.parent?.type === "class_parameter" &&
    !name.parent.namedChildren.some((child) => child?.type === "binding_pattern_kind")
  )
    return false;
  return isOutside(name);
}

export const kotlin: OracleQuery = {
  grammar: "kotlin",
  query: `
(class_declaration (type_identifier) @name)
(object_declaration (type_identifier) @name)
(companion_object (type_identifier) @name)
(type_alias (type_identifier) @name)
(function_declaration (simple_identifier) @name)
(property_declaration (variable_declaration (simple_identifier) @name))
(enum_entry (simple_identifier) @name)
(class_parameter (simple_identifier) @name)`,
  isDefinition,
  // An annotated declaration at the top, read as an annotated expression: `@A @B(C) annotation class D` as a sum of words;
  // and the body of a class after `: T by value`, read as a lambda that the value is called with.
  misread: `
(source_file (prefix_expression (annotation)) @_)
(explicit_delegation (call_expression (call_suffix (annotated_lambda)) @_))`,
};
