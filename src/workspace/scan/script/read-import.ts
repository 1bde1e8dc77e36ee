// What a module takes from others and gives to them: import and export clauses, require, import() and the assignments
// of CommonJS. Only literal specifiers count. What is malformed is left to the main loop.

import * as codes from "./codes.ts";
import { isQuote, isWordAt, literalAt, startsWord, triviaEnd } from "./literals.ts";
import type { ScriptScan } from "./script-scan.ts";

const STAR = 42;
const COMMA = 44;
const EQUALS = 61;
const OPEN_PAREN = 40;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

const atTop = (scan: ScriptScan) => scan.kind === codes.MODULE || scan.kind === codes.NAMESPACE;

/** After the word `import` that begins at `at`. */
export function readImport(scan: ScriptScan, at: number): void {
  const isStatement = atTop(scan) && (scan.isStart || scan.previous === codes.MODIFIER);
  const next = scan.next();
  const unit = scan.source.charCodeAt(next);
  scan.done(codes.WORD);
  if (unit === OPEN_PAREN) readCall(scan, at, next);
  else if (isStatement && isQuote(unit)) readSource(scan, at, []);
  else if (isStatement && (unit === STAR || unit === OPEN_BRACE || startsWord(unit))) readImportClause(scan, at);
}

/** After the word `require` that begins at `at`. */
export function readRequire(scan: ScriptScan, at: number): void {
  const next = scan.next();
  scan.done(codes.WORD);
  if (scan.source.charCodeAt(next) === OPEN_PAREN) readCall(scan, at, next);
}

/** The string in `import("x")`; nothing is skipped. */
function readCall(scan: ScriptScan, at: number, paren: number): void {
  const literal = literalAt(scan.source, triviaEnd(scan.source, paren + 1));
  if (literal !== undefined) scan.addImport(literal.text, at, ["*"]);
}

/** The specifier that comes next, if one does. */
function readSource(scan: ScriptScan, at: number, names: readonly string[]): void {
  const start = scan.next();
  const literal = isQuote(scan.source.charCodeAt(start)) ? literalAt(scan.source, start) : undefined;
  if (literal === undefined) return;
  scan.addImport(literal.text, at, names);
  scan.at = literal.end;
  scan.done(codes.LITERAL);
}

function readImportClause(scan: ScriptScan, at: number): void {
  const { source } = scan;
  const names: string[] = [];
  for (;;) {
    scan.at = scan.next();
    const unit = source.charCodeAt(scan.at);
    if (isQuote(unit)) {
      readSource(scan, at, names);
      return;
    }
    if (unit === STAR) names.push("*");
    if (unit === STAR || unit === COMMA) scan.at++;
    else if (unit === OPEN_BRACE) {
      if (!readNames(scan, names)) return;
    } else if (startsWord(unit)) {
      const word = readWord(scan);
      if (word === "as") takeWord(scan);
      else if (word !== "from" || !isQuote(source.charCodeAt(scan.next()))) {
        if (!isPhase(scan, word)) names.push("default");
      }
    } else return;
    scan.done(codes.WORD);
  }
}

/** Whether `word` is the `type` of `import type X`, and not a name called so. */
function isPhase(scan: ScriptScan, word: string): boolean {
  if (word !== "type" && word !== "typeof" && word !== "defer" && word !== "source") return false;
  const next = scan.next();
  const unit = scan.source.charCodeAt(next);
  return unit === OPEN_BRACE || unit === STAR || (startsWord(unit) && !isWordAt(scan.source, next, "from"));
}

function readWord(scan: ScriptScan): string {
  const from = scan.at;
  scan.word();
  return scan.source.slice(from, scan.at);
}

/** Skips the name, which may be a string, that comes next. */
function takeWord(scan: ScriptScan): void {
  scan.at = scan.next();
  const literal = literalAt(scan.source, scan.at);
  if (literal !== undefined) scan.at = literal.end;
  else if (startsWord(scan.source.charCodeAt(scan.at))) scan.word();
}

/** `{ a, b as c, type d }`: adds a, b, d. @returns whether the brace was closed. */
function readNames(scan: ScriptScan, names: string[]): boolean {
  const { source } = scan;
  scan.at++;
  for (;;) {
    scan.at = scan.next();
    const unit = source.charCodeAt(scan.at);
    const literal = literalAt(source, scan.at);
    if (unit === COMMA || unit === CLOSE_BRACE) scan.at++;
    else if (literal !== undefined) {
      names.push(literal.text);
      scan.at = literal.end;
    } else if (startsWord(unit)) {
      const word = readWord(scan);
      const next = scan.next();
      if (word === "as" && names.length > 0) takeWord(scan);
      else if (word !== "type" || !startsWord(source.charCodeAt(next)) || isWordAt(source, next, "as")) names.push(word);
    } else return false;
    scan.done(codes.CLOSE_BRACE);
    if (unit === CLOSE_BRACE) return true;
  }
}

/** After the word `export` that begins at `at`. */
export function readExport(scan: ScriptScan, at: number): void {
  const { source } = scan;
  let next = scan.next();
  let unit = source.charCodeAt(next);
  const begins = unit === STAR || unit === OPEN_BRACE || unit === EQUALS || unit === 64 || startsWord(unit);
  const isFirst = scan.isStart || codes.ENDS[scan.previous] === 1;
  if (!atTop(scan) || scan.state !== codes.FREE || !begins || !isFirst) {
    scan.done(codes.WORD);
    return;
  }
  scan.itemAt = at;
  scan.modifiers = codes.EXPORTED;
  if (isWordAt(source, next, "type")) {
    const after = triviaEnd(source, next + 4);
    if (source.charCodeAt(after) === STAR || source.charCodeAt(after) === OPEN_BRACE) {
      next = after;
      unit = source.charCodeAt(next);
    }
  }
  if (unit === OPEN_BRACE || unit === STAR) {
    scan.at = next;
    readExportClause(scan, at, unit);
    return;
  }
  if (unit === EQUALS) markName(scan, triviaEnd(source, next + 1));
  if (isWordAt(source, next, "default")) {
    scan.at = next + 7;
    markName(scan, scan.next());
  }
  scan.done(codes.MODIFIER);
}

function readExportClause(scan: ScriptScan, at: number, unit: number): void {
  const names: string[] = [];
  if (unit === STAR) {
    names.push("*");
    scan.at++;
    scan.done(codes.WORD);
    if (isWordAt(scan.source, scan.next(), "as")) {
      scan.at = scan.next() + 2;
      takeWord(scan);
    }
  } else if (!readNames(scan, names)) return;
  const next = scan.next();
  if (isWordAt(scan.source, next, "from")) {
    scan.at = next + 4;
    scan.done(codes.WORD);
    readSource(scan, at, names);
  } else for (const name of names) scan.exportedNames.add(name);
}

/** `export default name` and `export = name` give the name to others. */
function markName(scan: ScriptScan, at: number): void {
  const match = matchAt(LONE_NAME, scan.source, at);
  if (match !== null) scan.exportedNames.add(match[1] as string);
}

const LONE_NAME = /([\w$]+)[ \t]*(?:[;\r\n]|$)/y;
/** The forms of `module.exports = name`, `exports.name = name`, `module.exports = { a, b: c }`. */
const COMMON_EXPORT = /(?:module\.)?exports(?:\.[\w$]+)?\s*=\s*(?:\{([\w$\s,:]{0,4000})\}|([\w$]+)[ \t]*(?:[;\r\n]|$))/y;

/** At the word `module` or `exports` that begins at `at`; nothing is skipped. */
export function noteCommonExport(scan: ScriptScan, at: number): void {
  if (!atTop(scan)) return;
  const match = matchAt(COMMON_EXPORT, scan.source, at);
  for (const entry of (match?.[1] ?? match?.[2] ?? "").split(",")) {
    const name = entry.slice(entry.indexOf(":") + 1).trim();
    if (name !== "") scan.exportedNames.add(name);
  }
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  const own = new RegExp(pattern);
  own.lastIndex = at;
  return own.exec(source);
}
