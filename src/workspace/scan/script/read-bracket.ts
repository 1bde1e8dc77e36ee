// Brackets: each opens or closes a frame. A brace closes whatever was left open inside it; a parenthesis or square
// bracket that fits nothing is ignored, so that broken code costs a definition and not the rest of the file.

import * as codes from "./codes.ts";
import { templateEnd } from "./literals.ts";
import { noteGroup, noteOther, openPattern } from "./read-binding.ts";
import type { ScriptScan } from "./script-scan.ts";

export function openBrace(scan: ScriptScan): void {
  const brace = scan.at++;
  if (scan.state === codes.BINDING) openPattern(scan, codes.PATTERN_BRACE);
  else if (!opensBody(scan, brace)) {
    const isFree = scan.kind !== codes.CLASS && scan.kind !== codes.INTERFACE;
    if (scan.breaks && isFree) scan.endItem();
    if (scan.state === codes.VALUE) noteOther(scan);
    scan.push(codes.BLOCK);
  }
  scan.done(codes.OPEN_BRACE);
}

/** Whether the brace opens the body of the head at hand and not an object or type in it. */
function opensBody(scan: ScriptScan, brace: number): boolean {
  if (scan.kind === codes.FUNCTION_HEAD) {
    if (scan.angle > 0 || (scan.state !== codes.BEFORE_PARAMETERS && codes.ENDS[scan.previous] === 0)) return false;
  } else if (scan.kind !== codes.CLASS_HEAD && scan.kind !== codes.INTERFACE_HEAD) return false;
  else if (scan.angle > 0 || scan.previous === codes.OPERATOR_WORD) return false;
  scan.definitions.signatureEnd(scan.ends, brace);
  if (scan.kind === codes.FUNCTION_HEAD) scan.become(codes.BLOCK, codes.FREE);
  else scan.become(scan.kind === codes.CLASS_HEAD ? codes.CLASS : codes.INTERFACE, codes.MEMBER);
  return true;
}

export function closeBrace(scan: ScriptScan): void {
  scan.at++;
  if (!scan.unwindToBrace()) {
    scan.done(codes.CLOSE_BRACE);
    return;
  }
  const { kind } = scan;
  scan.pop(scan.at);
  if (kind === codes.TEMPLATE) readTemplate(scan);
  else scan.done(kind === codes.JSX_EXPRESSION ? codes.OPERATOR : codes.CLOSE_BRACE);
}

/** Template text from scan.at on, to its end or to an expression in it. */
export function readTemplate(scan: ScriptScan): void {
  const { source } = scan;
  scan.at = templateEnd(source, scan.at);
  const isOpen = source.charCodeAt(scan.at - 1) === 123 && source.charCodeAt(scan.at - 2) === 36;
  if (isOpen) {
    scan.push(codes.TEMPLATE);
    scan.done(codes.OPERATOR);
  } else scan.done(codes.LITERAL);
}

export function openParen(scan: ScriptScan): void {
  scan.at++;
  if (scan.breaks && (scan.kind === codes.FUNCTION_HEAD || scan.kind === codes.INTERFACE)) scan.endItem();
  openUnnamed(scan);
  if (scan.kind === codes.FUNCTION_HEAD && scan.state === codes.BEFORE_PARAMETERS && scan.angle === 0) {
    scan.state = codes.AFTER_PARAMETERS;
    const isConstructor = scan.definitions.kinds[scan.ends] === "constructor";
    scan.push(isConstructor ? codes.PARAMETERS : codes.PAREN);
    if (isConstructor) scan.state = codes.PARAMETER;
  } else {
    if (scan.state === codes.VALUE) noteGroup(scan);
    scan.push(scan.previous === codes.CONTROL ? codes.CONTROL_PAREN : codes.PAREN);
  }
  scan.done(codes.OPEN);
}

/** At the ( or < of a member without a plain name: a call signature or a method called by a string, number or expression. */
export function openUnnamed(scan: ScriptScan): void {
  const isCall = scan.kind === codes.INTERFACE && scan.state === codes.MEMBER;
  if (scan.state !== codes.NAMED && !isCall) return;
  scan.state = codes.MEMBER;
  scan.pushHead(codes.FUNCTION_HEAD, -1);
}

export function closeParen(scan: ScriptScan): void {
  scan.at++;
  scan.unwindHeads();
  const { kind } = scan;
  if (kind === codes.PAREN || kind === codes.CONTROL_PAREN || kind === codes.PARAMETERS) scan.pop(scan.at);
  scan.done(kind === codes.CONTROL_PAREN ? codes.CONTROL_CLOSE : codes.CLOSE);
}

export function openBracket(scan: ScriptScan): void {
  scan.at++;
  if (scan.breaks && (scan.kind === codes.FUNCTION_HEAD || scan.state === codes.FIELD_TYPE)) scan.endItem();
  const isKey = scan.kind === codes.PATTERN_BRACE && (scan.previous === codes.OPEN_BRACE || scan.previous === codes.COMMA);
  if (scan.state === codes.BINDING && !isKey) openPattern(scan, codes.PATTERN_BRACKET);
  else {
    if (scan.state === codes.MEMBER || scan.state === codes.DECORATOR) scan.state = codes.NAMED;
    else if (scan.state === codes.VALUE) noteOther(scan);
    scan.push(codes.BRACKET);
  }
  scan.done(codes.OPEN);
}

export function closeBracket(scan: ScriptScan): void {
  scan.at++;
  scan.unwindHeads();
  if (scan.kind === codes.BRACKET || scan.kind === codes.PATTERN_BRACKET) scan.pop(scan.at);
  scan.done(codes.CLOSE);
}
