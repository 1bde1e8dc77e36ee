// How definitions look in the trees of the Swift grammar.

import type { OracleQuery } from "../oracle-query.ts";
import { outside } from "./outside.ts";

export const swift: OracleQuery = {
  grammar: "swift",
  query: `
(class_declaration name: (type_identifier) @name)
(protocol_declaration name: (type_identifier) @name)
(function_declaration name: (simple_identifier) @name)
(protocol_function_declaration name: (simple_identifier) @name)
(init_declaration "init" @name)
(property_declaration name: (pattern) @pattern)
(protocol_property_declaration name: (pattern) @pattern)
(typealias_declaration name: (type_identifier) @name)
(associatedtype_declaration name: (type_identifier) @name)
(enum_entry name: (simple_identifier) @name)`,
  namesIn: function namesIn(pattern): ReturnType<NonNullable<OracleQuery["namesIn"]>> {
    if (pattern.type === "simple_identifier") return pattern.text === "_" ? [] : [pattern];
    return pattern.namedChildren.flatMap((child) =>
      child !== null && /^(?:pattern|simple_identifier)$/.test(child.type) ? namesIn(child) : [],
    );
  },
  isDefinition: outside(
    "function_body",
    "lambda_literal",
    "computed_property",
    "computed_getter",
    "willset_didset_block",
    "statements",
    "call_expression",
  ),
};
