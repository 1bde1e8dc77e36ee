// One scan of a Python source: a loop over tokens that looks closely only at how statements begin. Indentation says what
// is inside of what; brackets and templates say where a line goes on. Types, values and bodies are passed over.

import type { Definition, Scan } from "../../record.ts";
import type { WordTable } from "../../word-table.ts";
import { isLetterBeyondAscii, isWordUnit } from "../../word-units.ts";
import { Outline } from "../outline.ts";
import { Blocks } from "./blocks.ts";
import * as code from "./keywords.ts";
import { isAlias, nameAfter } from "./names.ts";
import { readAll } from "./read-all.ts";
import { readImports } from "./read-imports.ts";
import { isPrefix, stringEnd } from "./strings.ts";
import { Targets } from "./targets.ts";
import { Templates } from "./templates.ts";

/** Distinct identifiers a record holds. */
const IDENTIFIERS_MAX = 20_000;
/** Of a decorator that makes a property of the function under it. */
const PROPERTY = /^@\s?(?:[\w.]{0,80}property|[\w.]{1,80}\.(?:setter|getter|deleter))\b/;

export class PythonScan {
  readonly #source: string;
  readonly #words: WordTable;
  readonly #outline: Outline;
  readonly #blocks: Blocks;
  readonly #targets = new Targets();
  readonly #templates: Templates;
  /** What each word of the table does at the beginning of a statement. */
  readonly #codes: number[] = [];
  /** Names in `__all__`; undefined without one. */
  #all: Set<string> | undefined;
  /** Open brackets, fields of templates not counted. */
  #depth = 0;
  /** Where the line that goes on here begins, as a column. */
  #column = 0;
  /** A statement begins at the next token. */
  #isStart = true;
  /** Where it begins; -1 until its first token. */
  #statementAt = -1;
  /** In the head of a compound statement, before its colon. */
  #isHead = false;
  /** The definition whose head this is; -1. */
  #headOf = -1;
  /** The first definition of this statement. */
  #firstOfStatement = 0;
  /** After the last line with code. */
  #codeEnd = 0;
  #isProperty = false;

  constructor(source: string, words: WordTable) {
    this.#source = source;
    this.#words = words;
    this.#outline = new Outline(source);
    this.#blocks = new Blocks(this.#outline);
    this.#templates = new Templates(source);
  }

  scan(): Scan {
    const source = this.#source;
    const length = source.length;
    let at = this.#beginLine(source.charCodeAt(0) === 0xfeff ? 1 : 0);
    while (at < length) {
      const unit = source.charCodeAt(at);
      const kind = unit < 128 ? (code.pythonUnits[unit] as number) : isLetterBeyondAscii(unit) ? code.WORD : code.SPACE;
      // `| 0` keeps offsets small integers: once one is held as a double, the whole loop runs at half the speed.
      if (kind === code.SPACE) at++;
      else if (kind === code.WORD) at = this.#readWord(at) | 0;
      else at = this.#readMark(kind, unit, at) | 0;
    }
    this.#endStatement(length);
    this.#blocks.close(0, length);
    const { lines, definitions, imports } = this.#outline.finish((name, parent) => this.#isExported(name, parent));
    const identifiers = this.#words.counts((index) => code.isReserved(this.#words.name(index)), IDENTIFIERS_MAX);
    return { lines, definitions, identifiers, imports };
  }

  #isExported(name: string, parent: Definition | undefined): boolean {
    if (parent === undefined && this.#all !== undefined) return this.#all.has(name);
    if (parent !== undefined && !(parent.exported && parent.kind === "class")) return false;
    return !name.startsWith("_") || (name.startsWith("__") && name.endsWith("__"));
  }

  /** Passes blank lines and comments; the first token after them tells which bodies are over. @returns where it is. */
  #beginLine(from: number): number {
    const source = this.#source;
    const length = source.length;
    let column = 0;
    let at = from;
    for (; at < length; at++) {
      const unit = source.charCodeAt(at);
      if (unit === 32) column++;
      else if (unit === 9) column = (column & ~7) + 8;
      else if (unit === 10 || unit === 12) column = 0;
      else if (unit === 35) at = this.#lineEnd(at) - 1;
      else if (unit !== 13) break;
    }
    if (at >= length) return length;
    this.#column = column;
    this.#blocks.close(column, this.#codeEnd);
    this.#beginStatement();
    this.#isHead = false;
    this.#headOf = -1;
    return at;
  }

  #beginStatement(): void {
    this.#isStart = true;
    this.#statementAt = -1;
    this.#targets.stop();
  }

  #endStatement(at: number): void {
    this.#codeEnd = at;
    const { size } = this.#outline;
    for (let index = this.#firstOfStatement; index < size; index++) this.#outline.end(index, at);
    this.#firstOfStatement = size;
    if (this.#headOf >= 0) this.#outline.signatureEnd(this.#headOf, at);
  }

  #readWord(at: number): number {
    const index = this.#words.count(at);
    const { end } = this.#words;
    const word = this.#codes[index] ?? this.#newCode(index);
    if (end - at <= 2 && end < this.#source.length && this.#isQuoteAfterPrefix(at, end)) {
      this.#words.uncount(index);
      return this.#readString(at, end);
    }
    if (this.#isStart) return this.#readFirst(word, at, end);
    if (this.#depth > 0 && (word === code.DEF || word === code.CLASS) && this.#isFirstOfLine(at)) return this.#recover(at);
    if (this.#targets.isOn) this.#targets.word(word !== code.NAME && word < code.TYPE, at, end);
    return end;
  }

  #isQuoteAfterPrefix(at: number, end: number): boolean {
    const next = this.#source.charCodeAt(end);
    return (next === 34 || next === 39) && isPrefix(this.#source, at, end);
  }

  /** Codes are kept up to `index`: names after def or import have got none yet. */
  #newCode(index: number): number {
    while (this.#codes.length <= index) {
      const name = this.#words.name(this.#codes.length);
      this.#codes.push(name.length <= code.WORD_LENGTH_MAX ? (code.pythonWords.get(name) ?? code.NAME) : code.NAME);
    }
    return this.#codes[index] as number;
  }

  /** The first word of a statement. @returns where to read on. */
  #readFirst(word: number, at: number, end: number): number {
    this.#isStart = false;
    if (this.#statementAt < 0) this.#statementAt = at;
    if (word === code.DEF || word === code.CLASS) return this.#define(word === code.DEF, end);
    this.#isStart = word === code.ASYNC;
    if (word === code.ASYNC) return end;
    this.#isProperty = false;
    if (word === code.HEAD) this.#isHead = true;
    else if (word === code.IMPORT || word === code.FROM) return this.#import(at, end, word === code.FROM);
    else if (word !== code.RESERVED && !this.#blocks.isInFunction) {
      if (word === code.ALL && this.#blocks.definition === -1) this.#addToAll(readAll(this.#source, end));
      if (word === code.TYPE && isAlias(this.#source, end)) return this.#defineType(end);
      this.#targets.begin();
      this.#targets.word(false, at, end);
    }
    return end;
  }

  #addToAll(names: readonly string[]): void {
    if (names.length === 0) return;
    this.#all ??= new Set();
    for (const name of names) this.#all.add(name);
  }

  #define(isFunction: boolean, from: number): number {
    const at = nameAfter(this.#source, from);
    if (at === -1) return from;
    const isMember = this.#blocks.isInClass;
    this.#words.count(at);
    const { end } = this.#words;
    const name = this.#source.slice(at, end);
    const member = name === "__init__" ? "constructor" : this.#isProperty ? "property" : "method";
    const kind = isFunction ? (isMember ? member : "function") : "class";
    const index = this.#outline.add(kind, name, at, this.#blocks.definition, this.#statementAt);
    this.#blocks.open(this.#column, index, isFunction);
    this.#isHead = true;
    this.#headOf = index;
    this.#firstOfStatement = index + 1;
    this.#isProperty = false;
    return end;
  }

  #defineType(from: number): number {
    const at = nameAfter(this.#source, from);
    this.#words.count(at);
    const { end } = this.#words;
    this.#outline.add("type", this.#source.slice(at, end), at, this.#blocks.definition, this.#statementAt);
    return end;
  }

  #import(at: number, from: number, isFrom: boolean): number {
    const { statements, end } = readImports(this.#source, this.#words, from, isFrom);
    for (const { specifier, names } of statements) this.#outline.addImport(specifier, at, names);
    return end;
  }

  #readMark(kind: number, unit: number, at: number): number {
    if (kind === code.LINE) return this.#newline(at);
    if (kind === code.COMMENT) return this.#lineEnd(at);
    if (kind === code.BACKSLASH) return at + (this.#source.charCodeAt(at + 1) === 13 ? 3 : 2);
    if (this.#isStart) this.#readFirstMark(kind, at);
    switch (kind) {
      case code.QUOTE:
        return this.#readString(at, at);
      case code.DIGIT:
        return this.#readNumber(at);
      case code.OPEN:
        return this.#open(unit === 123, at);
      case code.CLOSE:
        return this.#close(unit === 125, at);
      case code.COLON:
        return this.#colon(at + 1);
      case code.SEMICOLON:
        return this.#semicolon(at);
      case code.BANG:
        return this.#bang(at + 1);
      default:
        return this.#targets.isOn ? this.#operator(kind, at + 1) : at + 1;
    }
  }

  #readFirstMark(kind: number, at: number): void {
    if (kind === code.SEMICOLON) return;
    this.#isStart = false;
    if (this.#statementAt < 0) this.#statementAt = at;
    if (kind === code.AT) this.#isProperty ||= PROPERTY.test(this.#source.slice(at, at + 180));
    else {
      this.#isProperty = false;
      if (!this.#blocks.isInFunction) this.#targets.begin();
    }
  }

  #newline(at: number): number {
    if (this.#templates.isInLine) this.#depth = this.#templates.abandon();
    if (this.#depth > 0 || this.#templates.isInField) return at + 1;
    this.#endStatement(at);
    return this.#beginLine(at + 1);
  }

  #isFirstOfLine(wordAt: number): boolean {
    let at = wordAt - 1;
    while (this.#source.charCodeAt(at) === 32 || this.#source.charCodeAt(at) === 9) at--;
    return this.#source.charCodeAt(at) === 10;
  }

  /** A definition in brackets at the beginning of a line: a bracket was never closed. */
  #recover(at: number): number {
    const lineFeed = this.#source.lastIndexOf("\n", at);
    this.#depth = 0;
    this.#templates.abandonAll();
    this.#endStatement(lineFeed);
    return this.#beginLine(lineFeed + 1);
  }

  /** @param at of the prefix. */
  #readString(at: number, quoteAt: number): number {
    if (this.#isStart) this.#readFirstMark(code.QUOTE, at);
    this.#targets.other();
    if (quoteAt === at) return stringEnd(this.#source, quoteAt);
    const first = this.#source.charCodeAt(at) | 32;
    const second = quoteAt === at + 1 ? first : this.#source.charCodeAt(at + 1) | 32;
    const isTemplate = first === 102 || first === 116 || second === 102 || second === 116;
    if (!isTemplate) return stringEnd(this.#source, quoteAt);
    return this.#templates.begin(quoteAt, first === 114 || second === 114, this.#depth);
  }

  #readNumber(from: number): number {
    this.#targets.other();
    let at = from + 1;
    while (at < this.#source.length && isWordUnit(this.#source.charCodeAt(at))) at++;
    return at;
  }

  #open(isBrace: boolean, at: number): number {
    if (this.#targets.isOn) this.#targets.open(this.#depth, isBrace);
    this.#depth += 1;
    return at + 1;
  }

  #close(isBrace: boolean, at: number): number {
    if (this.#depth > this.#templates.depth) {
      this.#depth -= 1;
      if (this.#targets.isOn) this.#targets.close(this.#depth);
    } else if (isBrace && this.#templates.isInField) return this.#templates.closeField(at + 1);
    return at + 1;
  }

  /** @param at after the colon. */
  #colon(at: number): number {
    if (this.#templates.isInField && this.#depth === this.#templates.depth) return this.#templates.format(at);
    if (this.#source.charCodeAt(at) === 61) return at + 1;
    if (this.#depth > 0) return at;
    if (this.#isHead) {
      this.#isHead = false;
      if (this.#headOf >= 0) this.#outline.signatureEnd(this.#headOf, at - 1);
      this.#headOf = -1;
      this.#beginStatement();
    } else if (this.#targets.isOn) this.#defineVariables(this.#targets.colon());
    return at;
  }

  #semicolon(at: number): number {
    if (this.#depth === 0) {
      this.#endStatement(at);
      this.#beginStatement();
    }
    return at + 1;
  }

  /** `!r` in a field is a conversion. @param at after the mark. */
  #bang(at: number): number {
    this.#targets.other();
    return this.#templates.isInField && this.#source.charCodeAt(at) !== 61 ? at + 1 : at;
  }

  /** @param at after the first unit of the operator. */
  #operator(kind: number, at: number): number {
    const isEquals = kind === code.EQUALS && this.#source.charCodeAt(at) !== 61;
    if (kind === code.COMMA) this.#targets.comma();
    else if (kind === code.DOT) this.#targets.dot();
    else if (kind === code.STAR) this.#targets.star();
    else if (!isEquals) this.#targets.other();
    else if (this.#depth === 0) this.#defineVariables(this.#targets.equals());
    return kind === code.EQUALS && !isEquals ? at + 1 : at;
  }

  #defineVariables(bounds: readonly number[]): void {
    for (let index = 0; index < bounds.length; index += 2) {
      const at = bounds[index] as number;
      const name = this.#source.slice(at, bounds[index + 1] as number);
      const kind = this.#blocks.isInClass ? "field" : isConstant(name) ? "constant" : "variable";
      this.#outline.add(kind, name, at, this.#blocks.definition, this.#statementAt);
    }
  }

  #lineEnd(at: number): number {
    const end = this.#source.indexOf("\n", at);
    return end === -1 ? this.#source.length : end;
  }
}

/** Whether a name is written in capitals. */
function isConstant(name: string): boolean {
  return name.toUpperCase() === name && name.toLowerCase() !== name;
}
