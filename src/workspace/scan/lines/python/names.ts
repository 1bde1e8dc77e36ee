// Finds the name after `def`, `class` or `type`.

import { isWordUnit } from "../../word-units.ts";

/** The offset of the name after white space or continued lines; -1 if none follows. */
export function nameAfter(source: string, from: number): number {
  let at = from;
  for (; at < source.length; at++) {
    const unit = source.charCodeAt(at);
    const isSpace = unit === 32 || unit === 9 || unit === 12 || unit === 13 || unit === 92;
    if (!isSpace && !(unit === 10 && isContinued(source, at))) break;
  }
  const unit = source.charCodeAt(at);
  return at > from && isWordUnit(unit) && (unit < 48 || unit > 57) ? at : -1;
}

function isContinued(source: string, lineFeed: number): boolean {
  const before = source.charCodeAt(lineFeed - 1);
  return before === 92 || (before === 13 && source.charCodeAt(lineFeed - 2) === 92);
}

/** Whether after `type`, which ends at `from`, comes `Name =` or `Name[`: elsewhere `type` is a name like any other. */
export function isAlias(source: string, from: number): boolean {
  return /^[ \t]+[^\W\d]\w{0,200}\s?(?:\[|=(?!=))/.test(source.slice(from, from + 220));
}
