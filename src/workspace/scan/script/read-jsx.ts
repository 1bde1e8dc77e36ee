// JSX: tags, attributes and the text between them, in which quotes, slashes and brackets mean nothing. Expressions in
// braces go back to the main loop. An element that is never closed takes the rest of the source.

import * as codes from "./codes.ts";
import { commentEnd, isCommentMark, isQuote, startsWord } from "./literals.ts";
import type { ScriptScan } from "./script-scan.ts";

const SLASH = 47;
const LESS = 60;
const EQUALS = 61;
const GREATER = 62;
const OPEN_BRACE = 123;

/** A name and what tells type parameters from an element, after the < of `<T,>(x) => x` or `<T extends U>`. */
const TYPE_PARAMETERS = /\s*(?:const\s+)?[\w$]+\s*(?:,|=|extends\s+[^=>\s]|(>)\s*\()/y;
/** How far the parameters of a generic arrow function are looked for. */
const LOOKED_AHEAD_MAX = 500;

/** Whether the < at `at`, where an operand is expected, opens an element. */
export function opensElement(scan: ScriptScan, at: number): boolean {
  const { source } = scan;
  const unit = source.charCodeAt(at + 1);
  if (unit !== GREATER && !startsWord(unit)) return false;
  const pattern = new RegExp(TYPE_PARAMETERS);
  pattern.lastIndex = at + 1;
  const match = pattern.exec(source);
  if (match === null) return true;
  return match[1] !== undefined && !isArrowGroup(source, pattern.lastIndex);
}

/** Whether a group that is open at `from` is closed soon and followed by an arrow or a result type. */
function isArrowGroup(source: string, from: number): boolean {
  let depth = 1;
  for (let at = from; at < Math.min(source.length, from + LOOKED_AHEAD_MAX); at++) {
    const unit = source.charCodeAt(at);
    if (unit === 40) depth++;
    else if (unit === 41 && --depth === 0) return /^\s*(?:=>|:)/.test(source.slice(at + 1, at + 20));
  }
  return false;
}

/** Goes on in the tag or between the tags of the innermost element. */
export function readJsx(scan: ScriptScan): void {
  if (scan.kind === codes.JSX_TAG) readTag(scan);
  else readChildren(scan);
}

function readTag(scan: ScriptScan): void {
  const { source } = scan;
  while (scan.at < source.length) {
    const unit = source.charCodeAt(scan.at);
    if (startsWord(unit)) scan.word();
    else if (unit === OPEN_BRACE) {
      openExpression(scan);
      return;
    } else if (isQuote(unit)) {
      const end = source.indexOf(unit === 34 ? '"' : "'", scan.at + 1);
      scan.at = end === -1 ? source.length : end + 1;
    } else if (unit === SLASH && isCommentMark(source.charCodeAt(scan.at + 1))) scan.at = commentEnd(source, scan.at);
    else if (unit === SLASH && source.charCodeAt(scan.at + 1) === GREATER) {
      scan.at += 2;
      closeElement(scan);
      return;
    } else {
      scan.at++;
      if (unit === LESS) {
        if (source.charCodeAt(scan.at - 2) === EQUALS) {
          scan.push(codes.JSX_TAG);
          return;
        }
        scan.angle++;
      } else if (unit === GREATER && scan.angle > 0) scan.angle--;
      else if (unit === GREATER) {
        scan.become(codes.JSX_CHILDREN, codes.FREE);
        return;
      }
    }
  }
}

function readChildren(scan: ScriptScan): void {
  const { source } = scan;
  for (; scan.at < source.length; scan.at++) {
    const unit = source.charCodeAt(scan.at);
    if (unit === OPEN_BRACE) {
      openExpression(scan);
      return;
    }
    if (unit !== LESS) continue;
    const next = source.charCodeAt(scan.at + 1);
    if (next === SLASH) {
      const end = source.indexOf(">", scan.at);
      scan.at = end === -1 ? source.length : end + 1;
      closeElement(scan);
      return;
    }
    if (next === GREATER || startsWord(next)) {
      scan.at++;
      scan.push(codes.JSX_TAG);
      return;
    }
  }
}

function openExpression(scan: ScriptScan): void {
  scan.at++;
  scan.push(codes.JSX_EXPRESSION);
  scan.done(codes.OPERATOR);
}

function closeElement(scan: ScriptScan): void {
  scan.pop(scan.at);
  scan.done(codes.LITERAL);
}
