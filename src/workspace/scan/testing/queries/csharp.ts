// How definitions look in the trees of the C# grammar.

import type { OracleQuery } from "../oracle-query.ts";
import { outside } from "./outside.ts";

export const csharp: OracleQuery = {
  grammar: "c_sharp",
  query: `
(class_declaration name: (identifier) @name)
(interface_declaration name: (identifier) @name)
(struct_declaration name: (identifier) @name)
(record_declaration name: (identifier) @name)
(record_struct_declaration name: (identifier) @name)
(enum_declaration name: (identifier) @name)
(enum_member_declaration name: (identifier) @name)
(delegate_declaration name: (identifier) @name)
(method_declaration name: (identifier) @name)
(constructor_declaration name: (identifier) @name)
(property_declaration name: (identifier) @name)
(event_declaration name: (identifier) @name)
(namespace_declaration name: (_) @name)
(file_scoped_namespace_declaration name: (_) @name)
(event_field_declaration (variable_declaration (variable_declarator . (identifier) @name)))
(field_declaration (variable_declaration (variable_declarator . (identifier) @name)))`,
  isDefinition: outside("block", "arrow_expression_clause", "lambda_expression", "equals_value_clause", "global_statement"),
};
