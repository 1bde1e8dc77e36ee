// Reads a regular expression in the syntax of Rust's `regex`, which ripgrep's users write. Flags i, m, s, U, u are read; x, R and -u are
// refused, as is what Rust has not: references back, look-around, atomic groups. Bounded in length, depth and counts.
// Greediness and names of groups change nothing of which line matches and where a match begins, and are dropped.

import { readEscape } from "./regex-escapes.ts";
import { readSet } from "./regex-set.ts";
import { type RegexNode, regexError } from "./regex-tree.ts";

const LENGTH_MAX = 10_000;
const DEPTH_MAX = 100;
const COUNT_MAX = 1000;
const LINE_FEED = 10;
const UPPERCASE = /\p{Uppercase}/u;
const COUNTED = /\{\s*(\d{1,9})\s*(?:(,)\s*(\d{0,9})\s*)?\}/y;

export interface RegexRead {
  readonly tree: RegexNode;
  /** Smart case: written with letters or other characters as such, and none of them upper case. */
  readonly isLowerCase: boolean;
}

/** Throws `pattern_invalid`. */
export function readRegex(pattern: string, isFolded: boolean): RegexRead {
  if (pattern.length > LENGTH_MAX) throw regexError(pattern, `is longer than ${LENGTH_MAX} characters`);
  const reader = new RegexReader(pattern, isFolded);
  const tree = reader.readAll();
  return { tree, isLowerCase: reader.hasLiteral && !reader.hasUppercase };
}

class RegexReader {
  hasLiteral = false;
  hasUppercase = false;
  readonly #pattern: string;
  #isFolded: boolean;
  /** Flag m, which is on unless taken away: `^` is at each line. */
  #isByLine = true;
  #at = 0;

  constructor(pattern: string, isFolded: boolean) {
    this.#pattern = pattern;
    this.#isFolded = isFolded;
  }

  readAll(): RegexNode {
    const tree = this.#readChoice(0);
    if (this.#at < this.#pattern.length) throw this.#error("closes a group that is not open");
    return tree;
  }

  #readChoice(depth: number): RegexNode {
    if (depth > DEPTH_MAX) throw this.#error(`nests over ${DEPTH_MAX} groups`);
    const branches = [this.#readSequence(depth)];
    while (this.#pattern[this.#at] === "|") {
      this.#at++;
      branches.push(this.#readSequence(depth));
    }
    return branches.length === 1 ? (branches[0] as RegexNode) : { kind: "choice", branches };
  }

  #readSequence(depth: number): RegexNode {
    const parts: RegexNode[] = [];
    let isRepeatable = false;
    while (this.#at < this.#pattern.length) {
      const character = this.#pattern[this.#at] as string;
      if (character === "|" || character === ")") break;
      if ("*+?{".includes(character)) {
        const body = parts.pop();
        if (!body || !isRepeatable)
          throw this.#error(`repeats nothing by ${character}; write \\${character} for the character itself`);
        parts.push(this.#readRepeat(body));
      } else {
        const part = this.#readAtom(character, depth);
        isRepeatable = part !== undefined;
        if (part) parts.push(part);
      }
    }
    return parts.length === 1 ? (parts[0] as RegexNode) : { kind: "sequence", parts };
  }

  /** Undefined: flags, which match nothing. */
  #readAtom(character: string, depth: number): RegexNode | undefined {
    if (character === "(") return this.#readGroup(depth);
    if (character === "[") {
      const { source, end } = readSet(this.#pattern, this.#at, (point) => this.#note(point));
      this.#at = end;
      return { kind: "set", source, isFolded: this.#isFolded };
    }
    if (character === "\\") {
      const escaped = readEscape(this.#pattern, this.#at + 1);
      this.#at = escaped.end;
      if ("look" in escaped) return { kind: "look", look: escaped.look };
      return "set" in escaped ? { kind: "set", source: escaped.set, isFolded: this.#isFolded } : this.#literal(escaped.point);
    }
    const point = this.#pattern.codePointAt(this.#at) as number;
    this.#at += point > 0xffff ? 2 : 1;
    if (character === ".") return { kind: "any" };
    if (character === "^") return { kind: "look", look: this.#isByLine ? "start" : "file-start" };
    return character === "$" ? { kind: "look", look: "end" } : this.#literal(point);
  }

  #literal(point: number): RegexNode {
    if (point === LINE_FEED) throw this.#error("has a line feed; searches here find matches within one line");
    this.#note(point);
    return { kind: "literal", point, isFolded: this.#isFolded };
  }

  #note(point: number): void {
    this.hasLiteral = true;
    this.hasUppercase ||= UPPERCASE.test(String.fromCodePoint(point));
  }

  #readGroup(depth: number): RegexNode | undefined {
    const rest = this.#pattern.slice(this.#at, this.#at + 200);
    const before = { isFolded: this.#isFolded, isByLine: this.#isByLine };
    if (/^\(\?<?[=!]/.test(rest)) throw this.#error("looks ahead or behind, which searches here do not support");
    if (rest.startsWith("(?>")) throw this.#error("has an atomic group, which searches here do not support");
    const opening = /^\((?:\?P?<[\p{Alphabetic}_][^>]*>|\?([a-zA-Z-]*)([:)])|(?!\?))/u.exec(rest);
    if (!opening) throw this.#error("has a group that cannot be read");
    this.#at += opening[0].length;
    this.#setFlags(opening[1] ?? "");
    if (opening[2] === ")") return undefined;
    const body = this.#readChoice(depth + 1);
    if (this.#pattern[this.#at] !== ")") throw this.#error("has a group that is not closed");
    this.#at++;
    this.#isFolded = before.isFolded;
    this.#isByLine = before.isByLine;
    // A group of its own: a repetition behind it repeats all of it.
    return { kind: "sequence", parts: [body] };
  }

  #setFlags(flags: string): void {
    let isOn = true;
    for (const flag of flags) {
      if (flag === "-") isOn = false;
      else if (flag === "i") this.#isFolded = isOn;
      else if (flag === "m") this.#isByLine = isOn;
      else if (!"sUu".includes(flag) || (flag === "u" && !isOn)) {
        throw this.#error(`sets the flag ${isOn ? "" : "-"}${flag}, which searches here do not support`);
      }
    }
  }

  #readRepeat(body: RegexNode): RegexNode {
    const character = this.#pattern[this.#at] as string;
    let [min, max] = [character === "+" ? 1 : 0, character === "?" ? 1 : Number.POSITIVE_INFINITY];
    if (character === "{") [min, max] = this.#readCounts();
    else this.#at++;
    if (this.#pattern[this.#at] === "?") this.#at++;
    const inner = body.kind === "repeat" ? body : undefined;
    // Repetitions of repetitions without counts are one: written out they would explode.
    if (inner && isPlain(inner.min, inner.max) && isPlain(min, max)) {
      return { kind: "repeat", body: inner.body, min: Math.min(min, inner.min), max: Math.max(max, inner.max) };
    }
    if (min * countOf(body) > COUNT_MAX || (max < Number.POSITIVE_INFINITY && max * countOf(body) > COUNT_MAX)) {
      throw this.#error(`repeats over ${COUNT_MAX} times`);
    }
    return { kind: "repeat", body, min, max };
  }

  #readCounts(): [number, number] {
    COUNTED.lastIndex = this.#at;
    const counted = COUNTED.exec(this.#pattern);
    if (!counted) throw this.#error("has a brace that counts nothing; write \\{ for the character itself");
    this.#at = COUNTED.lastIndex;
    const min = Number(counted[1]);
    const max = counted[2] === undefined ? min : counted[3] ? Number(counted[3]) : Number.POSITIVE_INFINITY;
    if (max < min) throw this.#error("repeats at most fewer times than at least");
    return [min, max];
  }

  #error(why: string) {
    return regexError(this.#pattern, why);
  }
}

const isPlain = (min: number, max: number) => min <= 1 && (max === 1 || max === Number.POSITIVE_INFINITY);

/** How often counted repetitions inside repeat, multiplied. */
function countOf(node: RegexNode): number {
  if (node.kind === "sequence") return Math.max(1, ...node.parts.map(countOf));
  if (node.kind === "choice") return Math.max(1, ...node.branches.map(countOf));
  if (node.kind !== "repeat") return 1;
  return Math.max(1, Number.isFinite(node.max) ? node.max : node.min) * countOf(node.body);
}
