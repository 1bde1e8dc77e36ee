// How definitions look in the trees of the TypeScript, TSX and JavaScript grammars.

import type { Node } from "web-tree-sitter";
import type { OracleQuery } from "../oracle-query.ts";

const VARIABLES = [
  "(lexical_declaration (variable_declarator name: (_) @pattern))",
  "(variable_declaration (variable_declarator name: (_) @pattern))",
];

/** Variables count at the top of the module and, in TypeScript, of a namespace. `within` puts a pattern into one. */
const variables = (within: (pattern: string) => string) =>
  VARIABLES.flatMap((pattern) => [within(pattern), within(`(export_statement declaration: ${pattern})`)]).join("\n");

const SHARED = `
(function_declaration name: (identifier) @name)
(generator_function_declaration name: (identifier) @name)
(class_body (method_definition name: [(property_identifier) (private_property_identifier)] @name))
${variables((pattern) => `(program ${pattern})`)}`;

const JAVASCRIPT = `
${SHARED}
(class_declaration name: (identifier) @name)
(field_definition property: [(property_identifier) (private_property_identifier)] @name)`;

const TYPESCRIPT = `
${SHARED}
(function_signature name: (identifier) @name)
(class_declaration name: (type_identifier) @name)
(abstract_class_declaration name: (type_identifier) @name)
(interface_declaration name: (type_identifier) @name)
(type_alias_declaration name: (type_identifier) @name)
(enum_declaration name: (identifier) @name)
(internal_module name: [(identifier) (nested_identifier)] @name)
(module name: [(identifier) (nested_identifier)] @name)
(public_field_definition name: [(property_identifier) (private_property_identifier)] @name)
(class_body (method_signature name: [(property_identifier) (private_property_identifier)] @name))
(class_body (abstract_method_signature name: (property_identifier) @name))
(interface_declaration body: (_ (property_signature name: (property_identifier) @name)))
(interface_declaration body: (_ (method_signature name: (property_identifier) @name)))
(required_parameter (accessibility_modifier) pattern: (identifier) @name)
(required_parameter "readonly" pattern: (identifier) @name)
(optional_parameter (accessibility_modifier) pattern: (identifier) @name)
(optional_parameter "readonly" pattern: (identifier) @name)
${VARIABLES.map((pattern) => `(ambient_declaration ${pattern})`).join("\n")}
${variables((pattern) => `(ambient_declaration (statement_block ${pattern}))`)}
${variables((pattern) => `(internal_module body: (statement_block ${pattern}))`)}
${variables((pattern) => `(module body: (statement_block ${pattern}))`)}`;

/** The names that a pattern binds: `a`, `b`, `c`, `d` of `{ a, x: b, y: [c = 1], ...d }`. */
function namesIn(pattern: Node): Node[] {
  switch (pattern.type) {
    case "identifier":
    case "shorthand_property_identifier_pattern":
      return [pattern];
    case "assignment_pattern":
    case "object_assignment_pattern":
      return namesInChild(pattern, "left");
    case "pair_pattern":
      return namesInChild(pattern, "value");
    default:
      return pattern.namedChildren.flatMap((child) => (child === null ? [] : namesIn(child)));
  }
}

function namesInChild(pattern: Node, field: string): Node[] {
  const child = pattern.childForFieldName(field);
  return child === null ? [] : namesIn(child);
}

export const typescript: OracleQuery = { grammar: "typescript", query: TYPESCRIPT, namesIn };
export const tsx: OracleQuery = { grammar: "tsx", query: TYPESCRIPT, namesIn };
export const javascript: OracleQuery = { grammar: "javascript", query: JAVASCRIPT, namesIn };
