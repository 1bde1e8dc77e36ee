// One scan of a Ruby source: a loop over tokens that knows whether a value may begin, since that decides what `if`, `/`,
// `%`, `?` and `<<` mean. `end` is matched with what it closes; bodies, values and types are passed over.

import type { Definition, DefinitionKind, Scan } from "../../record.ts";
import { isLetterBeyondAscii, isWordUnit } from "../../word-units.ts";
import { Heredocs } from "../heredocs.ts";
import { NameCounts } from "../name-counts.ts";
import { Outline } from "../outline.ts";
import { Declarations } from "./declarations.ts";
import * as frames from "./frames.ts";
import { heredocAt, type Literal, literal, operatorLength, percentLiteral, textStop } from "./literals.ts";
import { nameEnd, spaceEnd } from "./read-names.ts";
import * as words from "./words.ts";

const DOUBLE = literal('"', true);
const SINGLE = literal("'", false);
const COMMAND = literal("`", true);
const REGEX = literal("/", true, true);

export class RubyScan {
  readonly #source: string;
  readonly #outline: Outline;
  readonly #names = new NameCounts();
  readonly #heredocs: Heredocs;
  readonly #frames: frames.Frames;
  readonly #declarations: Declarations;
  #previous = words.BEGINNING;
  /** Names still to come that are no keywords, after alias and undef. */
  #plainNames = 0;
  /** A method without `end`, and how many frames are open around it; -1. */
  #endless = -1;
  #endlessDepth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#outline = new Outline(source);
    this.#heredocs = new Heredocs(source);
    this.#frames = new frames.Frames((definition, at) => this.#outline.end(definition, at));
    this.#declarations = new Declarations(source, this.#outline, this.#frames, this.#names);
  }

  scan(): Scan {
    const source = this.#source;
    const { length } = source;
    let at = this.#beginLine(source.charCodeAt(0) === 0xfeff ? 1 : 0);
    while (at < length) {
      const unit = source.charCodeAt(at);
      // `| 0` keeps offsets small integers: see the scanner of Python.
      if (unit === 32 || unit === 9 || unit === 13) at++;
      else if (unit >= 48 && unit <= 57) at = this.#readNumber(at) | 0;
      else if (unit < 128 ? isWordUnit(unit) && unit !== 36 : isLetterBeyondAscii(unit)) at = this.#readWord(at) | 0;
      else at = this.#readMark(unit, at) | 0;
    }
    this.#outline.end(this.#endless, length);
    while (this.#frames.depth > 0) this.#frames.pop(length);
    const { lines, definitions, imports } = this.#outline.finish((_, parent) => isVisible(parent));
    return { lines, definitions, identifiers: this.#names.counts(), imports };
  }

  /** Passes what only stands at the beginning of a line: bodies of here-documents, block comments, the end mark. */
  #beginLine(from: number): number {
    const source = this.#source;
    let at = this.#heredocs.skip(from);
    while (source.startsWith("=begin", at)) {
      const end = source.indexOf("\n=end", at);
      if (end === -1) return source.length;
      at = this.#lineEnd(end + 1) + 1;
    }
    return source.startsWith("__END__", at) && this.#lineEnd(at) <= at + 8 ? source.length : Math.min(at, source.length);
  }

  #newline(at: number): number {
    this.#endHead(at);
    if (this.#endless >= 0 && this.#frames.depth <= this.#endlessDepth && this.#previous !== words.BEGINNING) {
      this.#outline.end(this.#endless, at);
      this.#endless = -1;
    }
    if (this.#previous !== words.DOT) this.#previous = words.BEGINNING;
    this.#declarations.hidesNext = false;
    this.#plainNames = 0;
    return this.#beginLine(at + 1);
  }

  /** A head ends with its line; so does the hope for the `do` of a loop, if its condition is complete. */
  #endHead(at: number): void {
    const { top } = this.#frames;
    if (top === undefined) return;
    if (top.isHead && top.isOwn) this.#outline.signatureEnd(top.definition, at);
    top.isHead = false;
    if (top.kind === frames.LOOP && this.#previous !== words.BEGINNING) top.kind = frames.BLOCK;
  }

  #readNumber(from: number): number {
    let at = from;
    while (at < this.#source.length && isWordUnit(this.#source.charCodeAt(at))) at++;
    this.#previous = words.COMPLETE;
    return at;
  }

  #readWord(at: number): number {
    const source = this.#source;
    const end = nameEnd(source, at);
    const name = source.slice(at, end);
    const previous = this.#previous;
    const next = source.charCodeAt(end);
    const isLabel = next === 58 && source.charCodeAt(end + 1) !== 58 && previous !== words.DOT;
    const isPlain = previous === words.DOT || this.#plainNames > 0 || isLabel;
    const word = isPlain ? words.NAME : (words.rubyWords.get(name) ?? words.NAME);
    if (word === words.NAME || word >= words.ATTRIBUTES) this.#names.count(name);
    if (this.#plainNames > 0) this.#plainNames--;
    this.#previous = isLabel ? words.BEGINNING : words.CALL;
    if (isLabel) return end + 1;
    if (word >= words.ATTRIBUTES) return this.#declarations.read(word, at, end);
    if (word !== words.NAME) return this.#readKeyword(word, previous, at, end);
    const first = source.charCodeAt(at);
    const isOfModule = previous !== words.DOT || source.charCodeAt(at - 1) === 58;
    if (first >= 65 && first <= 90 && isOfModule) this.#readConstant(name, at, end);
    return end;
  }

  #readKeyword(word: number, previous: number, at: number, end: number): number {
    const mayBegin = previous === words.BEGINNING;
    this.#previous = words.BEGINNING;
    switch (word) {
      case words.OPENER:
        this.#frames.open(frames.BLOCK);
        break;
      case words.CONDITION:
        if (mayBegin) this.#frames.open(frames.BLOCK);
        break;
      case words.LOOP:
        if (mayBegin) this.#frames.open(frames.LOOP);
        break;
      case words.FOR:
        this.#frames.open(frames.LOOP);
        break;
      case words.DO:
        if (this.#frames.top?.kind === frames.LOOP) this.#frames.top.kind = frames.BLOCK;
        else this.#frames.open(frames.BLOCK);
        break;
      case words.END:
        this.#frames.closeEnd(end);
        this.#previous = words.COMPLETE;
        break;
      case words.DEF:
        return this.#defineMethod(at, end);
      case words.CLASS:
      case words.MODULE:
        return this.#defineModule(word === words.CLASS ? "class" : "namespace", at, end);
      case words.VALUE:
        this.#previous = words.CALL;
        break;
      case words.JUMP:
        this.#previous = words.JUMPED;
        break;
      case words.RENAME:
        this.#plainNames = 2;
        break;
    }
    return end;
  }

  /** `NAME =` and `NAME ||=`. */
  #readConstant(name: string, at: number, end: number): void {
    const source = this.#source;
    let next = spaceEnd(source, end);
    if (source.startsWith("||", next)) next += 2;
    if (source.charCodeAt(next) !== 61 || this.#frames.top?.isInMethod === true) return;
    const after = source.charCodeAt(next + 1);
    if (after !== 61 && after !== 126 && after !== 62) this.#declarations.add("constant", name, at, at);
  }

  #defineModule(kind: DefinitionKind, at: number, from: number): number {
    const source = this.#source;
    let nameAt = spaceEnd(source, from);
    if (source.startsWith("<<", nameAt)) {
      this.#frames.open(frames.BODY);
      return nameAt + 2;
    }
    for (;;) {
      if (source.startsWith("::", nameAt)) nameAt += 2;
      const end = nameEnd(source, nameAt);
      if (end === nameAt) return from;
      const name = source.slice(nameAt, end);
      this.#names.count(name);
      if (source.startsWith("::", end)) nameAt = end;
      else {
        this.#frames.open(frames.BODY, this.#declarations.add(kind, name, nameAt, at));
        this.#previous = words.COMPLETE;
        return end;
      }
    }
  }

  #defineMethod(at: number, from: number): number {
    const source = this.#source;
    let nameAt = spaceEnd(source, from);
    // A method of what a variable holds.
    while (source.charCodeAt(nameAt) === 64) nameAt++;
    let end = nameEnd(source, nameAt);
    const firstAt = nameAt;
    while (end > nameAt && (source.charCodeAt(end) === 46 || source.startsWith("::", end))) {
      this.#names.count(source.slice(nameAt, end));
      nameAt = end + (source.charCodeAt(end) === 46 ? 1 : 2);
      end = nameEnd(source, nameAt);
    }
    if (end === nameAt) end += operatorLength(source, nameAt);
    if (end === nameAt) return from;
    const name = source.slice(nameAt, end);
    this.#names.count(name);
    if (isWordUnit(source.charCodeAt(end - 1)) && isSetter(source, end)) end++;
    const parent = this.#frames.top?.definition ?? -1;
    const kind = parent === -1 ? "function" : name === "initialize" ? "constructor" : "method";
    const index = this.#declarations.add(kind, name, nameAt, at);
    const isOfInstances = nameAt === firstAt;
    if (this.#declarations.hidesNext || (isOfInstances && this.#frames.top?.isHidden === true)) this.#outline.hide(index);
    this.#frames.open(frames.BODY, index, true);
    this.#previous = words.CALL;
    const next = spaceEnd(source, end);
    if (next > end && isEndless(source, next)) this.#becomeEndless(at, next);
    return end;
  }

  /** The innermost frame is that of a method whose body is one expression. */
  #becomeEndless(at: number, signatureEnd: number): void {
    const index = this.#frames.pop(at)?.definition ?? -1;
    this.#outline.signatureEnd(index, signatureEnd);
    this.#endless = index;
    this.#endlessDepth = this.#frames.depth;
  }

  #readMark(unit: number, at: number): number {
    const source = this.#source;
    const next = source.charCodeAt(at + 1);
    switch (unit) {
      case 10:
        return this.#newline(at);
      case 35: // #
        return this.#lineEnd(at);
      case 92: // \
        return at + (next === 13 ? 3 : 2);
      case 34: // "
        return this.#readText(at + 1, DOUBLE);
      case 39: // '
        return this.#readText(at + 1, SINGLE);
      case 96: // `
        return this.#previous === words.DOT ? this.#complete(at + 1) : this.#readText(at + 1, COMMAND);
      case 36: // $
        return this.#readGlobal(at);
      case 64: // @
        return this.#readVariable(at);
      case 58: // :
        return this.#readColon(next, at);
      case 46: // .
        return this.#readDots(next, at);
      case 59: // ;
        this.#endHead(at);
        this.#plainNames = 0;
        return this.#operator(at + 1);
      case 40: // (
        return this.#open(frames.PAREN, at);
      case 91: // [
        return this.#open(frames.BRACKET, at);
      case 123: // {
        return this.#open(frames.BRACE, at);
      case 41: // )
      case 93: // ]
        return this.#closeBracket(unit, at);
      case 125: // }
        return this.#closeBrace(at);
      default:
        return this.#readOperator(unit, next, at);
    }
  }

  /** Marks that begin a literal where a value may begin, and are operators elsewhere. */
  #readOperator(unit: number, next: number, at: number): number {
    const source = this.#source;
    const mayBegin = this.#mayBegin(next, at);
    if (unit === 47 && mayBegin) return this.#readText(at + 1, REGEX);
    if (unit === 37 && mayBegin) {
      const found = percentLiteral(source, at);
      if (found !== undefined) return this.#readText(found.text, found.literal);
    }
    if (unit === 63 && mayBegin && next > 32) {
      const end = at + (next === 92 ? 3 : 2);
      if (!isWordUnit(source.charCodeAt(end))) return this.#complete(end);
    }
    if (unit === 60 && next === 60 && (mayBegin || /[~-]/.test(source.charAt(at + 2)))) {
      const found = heredocAt(source, at);
      if (found !== undefined) {
        this.#heredocs.announce(found.terminator, found.isIndented);
        return this.#complete(at + found.length);
      }
    }
    return this.#operator(at + 1);
  }

  /** Whether a value may begin with a mark: `a /b/` is a call, `a / b` and `a /= b` are none. */
  #mayBegin(next: number, at: number): boolean {
    if (this.#previous === words.BEGINNING || this.#previous === words.JUMPED) return true;
    const before = this.#source.charCodeAt(at - 1);
    return this.#previous === words.CALL && (before === 32 || before === 9) && next > 32 && next !== 61;
  }

  #readText(from: number, text: Literal): number {
    const { at, rest } = textStop(this.#source, from, text);
    if (rest === undefined) return this.#complete(at);
    this.#frames.open(frames.FIELD, -1, false, rest);
    return this.#operator(at);
  }

  #complete(at: number): number {
    this.#previous = words.COMPLETE;
    return at;
  }

  #operator(at: number): number {
    this.#previous = words.BEGINNING;
    return at;
  }

  #open(kind: number, at: number): number {
    this.#frames.open(kind);
    return this.#operator(at + 1);
  }

  #closeBracket(unit: number, at: number): number {
    this.#frames.closeBracket(unit === 41 ? frames.PAREN : frames.BRACKET, at + 1);
    const { top } = this.#frames;
    if (unit === 41 && top?.kind === frames.BODY && top.isHead && top.isInMethod) {
      this.#outline.signatureEnd(top.definition, at + 1);
      top.isHead = false;
      if (isEndless(this.#source, spaceEnd(this.#source, at + 1))) this.#becomeEndless(at, at + 1);
    }
    return this.#complete(at + 1);
  }

  #closeBrace(at: number): number {
    const rest = this.#frames.closeBrace(at + 1);
    return rest === undefined ? this.#complete(at + 1) : this.#readText(at + 1, rest);
  }

  #readGlobal(at: number): number {
    const end = nameEnd(this.#source, at + 1);
    if (end > at + 1) this.#names.count(this.#source.slice(at, end));
    return this.#complete(Math.max(end, at + 2));
  }

  #readVariable(from: number): number {
    const at = from + (this.#source.charCodeAt(from + 1) === 64 ? 2 : 1);
    let end = at;
    while (end < this.#source.length && isWordUnit(this.#source.charCodeAt(end))) end++;
    if (end > at) this.#names.count(this.#source.slice(at, end));
    return this.#complete(end);
  }

  #readColon(next: number, at: number): number {
    if (next === 58) {
      this.#previous = words.DOT;
      return at + 2;
    }
    if (next === 34) return this.#readText(at + 2, DOUBLE);
    if (next === 39) return this.#readText(at + 2, SINGLE);
    const end = nameEnd(this.#source, at + 1);
    if (end > at + 1 && (next < 48 || next > 57)) {
      this.#names.count(this.#source.slice(at + 1, end));
      return this.#complete(end);
    }
    const length = operatorLength(this.#source, at + 1);
    return length > 0 ? this.#complete(at + 1 + length) : this.#operator(at + 1);
  }

  #readDots(next: number, at: number): number {
    if (next === 46) return this.#operator(at + (this.#source.charCodeAt(at + 2) === 46 ? 3 : 2));
    this.#previous = words.DOT;
    return at + 1;
  }

  #lineEnd(at: number): number {
    const end = this.#source.indexOf("\n", at);
    return end === -1 ? this.#source.length : end;
  }
}

/** Private members are hidden one by one; the rest is as visible as what is around it. */
const isVisible = (parent: Definition | undefined): boolean => parent?.exported ?? true;

/** An `=` right after a method's name belongs to it, if no `==` or `=>` begins there. */
function isSetter(source: string, at: number): boolean {
  const next = source.charCodeAt(at + 1);
  return source.charCodeAt(at) === 61 && next !== 61 && next !== 126 && next !== 62;
}

/** A single `=` after a head: the method is what follows. */
const isEndless = (source: string, at: number): boolean => isSetter(source, at);
