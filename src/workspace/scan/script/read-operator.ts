// Punctuators that are no brackets. Most only say what came before; a few move the item in progress on: from a name to
// its type, from a type to its value, from one variable or member to the next.

import { isWordUnit } from "../word-units.ts";
import * as codes from "./codes.ts";
import { commentEnd, isCommentMark, regexEnd } from "./literals.ts";
import { beginValue, expectsParameters, nextBinding, noteArrow, noteColon, noteOther } from "./read-binding.ts";
import { openUnnamed } from "./read-bracket.ts";
import { opensElement } from "./read-jsx.ts";
import { isHead, type ScriptScan } from "./script-scan.ts";

const LINE_FEED = 10;
const SPACE = 32;
const DOT = 46;
const LESS = 60;
const EQUALS = 61;
const GREATER = 62;
const QUESTION = 63;

/** After this many slashes that began no regular expression, the rest of a line with one more is skipped: linear time. */
const MISREAD_REGEXES_MAX = 64;

const isDigit = (unit: number) => unit >= 48 && unit <= 57;

/** Ends an operator of `length` units. */
export function operator(scan: ScriptScan, length = 1): void {
  scan.at += length;
  if (scan.state === codes.VALUE) noteOther(scan);
  scan.done(codes.OPERATOR);
}

export function semicolon(scan: ScriptScan): void {
  scan.at++;
  scan.unwindHeads();
  if (scan.state !== codes.FREE) scan.endItem();
  scan.done(codes.SEMICOLON);
}

export function comma(scan: ScriptScan): void {
  scan.at++;
  if (scan.angle === 0) {
    if (scan.state === codes.AFTER_PARAMETERS) scan.endItem();
    const isPattern = scan.kind === codes.PATTERN_BRACE || scan.kind === codes.PATTERN_BRACKET;
    if (isPattern || scan.state === codes.DECLARED || scan.state === codes.VALUE) nextBinding(scan);
    else if (scan.kind === codes.INTERFACE) scan.endItem();
  }
  scan.done(codes.COMMA);
}

export function colon(scan: ScriptScan): void {
  scan.at++;
  if (scan.state === codes.NAMED) scan.state = codes.FIELD_TYPE;
  else if (scan.state === codes.VALUE) noteColon(scan);
  scan.done(codes.COLON);
}

/** =, ==, ===, => */
export function equals(scan: ScriptScan): void {
  const { source } = scan;
  const next = source.charCodeAt(scan.at + 1);
  if (next === GREATER) {
    scan.at += 2;
    if (scan.state === codes.VALUE) noteArrow(scan);
    scan.done(codes.OPERATOR);
  } else if (next === EQUALS) operator(scan, source.charCodeAt(scan.at + 2) === EQUALS ? 3 : 2);
  else {
    operator(scan);
    if (scan.state === codes.DECLARED) beginValue(scan);
    else if ((scan.state === codes.FIELD_TYPE && scan.kind === codes.CLASS) || scan.state === codes.NAMED) {
      scan.state = codes.FIELD_VALUE;
      scan.angle = 0;
    }
  }
}

/** < opens an element, type arguments or parameters, or compares. */
export function less(scan: ScriptScan): void {
  const next = scan.source.charCodeAt(scan.at + 1);
  const isType = isTypeContext(scan);
  if (scan.hasJsx && !isType && codes.ENDS[scan.previous] === 0 && opensElement(scan, scan.at)) {
    scan.at++;
    if (scan.state === codes.VALUE) noteOther(scan);
    scan.push(codes.JSX_TAG);
    return;
  }
  if (!isType && (next === LESS || next === EQUALS)) {
    operator(scan, 2);
    return;
  }
  if (scan.breaks && scan.kind === codes.INTERFACE) scan.endItem();
  openUnnamed(scan);
  if (isTypeContext(scan) || opensArguments(scan, next)) {
    scan.at++;
    scan.angle++;
    scan.done(codes.OPERATOR);
  } else operator(scan);
}

function isTypeContext(scan: ScriptScan): boolean {
  const { state } = scan;
  if (!scan.hasTypes) return false;
  if (isHead(scan.kind)) return true;
  return state === codes.ITEM || state === codes.DECLARED || state === codes.FIELD_TYPE || scan.kind === codes.INTERFACE;
}

/** Type arguments stand right behind a name and without a space; comparisons have one, unless they are minified. */
function opensArguments(scan: ScriptScan, next: number): boolean {
  if (!scan.hasTypes || scan.state === codes.FREE) return false;
  if (scan.state === codes.VALUE && expectsParameters(scan)) return true;
  return codes.ENDS[scan.previous] === 1 && next !== SPACE && isWordUnit(scan.source.charCodeAt(scan.at - 1));
}

export function greater(scan: ScriptScan): void {
  const { source } = scan;
  if (scan.angle > 0) {
    scan.at++;
    scan.angle--;
    scan.done(codes.CLOSE_ANGLE);
    return;
  }
  operator(scan);
  while (source.charCodeAt(scan.at) === GREATER || source.charCodeAt(scan.at) === EQUALS) scan.at++;
  scan.done(codes.GREATER);
}

/** . ... and numbers such as .5 */
export function dot(scan: ScriptScan): void {
  const { source } = scan;
  if (source.charCodeAt(scan.at + 1) === DOT && source.charCodeAt(scan.at + 2) === DOT) {
    operator(scan, 3);
    return;
  }
  operator(scan);
  scan.previous = isDigit(source.charCodeAt(scan.at)) ? codes.OPERATOR : codes.DOT;
}

/** ? ?? ?. */
export function question(scan: ScriptScan): void {
  const { source } = scan;
  const next = source.charCodeAt(scan.at + 1);
  const isChain = next === DOT && !isDigit(source.charCodeAt(scan.at + 2));
  operator(scan, isChain || next === QUESTION ? 2 : 1);
  if (isChain) scan.previous = codes.DOT;
}

/** ! and !=; behind an operand on the same line it changes nothing. */
export function bang(scan: ScriptScan): void {
  if (scan.source.charCodeAt(scan.at + 1) === EQUALS) operator(scan, 2);
  else prefixOrPostfix(scan, 1);
}

/** + and - ; ++ and -- behind an operand on the same line change nothing. */
export function sign(scan: ScriptScan): void {
  const isDouble = scan.source.charCodeAt(scan.at + 1) === scan.source.charCodeAt(scan.at);
  if (isDouble) prefixOrPostfix(scan, 2);
  else operator(scan);
}

/** On a new line such an operator belongs to what follows. */
function prefixOrPostfix(scan: ScriptScan, length: number): void {
  if (codes.ENDS[scan.previous] === 1 && !scan.newline) keep(scan, length);
  else {
    if (scan.breaks) scan.endItem();
    operator(scan, length);
  }
}

/** * multiplies, or marks a generator, which is still the same member. */
export function star(scan: ScriptScan): void {
  if (scan.breaks && scan.state === codes.FIELD_TYPE) scan.endItem();
  if (scan.state === codes.MEMBER && scan.previous === codes.MODIFIER) keep(scan, 1);
  else operator(scan);
}

function keep(scan: ScriptScan, length: number): void {
  scan.at += length;
  scan.done(scan.previous);
}

/** @ begins a decorator, and with it a member or a statement. */
export function decorator(scan: ScriptScan): void {
  const at = scan.at++;
  if (scan.breaks) scan.endItem();
  if (scan.kind === codes.CLASS) {
    scan.endItem();
    scan.state = codes.DECORATOR;
  } else if (scan.previous !== codes.MODIFIER && scan.isStart && scan.state === codes.FREE) {
    scan.itemAt = at;
    scan.modifiers = 0;
    scan.decoratesStatement = true;
  } else if (codes.ENDS[scan.previous] === 0) scan.decoratesStatement = scan.previous === codes.MODIFIER;
  scan.done(codes.AT);
}

/** / begins a comment or a regular expression, or divides. */
export function slash(scan: ScriptScan): void {
  const { source } = scan;
  if (isCommentMark(source.charCodeAt(scan.at + 1))) {
    comment(scan);
    return;
  }
  if (codes.ENDS[scan.previous] === 1 && scan.previous !== codes.CLOSE_BRACE) {
    operator(scan);
    return;
  }
  const end = regexEnd(source, scan.at);
  if (end < 0 && ++scan.misreadRegexes <= MISREAD_REGEXES_MAX) {
    operator(scan);
    return;
  }
  scan.at = Math.abs(end);
  if (scan.state === codes.VALUE) noteOther(scan);
  scan.done(codes.LITERAL);
}

function comment(scan: ScriptScan): void {
  const { source } = scan;
  const from = scan.at;
  scan.at = commentEnd(source, from);
  if (scan.newline || source.charCodeAt(from + 1) === 47) return;
  for (let at = from; at < scan.at; at++) {
    if (source.charCodeAt(at) === LINE_FEED) {
      scan.newline = true;
      return;
    }
  }
}
