// How definitions look in the trees of the Ruby grammar.

import type { OracleQuery } from "../oracle-query.ts";

export const ruby: OracleQuery = {
  grammar: "ruby",
  query: `
(method name: (_) @name)
(singleton_method name: (_) @name)
(class name: [(constant) @name (scope_resolution name: (constant) @name)])
(module name: [(constant) @name (scope_resolution name: (constant) @name)])
(assignment left: [(constant) @name (scope_resolution name: (constant) @name)])
(left_assignment_list (constant) @name)
(operator_assignment left: (constant) @name operator: "||=")
((call !receiver method: (identifier) @_call arguments: (argument_list [(simple_symbol) (string)] @name))
 (#match? @_call "^attr_(reader|writer|accessor)$"))`,
  nameOf: (name) => name.text.replace(/^[:"']|["']$|(?<=\w)=$/g, ""),
};
