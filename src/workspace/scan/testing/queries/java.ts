// How definitions look in the trees of the Java grammar.

import type { OracleQuery } from "../oracle-query.ts";
import { outside } from "./outside.ts";

export const java: OracleQuery = {
  grammar: "java",
  query: `
(class_declaration name: (identifier) @name)
(interface_declaration name: (identifier) @name)
(enum_declaration name: (identifier) @name)
(record_declaration name: (identifier) @name)
(annotation_type_declaration name: (identifier) @name)
(method_declaration name: (identifier) @name)
(constructor_declaration name: (identifier) @name)
(compact_constructor_declaration name: (identifier) @name)
(annotation_type_element_declaration name: (identifier) @name)
(enum_constant name: (identifier) @name)
(field_declaration (variable_declarator name: (identifier) @name))
(constant_declaration (variable_declarator name: (identifier) @name))`,
  isDefinition: outside("block", "constructor_body", "object_creation_expression", "lambda_expression"),
};
