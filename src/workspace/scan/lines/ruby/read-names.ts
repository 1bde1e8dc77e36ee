// Lists of symbols and strings after attr_reader, private and the like, and the one string after require.

import { isWordUnit } from "../../word-units.ts";

export interface NameAt {
  readonly name: string;
  readonly at: number;
}

/** After white space other than line breaks. */
export function spaceEnd(source: string, from: number): number {
  let at = from;
  while (source.charCodeAt(at) === 32 || source.charCodeAt(at) === 9) at++;
  return at;
}

/** After a name that begins at `from`, with its `?` or `!`. */
export function nameEnd(source: string, from: number): number {
  let at = from;
  while (at < source.length && isWordUnit(source.charCodeAt(at))) at++;
  const mark = source.charCodeAt(at);
  const next = source.charCodeAt(at + 1);
  // `a != b` is no call of `a!`, `a ?b: c` none of `a?`.
  return at > from && (mark === 33 || mark === 63) && (next !== 61 || source.charCodeAt(at + 2) === 61) ? at + 1 : at;
}

/** Reads `:a, "b",\n :c`. @returns the names with their offsets, and where the list ends. */
export function readNames(source: string, from: number): { names: readonly NameAt[]; end: number } {
  const names: NameAt[] = [];
  let at = spaceEnd(source, from);
  if (source.charCodeAt(at) === 40) at = whiteEnd(source, at + 1);
  let end = from;
  for (;;) {
    const mark = source.charAt(at);
    if (mark !== ":" && mark !== '"' && mark !== "'") break;
    const nameAt = at + 1;
    end = nameEnd(source, nameAt);
    if (end === nameAt || (mark !== ":" && source.charAt(end) !== mark)) break;
    names.push({ name: source.slice(nameAt, end), at: nameAt });
    if (mark !== ":") end++;
    at = spaceEnd(source, end);
    if (source.charCodeAt(at) !== 44) break;
    at = whiteEnd(source, at + 1);
  }
  return { names, end };
}

/** The text of a plain string after `from`, in brackets or not; undefined if there is none. */
export function readString(source: string, from: number): string | undefined {
  return /^\s?\(?\s?(?:'([^'\n\\]{1,300})'|"([^"\n\\#]{1,300})")/
    .exec(source.slice(from, from + 310))
    ?.slice(1)
    .find(Boolean);
}

/** After white space, line breaks and comments. */
function whiteEnd(source: string, from: number): number {
  for (let at = from; ; at++) {
    const unit = source.charCodeAt(at);
    if (unit === 35) {
      const lineEnd = source.indexOf("\n", at);
      if (lineEnd === -1) return source.length;
      at = lineEnd;
    } else if (unit !== 32 && (unit < 9 || unit > 13)) return at;
    if (at >= source.length) return source.length;
  }
}
