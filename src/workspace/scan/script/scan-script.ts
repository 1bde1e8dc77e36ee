// TypeScript, TSX and JavaScript through one lexical engine: one pass over the units of the source, tokens told apart
// by their first unit, no syntax tree. Understands enough of the grammar to know definitions, imports and identifiers.
// It does not resolve names, and it forgives broken code. Linear in the length; depth costs memory only.

import type { Scan, Scanner } from "../record.ts";
import { WordTable } from "../word-table.ts";
import { asciiClasses, isLetterBeyondAscii, isWordUnit } from "../word-units.ts";
import * as codes from "./codes.ts";
import { startsWord, stringEnd } from "./literals.ts";
import { noteOther } from "./read-binding.ts";
import { closeBrace, closeBracket, closeParen, openBrace, openBracket, openParen, readTemplate } from "./read-bracket.ts";
import { readJsx } from "./read-jsx.ts";
import { readPrivateMember } from "./read-member.ts";
import * as operators from "./read-operator.ts";
import { readWord } from "./read-word.ts";
import { type ScriptOptions, ScriptScan } from "./script-scan.ts";

const SPACE = 32;
const BLANK = 1;
const BREAK = 2;
const LETTER = 3;
const DIGIT = 4;

const PUNCTUATORS: Readonly<Record<string, (scan: ScriptScan) => void>> = {
  '"': readString,
  "'": readString,
  "`": openTemplate,
  "{": openBrace,
  "}": closeBrace,
  "(": openParen,
  ")": closeParen,
  "[": openBracket,
  "]": closeBracket,
  ";": operators.semicolon,
  ",": operators.comma,
  ":": operators.colon,
  "=": operators.equals,
  "<": operators.less,
  ">": operators.greater,
  ".": operators.dot,
  "?": operators.question,
  "!": operators.bang,
  "+": operators.sign,
  "-": operators.sign,
  "*": operators.star,
  "@": operators.decorator,
  "#": readPrivateName,
  "/": operators.slash,
};

const FIRST_PUNCTUATOR = 5;
const readers: readonly ((scan: ScriptScan) => void)[] = Object.values(PUNCTUATORS);

/** What each ASCII unit begins: white space, a word, a number, or the reader of its punctuator; 0 is any other operator. */
const beginnings: Readonly<Uint8Array> = Uint8Array.from({ length: 128 }, (_, unit) => {
  const character = String.fromCharCode(unit);
  if (character === "\n") return BREAK;
  if (/[\s\0]/.test(character)) return BLANK;
  if (asciiClasses[unit] !== 0) return /[0-9]/.test(character) ? DIGIT : LETTER;
  const index = Object.keys(PUNCTUATORS).indexOf(character);
  return index === -1 ? 0 : index + FIRST_PUNCTUATOR;
});

function run(source: string, words: WordTable, options: ScriptOptions): Scan {
  const scan = new ScriptScan(source, words, options);
  if (source.startsWith("#!")) scan.at = Math.max(source.indexOf("\n"), 2);
  while (scan.at < source.length) {
    if (scan.kind >= codes.JSX_TAG) {
      readJsx(scan);
      continue;
    }
    let unit = source.charCodeAt(scan.at);
    while (unit === SPACE) unit = source.charCodeAt(++scan.at);
    const begins = unit < 128 ? (beginnings[unit] as number) : isLetterBeyondAscii(unit) ? LETTER : BLANK;
    if (begins === LETTER) readWord(scan);
    else if (begins === BLANK) scan.at++;
    else if (begins === BREAK) {
      scan.newline = true;
      scan.at++;
    } else if (begins === DIGIT) readNumber(scan);
    else if (begins === 0) operators.operator(scan);
    else readers[begins - FIRST_PUNCTUATOR]?.(scan);
  }
  return scan.finish();
}

function readString(scan: ScriptScan): void {
  scan.at = literal(scan, stringEnd(scan.source, scan.at));
  scan.done(codes.LITERAL);
}

/** A number ends where its letters, digits and points do: 0x1F, 1_000n, 1.5e3. */
function readNumber(scan: ScriptScan): void {
  const { source } = scan;
  let end = scan.at + 1;
  for (;;) {
    const unit = source.charCodeAt(end);
    const isPoint = unit === 46 && source.charCodeAt(end + 1) >= 48 && source.charCodeAt(end + 1) <= 57;
    if (!isPoint && !isWordUnit(unit)) break;
    end++;
  }
  scan.at = literal(scan, end);
  scan.done(codes.LITERAL);
}

/** What a string or number does to the item in progress. @returns `end`. */
function literal(scan: ScriptScan, end: number): number {
  if (scan.breaks) scan.endItem();
  if (scan.state === codes.MEMBER || scan.state === codes.DECORATOR) scan.state = codes.NAMED;
  else if (scan.state === codes.VALUE) noteOther(scan);
  return end;
}

function openTemplate(scan: ScriptScan): void {
  scan.at++;
  if (scan.state === codes.VALUE) noteOther(scan);
  readTemplate(scan);
}

/** #name: a member of a class where one begins, else a use of one. */
function readPrivateName(scan: ScriptScan): void {
  const at = scan.at++;
  if (!startsWord(scan.source.charCodeAt(scan.at))) {
    scan.done(codes.OPERATOR);
    return;
  }
  scan.word();
  if (scan.breaks) scan.endItem();
  if (scan.kind === codes.CLASS && (scan.state === codes.MEMBER || scan.state === codes.DECORATOR)) readPrivateMember(scan, at);
  else scan.done(codes.WORD);
}

const scannerOf = (options: ScriptOptions): Scanner => ({
  scan: (source, words = new WordTable(source)) => run(source, words, options),
});

export const typescript = scannerOf({ hasTypes: true, hasJsx: false });
export const tsx = scannerOf({ hasTypes: true, hasJsx: true });
export const javascript = scannerOf({ hasTypes: false, hasJsx: true });
