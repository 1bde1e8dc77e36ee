// One glob without braces, compiled: literal beginning, ending and longest middle part for quick tests, then a matcher over folders.
// The matcher never backtracks further than the last `*` of a name and the last `**`, so no pattern is exponential.
// Works on whole characters (code points): `?` is one, whatever its bytes.

import { classEnd, globError } from "./glob-braces.ts";

const SLASH = 47;
/** Codes of a name's pattern: a code point, one of these, or `CLASS` minus the number of a class. */
const ANY = -1;
const STAR = -2;
const CLASS = -3;
const ASCII = 128;

interface CharacterClass {
  readonly isNegated: boolean;
  /** First and last code point, in turn. */
  readonly ranges: readonly number[];
  /** 1 for each ASCII character it matches. */
  readonly ascii: Uint8Array;
}

/** One part between slashes. */
interface Part {
  readonly isDeep: boolean;
  readonly codes: readonly number[];
}

export class GlobPattern {
  /** What every match begins with. */
  readonly prefix: string;
  readonly #suffix: string;
  readonly #middle: string;
  /** Beginning and ending say all: `src/**`, `src/**` and then `/*.ts`. */
  readonly #isDecided: boolean;
  readonly #parts: readonly Part[];
  readonly #lastDeep: number;
  readonly #classes: CharacterClass[] = [];

  /** @param text without braces, anchored at the root of the list */
  constructor(text: string) {
    const parts = splitParts(text).map((part) => this.#readPart(part, text));
    this.#parts = parts.filter((part, index) => !(part.isDeep && parts[index - 1]?.isDeep));
    this.#lastDeep = this.#parts.findLastIndex((part) => part.isDeep);
    this.prefix = this.#readPrefix();
    const last = this.#parts.at(-1) as Part;
    this.#suffix = last.isDeep ? "" : asText(last.codes.slice(last.codes.findLastIndex((code) => code < 0) + 1));
    this.#middle = this.#readMiddle();
    const wild = this.#parts.findIndex((part) => part.isDeep);
    const rest = wild < 0 ? undefined : this.#parts.slice(wild + 1);
    this.#isDecided =
      this.#parts.slice(0, wild).every((part) => part.codes.every((code) => code >= 0)) &&
      (rest?.length === 0 || (rest?.length === 1 && last.codes[0] === STAR && last.codes.slice(1).every((code) => code >= 0)));
  }

  matches(path: string): boolean {
    if (!path.endsWith(this.#suffix) || !path.startsWith(this.prefix)) return false;
    if (this.#isDecided) return path.length > this.prefix.length && path.length >= this.prefix.length + this.#suffix.length;
    return (this.#middle === "" || path.includes(this.#middle)) && this.#matchesParts(path);
  }

  /** Parts behind the last `**`, against the end of the path. @returns where they begin; -1: they do not match */
  #tailStart(path: string, lastDeep: number): number {
    let end = path.length;
    for (let index = this.#parts.length - 1; index > lastDeep; index--) {
      if (end < 0) return -1;
      const from = path.lastIndexOf("/", end - 1) + 1;
      if (end === 0 || !this.#matchesName((this.#parts[index] as Part).codes, path, from, end)) return -1;
      end = from - 1;
    }
    return end + 1;
  }

  #matchesParts(path: string): boolean {
    const parts = this.#parts;
    let next = 0;
    let at = 0;
    if (this.#lastDeep >= 0) {
      const tail = this.#tailStart(path, this.#lastDeep);
      // Most patterns have one `**`, in front.
      if (tail < 0 || this.#lastDeep === 0) return tail >= 0;
    }
    let deep = -1;
    let deepAt = 0;
    for (;;) {
      const part = parts[next];
      if (part?.isDeep) {
        if (next === parts.length - 1) return at < path.length;
        deep = ++next;
        deepAt = at;
        continue;
      }
      if (part !== undefined && at <= path.length) {
        const slash = path.indexOf("/", at);
        const end = slash < 0 ? path.length : slash;
        if (this.#matchesName(part.codes, path, at, end)) {
          at = end + 1;
          next++;
          continue;
        }
      } else if (part === undefined && at > path.length) return true;
      if (deep < 0) return false;
      deepAt = path.indexOf("/", deepAt) + 1;
      if (deepAt === 0) return false;
      at = deepAt;
      next = deep;
    }
  }

  #matchesName(codes: readonly number[], path: string, from: number, end: number): boolean {
    let next = 0;
    let at = from;
    let afterStar = -1;
    let starAt = from;
    while (at < end || next < codes.length) {
      const code = codes[next];
      if (code === STAR) {
        afterStar = ++next;
        starAt = at;
        if (afterStar === codes.length) return true;
        continue;
      }
      if (at < end && code !== undefined) {
        const unit = path.charCodeAt(at);
        const point = unit < 0xd800 ? unit : (path.codePointAt(at) as number);
        if (point === code || code === ANY || (code <= CLASS && this.#isInClass(CLASS - code, point))) {
          at += point > 0xffff ? 2 : 1;
          next++;
          continue;
        }
      }
      if (afterStar < 0 || starAt >= end) return false;
      starAt += path.charCodeAt(starAt) >= 0xd800 && (path.codePointAt(starAt) as number) > 0xffff ? 2 : 1;
      at = starAt;
      next = afterStar;
    }
    return true;
  }

  #isInClass(number: number, point: number): boolean {
    const { isNegated, ranges, ascii } = this.#classes[number] as CharacterClass;
    return point < ASCII ? ascii[point] === 1 : isInRanges(ranges, point) !== isNegated;
  }

  #readPart(text: string, pattern: string): Part {
    if (text === "**") return { isDeep: true, codes: [] };
    const codes: number[] = [];
    for (let at = 0; at < text.length; ) {
      const character = text[at];
      if (character === "*") {
        if (codes.at(-1) !== STAR) codes.push(STAR);
        at++;
      } else if (character === "?") {
        codes.push(ANY);
        at++;
      } else if (character === "[") {
        const end = classEnd(text, at);
        codes.push(CLASS - this.#classes.push(readClass(text.slice(at + 1, end - 1), pattern)) + 1);
        at = end;
      } else {
        if (character === "\\") at++;
        const point = text.codePointAt(at);
        if (point === undefined) throw globError(pattern, "ends with a backslash");
        codes.push(point);
        at += point > 0xffff ? 2 : 1;
      }
    }
    return { isDeep: false, codes };
  }

  #readPrefix(): string {
    const texts: string[] = [];
    for (const part of this.#parts) {
      const wild = part.isDeep ? 0 : part.codes.findIndex((code) => code < 0);
      texts.push(asText(wild < 0 ? part.codes : part.codes.slice(0, wild)));
      if (wild >= 0) break;
    }
    return texts.join("/");
  }

  /** The longest literal text between wildcards of one name. */
  #readMiddle(): string {
    let longest = "";
    for (const { codes } of this.#parts) {
      for (let from = 0; from < codes.length; ) {
        const wild = codes.findIndex((code, index) => index >= from && code < 0);
        const end = wild < 0 ? codes.length : wild;
        const text = asText(codes.slice(from, end));
        if (text.length > longest.length) longest = text;
        from = end + 1;
      }
    }
    return this.prefix.includes(longest) || this.#suffix.includes(longest) ? "" : longest;
  }
}

const asText = (codes: readonly number[]) => codes.map((code) => String.fromCodePoint(code)).join("");

function splitParts(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; ) {
    if (text.charCodeAt(at) === SLASH) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
    at = text[at] === "[" ? classEnd(text, at) : at + (text[at] === "\\" ? 2 : 1);
  }
  return [...parts, text.slice(from)];
}

/** @param body between the brackets */
function readClass(body: string, pattern: string): CharacterClass {
  const isNegated = body[0] === "!" || body[0] === "^";
  const points: { readonly point: number; readonly isDash: boolean }[] = [];
  for (let at = isNegated ? 1 : 0; at < body.length; ) {
    const isEscaped = body[at] === "\\";
    const point = body.codePointAt(isEscaped ? at + 1 : at) as number;
    points.push({ point, isDash: !isEscaped && body[at] === "-" });
    at += (isEscaped ? 1 : 0) + (point > 0xffff ? 2 : 1);
  }
  const ranges: number[] = [];
  for (let index = 0; index < points.length; index++) {
    const low = (points[index] as { point: number }).point;
    const end = points[index + 1]?.isDash ? points[index + 2] : undefined;
    if (end && end.point < low) throw globError(pattern, "has a range that ends before it begins");
    ranges.push(low, end?.point ?? low);
    if (end) index += 2;
  }
  const ascii = Uint8Array.from({ length: ASCII }, (_, point) => (isInRanges(ranges, point) !== isNegated ? 1 : 0));
  return { isNegated, ranges, ascii };
}

function isInRanges(ranges: readonly number[], point: number): boolean {
  for (let index = 0; index < ranges.length; index += 2) {
    if (point >= (ranges[index] as number) && point <= (ranges[index + 1] as number)) return true;
  }
  return false;
}
