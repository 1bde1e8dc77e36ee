// What Rust writes with quotes and hashes: strings, raw strings and raw names, characters and lifetimes.

import { isWordUnit } from "../word-units.ts";
import { type LexicalReader, PLAIN_APOSTROPHES } from "./lexical-table.ts";

const RAW_PREFIX = /^(?:r|br|cr)$/;
const PREFIX = /^[bc]$/;
const QUOTE = 34;
const HASH = 35;
const BACKSLASH = 92;
const APOSTROPHE = 39;

export function readRustQuote(lexer: LexicalReader, at: number): number {
  const prefix = lexer.prefix(at);
  const isRaw = RAW_PREFIX.test(prefix);
  if (!isRaw && !PREFIX.test(prefix)) return lexer.string(at, at + 1, { close: '"', hasEscapes: true, hasLines: true });
  lexer.dropPrefix();
  return lexer.string(at - prefix.length, at + 1, { close: '"', hasEscapes: !isRaw, hasLines: true });
}

/** `r#"..."#`, `r#name`, or a hash of its own. */
export function readRustHash(lexer: LexicalReader, at: number): number {
  const { source } = lexer;
  const prefix = lexer.prefix(at);
  if (!RAW_PREFIX.test(prefix)) return lexer.mark(at);
  let hashes = 1;
  while (source.charCodeAt(at + hashes) === HASH) hashes++;
  const start = at - prefix.length;
  if (source.charCodeAt(at + hashes) === QUOTE) {
    lexer.dropPrefix();
    return lexer.string(start, at + hashes + 1, { close: `"${"#".repeat(hashes)}`, hasLines: true });
  }
  if (hashes > 1 || !isWordUnit(source.charCodeAt(at + 1))) return lexer.mark(at);
  lexer.dropPrefix();
  return lexer.word(at + 1, start);
}

/** A character, or a lifetime, which is no token. */
export function readRustApostrophe(lexer: LexicalReader, at: number): number {
  const { source } = lexer;
  const prefix = lexer.prefix(at);
  if (prefix === "b") lexer.dropPrefix();
  const next = source.charCodeAt(at + 1);
  if (next === BACKSLASH) return lexer.string(at, at + 1, PLAIN_APOSTROPHES);
  const width = next >= 0xd800 && next < 0xdc00 ? 2 : 1;
  if (source.charCodeAt(at + 1 + width) === APOSTROPHE) return lexer.string(at, at + 1, PLAIN_APOSTROPHES);
  let end = at + 1;
  while (isWordUnit(source.charCodeAt(end))) end++;
  return end;
}
