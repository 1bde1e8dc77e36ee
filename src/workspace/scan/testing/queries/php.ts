// How definitions look in the trees of the PHP grammar.

import type { OracleQuery } from "../oracle-query.ts";
import { outside } from "./outside.ts";

export const php: OracleQuery = {
  grammar: "php",
  query: `
(namespace_definition name: (namespace_name) @name)
(class_declaration name: (name) @name)
(interface_declaration name: (name) @name)
(trait_declaration name: (name) @name)
(enum_declaration name: (name) @name)
(enum_case name: (name) @name)
(function_definition name: (name) @name)
(method_declaration name: (name) @name)
(const_declaration (const_element . (name) @name))
(property_declaration (property_element (variable_name (name) @name)))
(property_promotion_parameter name: (variable_name (name) @name))`,
  isDefinition: (name) => {
    const inner = name.parent?.type === "variable_name" ? name.parent : name;
    return outside(
      "function_definition",
      "method_declaration",
      "anonymous_function_creation_expression",
      "arrow_function",
      "object_creation_expression",
      "function_static_declaration",
    )(inner.parent?.type === "property_promotion_parameter" ? (inner.parent.parent ?? inner) : inner);
  },
};
