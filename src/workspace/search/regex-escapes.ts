// What stands behind a backslash, in the syntax of Rust's regular expressions, and its sets of characters in JavaScript's syntax.
// `\d`, `\s`, `\w` and `\b` know all of Unicode, as there; the classes in `[:...:]` know ASCII only, as there.

import { type Look, regexError } from "./regex-tree.ts";

/** UTS #18, annex C, as Rust has it. */
export const WORD = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]";
const NOT_WORD = `[^${WORD}]`;

const SETS: Readonly<Record<string, string>> = {
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  s: "\\p{White_Space}",
  S: "\\P{White_Space}",
  w: WORD,
  W: NOT_WORD,
};
const POINTS: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };
const LOOKS: Readonly<Record<string, Look>> = {
  A: "file-start",
  z: "end",
  b: "boundary",
  B: "not-boundary",
  "<": "word-start",
  ">": "word-end",
};
const POSIX: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7f",
  blank: "\\t\\x20",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "\\x21-\\x7e",
  lower: "a-z",
  print: "\\x20-\\x7e",
  punct: "\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e",
  space: "\\t\\n\\v\\f\\r\\x20",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};
const HEX = /x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|[xuU]\{([0-9A-Fa-f]{1,8})\}/y;
const PROPERTY = /[pP](?:\{([\w\s-]+)(?:[=:]([\w\s-]+))?\}|([A-Z]))/y;

export type Escape = { readonly end: number } & ({ readonly point: number } | { readonly set: string } | { readonly look: Look });

/** @param at behind the backslash */
export function readEscape(pattern: string, at: number): Escape {
  const point = pattern.codePointAt(at);
  if (point === undefined) throw regexError(pattern, "ends with a backslash");
  const letter = String.fromCodePoint(point);
  const end = at + 1;
  const set = Object.hasOwn(SETS, letter) ? SETS[letter] : undefined;
  if (set !== undefined) return { set, end };
  if (Object.hasOwn(POINTS, letter)) return { point: POINTS[letter] as number, end };
  if (Object.hasOwn(LOOKS, letter)) return readLook(pattern, letter, end);
  HEX.lastIndex = PROPERTY.lastIndex = at;
  const hex = HEX.exec(pattern);
  if (hex) return { point: readHex(pattern, hex), end: HEX.lastIndex };
  const property = PROPERTY.exec(pattern);
  if (property) return { set: propertySource(pattern, property), end: PROPERTY.lastIndex };
  if (letter >= "0" && letter <= "9") throw regexError(pattern, `refers back by \\${letter}, which searches here do not support`);
  if (point < 128 && !/\w/.test(letter)) return { point, end };
  if (letter === "_") return { point, end };
  throw regexError(pattern, `has the escape \\${letter}, which has no meaning`);
}

function readLook(pattern: string, letter: string, end: number): Escape {
  if (letter === "b" && /^\{(?:start|end)/.test(pattern.slice(end))) {
    throw regexError(pattern, "has \\b{...}; write \\< for the start of a word, \\> for its end");
  }
  return { look: LOOKS[letter] as Look, end };
}

function readHex(pattern: string, hex: RegExpExecArray): number {
  const point = Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? hex[4] ?? "", 16);
  if (point <= 0x10ffff && (point < 0xd800 || point > 0xdfff)) return point;
  throw regexError(pattern, `has \\${hex[0]}, which is no character`);
}

/** Names are tried as written, then as JavaScript spells them; a name alone may be a property, a category or a script. */
function propertySource(pattern: string, [whole, name = "", value, short]: RegExpExecArray): string {
  const written = (value ?? short ?? name).trim();
  const spelled = [written, titled(written), written.toUpperCase()];
  const kinds = value === undefined ? ["", "Script="] : [`${titled(name.trim())}=`, `${name.trim()}=`];
  for (const each of kinds.flatMap((kind) => spelled.map((spelling) => `{${kind}${spelling}}`))) {
    try {
      new RegExp(`\\p${each}`, "v");
      return `\\${whole[0]}${each}`;
    } catch {
      // Another spelling may be known.
    }
  }
  throw regexError(pattern, `has \\${whole}, a class of characters that is not known here`);
}

const titled = (name: string) =>
  name
    .split(/[\s_-]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
    .join("_");

/** `[:alpha:]` inside a set, at `at`; undefined: no such class stands there. */
export function readPosixClass(pattern: string, at: number): { readonly set: string; readonly end: number } | undefined {
  const found = /^\[:(\^?)([a-z]+):\]/.exec(pattern.slice(at, at + 12));
  const name = found?.[2] ?? "";
  if (!found || !Object.hasOwn(POSIX, name)) return undefined;
  return { set: `[${found[1]}${POSIX[name]}]`, end: at + found[0].length };
}
