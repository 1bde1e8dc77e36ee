// How definitions look in the trees of the Rust grammar.

import type { OracleQuery } from "../oracle-query.ts";
import { outside } from "./outside.ts";

const isOutside = outside("block", "closure_expression");

export const rust: OracleQuery = {
  grammar: "rust",
  query: `
(function_item name: (identifier) @name)
(function_signature_item name: (identifier) @name)
(struct_item name: (type_identifier) @name)
(union_item name: (type_identifier) @name)
(enum_item name: (type_identifier) @name)
(trait_item name: (type_identifier) @name)
(type_item name: (type_identifier) @name)
(associated_type name: (type_identifier) @name)
(const_item name: (identifier) @name)
(static_item name: (identifier) @name)
(mod_item name: (identifier) @name)
(macro_definition name: (identifier) @name)
(field_declaration name: (field_identifier) @name)
(enum_variant name: (identifier) @name)`,
  isDefinition: (name) => name.text !== "_" && isOutside(name),
};
