// Where strings, templates, regular expressions, comments and white space end. Pure functions over (source, offset);
// what is not closed ends with its line or with the source. Each looks at every unit once.

import { isWordUnit, unitClasses, WORD_START } from "../word-units.ts";

const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const DOLLAR = 36;
const STAR = 42;
const SLASH = 47;
const BACKSLASH = 92;
const BACKTICK = 96;

/** After the closing quote of the string whose opening quote is at `from`. */
export function stringEnd(source: string, from: number): number {
  const quote = source.charCodeAt(from);
  const length = source.length;
  for (let at = from + 1; at < length; at++) {
    const unit = source.charCodeAt(at);
    if (unit === quote) return at + 1;
    if (unit === BACKSLASH) at += source.charCodeAt(at + 1) === CARRIAGE_RETURN ? 2 : 1;
    else if (unit === LINE_FEED) return at;
  }
  return length;
}

/** After the closing backtick or after the next `${` of template text that begins at `from`. */
export function templateEnd(source: string, from: number): number {
  const length = source.length;
  for (let at = from; at < length; at++) {
    const unit = source.charCodeAt(at);
    if (unit === BACKTICK) return at + 1;
    if (unit === BACKSLASH) at++;
    else if (unit === DOLLAR && source.charCodeAt(at + 1) === 123) return at + 2;
  }
  return length;
}

/** After the flags of the regular expression whose slash is at `from`; minus the line's end if it is not closed there. */
export function regexEnd(source: string, from: number): number {
  let inClass = false;
  let at = from + 1;
  for (; at < source.length; at++) {
    const unit = source.charCodeAt(at);
    if (unit === LINE_FEED) break;
    if (unit === BACKSLASH) at++;
    else if (unit === 91) inClass = true;
    else if (unit === 93) inClass = false;
    else if (unit === SLASH && !inClass) {
      at++;
      while (source.charCodeAt(at) >= 97 && source.charCodeAt(at) <= 122) at++;
      return at;
    }
  }
  return -Math.min(at, source.length);
}

/** After the comment at `from`; the line break that ends a line comment is not part of it. */
export function commentEnd(source: string, from: number): number {
  const isLine = source.charCodeAt(from + 1) === SLASH;
  const end = isLine ? source.indexOf("\n", from + 2) : source.indexOf("*/", from + 2);
  if (end === -1) return source.length;
  return isLine ? end : end + 2;
}

/** The first unit at or after `from` that is neither white space nor comment. */
export function triviaEnd(source: string, from: number): number {
  let at = from;
  while (at < source.length) {
    const unit = source.charCodeAt(at);
    if (unit === SPACE || (unit >= TAB && unit <= CARRIAGE_RETURN) || unit === 0xa0 || unit === 0xfeff) at++;
    else if (unit === SLASH && isCommentMark(source.charCodeAt(at + 1))) at = commentEnd(source, at);
    else return at;
  }
  return source.length;
}

export const isCommentMark = (unit: number): boolean => unit === SLASH || unit === STAR;
export const isQuote = (unit: number): boolean => unit === 34 || unit === 39;

/** After the word at `from`; `from` itself if there is none. */
export function wordEnd(source: string, from: number): number {
  let at = from;
  while (isWordUnit(source.charCodeAt(at))) at++;
  return at;
}

/** Whether a unit (NaN past the end) begins a name. */
export const startsWord = (unit: number): boolean => unit >= 0 && unitClasses[unit] === WORD_START;

/** Whether exactly `word` stands at `at`. */
export const isWordAt = (source: string, at: number, word: string): boolean =>
  source.startsWith(word, at) && !isWordUnit(source.charCodeAt(at + word.length));

/** The content of the string literal at `at`, or of a template without expressions; undefined if there is none. */
export function literalAt(source: string, at: number): { text: string; end: number } | undefined {
  const quote = source.charCodeAt(at);
  if (!isQuote(quote) && quote !== BACKTICK) return undefined;
  const end = quote === BACKTICK ? templateEnd(source, at + 1) : stringEnd(source, at);
  return end - at > 1 && source.charCodeAt(end - 1) === quote ? { text: source.slice(at + 1, end - 1), end } : undefined;
}
