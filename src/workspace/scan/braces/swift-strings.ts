// The strings of Swift: plain, of several lines, and with hashes around them, all with code in `\(...)`.

import { readDirective } from "./directives.ts";
import type { LexicalReader } from "./lexical-table.ts";

const DIRECTIVES = { hasJoinedLines: false };

export function readSwiftQuote(lexer: LexicalReader, at: number): number {
  return string(lexer, at, at, 0);
}

/** `#"..."#`, `#if`, or a sign such as in `#selector`. */
export function readSwiftHash(lexer: LexicalReader, at: number): number {
  const { source } = lexer;
  let hashes = 1;
  while (source.charAt(at + hashes) === "#") hashes++;
  if (source.charAt(at + hashes) === '"') return string(lexer, at, at + hashes, hashes);
  if (hashes > 1) {
    lexer.mark(at);
    return at + hashes;
  }
  const isCondition = /^#(?:if|elseif|else|endif|sourceLocation)\b/.test(source.slice(at, at + 16));
  return (isCondition ? readDirective(lexer, at, DIRECTIVES) : undefined) ?? lexer.mark(at);
}

function string(lexer: LexicalReader, start: number, quote: number, hashes: number): number {
  const quotes = lexer.source.startsWith('"""', quote) ? '"""' : '"';
  const marks = "#".repeat(hashes);
  return lexer.string(start, quote + quotes.length, {
    close: quotes + marks,
    hasEscapes: hashes === 0,
    hasLines: quotes.length === 3,
    interpolation: `\\${marks}(`,
  });
}
