// The text of a definition as a map shows it: comments out, white space collapsed, cut at the limit. Looks at a bounded
// stretch of the source, however long the definition is.

import { SIGNATURE_CHARACTERS_MAX } from "../record.ts";
import { isCommentMark } from "./literals.ts";

const SPACE = 32;
const SLASH = 47;
const ASCII_MAX = 127;
/** Enough to fill a signature in any sensible layout. */
const LOOKED_AT_MAX = 600;
/** Strings stay as they are; comments (and an open one at the cut) become a space. */
const STRING_OR_COMMENT = /"[^"\n]*"|'[^'\n]*'|`[^`]*`|\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*/g;
/** White space that is more than single spaces. */
const LAYOUT = /[^\S ]| {2}/;

/** The signature in source[from, end). Never ends with half of a surrogate pair. */
export function signatureOf(source: string, from: number, end: number): string {
  const to = Math.min(end, from + LOOKED_AT_MAX);
  if (isTidy(source, from, to)) return source.slice(from, to).trim();
  let text = source.slice(from, to);
  if (text.includes("/*") || text.includes("//")) {
    text = text.replace(STRING_OR_COMMENT, (match) => (match.startsWith("/") ? " " : match));
  }
  if (LAYOUT.test(text)) text = text.replace(/\s+/g, " ");
  text = text.trim();
  if (text.length <= SIGNATURE_CHARACTERS_MAX) return text;
  const last = text.charCodeAt(SIGNATURE_CHARACTERS_MAX - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? SIGNATURE_CHARACTERS_MAX - 1 : SIGNATURE_CHARACTERS_MAX).trimEnd();
}

/** Whether nothing of it has to be left out or collapsed, as is nearly always so. */
function isTidy(source: string, from: number, to: number): boolean {
  if (to - from > SIGNATURE_CHARACTERS_MAX) return false;
  for (let at = from; at < to; at++) {
    const unit = source.charCodeAt(at);
    const isLast = at + 1 === to;
    if (unit < SPACE || unit > ASCII_MAX || (unit === SPACE && !isLast && source.charCodeAt(at + 1) === SPACE)) return false;
    if (unit === SLASH && !isLast && isCommentMark(source.charCodeAt(at + 1))) return false;
  }
  return true;
}
