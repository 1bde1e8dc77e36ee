// Members of classes and interfaces: modifiers, then a name, then what says whether it is a method or a field. Names
// that are strings, numbers or computed are no definitions.

import type { DefinitionKind } from "../record.ts";
import * as codes from "./codes.ts";
import * as keywords from "./keywords.ts";
import { isQuote, startsWord, triviaEnd } from "./literals.ts";
import type { ScriptScan } from "./script-scan.ts";

const OPEN_PAREN = 40;
const LESS = 60;
const QUESTION = 63;
const BANG = 33;
const BRACE = 123;
const STAR = 42;

const opensMethod = (unit: number) => unit === OPEN_PAREN || unit === LESS;
const startsName = (unit: number) =>
  startsWord(unit) || isQuote(unit) || unit === 91 || unit === 35 || (unit >= 48 && unit <= 57);

const MODIFIERS: ReadonlySet<number> = new Set([
  keywords.STATIC_WORD,
  keywords.ASYNC,
  keywords.GET,
  keywords.SET,
  keywords.PUBLIC,
  keywords.PRIVATE,
  keywords.PROTECTED,
  keywords.READONLY,
  keywords.ABSTRACT,
  keywords.OVERRIDE,
  keywords.DECLARE,
  keywords.ACCESSOR_WORD,
]);

/** The word source[at, scan.at) where a member begins or goes on after its modifiers. */
export function readMember(scan: ScriptScan, at: number, keyword: number): void {
  if (scan.previous !== codes.MODIFIER) beginMember(scan, at);
  const next = scan.next();
  const unit = scan.source.charCodeAt(next);
  if (isModifier(scan, keyword, next, unit)) {
    if (keyword === keywords.PRIVATE) scan.modifiers |= codes.HIDDEN;
    else if (keyword === keywords.STATIC_WORD) scan.modifiers |= codes.STATIC;
    else if (keyword === keywords.GET || keyword === keywords.SET) scan.modifiers |= codes.ACCESSOR;
    scan.done(codes.MODIFIER);
  } else if (keyword === keywords.NEW && scan.kind === codes.INTERFACE && opensMethod(unit)) {
    scan.done(codes.WORD);
    scan.pushHead(codes.FUNCTION_HEAD, -1);
  } else nameMember(scan, at, next);
}

function beginMember(scan: ScriptScan, at: number): void {
  scan.itemAt = at;
  scan.modifiers = codes.EXPORTED;
}

/** The private name source[at, scan.at), with its hash. */
export function readPrivateMember(scan: ScriptScan, at: number): void {
  if (scan.previous !== codes.MODIFIER) beginMember(scan, at);
  scan.modifiers |= codes.HIDDEN;
  nameMember(scan, at, scan.next());
}

function isModifier(scan: ScriptScan, keyword: number, next: number, unit: number): boolean {
  if (!MODIFIERS.has(keyword)) return false;
  if (unit === BRACE) return keyword === keywords.STATIC_WORD;
  if (unit !== STAR && !startsName(unit)) return false;
  const needsSameLine = keyword === keywords.ASYNC || keyword === keywords.ACCESSOR_WORD;
  return !needsSameLine || !scan.hasBreakBefore(next);
}

function nameMember(scan: ScriptScan, at: number, next: number): void {
  const { source } = scan;
  const unit = source.charCodeAt(next);
  const isMarked = unit === QUESTION || unit === BANG;
  const isMethod = opensMethod(isMarked ? source.charCodeAt(triviaEnd(source, next + 1)) : unit);
  const definition = scan.define(memberKind(scan, at, isMethod), at, scan.at);
  scan.done(codes.WORD);
  if (isMethod) scan.pushHead(codes.FUNCTION_HEAD, definition);
  else {
    scan.active = definition;
    scan.state = codes.FIELD_TYPE;
  }
}

function memberKind(scan: ScriptScan, at: number, isMethod: boolean): DefinitionKind {
  if (!isMethod) return scan.kind === codes.CLASS ? "field" : "property";
  if ((scan.modifiers & codes.ACCESSOR) !== 0) return "property";
  const isConstructor =
    scan.kind === codes.CLASS && (scan.modifiers & codes.STATIC) === 0 && scan.source.slice(at, scan.at) === "constructor";
  return isConstructor ? "constructor" : "method";
}

const FIELD_MODIFIERS: ReadonlySet<number> = new Set([
  keywords.PUBLIC,
  keywords.PRIVATE,
  keywords.PROTECTED,
  keywords.READONLY,
  keywords.OVERRIDE,
]);
const BEFORE_PARAMETER: ReadonlySet<number> = new Set([codes.OPEN, codes.COMMA, codes.CLOSE, codes.WORD, codes.MODIFIER]);

/** A word among the parameters of a constructor: those with modifiers are fields of its class. @returns whether it was one. */
export function readParameter(scan: ScriptScan, at: number, keyword: number): boolean {
  const isAfterModifier = scan.previous === codes.MODIFIER;
  const mayModify = scan.angle === 0 && FIELD_MODIFIERS.has(keyword) && BEFORE_PARAMETER.has(scan.previous);
  if (mayModify && startsWord(scan.source.charCodeAt(scan.next()))) {
    if (!isAfterModifier) beginMember(scan, at);
    if (keyword === keywords.PRIVATE) scan.modifiers |= codes.HIDDEN;
    scan.done(codes.MODIFIER);
    return true;
  }
  if (!isAfterModifier) return false;
  const { definitions, owner, modifiers } = scan;
  definitions.add("field", scan.source.slice(at, scan.at), at, definitions.parents[owner] ?? -1, scan.itemAt, modifiers);
  scan.done(codes.WORD);
  return true;
}
