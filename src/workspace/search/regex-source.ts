// Writes a tree as JavaScript's expressions, one for texts of ASCII (no flag `u`: fast, `\b` is right there) and one for all others
// (flag `v`). In the latter, bytes that are no UTF-8 stand as lone surrogates (searched-text.ts), which nothing matches, as in Rust.
// Each comes twice: `loose` finds candidates in whole texts (flag `m`), `exact` decides on one line, where `loose` may say too much.

import { WORD } from "./regex-escapes.ts";
import { type Look, pointSource, type RegexNode } from "./regex-tree.ts";

export interface LineRegex {
  /** Finds every line that matches, and perhaps more. Flags g and m. */
  readonly loose: RegExp;
  /** Whether and where one line matches; undefined: what `loose` finds is so. */
  readonly exact: RegExp | undefined;
  /** The same for lines below the first, where that differs. */
  readonly exactBelow: RegExp | undefined;
}

/** Lines' ends and bytes that are no character. */
const NEVER = "\\n\\ud800-\\udfff";
const NOT_TEXT = "\\udc80-\\udcff";
const ASCII = 128;
/** These two characters alone are another case of ASCII's. */
const LONG_S = 0x17f;
const KELVIN = 0x212a;

const BEFORE_WORD = `(?<=${WORD})`;
const AFTER_WORD = `(?=${WORD})`;
const NOT_BEFORE = `(?<!${WORD})`;
const NOT_AFTER = `(?!${WORD})`;
/** Half-boundaries, and no boundary, need characters, or the ends of the line, on both sides. */
const TEXT_SIDES = `(?<![${NOT_TEXT}])(?![${NOT_TEXT}])`;

/** Of `loose`: in front of the whole text. */
const FILE_START = "(?<![^])";

const UNICODE_LOOKS = {
  "file-start": "^",
  start: "^",
  end: "$",
  boundary: `(?:${BEFORE_WORD}${NOT_AFTER}|${NOT_BEFORE}${AFTER_WORD})`,
  "not-boundary": `(?:${BEFORE_WORD}${AFTER_WORD}|${TEXT_SIDES}${NOT_BEFORE}${NOT_AFTER})`,
  "word-start": `${NOT_BEFORE}${AFTER_WORD}`,
  "word-end": `${BEFORE_WORD}${NOT_AFTER}`,
} as const;
const ASCII_LOOKS = {
  "file-start": "^",
  start: "^",
  end: "$",
  boundary: "\\b",
  "not-boundary": "\\B",
  "word-start": "\\b(?=\\w)",
  "word-end": "\\b(?<=\\w)",
} as const;

interface Writing {
  literal(point: number, isFolded: boolean): string;
  set(source: string, isFolded: boolean): string;
  readonly any: string;
  look(look: Look): string;
}

/** For texts of ASCII only. */
export function asciiRegex(tree: RegexNode, isWord: boolean): LineRegex {
  const writing: Writing = {
    literal: (point, isFolded) => {
      if (isFolded || point >= ASCII)
        return asciiSet(pointSource(point), isFolded && (point < ASCII || point === LONG_S || point === KELVIN));
      return asciiPoint(point);
    },
    set: asciiSet,
    any: "[^\\n]",
    look: (look) => ASCII_LOOKS[look],
  };
  return assemble(tree, writing, isWord ? ["(?<!\\w)(?:", ")(?!\\w)"] : undefined, "", ASCII_LOOKS);
}

/** For all texts. */
export function unicodeRegex(tree: RegexNode, isWord: boolean): LineRegex {
  const writing: Writing = {
    literal: (point, isFolded) => folded(pointSource(point), isFolded),
    set: (source, isFolded) => folded(`[${source}--[${NEVER}]]`, isFolded),
    any: `[^${NEVER}]`,
    look: (look) => UNICODE_LOOKS[look],
  };
  const sides = [`(?<![${WORD}${NOT_TEXT}])(?:`, `)(?![${WORD}${NOT_TEXT}])`] as const;
  // Boundaries of words look behind, which is slow over whole texts.
  const loose = { start: "^", end: "$" };
  return assemble(tree, writing, isWord ? sides : undefined, "v", loose);
}

function assemble(
  tree: RegexNode,
  writing: Writing,
  sides: readonly [string, string] | undefined,
  flags: string,
  looseLooks: Partial<Record<Look, string>>,
): LineRegex {
  const exact = write(tree, writing);
  const loose = write(tree, { ...writing, look: (look) => (look === "file-start" ? FILE_START : (looseLooks[look] ?? "")) });
  const decisive = (source: string) => new RegExp(sides ? sides.join(source) : source, flags);
  const below = write(tree, { ...writing, look: (look) => (look === "file-start" ? "(?!)" : writing.look(look)) });
  return {
    loose: new RegExp(loose, `gm${flags}`),
    exact: sides || loose !== exact || hasLineEnds(tree) ? decisive(exact) : undefined,
    exactBelow: below === exact ? undefined : decisive(below),
  };
}

function write(node: RegexNode, writing: Writing): string {
  switch (node.kind) {
    case "literal":
      return writing.literal(node.point, node.isFolded);
    case "set":
      return writing.set(node.source, node.isFolded);
    case "any":
      return writing.any;
    case "look":
      return writing.look(node.look);
    case "sequence":
      return node.parts.map((part) => (part.kind === "choice" ? `(?:${write(part, writing)})` : write(part, writing))).join("");
    case "choice":
      return node.branches.map((branch) => write(branch, writing)).join("|");
    case "repeat":
      return `${isOneAtom(node.body) ? write(node.body, writing) : `(?:${write(node.body, writing)})`}${countSource(node.min, node.max)}`;
  }
}

/** The engine repeats a single character much faster than a group of one. */
const isOneAtom = ({ kind }: RegexNode) => kind === "literal" || kind === "set" || kind === "any";

function countSource(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY && min < 2) return min === 0 ? "*" : "+";
  if (min === 0 && max === 1) return "?";
  return `{${min},${max === Number.POSITIVE_INFINITY ? "" : max}}`;
}

const folded = (source: string, isFolded: boolean) => (isFolded ? `(?i:${source})` : source);

/** Lines end by \n alone, but for JavaScript's flag `m` also by \r and others. */
function hasLineEnds(node: RegexNode): boolean {
  if (node.kind === "sequence") return node.parts.some(hasLineEnds);
  if (node.kind === "choice") return node.branches.some(hasLineEnds);
  if (node.kind === "repeat") return hasLineEnds(node.body);
  return node.kind === "look" && (node.look === "start" || node.look === "end");
}

/** The ASCII of a set, but for the line feed; found by asking the engine of each. */
function asciiSet(source: string, isFolded: boolean): string {
  const test = new RegExp(`^[${source}]$`, isFolded ? "iv" : "v");
  const ranges: [number, number][] = [];
  for (let point = 0; point < ASCII; point++) {
    if (point === 10 || !test.test(String.fromCharCode(point))) continue;
    const last = ranges.at(-1);
    if (last?.[1] === point - 1) last[1] = point;
    else ranges.push([point, point]);
  }
  const [only] = ranges;
  if (only && ranges.length === 1 && only[0] === only[1]) return asciiPoint(only[0]);
  return `[${ranges.map(([low, high]) => (low === high ? asciiPoint(low) : `${asciiPoint(low)}-${asciiPoint(high)}`)).join("")}]`;
}

function asciiPoint(point: number): string {
  const character = String.fromCharCode(point);
  return /\w/.test(character) ? character : `\\x${point.toString(16).padStart(2, "0")}`;
}
