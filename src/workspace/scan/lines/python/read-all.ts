// The names in a statement about `__all__`: literal strings of a list or tuple, or of an extend or append.

import { isWordUnit } from "../../word-units.ts";
import { stringEnd } from "./strings.ts";

/** @param from after the name `__all__`. @returns the names, none for a statement that assigns nothing. */
export function readAll(source: string, from: number): string[] {
  const begin = /^\s{0,8}(?::[^=\n]{0,80})?(?:\+?=(?!=)|\.\s?(?:extend|append)\s?\()/.exec(source.slice(from, from + 120));
  if (begin === null) return [];
  const names: string[] = [];
  let depth = begin[0].endsWith("(") ? 1 : 0;
  for (let at = from + begin[0].length; at < source.length; at++) {
    const character = source.charAt(at);
    if (character === '"' || character === "'") {
      const end = stringEnd(source, at);
      const name = source.slice(at + 1, end - 1);
      if (isPlainName(name)) names.push(name);
      at = end - 1;
    } else if (character === "#") {
      const lineEnd = source.indexOf("\n", at);
      at = (lineEnd === -1 ? source.length : lineEnd) - 1;
    } else if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    else if (character === "\\") at++;
    else if (depth <= 0 && (character === "\n" || character === ";")) break;
  }
  return names;
}

function isPlainName(name: string): boolean {
  for (let at = 0; at < name.length; at++) if (!isWordUnit(name.charCodeAt(at))) return false;
  return name !== "";
}
