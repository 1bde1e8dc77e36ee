// Finds the lines of one text that match: literal searches on bytes, expressions on the text as a string; each line once, with the place of
// its first match. Knows no files and no limits on time: a regular expression may take as long as it likes.

import type { LineRegex } from "./regex-source.ts";
import { byteLength, readable, type SearchedText, stringOf } from "./searched-text.ts";

export interface LineMatch {
  /** From 1. */
  readonly line: number;
  /** Of the line's first match: bytes of UTF-8, from 1. */
  readonly column: number;
  /** The line without its line feed (a carriage return stays); when longer than the limit, the part around the match, "…" where it is cut. */
  readonly text: string;
  /** Set when the line is cut: the column of the first byte of `text` behind its mark. */
  readonly textColumn?: number;
}

/** @returns false: no more, please */
export type OnMatch = (match: LineMatch) => boolean;

const LINE_FEED = 10;
const MARK = "…";
/** How much of a cut line stands in front of the match: a quarter. */
const BEFORE_PART = 4;

/** @param needle not empty, without a line feed */
export function searchBytes(text: SearchedText, needle: Buffer, textMax: number, onMatch: OnMatch): void {
  const { bytes, isAscii } = text;
  const lines = new LineCounter(bytes);
  for (let at = bytes.indexOf(needle); at >= 0; ) {
    const start = at === 0 ? 0 : bytes.lastIndexOf(LINE_FEED, at - 1) + 1;
    const feed = bytes.indexOf(LINE_FEED, at);
    const whole = stringOf({ bytes: bytes.subarray(start, feed < 0 ? bytes.length : feed), isAscii });
    const index = isAscii ? at - start : stringOf({ bytes: bytes.subarray(start, at), isAscii }).length;
    if (!onMatch({ line: lines.at(start), column: at - start + 1, ...excerpt(whole, index, textMax) })) return;
    at = feed < 0 ? -1 : bytes.indexOf(needle, feed + 1);
  }
}

/** For expressions each of whose matches holds `needle`: looks at the lines that do. */
export function searchLinesWith(text: SearchedText, needle: Buffer, regex: LineRegex, textMax: number, onMatch: OnMatch): void {
  const { bytes, isAscii } = text;
  const exact = regex.exact ?? regex.loose;
  const lines = new LineCounter(bytes);
  for (let at = bytes.indexOf(needle); at >= 0; ) {
    const start = at === 0 ? 0 : bytes.lastIndexOf(LINE_FEED, at - 1) + 1;
    const feed = bytes.indexOf(LINE_FEED, at);
    const whole = stringOf({ bytes: bytes.subarray(start, feed < 0 ? bytes.length : feed), isAscii });
    const index = whole.search(start === 0 ? exact : (regex.exactBelow ?? exact));
    if (index >= 0) {
      const column = (isAscii ? index : byteLength(whole, index)) + 1;
      if (!onMatch({ line: lines.at(start), column, ...excerpt(whole, index, textMax) })) return;
    }
    at = feed < 0 ? -1 : bytes.indexOf(needle, feed + 1);
  }
}

export function searchRegex(text: SearchedText, regex: LineRegex, textMax: number, onMatch: OnMatch): void {
  const all = stringOf(text);
  const { loose, exact, exactBelow } = regex;
  let line = 1;
  let counted = 0;
  for (let from = 0; from < all.length; ) {
    loose.lastIndex = from;
    const at = loose.exec(all)?.index;
    // Nothing is found at the very end, where no line may be; as in ripgrep.
    if (at === undefined || at === all.length) return;
    const start = at === 0 ? 0 : all.lastIndexOf("\n", at - 1) + 1;
    const feed = all.indexOf("\n", at);
    const whole = all.slice(start, feed < 0 ? all.length : feed);
    const decisive = start === 0 ? exact : (exactBelow ?? exact);
    const index = decisive ? whole.search(decisive) : at - start;
    if (index >= 0 && start + index < all.length) {
      for (let next = all.indexOf("\n", counted); next >= 0 && next < start; next = all.indexOf("\n", counted)) {
        line++;
        counted = next + 1;
      }
      const column = (text.isAscii ? index : byteLength(whole, index)) + 1;
      if (!onMatch({ line, column, ...excerpt(whole, index, textMax) })) return;
    }
    from = feed < 0 ? all.length : feed + 1;
  }
}

/** Numbers lines from their beginnings, asked for in rising order. */
class LineCounter {
  readonly #bytes: Buffer;
  #line = 1;
  #counted = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  at(start: number): number {
    for (let next = this.#bytes.indexOf(LINE_FEED, this.#counted); next >= 0 && next < start; ) {
      this.#line++;
      this.#counted = next + 1;
      next = this.#bytes.indexOf(LINE_FEED, this.#counted);
    }
    return this.#line;
  }
}

function excerpt(line: string, index: number, textMax: number): Pick<LineMatch, "text" | "textColumn"> {
  if (line.length <= textMax) return { text: readable(line) };
  const from = wholeAt(line, Math.max(0, Math.min(index - Math.floor(textMax / BEFORE_PART), line.length - textMax)));
  const to = wholeAt(line, from + textMax);
  const text = `${from > 0 ? MARK : ""}${readable(line.slice(from, to))}${to < line.length ? MARK : ""}`;
  return { text, textColumn: byteLength(line, from) + 1 };
}

/** Not between the halves of a pair. */
function wholeAt(text: string, index: number): number {
  const isPair = index > 0 && index < text.length && /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(index - 1, index + 1));
  return isPair ? index - 1 : index;
}
