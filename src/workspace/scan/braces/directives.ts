// Lines that begin with `#` and speak to a preprocessor: conditions steer the brackets' branches, definitions and
// included files are kept for the grammar, all others are passed over. Words of conditions and definitions are counted.

import { isWordUnit } from "../word-units.ts";
import type { LexicalReader } from "./lexical-table.ts";

export interface DirectiveRules {
  /** A backslash joins lines. */
  readonly hasJoinedLines: boolean;
  /** Directives to keep in the lexer's list. */
  readonly kept?: ReadonlySet<string>;
  /** Directives, besides conditions, that hold code. */
  readonly counted?: ReadonlySet<string>;
}

const CONDITIONS = new Set(["if", "ifdef", "ifndef", "elif", "elifdef", "elifndef", "elseif"]);

/** @param at of the `#`, the first of its line. @returns the offset to go on from, or undefined if it is no directive. */
export function readDirective(lexer: LexicalReader, at: number, rules: DirectiveRules): number | undefined {
  const { source } = lexer;
  if (!lexer.isFirstOfLine(at)) return undefined;
  let from = at + 1;
  while (source.charCodeAt(from) === 32 || source.charCodeAt(from) === 9) from++;
  const nameAt = from;
  while (isWordUnit(source.charCodeAt(from))) from++;
  const name = source.slice(nameAt, from);
  const to = lexer.endOfLine(from, rules.hasJoinedLines);
  const isCondition = CONDITIONS.has(name);
  if (name.startsWith("if")) lexer.branches.begin();
  else if (name.startsWith("el")) lexer.branches.otherwise();
  else if (name === "endif") lexer.branches.end();
  if (rules.kept?.has(name) === true) {
    const line = lexer.lineOf(at);
    const endLine = line + newlines(source.slice(from, to - 1));
    lexer.directives.push({ name, line, endLine, from, to });
  }
  if (!isCondition && rules.counted?.has(name) !== true) return commentFrom(source.slice(from, to), from) ?? to;
  lexer.silentTo = Math.max(lexer.silentTo, to);
  return from;
}

/** A comment may begin on the line and end on a later one. */
function commentFrom(text: string, from: number): number | undefined {
  const open = text.lastIndexOf("/*");
  return open === -1 || text.includes("*/", open + 2) ? undefined : from + open;
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
