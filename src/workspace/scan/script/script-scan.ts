// The state of one scan of a JavaScript or TypeScript source: where it is, what came before, and a stack of frames, one
// for each open bracket or unfinished head. The readers beside this file move it on. Depth costs memory, never stack.

import type { DefinitionKind, ImportStatement, Scan } from "../record.ts";
import type { WordTable } from "../word-table.ts";
import * as codes from "./codes.ts";
import { DefinitionList } from "./definition-list.ts";
import { KEYWORD, type KeywordTable, NEVER_NAME, scriptKeywords, typedKeywords } from "./keywords.ts";
import { LineBreaks } from "./line-breaks.ts";
import { triviaEnd } from "./literals.ts";

const REGISTERS = 8;
const FRAMES_FIRST = 32;
/** Distinct identifiers a record holds. */
const IDENTIFIERS_MAX = 20_000;

export interface ScriptOptions {
  readonly hasTypes: boolean;
  readonly hasJsx: boolean;
}

interface RawImport {
  readonly specifier: string;
  readonly at: number;
  readonly names: readonly string[];
}

export class ScriptScan {
  readonly source: string;
  readonly hasTypes: boolean;
  readonly hasJsx: boolean;
  readonly words: WordTable;
  readonly definitions = new DefinitionList();
  readonly exportedNames = new Set<string>();
  at = 0;
  /** Whether a line break stands between the token before and `at`. */
  newline = true;
  previous: number = codes.START;
  previousEnd = 0;
  /** Registers of the innermost frame. */
  kind: number = codes.MODULE;
  state: number = codes.FREE;
  /** The definition in progress, without brackets of its own; -1. */
  active = -1;
  /** The definition whose inside this frame is; -1. */
  owner = -1;
  /** Open type arguments. */
  angle = 0;
  /** The definition that ends with this frame; -1. */
  ends = -1;
  /** Where the statement or member begins. */
  itemAt = 0;
  modifiers = 0;
  depth = 0;
  /** How far the value of a variable looks like a function: see read-binding.ts. */
  phase = -1;
  /** What const, let or var declares, and where its statement begins. */
  bindingKind: DefinitionKind = "variable";
  bindingFlags = 0;
  bindingAt = 0;
  /** Regular expressions that turned out to be none. */
  misreadRegexes = 0;
  /** Whether the decorator before stands before a statement and not in an expression. */
  decoratesStatement = false;
  #braces = 0;
  #stack = new Int32Array(FRAMES_FIRST * REGISTERS);
  readonly #keywords: number[] = [];
  readonly #keywordTable: KeywordTable;
  readonly #imports: RawImport[] = [];

  constructor(source: string, words: WordTable, options: ScriptOptions) {
    this.source = source;
    this.hasTypes = options.hasTypes;
    this.hasJsx = options.hasJsx;
    this.words = words;
    this.#keywordTable = options.hasTypes ? typedKeywords : scriptKeywords;
  }

  /** Whether a statement can begin here. */
  get isStart(): boolean {
    const { previous } = this;
    return codes.FRESH[previous] === 1 || (this.newline && (codes.ENDS[previous] === 1 || previous === codes.GREATER));
  }

  /** A token ends at `at`; the next one comes after it. */
  done(token: number): void {
    this.previous = token;
    this.previousEnd = this.at;
    this.newline = false;
  }

  /** Reads and counts the word at `at`. @returns its keyword, 0 for a name. */
  word(): number {
    const { at, words } = this;
    const index = words.count(at);
    this.at = words.end;
    if (index < this.#keywords.length) return (this.#keywords[index] as number) & KEYWORD;
    const keyword = this.#keywordTable.find(this.source, at, words.end, words.hash(index));
    this.#keywords.push(keyword);
    return keyword & KEYWORD;
  }

  /** The offset of the next token after `at`. */
  next(): number {
    return triviaEnd(this.source, this.at);
  }

  /** Whether a line break stands between `at` and a token that comes next. */
  hasBreakBefore(next: number): boolean {
    return next > this.at && this.source.slice(this.at, next).includes("\n");
  }

  push(kind: number): void {
    const base = this.depth * REGISTERS;
    if (base === this.#stack.length) {
      const grown = new Int32Array(base * 2);
      grown.set(this.#stack);
      this.#stack = grown;
    }
    const stack = this.#stack;
    stack[base] = this.kind;
    stack[base + 1] = this.state;
    stack[base + 2] = this.active;
    stack[base + 3] = this.owner;
    stack[base + 4] = this.angle;
    stack[base + 5] = this.ends;
    stack[base + 6] = this.itemAt;
    stack[base + 7] = this.modifiers;
    this.depth++;
    this.#braces += isBrace(kind) ? 1 : 0;
    this.kind = kind;
    this.state = codes.FREE;
    if (this.active >= 0) this.owner = this.active;
    this.active = -1;
    this.angle = 0;
    this.ends = -1;
    this.modifiers = 0;
    this.itemAt = this.at;
  }

  /** Opens a frame without a bracket, from a name to the body; `definition` ends with it. */
  pushHead(kind: number, definition: number): void {
    this.push(kind);
    this.ends = definition;
    if (definition >= 0) this.owner = definition;
    if (kind === codes.FUNCTION_HEAD) this.state = codes.BEFORE_PARAMETERS;
  }

  /** A head turns into the body that its brace opens. */
  become(kind: number, state: number): void {
    this.#braces += (isBrace(kind) ? 1 : 0) - (isBrace(this.kind) ? 1 : 0);
    this.kind = kind;
    this.state = state;
    this.angle = 0;
  }

  /** Leaves the innermost frame; what ends with it ends at `end`. */
  pop(end: number): void {
    if (this.depth === 0) return;
    this.definitions.end(this.active, this.previousEnd);
    this.definitions.end(this.ends, end);
    this.#braces -= isBrace(this.kind) ? 1 : 0;
    this.depth--;
    const stack = this.#stack;
    const base = this.depth * REGISTERS;
    this.kind = stack[base] as number;
    this.state = stack[base + 1] as number;
    this.active = stack[base + 2] as number;
    this.owner = stack[base + 3] as number;
    this.angle = stack[base + 4] as number;
    this.ends = stack[base + 5] as number;
    this.itemAt = stack[base + 6] as number;
    this.modifiers = stack[base + 7] as number;
  }

  /** Leaves what was never closed, down to the innermost frame with a brace. @returns whether there is one. */
  unwindToBrace(): boolean {
    if (this.#braces === 0) return false;
    while (!isBrace(this.kind)) this.pop(this.previousEnd);
    return true;
  }

  /** Leaves heads whose body never came. */
  unwindHeads(): void {
    while (isHead(this.kind)) this.pop(this.previousEnd);
  }

  /** What is in progress in this frame is over. */
  endItem(): void {
    if (isHead(this.kind)) {
      this.pop(this.previousEnd);
      return;
    }
    this.definitions.end(this.active, this.previousEnd);
    this.active = -1;
    this.angle = 0;
    this.state = this.kind === codes.CLASS || this.kind === codes.INTERFACE ? codes.MEMBER : codes.FREE;
  }

  /** Whether a line break here ends what is in progress, if the token at hand cannot go on with it. */
  get breaks(): boolean {
    return this.newline && this.state >= codes.AFTER_PARAMETERS && this.angle === 0 && codes.ENDS[this.previous] === 1;
  }

  /** @returns the index of a definition whose name is source[at, end). */
  define(kind: DefinitionKind, at: number, end: number, flags = this.modifiers): number {
    return this.definitions.add(kind, this.source.slice(at, end), at, this.owner, Math.min(this.itemAt, at), flags);
  }

  addImport(specifier: string, at: number, names: readonly string[]): void {
    this.#imports.push({ specifier, at, names });
  }

  /** Closes everything at the end of the source. */
  finish(): Scan {
    this.endItem();
    while (this.depth > 0) this.pop(this.previousEnd);
    this.definitions.end(this.active, this.previousEnd);
    const breaks = new LineBreaks(this.source);
    const toStatement = ({ specifier, at, names }: RawImport): ImportStatement => ({ specifier, line: breaks.lineOf(at), names });
    return {
      lines: breaks.lines,
      definitions: this.definitions.finish(this.source, breaks, this.exportedNames),
      identifiers: this.words.counts((index) => ((this.#keywords[index] as number) & NEVER_NAME) !== 0, IDENTIFIERS_MAX),
      imports: this.#imports.map(toStatement),
    };
  }
}

const isBrace = (kind: number): boolean => kind !== codes.MODULE && kind <= codes.PATTERN_BRACE;
export const isHead = (kind: number): boolean => kind >= codes.CLASS_HEAD && kind <= codes.FUNCTION_HEAD;
