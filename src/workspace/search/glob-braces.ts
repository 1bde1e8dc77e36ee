// Writes a glob's braces out: `{a,b}`, nested, and ranges `{1..3}`, `{01..10}`, `{a..e}`. Escapes and `[...]` stay as written.
// Bounded: what would grow over ALTERNATIVES_MAX is refused before it is built. Knows nothing of paths.

import { MillraceError } from "../../base/index.ts";

export const ALTERNATIVES_MAX = 1024;
const NUMBERS = /^(-?\d{1,9})\.\.(-?\d{1,9})$/;
const LETTERS = /^([a-zA-Z])\.\.([a-zA-Z])$/;

export const globError = (pattern: string, why: string) =>
  new MillraceError("pattern_invalid", `The glob ${JSON.stringify(pattern.slice(0, 200))} ${why}.`);

/** All patterns without braces that `pattern` stands for, in the order written. One alternative alone, `{a}`, is `a`. */
export function expandBraces(pattern: string): string[] {
  const { texts, end } = readSequence(pattern, 0, false);
  // A closing brace that closes nothing stands for itself; `readSequence` goes past it.
  if (end !== pattern.length) throw globError(pattern, "has a brace that is not closed");
  return texts;
}

/** Reads up to the end, or inside braces up to the comma or brace that ends this alternative. */
function readSequence(pattern: string, from: number, isInside: boolean): { texts: string[]; end: number } {
  let texts = [""];
  let at = from;
  let plainFrom = from;
  const flush = () => {
    const plain = pattern.slice(plainFrom, at);
    if (plain !== "") texts = texts.map((text) => text + plain);
  };
  while (at < pattern.length) {
    const character = pattern[at];
    if (isInside && (character === "," || character === "}")) break;
    if (character === "\\") at += 2;
    else if (character === "[") at = classEnd(pattern, at);
    else if (character === "{") {
      flush();
      const group = readGroup(pattern, at);
      if (texts.length * group.texts.length > ALTERNATIVES_MAX) {
        throw globError(pattern, `stands for over ${ALTERNATIVES_MAX} patterns; write fewer alternatives`);
      }
      texts = texts.flatMap((text) => group.texts.map((more) => text + more));
      plainFrom = at = group.end;
    } else at++;
  }
  at = Math.min(at, pattern.length);
  flush();
  return { texts, end: at };
}

/** @param open where the brace opens */
function readGroup(pattern: string, open: number): { texts: string[]; end: number } {
  const close = pattern.indexOf("}", open);
  const range = close < 0 ? undefined : readRange(pattern.slice(open + 1, close), pattern);
  if (range) return { texts: range, end: close + 1 };
  const texts: string[] = [];
  let at = open;
  do {
    const alternative = readSequence(pattern, at + 1, true);
    if (texts.length + alternative.texts.length > ALTERNATIVES_MAX) {
      throw globError(pattern, `stands for over ${ALTERNATIVES_MAX} patterns; write fewer alternatives`);
    }
    texts.push(...alternative.texts);
    at = alternative.end;
  } while (pattern[at] === ",");
  if (pattern[at] !== "}") throw globError(pattern, "has a brace that is not closed");
  return { texts, end: at + 1 };
}

function readRange(body: string, pattern: string): string[] | undefined {
  const letters = LETTERS.exec(body);
  const numbers = letters ? undefined : NUMBERS.exec(body);
  const [, first = "", last = ""] = letters ?? numbers ?? [];
  if (first === "") return undefined;
  const [low, high] = letters ? [first.charCodeAt(0), last.charCodeAt(0)] : [Number(first), Number(last)];
  const count = Math.abs(high - low) + 1;
  if (count > ALTERNATIVES_MAX) {
    throw globError(pattern, `stands for over ${ALTERNATIVES_MAX} patterns; write a smaller range`);
  }
  const step = high < low ? -1 : 1;
  const width = [first, last].some((text) => /^-?0\d/.test(text)) ? Math.max(first.length, last.length) : 0;
  return Array.from({ length: count }, (_, index) => {
    const value = low + index * step;
    return letters ? String.fromCharCode(value) : padded(value, width);
  });
}

function padded(value: number, width: number): string {
  return value < 0 ? `-${String(-value).padStart(width - 1, "0")}` : String(value).padStart(width, "0");
}

/** Where the pattern goes on behind a class of characters. A closing bracket in first place is one of the class. */
export function classEnd(pattern: string, open: number): number {
  let at = open + 1;
  if (pattern[at] === "!" || pattern[at] === "^") at++;
  if (pattern[at] === "]") at++;
  while (at < pattern.length && pattern[at] !== "]") at += pattern[at] === "\\" ? 2 : 1;
  if (at >= pattern.length) throw globError(pattern, "has a bracket that is not closed");
  return at + 1;
}
