// The bytes of a file as a search sees them, as ripgrep does: UTF-16 with a mark at its beginning becomes UTF-8, a mark of UTF-8 is left out,
// and a file that then holds a NUL byte is binary. As a string, bytes that are no UTF-8 are lone low surrogates (U+DC80 + byte - 0x80):
// no valid text decodes to these, so that positions can be turned back into bytes.

import { isAscii, isUtf8 } from "node:buffer";

const NOT_TEXT_BASE = 0xdc00;

export interface SearchedText {
  /** UTF-8, as far as the file is text. */
  readonly bytes: Buffer;
  readonly isAscii: boolean;
}

/** Undefined: binary. */
export function searchedText(file: Uint8Array): SearchedText | undefined {
  const bytes = withoutMark(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
  return bytes.includes(0) ? undefined : { bytes, isAscii: isAscii(bytes) };
}

function withoutMark(bytes: Buffer): Buffer {
  const [first, second, third] = bytes;
  if (first === 0xff && second === 0xfe) return Buffer.from(new TextDecoder("utf-16le").decode(bytes));
  if (first === 0xfe && second === 0xff) return Buffer.from(new TextDecoder("utf-16be").decode(bytes));
  return first === 0xef && second === 0xbb && third === 0xbf ? bytes.subarray(3) : bytes;
}

export function stringOf({ bytes, isAscii }: SearchedText): string {
  if (isAscii) return bytes.toString("latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : decodeBroken(bytes);
}

/** How many bytes a part of such a string stands for. */
export function byteLength(text: string, end = text.length): number {
  let bytes = 0;
  for (let at = 0; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) bytes++;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit < 0xdc00) {
      // Pairs are whole: a high surrogate never stands alone.
      bytes += 4;
      at++;
    } else bytes += unit >= 0xdc80 && unit <= 0xdcff ? 1 : 3;
  }
  return bytes;
}

/** For people: U+FFFD for each byte that is no text. */
export const readable = (text: string) => text.replace(/[\udc80-\udcff]/gu, "\ufffd");

function decodeBroken(bytes: Buffer): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      parts.push(bytes.toString("utf8", from, at), String.fromCharCode(NOT_TEXT_BASE + (bytes[at] as number)));
      from = ++at;
    } else at += length;
  }
  parts.push(bytes.toString("utf8", from, bytes.length));
  return parts.join("");
}

/** Of the well-formed character at `at` (Unicode Standard, table 3-7); 0: there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const second = bytes[at + 1] ?? 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let index = 2; index < length; index++) if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}
