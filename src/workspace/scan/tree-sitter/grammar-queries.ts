// How definitions, imports and identifiers look in the trees of each grammar of the second tier. A pattern captures the
// definition by its kind and its name as `@name`; `@import` is the text of a specifier. Local variables have no pattern.

import type { GrammarLanguage } from "../record.ts";

export interface GrammarQuery {
  /** Of tree-sitter-wasms: `lua` stands for tree-sitter-lua.wasm. */
  readonly grammar: string;
  readonly query: string;
  /** How a definition that other files cannot name begins; a leading underscore always means so. */
  readonly hidden?: RegExp;
}

const DART = `
(class_definition name: (identifier) @name) @class
(mixin_declaration (identifier) @name) @trait
(enum_declaration name: (identifier) @name) @enum
(enum_constant name: (identifier) @name) @constant
(extension_declaration name: (identifier) @name) @class
(type_alias . (type_identifier) @name) @type
(program (function_signature name: (identifier) @name) @function)
(method_signature (function_signature name: (identifier) @name)) @method
(declaration (function_signature name: (identifier) @name)) @method
(method_signature (getter_signature name: (identifier) @name)) @property
(method_signature (setter_signature name: (identifier) @name)) @property
(constructor_signature name: (identifier) @name) @constructor
(declaration (initialized_identifier_list (initialized_identifier . (identifier) @name))) @field
(program (static_final_declaration_list (static_final_declaration . (identifier) @name) @constant))
(uri (string_literal) @import)
[(identifier) (type_identifier)] @identifier`;

/** Everything in Elixir is a call; what is defined is told by its name. */
const ELIXIR = `
((call target: (identifier) @_word (arguments (alias) @name)) @namespace (#match? @_word "^def(module|protocol|impl)$"))
((call target: (identifier) @_word (arguments [
  (identifier) @name
  (call target: (identifier) @name)
  (binary_operator left: [(identifier) @name (call target: (identifier) @name)])
 ])) @function (#match? @_word "^def(p|delegate|guard|guardp)?$"))
((call target: (identifier) @_word (arguments [
  (identifier) @name
  (call target: (identifier) @name)
  (binary_operator left: [(identifier) @name (call target: (identifier) @name)])
 ])) @macro (#match? @_word "^defmacrop?$"))
((call target: (identifier) @_word (arguments . (alias) @import)) (#match? @_word "^(import|alias|use|require)$"))
[(identifier) (alias)] @identifier`;

const OBJECTIVE_C = `
(class_interface . (identifier) @name) @class
(class_implementation . (identifier) @name) @class
(protocol_declaration . (identifier) @name) @interface
(method_declaration (method_type) . (identifier) @name) @method
(method_definition (method_type) . (identifier) @name) @method
(property_declaration (struct_declaration (struct_declarator [(identifier) @name (pointer_declarator declarator: (identifier) @name)]))) @property
(function_definition declarator: (function_declarator declarator: (identifier) @name)) @function
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))) @function
(preproc_def name: (identifier) @name) @macro
(preproc_function_def name: (identifier) @name) @macro
(type_definition declarator: (type_identifier) @name) @type
(struct_specifier name: (type_identifier) @name body: (_)) @struct
(enum_specifier name: (type_identifier) @name body: (_)) @enum
(preproc_include path: (_) @import)
[(identifier) (type_identifier) (field_identifier)] @identifier`;

const OCAML = `
(compilation_unit (value_definition (let_binding pattern: (value_name) @name) @variable))
(structure (value_definition (let_binding pattern: (value_name) @name) @variable))
(external (value_name) @name) @function
(value_specification (value_name) @name) @function
(module_binding name: (module_name) @name) @namespace
(module_type_definition name: (module_type_name) @name) @interface
(type_binding name: (type_constructor) @name) @type
(class_binding name: (class_name) @name) @class
(method_definition name: (method_name) @name) @method
(exception_definition (constructor_declaration (constructor_name) @name)) @type
(open_module (module_path) @import)
[(value_name) (module_name) (type_constructor) (constructor_name) (method_name) (class_name) (field_name)] @identifier`;

const SOLIDITY = `
(contract_declaration name: (identifier) @name) @class
(interface_declaration name: (identifier) @name) @interface
(library_declaration name: (identifier) @name) @namespace
(struct_declaration name: (identifier) @name) @struct
(enum_declaration name: (identifier) @name) @enum
(function_definition name: (identifier) @name) @function
(modifier_definition name: (identifier) @name) @function
(event_definition name: (identifier) @name) @type
(state_variable_declaration name: (identifier) @name) @field
(struct_member name: (identifier) @name) @field
(import_directive source: (string) @import)
(identifier) @identifier`;

const ZIG = `
(function_declaration name: (identifier) @name) @function
(source_file (variable_declaration . (identifier) @name) @constant)
(struct_declaration (variable_declaration . (identifier) @name) @constant)
(container_field name: (identifier) @name) @field
((builtin_function (builtin_identifier) @_word (arguments (string) @import)) (#eq? @_word "@import"))
(identifier) @identifier`;

const ELISP = `
(function_definition name: (symbol) @name) @function
(macro_definition name: (symbol) @name) @macro
(source_file (special_form ["defvar" "defconst"] . (symbol) @name) @variable)
((source_file (list . (symbol) @_word . (symbol) @name) @variable) (#match? @_word "^(defcustom|defvar-local|defgroup|defface)$"))
(symbol) @identifier`;

const RESCRIPT = `
(source_file (let_declaration (let_binding pattern: (value_identifier) @name)) @variable)
(module_declaration (module_binding name: (module_identifier) @name)) @namespace
(module_binding definition: (block (let_declaration (let_binding pattern: (value_identifier) @name)) @variable))
(type_declaration (type_binding name: (type_identifier) @name)) @type
(open_statement (_) @import)
[(value_identifier) (module_identifier) (type_identifier) (property_identifier)] @identifier`;

/**
 * Two grammars of the package are left out, and files of their languages keep their words: Elm's is older than the runtime
 * reads, and Lua's remembers in one source where the last one left it, so that the same source is read in different ways.
 */
export const grammarQueries: ReadonlyMap<GrammarLanguage, GrammarQuery> = new Map<GrammarLanguage, GrammarQuery>([
  ["dart", { grammar: "dart", query: DART }],
  ["elisp", { grammar: "elisp", query: ELISP }],
  ["elixir", { grammar: "elixir", query: ELIXIR, hidden: /^def(?:macro|guard)?p\b/ }],
  ["objc", { grammar: "objc", query: OBJECTIVE_C, hidden: /^static\b/ }],
  ["ocaml", { grammar: "ocaml", query: OCAML }],
  ["rescript", { grammar: "rescript", query: RESCRIPT }],
  ["solidity", { grammar: "solidity", query: SOLIDITY }],
  ["zig", { grammar: "zig", query: ZIG, hidden: /^(?:const|var|fn|inline|extern)\b/ }],
]);
