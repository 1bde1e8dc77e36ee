// How definitions look in the trees of the C and C++ grammars. Declarators nest, so names are looked for in the
// declarations that hold them. `typedef long ssize_t` names what the grammar takes for a type of the language.

import type { Node } from "web-tree-sitter";
import type { OracleQuery } from "../oracle-query.ts";
import { outside } from "./outside.ts";

const C = `
(function_definition) @pattern
(declaration) @pattern
(field_declaration) @pattern
(type_definition) @pattern
(type_definition declarator: (primitive_type) @name)
(struct_specifier name: (type_identifier) @name body: (_))
(union_specifier name: (type_identifier) @name body: (_))
(enum_specifier name: (type_identifier) @name body: (_))
(enumerator name: (identifier) @name)
(preproc_def name: (identifier) @name value: (_))
(preproc_function_def name: (identifier) @name)`;

const CPP = `
${C}
(class_specifier name: (type_identifier) @name body: (_))
(struct_specifier name: (template_type name: (type_identifier) @name) body: (_))
(class_specifier name: (template_type name: (type_identifier) @name) body: (_))
(struct_specifier name: (qualified_identifier) @pattern body: (_))
(class_specifier name: (qualified_identifier) @pattern body: (_))
(alias_declaration name: (type_identifier) @name)
(concept_definition name: (identifier) @name)
(namespace_definition name: (_) @name)`;

function namesIn(declaration: Node): Node[] {
  if (declaration.type === "qualified_identifier") return declared(declaration);
  return declaration.childrenForFieldName("declarator").flatMap((child) => (child === null ? [] : declared(child)));
}

/** The name that a declarator declares. */
function declared(node: Node): Node[] {
  switch (node.type) {
    case "identifier":
    case "field_identifier":
    case "type_identifier":
      return [node];
    case "qualified_identifier":
    case "template_function":
    case "template_method":
    case "template_type": {
      const name = node.childForFieldName("name");
      return name === null ? [] : declared(name);
    }
    case "destructor_name":
    case "operator_name":
    case "operator_cast":
    case "structured_binding_declarator":
      return [];
    default: {
      const inner =
        node.childForFieldName("declarator") ??
        node.namedChildren.find((child) => child?.type.endsWith("declarator") || child?.type.endsWith("identifier"));
      return inner === null || inner === undefined ? [] : declared(inner);
    }
  }
}

const isOutside = outside("lambda_expression", "friend_declaration", "parameter_list", "template_parameter_list");

/** `class MACRO Name { ... }` is a function to the grammar, and its members are statements. */
function isInBody(name: Node): boolean {
  for (let node = name.parent; node !== null; node = node.parent) {
    if (node.type !== "compound_statement") continue;
    const isMisread =
      node.parent?.type === "function_definition" && node.parent.childForFieldName("declarator")?.type === "identifier";
    if (!isMisread) return true;
  }
  return false;
}

/** Calls of macros look like functions without a type. */
function isTyped(name: Node): boolean {
  let node = name.parent;
  for (; node !== null && !/^(?:function_definition|declaration|field_declaration)$/.test(node.type); node = node.parent) {
    if (node.type === "qualified_identifier") return true;
  }
  if (node === null || node.childForFieldName("type") !== null) return true;
  for (let outer = node.parent; outer !== null; outer = outer.parent) {
    if (/^(?:class|struct)_specifier$/.test(outer.type)) {
      const named = outer.childForFieldName("name");
      return (named?.childForFieldName("name") ?? named)?.text === name.text;
    }
  }
  return false;
}

function isDefinition(name: Node): boolean {
  if (name.parent?.type.startsWith("preproc_") === true) return true;
  if (!isOutside(name) || isInBody(name)) return false;
  return (
    !/^(?:identifier|field_identifier)$/.test(name.type) ||
    /^(?:enumerator|concept_definition|namespace_definition)$/.test(name.parent?.type ?? "") ||
    isTyped(name)
  );
}

export const c: OracleQuery = { grammar: "c", query: C, namesIn, isDefinition };
export const cpp: OracleQuery = { grammar: "cpp", query: CPP, namesIn, isDefinition };
