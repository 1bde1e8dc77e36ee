// The strings of C#: plain, verbatim (@), interpolated ($), raw (three quotes and more), and their mixtures.

import type { LexicalReader, StringRule } from "./lexical-table.ts";

const QUOTE = 34;
const AT = 64;
const DOLLAR = 36;

/** Reads what begins with `"`, `@` or `$`: a string, or a name such as @class. */
export function readCsharpString(lexer: LexicalReader, start: number): number {
  const { source } = lexer;
  let at = start;
  let dollars = 0;
  let isVerbatim = false;
  for (; source.charCodeAt(at) === AT || source.charCodeAt(at) === DOLLAR; at++) {
    if (source.charCodeAt(at) === DOLLAR) dollars++;
    else if (isVerbatim) break;
    else isVerbatim = true;
  }
  if (source.charCodeAt(at) !== QUOTE) return isVerbatim && at === start + 1 && isNameAt(lexer, at) ? lexer.word(at, start) : at;
  let quotes = 1;
  while (!isVerbatim && source.charCodeAt(at + quotes) === QUOTE) quotes++;
  const code: Partial<StringRule> =
    dollars === 0
      ? {}
      : {
          interpolation: "{".repeat(dollars),
          isInterpolationDoubled: dollars === 1 && quotes < 3,
          interpolationClose: dollars,
          hasFormat: true,
        };
  if (quotes >= 3) return lexer.string(start, at + quotes, { close: '"'.repeat(quotes), hasLines: true, ...code });
  if (isVerbatim) return lexer.string(start, at + 1, { close: '"', isDoubled: true, hasLines: true, ...code });
  return lexer.string(start, at + 1, { close: '"', hasEscapes: true, ...code });
}

function isNameAt(lexer: LexicalReader, at: number): boolean {
  return /[\p{L}_]/u.test(lexer.source.charAt(at));
}
