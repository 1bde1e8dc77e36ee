// Reads one import statement, over lines if it is in brackets. Ends at whatever cannot stand in one.

import type { WordTable } from "../../word-table.ts";
import { isWordUnit } from "../../word-units.ts";

export interface Imports {
  readonly statements: readonly { readonly specifier: string; readonly names: readonly string[] }[];
  /** After the statement. */
  readonly end: number;
}

/**
 * @param words counts the names.
 * @param from after `import` or `from`.
 */
export function readImports(source: string, words: WordTable, from: number, isFrom: boolean): Imports {
  const statements: { specifier: string; names: readonly string[] }[] = [];
  const names: string[] = [];
  let specifier = "";
  let isInNames = false;
  let isAlias = false;
  let isOpen = false;
  let at = from;
  for (; ; at++) {
    at = triviaEnd(source, at, isOpen);
    const character = source.charAt(at);
    if (character === ".") specifier += isInNames ? "" : ".";
    else if (character === "*") names.push("*");
    else if (character === "," && !isFrom) {
      if (specifier !== "") statements.push({ specifier, names: ["*"] });
      specifier = "";
    } else if (character === "(") isOpen = true;
    else if (character === ")") {
      at++;
      break;
    } else if (character !== "," && !isWordUnit(source.charCodeAt(at))) break;
    else if (character !== ",") {
      words.count(at);
      const word = source.slice(at, words.end);
      at = words.end - 1;
      if (isAlias) isAlias = false;
      else if (word === "as") isAlias = true;
      else if (isFrom && !isInNames && word === "import") isInNames = true;
      else if (isInNames) names.push(word);
      else specifier += word;
    }
  }
  if (specifier !== "") statements.push({ specifier, names: isFrom ? names : ["*"] });
  return { statements, end: at };
}

/** The first unit at or after `from` that is no white space, continuation or, in brackets, line break or comment. */
function triviaEnd(source: string, from: number, isOpen: boolean): number {
  for (let at = from; ; at++) {
    const unit = source.charCodeAt(at);
    if (unit === 92 && source.charCodeAt(at + 1) === 10) at++;
    else if (unit === 92 && source.charCodeAt(at + 1) === 13) at += 2;
    else if (isOpen && unit === 35) {
      const lineEnd = source.indexOf("\n", at);
      if (lineEnd === -1) return source.length;
      at = lineEnd;
    } else if (!(unit === 32 || unit === 9 || unit === 12 || unit === 13 || (isOpen && unit === 10))) return at;
  }
}
