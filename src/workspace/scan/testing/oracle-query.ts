// What the oracle needs to know of a language: its grammar and how definitions look in the grammar's trees.

import type { Node } from "web-tree-sitter";

export interface OracleQuery {
  /** Of tree-sitter-wasms: `typescript` stands for tree-sitter-typescript.wasm. */
  readonly grammar: string;
  /**
   * Patterns that capture the names of definitions as `@name`, or nodes that hold names as `@pattern`. The captures
   * must be those the scanner promises: functions, types, members, and variables of the top level; no local variables.
   */
  readonly query: string;
  /**
   * What the grammar makes of correct code that it reads as something else: a file with a match counts as one that
   * tree-sitter cannot parse. Each pattern needs a reason beside it.
   */
  readonly misread?: string;
  /** The nodes of the names in a `@pattern`; needed only if the query has one. */
  readonly namesIn?: (pattern: Node) => readonly Node[];
  /** Leaves out a captured name that a pattern cannot tell apart. */
  readonly isDefinition?: (name: Node) => boolean;
  /** The name of a node, if it is not its text. */
  readonly nameOf?: (name: Node) => string;
}
