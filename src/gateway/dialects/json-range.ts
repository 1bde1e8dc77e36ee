// Finds where a top-level string value stands in the bytes of a JSON object, so that it can be edited without
// rewriting the rest. Reads the whole object, because a later duplicate of the key wins, as in JSON.parse.
// Does not judge the JSON: the caller has parsed it, and on broken text the answer is undefined.

import { text } from "../../base/index.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

export interface ByteRange {
  /** Offset of the opening quote. */
  readonly start: number;
  /** Offset after the closing quote. */
  readonly end: number;
}

/**
 * The bytes, quotes included, of the string under `key` of the JSON object in `body`. Undefined when the body is no
 * object, has no such key, or its value (of the last duplicate) is no string.
 */
export function topLevelStringRange(body: Uint8Array, key: string): ByteRange | undefined {
  let found: ByteRange | undefined;
  let at = skipSpace(body, BYTE_ORDER_MARK.every((byte, index) => body[index] === byte) ? BYTE_ORDER_MARK.length : 0);
  if (body[at] !== OPEN_OBJECT) return undefined;
  do {
    const keyStart = skipSpace(body, at + 1);
    if (body[keyStart] !== QUOTE) return body[keyStart] === CLOSE_OBJECT ? found : undefined;
    const keyEnd = stringEnd(body, keyStart);
    at = skipSpace(body, keyEnd);
    if (keyEnd < 0 || body[at] !== COLON) return undefined;
    const start = skipSpace(body, at + 1);
    const end = valueEnd(body, start);
    if (end < 0) return undefined;
    if (names(body, keyStart, keyEnd, key)) found = body[start] === QUOTE ? { start, end } : undefined;
    at = skipSpace(body, end);
  } while (body[at] === COMMA);
  return body[at] === CLOSE_OBJECT ? found : undefined;
}

function skipSpace(body: Uint8Array, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at++;
  return at;
}

/** Offset after the string that opens at `start`, or -1. */
function stringEnd(body: Uint8Array, start: number): number {
  for (let quote = body.indexOf(QUOTE, start + 1); quote >= 0; quote = body.indexOf(QUOTE, quote + 1)) {
    let backslashes = 0;
    while (body[quote - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return -1;
}

/** Offset after the value that begins at `start`, or -1. */
function valueEnd(body: Uint8Array, start: number): number {
  let depth = 0;
  for (let at = start; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) {
      const end = stringEnd(body, at);
      if (end < 0 || depth === 0) return end;
      at = end - 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (byte === COMMA && depth === 0) return at;
  }
  return -1;
}

/** A key may be spelt with escapes, and then only parsing tells what it names. */
function names(body: Uint8Array, start: number, end: number, key: string): boolean {
  const token = text(body.subarray(start, end));
  if (!token.includes("\\")) return token === `"${key}"`;
  try {
    return JSON.parse(token) === key;
  } catch {
    return false;
  }
}
