// The `[...]` of a wildcard pattern, as git reads it: negation by `!` or `^`, ranges, escapes, and named classes of ASCII (`[:digit:]`).
// Malformed ones are told as such; the caller lets them match nothing.

const BYTES = 256;
const isLower = (code: number) => code >= 97 && code <= 122;
const isUpper = (code: number) => code >= 65 && code <= 90;
const isDigit = (code: number) => code >= 48 && code <= 57;
const isPrinted = (code: number) => code >= 32 && code <= 126;
const isAlphanumeric = (code: number) => isLower(code) || isUpper(code) || isDigit(code);
/** git's own notion: no vertical tab, no form feed. */
const isSpace = (code: number) => code === 32 || code === 9 || code === 10 || code === 13;

const NAMED: ReadonlyMap<string, (code: number, isFolded: boolean) => boolean> = new Map(
  Object.entries({
    alnum: isAlphanumeric,
    alpha: (code: number) => isLower(code) || isUpper(code),
    blank: (code: number) => code === 32 || code === 9,
    cntrl: (code: number) => code < 32 || code === 127,
    digit: isDigit,
    graph: (code: number) => isPrinted(code) && code !== 32,
    lower: isLower,
    print: isPrinted,
    punct: (code: number) => isPrinted(code) && code !== 32 && !isAlphanumeric(code),
    space: isSpace,
    upper: (code: number, isFolded: boolean) => isUpper(code) || (isFolded && isLower(code)),
    xdigit: (code: number) => isDigit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102),
  }),
);

export interface CharacterClass {
  /** 1 for each byte it holds, of 256. */
  readonly bytes: Uint8Array;
  /** Where the pattern goes on. */
  readonly end: number;
}

/** @param from behind the opening bracket */
export function parseCharacterClass(pattern: string, from: number, isFolded: boolean): CharacterClass | undefined {
  const isNegated = pattern[from] === "!" || pattern[from] === "^";
  /** Of bytes as they are compared: without upper case when case does not matter. */
  const held = new Uint8Array(BYTES);
  let previous = 0;
  let at = isNegated ? from + 1 : from;
  // A closing bracket in first place stands for itself.
  for (let isFirst = true; isFirst || pattern[at] !== "]"; isFirst = false) {
    if (at >= pattern.length) return undefined;
    const named = pattern.startsWith("[:", at) ? readNamed(pattern, at + 2) : undefined;
    if (named === "malformed") return undefined;
    if (named) {
      const test = NAMED.get(named.name);
      if (!test) return undefined;
      for (let code = 1; code < BYTES; code++) if (test(code, isFolded)) held[code] = 1;
      at = named.end;
      previous = 0;
    } else if (pattern[at] === "-" && previous > 0 && at + 1 < pattern.length && pattern[at + 1] !== "]") {
      at += pattern[at + 1] === "\\" ? 2 : 1;
      if (at >= pattern.length) return undefined;
      addRange(held, previous, pattern.charCodeAt(at), isFolded);
      at++;
      previous = 0;
    } else {
      if (pattern[at] === "\\") at++;
      if (at >= pattern.length) return undefined;
      previous = pattern.charCodeAt(at++);
      held[previous] = 1;
    }
  }
  const bytes = new Uint8Array(BYTES);
  for (let code = 1; code < BYTES; code++) {
    const compared = isFolded && isUpper(code) ? code + 32 : code;
    if ((held[compared] === 1) !== isNegated) bytes[code] = 1;
  }
  return { bytes, end: at + 1 };
}

function addRange(held: Uint8Array, low: number, high: number, isFolded: boolean): void {
  for (let code = low; code <= high; code++) {
    held[code] = 1;
    if (isFolded && isUpper(code)) held[code + 32] = 1;
  }
}

/** Undefined: the bracket stands for itself. */
function readNamed(pattern: string, from: number): { name: string; end: number } | "malformed" | undefined {
  const end = pattern.indexOf("]", from);
  if (end < 0) return "malformed";
  return end > from && pattern[end - 1] === ":" ? { name: pattern.slice(from, end - 1), end: end + 1 } : undefined;
}
