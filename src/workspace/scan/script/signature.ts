// The text of a definition as a map shows it: comments out, white space collapsed, cut at the limit. Looks at a bounded
// stretch of the source, however long the definition is.

import { SIGNATURE_CHARACTERS_MAX } from "../record.ts";

/** Enough to fill a signature in any sensible layout. */
const LOOKED_AT_MAX = 600;
/** Strings stay as they are; comments (and an open one at the cut) become a space. */
const STRING_OR_COMMENT = /"[^"\n]*"|'[^'\n]*'|`[^`]*`|\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*/g;
/** White space that is more than single spaces. */
const LAYOUT = /[^\S ]| {2}/;

/** The signature in source[from, end). Never ends with half of a surrogate pair. */
export function signatureOf(source: string, from: number, end: number): string {
  let text = source.slice(from, Math.min(end, from + LOOKED_AT_MAX));
  if (text.includes("/*") || text.includes("//")) {
    text = text.replace(STRING_OR_COMMENT, (match) => (match.startsWith("/") ? " " : match));
  }
  if (LAYOUT.test(text)) text = text.replace(/\s+/g, " ");
  text = text.trim();
  if (text.length <= SIGNATURE_CHARACTERS_MAX) return text;
  const last = text.charCodeAt(SIGNATURE_CHARACTERS_MAX - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? SIGNATURE_CHARACTERS_MAX - 1 : SIGNATURE_CHARACTERS_MAX).trimEnd();
}
