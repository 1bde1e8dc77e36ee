// Matches text against a wildcard pattern as git does for paths: `*` and `?` stay within one folder, `**` between slashes crosses them.
// Works on bytes: pattern and text are strings of one character a byte, so that `?` is one byte, as git has it.
// Never backtracks further than the last `*` and the last `**`: no pattern is exponential. Compiled once; knows no files and no rules.

import { parseCharacterClass } from "./character-class.ts";

const SLASH = 47;
const UPPER_A = 65;
const UPPER_Z = 90;
const CASE_BIT = 32;

/** Codes of a compiled pattern: a byte (0 to 255), one of these, or `CLASS` plus the number of a character class. */
const ANY_BYTE = -1;
const STAR = -2;
/** `**` at the end, or before an escaped slash. */
const EVERYTHING = -3;
/** `**` and a slash: no folder, or any number of them. */
const FOLDERS = -4;
const CLASS = 256;

export type Match = (bytes: string) => boolean;

/** Undefined: the pattern is malformed and so matches nothing, as in git. `isFolded`: A to Z are as a to z. */
export function compileWildcard(pattern: string, isFolded = false): Match | undefined {
  const codes: number[] = [];
  const classes: Uint8Array[] = [];
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at];
    if (character === "*") at = readStars(pattern, at, codes);
    else if (character === "[") {
      const found = parseCharacterClass(pattern, at + 1, isFolded);
      if (!found) return undefined;
      codes.push(CLASS + classes.push(found.bytes) - 1);
      at = found.end;
    } else if (character === "\\") {
      if (at + 1 === pattern.length) return undefined;
      // What is escaped is compared as written even where case does not matter.
      codes.push(pattern.charCodeAt(at + 1));
      at += 2;
    } else {
      codes.push(character === "?" ? ANY_BYTE : lowered(pattern.charCodeAt(at), isFolded));
      at++;
    }
  }
  const program = new Program(codes, classes, isFolded);
  return (bytes) => program.matches(bytes);
}

/** @returns where the pattern goes on */
function readStars(pattern: string, from: number, codes: number[]): number {
  let end = from + 1;
  while (pattern[end] === "*") end++;
  const isBounded =
    (from === 0 || pattern[from - 1] === "/") && (end === pattern.length || /^\\?\//.test(pattern.slice(end, end + 2)));
  if (end - from === 1 || !isBounded) codes.push(STAR);
  else if (pattern[end] === "/") {
    codes.push(FOLDERS);
    end++;
  } else codes.push(EVERYTHING);
  return end;
}

function lowered(code: number, isFolded: boolean): number {
  return isFolded && code >= UPPER_A && code <= UPPER_Z ? code + CASE_BIT : code;
}

class Program {
  readonly #codes: readonly number[];
  readonly #classes: readonly Uint8Array[];
  readonly #isFolded: boolean;

  constructor(codes: readonly number[], classes: readonly Uint8Array[], isFolded: boolean) {
    this.#codes = codes;
    this.#classes = classes;
    this.#isFolded = isFolded;
  }

  /**
   * On failure the last `*` takes one byte more, or, where that is a slash, the last `**` does. Earlier ones need no second try: what stands
   * before a `**` ends at a slash whose number is fixed, and a later `*` of the same folder can take whatever an earlier one would.
   */
  matches(text: string): boolean {
    const codes = this.#codes;
    let next = 0;
    let at = 0;
    let afterStar = -1;
    let starEnd = 0;
    let deep = -1;
    let deepEnd = 0;
    for (;;) {
      const code = codes[next];
      if (code === undefined) {
        if (at === text.length) return true;
      } else if (code === STAR) {
        afterStar = ++next;
        starEnd = at;
        continue;
      } else if (code === EVERYTHING || code === FOLDERS) {
        deep = next++;
        deepEnd = at;
        afterStar = -1;
        continue;
      } else if (at < text.length && this.#accepts(code, text.charCodeAt(at))) {
        next++;
        at++;
        continue;
      }
      if (afterStar >= 0 && starEnd < text.length && text.charCodeAt(starEnd) !== SLASH) {
        at = ++starEnd;
        next = afterStar;
        continue;
      }
      if (deep < 0 || deepEnd >= text.length) return false;
      deepEnd = codes[deep] === FOLDERS ? text.indexOf("/", deepEnd) + 1 : deepEnd + 1;
      if (deepEnd === 0) return false;
      at = deepEnd;
      next = deep + 1;
      afterStar = -1;
    }
  }

  #accepts(code: number, byte: number): boolean {
    if (code === ANY_BYTE) return byte !== SLASH;
    if (code >= CLASS) return byte !== SLASH && this.#classes[code - CLASS]?.[byte] === 1;
    return lowered(byte, this.#isFolded) === code;
  }
}
