// Splits a source into tokens, counts its words and joins its brackets, as a language's table says. One pass, linear,
// never throws: what is not closed ends with the source. Code inside strings (interpolation) is counted, but gives no
// tokens. Knows nothing of declarations.

import type { WordTable } from "../word-table.ts";
import { asciiClasses, isLetterBeyondAscii, isWordUnit, WORD_START } from "../word-units.ts";
import { Branches } from "./branches.ts";
import { type Directive, type LexicalReader, type LexicalTable, PLAIN_QUOTES, type StringRule } from "./lexical-table.ts";
import { readString } from "./read-string.ts";
import { TokenList } from "./token-list.ts";
import { NUMBER, STRING, WORD } from "./vocabulary.ts";

const OTHER = 0;
const SPACE = 1;
const LETTER = 2;
const DIGIT = 3;
const OPENING = 4;
const CLOSING = 5;
const SLASH = 6;
const SPECIAL = 7;

const FORMAT_END = /[}\n"]/;

/** What each ASCII unit begins; a table for each language. */
export function classesOf(specials: Iterable<string>): Uint8Array {
  const classes = Uint8Array.from(asciiClasses, (kind) => (kind === 0 ? OTHER : kind === WORD_START ? LETTER : DIGIT));
  const mark = (units: Iterable<string>, kind: number) => {
    for (const unit of units) classes[unit.charCodeAt(0)] = kind;
  };
  for (let unit = 0; unit <= 32; unit++) classes[unit] = SPACE;
  classes[127] = SPACE;
  mark("([{", OPENING);
  mark(")]}", CLOSING);
  mark("/", SLASH);
  mark(specials, SPECIAL);
  return classes;
}

/** A string that an interpolation has interrupted. */
interface Interrupted {
  readonly rule: StringRule;
  /** Brackets open in the interpolated code, its own included. */
  depth: number;
}

export class Lexer implements LexicalReader {
  readonly source: string;
  readonly tokens: TokenList;
  readonly words: WordTable;
  readonly table: LexicalTable;
  readonly branches: Branches;
  /** Lines for the preprocessor that the language wants to know of. */
  readonly directives: Directive[] = [];
  /** Offsets below give no tokens: directives. */
  silentTo = 0;
  #line = 1;
  #lineEnd: number;
  #lastLine = 0;
  readonly #kinds: number[] = [];
  #wordStart = -1;
  #wordEnd = -1;
  #wordIndex = -1;
  readonly #interrupted: Interrupted[] = [];
  #stringToken = -1;

  constructor(source: string, words: WordTable, table: LexicalTable) {
    this.source = source;
    this.table = table;
    this.tokens = new TokenList(source);
    this.words = words;
    this.branches = new Branches(this.tokens);
    this.#lineEnd = this.#lineEndFrom(0);
  }

  /** Reads the whole source. */
  run(): void {
    const { source, table } = this;
    const { length } = source;
    let at = table.begin?.(this) ?? 0;
    while (at < length) {
      const unit = source.charCodeAt(at);
      const kind = unit < 128 ? table.classes[unit] : isLetterBeyondAscii(unit) ? LETTER : SPACE;
      if (kind === SPACE) at++;
      else if (kind === LETTER) at = this.word(at);
      else if (kind === OTHER) {
        if (unit === 58 && this.#interrupted.length > 0) at = this.#colon(at);
        else at = this.mark(at);
      } else if (kind === DIGIT) at = this.#number(at);
      else if (kind === OPENING) at = this.#open(unit, at);
      else if (kind === CLOSING) at = this.#close(unit, at);
      else if (kind === SLASH) at = this.#slash(at);
      else at = Math.max(at + 1, table.specials[source.charAt(at)]?.(this, at) ?? this.mark(at));
    }
    this.branches.finish();
  }

  /** A token of one character. @returns the offset after it. */
  mark(at: number): number {
    this.#push(this.source.charCodeAt(at), at, at + 1);
    return at + 1;
  }

  /** Counts the word at an offset and makes it a token. @param start where its token begins, if before. */
  word(at: number, start = at): number {
    const index = this.words.count(at);
    const { end } = this.words;
    let kind = this.#kinds[index];
    if (kind === undefined) {
      kind = this.table.vocabulary.kindOf(this.source.slice(at, end));
      this.#kinds[index] = kind;
    }
    this.#wordStart = start;
    this.#wordEnd = end;
    this.#wordIndex = index;
    this.#push(start === at ? kind : WORD, start, end);
    return end;
  }

  /** The word that ends right before an offset, "" if none does. */
  prefix(at: number): string {
    return this.#wordEnd === at ? this.source.slice(this.#wordStart, at) : "";
  }

  /** The word before turned out to be part of what follows. */
  dropPrefix(): void {
    this.words.uncount(this.#wordIndex);
    const { tokens } = this;
    if (tokens.count > 0 && tokens.start(tokens.count - 1) === this.#wordStart) tokens.pop();
    this.#wordEnd = -1;
  }

  /** Reads a string whose content begins at `at`. @returns the offset after it, or in its first interpolation. */
  string(start: number, at: number, rule: StringRule = PLAIN_QUOTES): number {
    const index = this.#push(STRING, start, at);
    if (this.#interrupted.length === 0) this.#stringToken = index;
    return this.#content(at, rule);
  }

  /** A string whose end is known. */
  stringTo(start: number, end: number): number {
    this.#push(STRING, start, end);
    this.#advance(end - 1);
    if (this.#interrupted.length === 0) this.#lastLine = this.#line;
    return end;
  }

  /** A name between backticks on one line. @returns the offset after it. */
  quotedName(at: number): number {
    const close = this.source.indexOf("`", at + 1);
    if (close <= at + 1 || this.source.slice(at, close).includes("\n")) return at + 1;
    const end = close + 1;
    for (let from = at + 1; from < end - 1; from++) {
      if (!isWordUnit(this.source.charCodeAt(from))) continue;
      this.words.count(from);
      from = this.words.end;
    }
    this.#push(WORD, at, end);
    return end;
  }

  /** Whether no token stands before this offset on its line. */
  isFirstOfLine(at: number): boolean {
    this.#advance(at);
    return this.#line !== this.#lastLine;
  }

  /** The 1-based line of an offset not before the last one asked for. */
  lineOf(at: number): number {
    this.#advance(at);
    return this.#line;
  }

  /** The end of the line, exclusive; a backslash before it goes on with the next line where `joins`. */
  endOfLine(at: number, joins = false): number {
    const { source } = this;
    let end = this.#lineEndFrom(at);
    while (joins && end < source.length && /\\\r?$/.test(source.slice(Math.max(at, end - 2), end)))
      end = this.#lineEndFrom(end + 1);
    return end;
  }

  #lineEndFrom(at: number): number {
    const end = this.source.indexOf("\n", at);
    return end === -1 ? this.source.length : end;
  }

  #advance(at: number): void {
    while (at > this.#lineEnd) {
      this.#line++;
      this.#lineEnd = this.#lineEndFrom(this.#lineEnd + 1);
    }
  }

  #push(kind: number, start: number, end: number): number {
    if (this.#interrupted.length > 0 || start < this.silentTo) return -1;
    this.#advance(start);
    const isFresh = this.#line !== this.#lastLine;
    this.#lastLine = this.#line;
    return this.tokens.push(kind, start, end, this.#line, isFresh);
  }

  #content(at: number, rule: StringRule): number {
    const { words } = this;
    const reached = readString(this.source, at, rule, (from) => {
      words.count(from);
      return words.end;
    });
    if (reached.isInterpolation) this.#interrupted.push({ rule, depth: 1 });
    else if (this.#interrupted.length === 0 && this.#stringToken >= 0) {
      this.tokens.setEnd(this.#stringToken, reached.at);
      this.#advance(reached.at - 1);
      this.#lastLine = this.#line;
    }
    return reached.at;
  }

  #open(unit: number, at: number): number {
    const interrupted = this.#interrupted.at(-1);
    if (interrupted !== undefined) interrupted.depth++;
    else {
      const index = this.#push(unit, at, at + 1);
      if (index >= 0) this.branches.open(index);
    }
    return at + 1;
  }

  #close(unit: number, at: number): number {
    const interrupted = this.#interrupted.at(-1);
    if (interrupted === undefined) {
      if (at >= this.silentTo && this.branches.mayClose()) this.branches.close(this.#push(unit, at, at + 1), unit);
      return at + 1;
    }
    if (--interrupted.depth > 0) return at + 1;
    this.#interrupted.pop();
    return this.#content(at + (interrupted.rule.interpolationClose ?? 1), interrupted.rule);
  }

  /** In interpolated code: the rest may be a format. */
  #colon(at: number): number {
    const interrupted = this.#interrupted.at(-1);
    if (interrupted?.depth !== 1 || interrupted.rule.hasFormat !== true) return at + 1;
    let end = at + 1;
    while (end < this.source.length && !FORMAT_END.test(this.source.charAt(end))) end++;
    return end;
  }

  #number(from: number): number {
    const { source } = this;
    let at = from + 1;
    for (; at < source.length; at++) {
      const unit = source.charCodeAt(at);
      if (isWordUnit(unit)) continue;
      const following = source.charCodeAt(at + 1);
      const isDigitNext = following >= 48 && following <= 57;
      if (unit === 46 && isDigitNext) continue;
      if (unit !== 39 || this.table.hasQuotedNumbers !== true || !isWordUnit(following)) break;
    }
    this.#push(NUMBER, from, at);
    return at;
  }

  #slash(at: number): number {
    const { source, table } = this;
    const next = source.charCodeAt(at + 1);
    if (next === 47) return table.lineComment?.(this, at) ?? this.#lineEndFrom(at);
    if (next !== 42) return this.mark(at);
    if (table.hasNestedComments === true) return nestedCommentEnd(source, at);
    const end = source.indexOf("*/", at + 2);
    return end === -1 ? source.length : end + 2;
  }
}

function nestedCommentEnd(source: string, from: number): number {
  let depth = 1;
  let at = from + 2;
  for (; depth > 0 && at < source.length; at++) {
    const unit = source.charCodeAt(at);
    if (unit === 42 && source.charCodeAt(at + 1) === 47) {
      depth--;
      at++;
    } else if (unit === 47 && source.charCodeAt(at + 1) === 42) {
      depth++;
      at++;
    }
  }
  return Math.min(at, source.length);
}
