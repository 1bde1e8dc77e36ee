// What a word does: goes on with the member, variable or head in progress, or begins a declaration. Where a keyword
// stands as a name (a key, a property, an enum's member) it is one.

import type { DefinitionKind } from "../record.ts";
import * as codes from "./codes.ts";
import * as keywords from "./keywords.ts";
import { isQuote, isWordAt, literalAt, startsWord, triviaEnd, wordEnd } from "./literals.ts";
import { beginBinding, noteWord, readBinding } from "./read-binding.ts";
import { noteCommonExport, readExport, readImport, readRequire } from "./read-import.ts";
import { readMember, readParameter } from "./read-member.ts";
import { isHead, type ScriptScan } from "./script-scan.ts";

const OPEN_PAREN = 40;
const LESS = 60;
const EQUALS = 61;
const OPEN_BRACE = 123;

/** Reads the word at scan.at. */
export function readWord(scan: ScriptScan): void {
  const at = scan.at;
  const keyword = scan.word();
  if (scan.state !== codes.FREE && readInItem(scan, at, keyword)) return;
  if (keyword === 0 || scan.previous === codes.DOT || scan.kind === codes.ENUM) scan.done(codes.WORD);
  else readKeyword(scan, at, keyword);
}

/** @returns whether the word is used up. */
function readInItem(scan: ScriptScan, at: number, keyword: number): boolean {
  if (scan.breaks ? !goesOn(scan, keyword) : isStuck(scan, keyword)) scan.endItem();
  switch (scan.state) {
    case codes.DECORATOR:
      if (scan.previous === codes.AT || scan.previous === codes.DOT || scan.angle > 0) {
        scan.done(codes.WORD);
        return true;
      }
      scan.state = codes.MEMBER;
      readMember(scan, at, keyword);
      return true;
    case codes.NAMED:
      scan.state = codes.MEMBER;
      readMember(scan, at, keyword);
      return true;
    case codes.MEMBER:
      readMember(scan, at, keyword);
      return true;
    case codes.BINDING:
      readBinding(scan, at);
      return true;
    case codes.PARAMETER:
      return readParameter(scan, at, keyword);
    case codes.VALUE:
      noteWord(scan, keyword);
      return false;
    default:
      return false;
  }
}

/** Whether a word on a new line goes on with the expression or type before it. */
function goesOn(scan: ScriptScan, keyword: number): boolean {
  if (keyword !== keywords.CONTINUING && keyword !== keywords.EXTENDS) return false;
  const unit = scan.source.charCodeAt(scan.next());
  if (unit === OPEN_PAREN) return scan.kind === codes.MODULE || scan.kind === codes.NAMESPACE;
  return startsWord(unit) || isQuote(unit) || unit === OPEN_BRACE || unit === 91 || (unit >= 48 && unit <= 57);
}

/** A comparison may have been taken for type arguments: a declaration on a new line ends the variable all the same. */
function isStuck(scan: ScriptScan, keyword: number): boolean {
  if (!scan.newline || scan.angle === 0 || scan.state < codes.ITEM || scan.state > codes.VALUE) return false;
  const declares = keyword > 0 && keyword <= keywords.EXPORT && keyword !== keywords.TYPE && keyword !== keywords.MODULE_WORD;
  return declares && (codes.ENDS[scan.previous] === 1 || scan.previous === codes.GREATER);
}

function readKeyword(scan: ScriptScan, at: number, keyword: number): void {
  if (keyword === keywords.IMPORT) {
    readImport(scan, at);
    return;
  }
  if (keyword === keywords.REQUIRE) {
    readRequire(scan, at);
    return;
  }
  if (isHead(scan.kind) && (keyword !== keywords.CLASS_WORD || scan.kind !== codes.CLASS_HEAD)) {
    scan.done(keywords.tokenOf[keyword] as number);
    return;
  }
  const begins = scan.previous === codes.MODIFIER || scan.isStart;
  if (scan.state === codes.FREE && scan.isStart && scan.previous !== codes.MODIFIER) {
    scan.itemAt = at;
    scan.modifiers = 0;
  }
  switch (keyword) {
    case keywords.FUNCTION:
      readFunction(scan, begins);
      return;
    case keywords.CLASS_WORD:
      readClass(scan, at, begins);
      return;
    case keywords.EXPORT:
      readExport(scan, at);
      return;
    case keywords.ASYNC:
      readAsync(scan, begins);
      return;
    case keywords.MODULE_WORD:
    case keywords.EXPORTS:
      noteCommonExport(scan, at);
      break;
  }
  if (!begins || !readDeclaration(scan, keyword)) scan.done(keywords.tokenOf[keyword] as number);
}

/** Declarations that begin only where a statement does. @returns whether there was one. */
function readDeclaration(scan: ScriptScan, keyword: number): boolean {
  switch (keyword) {
    case keywords.CONST:
    case keywords.LET:
    case keywords.VAR:
      return readVariables(scan, keyword);
    case keywords.INTERFACE_WORD:
      return readInterface(scan);
    case keywords.TYPE:
      return readAlias(scan);
    case keywords.ENUM_WORD:
      return readBody(scan, "enum", codes.ENUM);
    case keywords.NAMESPACE_WORD:
    case keywords.MODULE_WORD:
    case keywords.GLOBAL:
      return scan.hasTypes && readNamespace(scan, keyword);
    case keywords.DECLARE:
    case keywords.ABSTRACT:
      return readModifier(scan, keyword);
    default:
      return false;
  }
}

function readModifier(scan: ScriptScan, keyword: number): boolean {
  const next = scan.next();
  if (scan.hasBreakBefore(next)) return false;
  const isModifier =
    keyword === keywords.ABSTRACT ? isWordAt(scan.source, next, "class") : startsWord(scan.source.charCodeAt(next));
  if (isModifier) scan.done(codes.MODIFIER);
  return isModifier;
}

function readAsync(scan: ScriptScan, begins: boolean): void {
  if (!isWordAt(scan.source, scan.next(), "function")) scan.done(codes.WORD);
  else scan.done(begins && scan.state === codes.FREE ? codes.MODIFIER : codes.OPERATOR_WORD);
}

function readFunction(scan: ScriptScan, begins: boolean): void {
  const { source } = scan;
  let nameAt = scan.next();
  if (source.charCodeAt(nameAt) === 42) nameAt = triviaEnd(source, nameAt + 1);
  if (!begins || scan.state !== codes.FREE || !startsWord(source.charCodeAt(nameAt))) {
    scan.done(codes.OPERATOR_WORD);
    return;
  }
  const definition = defineWord(scan, "function", nameAt);
  scan.pushHead(codes.FUNCTION_HEAD, definition);
}

function defineWord(scan: ScriptScan, kind: DefinitionKind, nameAt: number): number {
  scan.at = nameAt;
  scan.word();
  const definition = scan.define(kind, nameAt, scan.at);
  scan.done(codes.WORD);
  return definition;
}

function readClass(scan: ScriptScan, at: number, begins: boolean): void {
  const { source } = scan;
  const nameAt = scan.next();
  const unit = source.charCodeAt(nameAt);
  if (unit !== OPEN_BRACE && !startsWord(unit)) {
    scan.done(codes.WORD);
    return;
  }
  const isNamed = unit !== OPEN_BRACE && !isWordAt(source, nameAt, "extends") && !isWordAt(source, nameAt, "implements");
  const isDecorated = scan.decoratesStatement && codes.ENDS[scan.previous] === 1;
  const declares = scan.state === codes.FREE && (begins || isDecorated);
  // Behind decorators on its own line the statement began earlier.
  if (declares && !begins) scan.itemAt = at;
  let definition = -1;
  if (isNamed && declares) definition = defineWord(scan, "class", nameAt);
  else {
    if (isNamed) {
      scan.at = nameAt;
      scan.word();
    }
    scan.done(codes.WORD);
  }
  scan.pushHead(codes.CLASS_HEAD, definition);
}

function readVariables(scan: ScriptScan, keyword: number): boolean {
  const isAlone = scan.previous !== codes.CONTROL_CLOSE && scan.previous !== codes.FRESH_WORD;
  const isTop = isAlone && (scan.kind === codes.MODULE || scan.kind === codes.NAMESPACE);
  const next = scan.next();
  if (keyword === keywords.CONST && scan.hasTypes && isWordAt(scan.source, next, "enum")) scan.done(codes.MODIFIER);
  else {
    const unit = scan.source.charCodeAt(next);
    if (!isTop || !(startsWord(unit) || unit === OPEN_BRACE || unit === 91)) return false;
    beginBinding(scan, keyword);
  }
  return true;
}

function readInterface(scan: ScriptScan): boolean {
  const { source } = scan;
  const nameAt = scan.next();
  if (!startsWord(source.charCodeAt(nameAt)) || scan.hasBreakBefore(nameAt)) return false;
  const after = triviaEnd(source, wordEnd(source, nameAt));
  const unit = source.charCodeAt(after);
  if (unit !== OPEN_BRACE && unit !== LESS && !isWordAt(source, after, "extends")) return false;
  scan.pushHead(codes.INTERFACE_HEAD, defineWord(scan, "interface", nameAt));
  return true;
}

function readAlias(scan: ScriptScan): boolean {
  const { source } = scan;
  const nameAt = scan.next();
  if (!startsWord(source.charCodeAt(nameAt)) || scan.hasBreakBefore(nameAt)) return false;
  const after = triviaEnd(source, wordEnd(source, nameAt));
  const unit = source.charCodeAt(after);
  const isAssigned = unit === EQUALS && source.charCodeAt(after + 1) !== EQUALS && source.charCodeAt(after + 1) !== 62;
  if (!isAssigned && unit !== LESS) return false;
  const definition = defineWord(scan, "type", nameAt);
  scan.active = definition;
  scan.state = codes.ITEM;
  return true;
}

/** `enum Name {`: a body of its own kind right behind the name. */
function readBody(scan: ScriptScan, kind: DefinitionKind, frame: number): boolean {
  const { source } = scan;
  const nameAt = scan.next();
  if (!startsWord(source.charCodeAt(nameAt))) return false;
  const brace = triviaEnd(source, wordEnd(source, nameAt));
  if (source.charCodeAt(brace) !== OPEN_BRACE) return false;
  openBody(scan, frame, defineWord(scan, kind, nameAt), brace);
  return true;
}

function openBody(scan: ScriptScan, frame: number, definition: number, brace: number): void {
  scan.at = brace + 1;
  scan.definitions.signatureEnd(definition, brace);
  scan.pushHead(frame, definition);
  scan.done(codes.OPEN_BRACE);
}

/** `namespace A.B {`, `module "name" {`, `declare global {`. */
function readNamespace(scan: ScriptScan, keyword: number): boolean {
  const { source } = scan;
  const nameAt = scan.next();
  const literal = keyword === keywords.MODULE_WORD ? literalAt(source, nameAt) : undefined;
  let end = keyword === keywords.GLOBAL ? scan.at : (literal?.end ?? wordEnd(source, nameAt));
  const isName = literal === undefined && keyword !== keywords.GLOBAL;
  if (isName && (!startsWord(source.charCodeAt(nameAt)) || scan.hasBreakBefore(nameAt))) return false;
  while (isName && source.charCodeAt(end) === 46) end = wordEnd(source, end + 1);
  const brace = triviaEnd(source, end);
  if (source.charCodeAt(brace) !== OPEN_BRACE) return false;
  let definition = -1;
  if (isName) {
    definition = scan.define("namespace", nameAt, end);
    scan.at = nameAt;
    scan.word();
  }
  openBody(scan, codes.NAMESPACE, definition, brace);
  return true;
}
