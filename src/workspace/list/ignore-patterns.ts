// One ignore file, compiled once: which of its patterns, the last that fits, decides on a name. Reads what git reads (gitignore(5)), byte by
// byte. The common shapes (a name, `*.ending`, a path without wildcards) are found in hash tables; only the others are tried one by one.
// Knows one file: how several are ranked is the work of the rules.

import { compileWildcard, type Match } from "./wildcard.ts";

const BYTE_ORDER_MARK = "\xef\xbb\xbf";
const WILDCARD = /[*?[\\]/;
const NOT_ASCII = /[\u0080-\uffff]/;

interface Pattern {
  /** Bytes, one a character, without `!`, and without the slash at the end. */
  readonly text: string;
  readonly isNegated: boolean;
  readonly isFolderOnly: boolean;
}

/** A to Z become a to z; nothing else does, as in git. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Of a name or path, one character a byte. */
function bytesOf(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

/** Undefined: the bytes are not UTF-8. */
function textOf(bytes: string): string | undefined {
  if (!NOT_ASCII.test(bytes)) return bytes;
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  return bytesOf(text) === bytes ? text : undefined;
}

export class IgnorePatterns {
  readonly #isNegated: boolean[] = [];
  readonly #forFiles: PatternTable;
  readonly #forFolders: PatternTable;

  /**
   * @param content of the ignore file, its bytes as latin1
   * @param isFolded core.ignoreCase: A to Z are as a to z. The names asked about must then be folded (`foldCase`).
   */
  constructor(content: string, isFolded: boolean) {
    this.#forFiles = new PatternTable(isFolded);
    this.#forFolders = new PatternTable(isFolded);
    for (const { text, isNegated, isFolderOnly } of readPatterns(content)) {
      const number = this.#isNegated.push(isNegated) - 1;
      this.#forFolders.add(text, number);
      if (!isFolderOnly) this.#forFiles.add(text, number);
    }
  }

  get isEmpty(): boolean {
    return this.#isNegated.length === 0;
  }

  /**
   * @param folder the path of the folder that holds `name`, with a slash at its end ("" at the top)
   * @param from how many characters of `folder` lead to the ignore file's own folder
   * @returns true: ignored; false: taken back by a `!`; undefined: nothing is said
   */
  decide(folder: string, from: number, name: string, isFolder: boolean): boolean | undefined {
    const found = (isFolder ? this.#forFolders : this.#forFiles).find(folder, from, name);
    return found < 0 ? undefined : !this.#isNegated[found];
  }
}

function readPatterns(content: string): Pattern[] {
  const patterns: Pattern[] = [];
  const body = content.startsWith(BYTE_ORDER_MARK) ? content.slice(BYTE_ORDER_MARK.length) : content;
  for (const line of body.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [written = ""] = (line.endsWith("\r") ? line.slice(0, -1) : line).split("\0", 1);
    let text = withoutTrailingSpaces(written);
    const isNegated = text.startsWith("!");
    if (isNegated) text = text.slice(1);
    const isFolderOnly = text.endsWith("/");
    if (isFolderOnly) text = text.slice(0, -1);
    // An empty one fits no name.
    if (text !== "") patterns.push({ text, isNegated, isFolderOnly });
  }
  return patterns;
}

/** Spaces at the end do not count, unless escaped. */
function withoutTrailingSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === " ") end--;
  if (end === text.length) return text;
  let backslashes = 0;
  while (text[end - 1 - backslashes] === "\\") backslashes++;
  return text.slice(0, backslashes % 2 === 0 ? end : end + 1);
}

interface Wild {
  readonly number: number;
  readonly isPath: boolean;
  /** Without wildcards: what every name that fits ends with. Spares most names the pattern itself. */
  readonly ending: string;
  readonly fits: Match;
}

/** Finds the highest number among the patterns that fit. */
class PatternTable {
  readonly #isFolded: boolean;
  readonly #names = new Map<string, number>();
  readonly #endings = new Map<string, number>();
  readonly #endingLengths: number[] = [];
  readonly #paths = new Map<string, number>();
  /** From the highest number down. */
  readonly #wild: Wild[] = [];

  constructor(isFolded: boolean) {
    this.#isFolded = isFolded;
  }

  /** Numbers must rise. */
  add(pattern: string, number: number): void {
    // A name at any depth is a name.
    const shape = /^\/?\*\*\/[^/]+$/.test(pattern) ? pattern.slice(pattern.lastIndexOf("/") + 1) : pattern;
    const isPath = shape.includes("/");
    const bytes = isPath && shape.startsWith("/") ? shape.slice(1) : shape;
    const ending = !isPath && bytes.startsWith("*") ? bytes.slice(1) : undefined;
    const literal = textOf(this.#isFolded ? foldCase(ending ?? bytes) : (ending ?? bytes));
    if (literal === undefined || WILDCARD.test(literal)) this.#addWild(bytes, isPath, number);
    else if (ending !== undefined) {
      this.#endings.set(literal, number);
      if (!this.#endingLengths.includes(literal.length)) this.#endingLengths.push(literal.length);
    } else (isPath ? this.#paths : this.#names).set(literal, number);
  }

  /** -1: none fits. */
  find(folder: string, from: number, name: string): number {
    let best = this.#names.get(name) ?? -1;
    for (const length of this.#endingLengths) {
      if (length <= name.length) best = Math.max(best, this.#endings.get(name.slice(name.length - length)) ?? -1);
    }
    if (this.#paths.size > 0) best = Math.max(best, this.#paths.get(folder.slice(from) + name) ?? -1);
    const [first] = this.#wild;
    if (first === undefined || first.number < best) return best;
    for (const { number, isPath, ending, fits } of this.#wild) {
      if (number < best) break;
      if (name.endsWith(ending) && fits(bytesOf(isPath ? folder.slice(from) + name : name))) return number;
    }
    return best;
  }

  /** The part of a path before its first wildcard is compared as it stands, and the rest as a pattern of its own: `a**` + `/b` fits `a/b` and `ab`. */
  #addWild(bytes: string, isPath: boolean, number: number): void {
    const plain = isPath ? Math.max(0, bytes.search(WILDCARD)) : 0;
    const start = this.#isFolded ? foldCase(bytes.slice(0, plain)) : bytes.slice(0, plain);
    const rest = compileWildcard(bytes.slice(plain), this.#isFolded);
    if (!rest) return;
    const fits: Match = plain === 0 ? rest : (text) => text.startsWith(start) && rest(text.slice(plain));
    this.#wild.unshift({ number, isPath, ending: this.#endingOf(bytes), fits });
  }

  #endingOf(bytes: string): string {
    const last = bytes.slice(bytes.lastIndexOf("/") + 1);
    const ending = /[[\\]/.test(last)
      ? undefined
      : textOf(last.slice(Math.max(last.lastIndexOf("*"), last.lastIndexOf("?")) + 1));
    return ending === undefined || !this.#isFolded ? (ending ?? "") : foldCase(ending);
  }
}
