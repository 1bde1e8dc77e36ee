// How definitions look in the trees of the Go grammar.

import type { OracleQuery } from "../oracle-query.ts";
import { outside } from "./outside.ts";

const isOutside = outside("block", "func_literal", "var_declaration", "const_declaration", "parameter_list");

export const go: OracleQuery = {
  grammar: "go",
  query: `
(function_declaration name: (identifier) @name)
(method_declaration name: (field_identifier) @name)
(type_spec name: (type_identifier) @name)
(type_alias name: (type_identifier) @name)
(method_spec name: (field_identifier) @name)
(field_declaration name: (field_identifier) @name)
(source_file (const_declaration (const_spec (identifier) @name)))
(source_file (var_declaration (var_spec (identifier) @name)))`,
  isDefinition: (name) =>
    name.text !== "_" && (name.parent?.type === "const_spec" || name.parent?.type === "var_spec" || isOutside(name)),
};
