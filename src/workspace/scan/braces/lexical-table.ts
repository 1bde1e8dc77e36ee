// What a language says of its characters and words: the part of a language that is data. Hooks are for what no table
// can say, such as heredocs and raw strings.

import type { Branches } from "./branches.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** How a string goes on after its opening. */
export interface StringRule {
  /** What ends it. */
  readonly close: string;
  /** A backslash takes the character after it along. */
  readonly hasEscapes?: boolean;
  /** May span lines; otherwise an open one ends with its line. */
  readonly hasLines?: boolean;
  /** A close written twice is content. */
  readonly isDoubled?: boolean;
  /** Of more quotes than needed the last ones close. */
  readonly isGreedy?: boolean;
  /** What begins code in it. */
  readonly interpolation?: string;
  /** The opening of code written twice is content. */
  readonly isInterpolationDoubled?: boolean;
  /** `$name` is code too. */
  readonly hasDollarNames?: boolean;
  /** Characters that end the interpolated code; 1 unless said. */
  readonly interpolationClose?: number;
  /** In interpolated code a colon begins a format. */
  readonly hasFormat?: boolean;
}

export const PLAIN_QUOTES: StringRule = { close: '"', hasEscapes: true };
export const PLAIN_APOSTROPHES: StringRule = { close: "'", hasEscapes: true };

/** A line for the preprocessor. */
export interface Directive {
  readonly name: string;
  /** 1-based. */
  readonly line: number;
  readonly endLine: number;
  /** Offsets of what follows the name. */
  readonly from: number;
  readonly to: number;
}

/** The lexer as hooks see it; offsets count UTF-16 units. */
export interface LexicalReader {
  readonly source: string;
  readonly branches: Branches;
  /** Directives that the language wants to know of. */
  readonly directives: Directive[];
  /** Offsets below give no tokens. */
  silentTo: number;
  /** A token of one character. @returns the offset after it. */
  mark(at: number): number;
  /** Counts the word at an offset and makes it a token. @param start where its token begins, if before. */
  word(at: number, start?: number): number;
  /** The word that ends right before an offset, "" if none does. */
  prefix(at: number): string;
  /** The word before turned out to be part of what follows. */
  dropPrefix(): void;
  /** Reads a string whose content begins at `at`. @returns the offset after it, or in its first interpolation. */
  string(start: number, at: number, rule?: StringRule): number;
  /** A string whose end is known. @returns the end. */
  stringTo(start: number, end: number): number;
  /** A name between backticks: its words are counted, the token is a name with its backticks. */
  quotedName(at: number): number;
  /** Whether no token stands before this offset on its line. */
  isFirstOfLine(at: number): boolean;
  /** The 1-based line of an offset not before the last one asked for. */
  lineOf(at: number): number;
  /** The end of the line, exclusive; a backslash before it goes on with the next line where `joins`. */
  endOfLine(at: number, joins?: boolean): number;
}

/** Reads what begins with a special character. @returns the offset after it. */
export type Special = (lexer: LexicalReader, at: number) => number;

export interface LexicalTable {
  readonly vocabulary: Vocabulary;
  /** From classesOf(Object.keys(specials)). */
  readonly classes: Uint8Array;
  readonly specials: Readonly<Record<string, Special>>;
  readonly hasNestedComments?: boolean;
  /** 1'000 is one number. */
  readonly hasQuotedNumbers?: boolean;
  /** Where code begins, if not at 0. */
  readonly begin?: (lexer: LexicalReader) => number;
  /** The end of a comment of one line, if something other than the line ends it. */
  readonly lineComment?: Special;
}
