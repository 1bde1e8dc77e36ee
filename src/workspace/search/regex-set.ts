// Reads `[...]` of Rust's regular expressions and writes it in JavaScript's syntax of sets (flag `v`): ranges, nested sets, classes such as
// `[:alpha:]`, intersection `&&` and difference `--` (from left to right). Reports every character it reads, for smart case.

import { readEscape, readPosixClass } from "./regex-escapes.ts";
import { pointSource, regexError } from "./regex-tree.ts";

const DEPTH_MAX = 50;
const DASH = 45;

interface SetRead {
  readonly source: string;
  readonly end: number;
}

/** @param open where the bracket opens */
export function readSet(pattern: string, open: number, onPoint: (point: number) => void, depth = 0): SetRead {
  if (depth > DEPTH_MAX) throw regexError(pattern, `nests over ${DEPTH_MAX} sets`);
  let at = open + 1;
  const isNegated = pattern[at] === "^";
  if (isNegated) at++;
  const first = at;
  let members: string[] = [];
  while (pattern[at] === "-") {
    onPoint(DASH);
    members.push(pointSource(DASH));
    at++;
  }
  let left: string | undefined;
  let operator = "";
  const operate = () => {
    const right = `[${members.join("")}]`;
    left = left === undefined ? right : `[${left}${operator}${right}]`;
    members = [];
  };
  for (;;) {
    const character = pattern[at];
    const two = pattern.slice(at, at + 2);
    if (character === undefined) throw regexError(pattern, "has a bracket that is not closed");
    if (character === "]" && at > first) break;
    const posix = character === "[" ? readPosixClass(pattern, at) : undefined;
    if (posix) {
      members.push(posix.set);
      at = posix.end;
    } else if (character === "[") {
      const inner = readSet(pattern, at, onPoint, depth + 1);
      members.push(inner.source);
      at = inner.end;
    } else if (two === "~~") throw regexError(pattern, "has ~~ in a set, which searches here do not support");
    else if (two === "&&" || two === "--") {
      operate();
      operator = two;
      at += 2;
    } else {
      const member = readMember(pattern, at, onPoint);
      members.push(member.source);
      at = member.end;
    }
  }
  operate();
  return { source: isNegated ? `[^${left}]` : (left as string), end: at + 1 };
}

/** A character, a range or an escaped class. */
function readMember(pattern: string, at: number, onPoint: (point: number) => void): SetRead {
  const low = readPoint(pattern, at);
  if ("set" in low) return { source: low.set, end: low.end };
  onPoint(low.point);
  const after = pattern[low.end + 1];
  if (pattern[low.end] !== "-" || after === "]" || after === "-" || after === undefined) {
    return { source: pointSource(low.point), end: low.end };
  }
  const high = readPoint(pattern, low.end + 1);
  if ("set" in high || after === "[") throw regexError(pattern, "has a range in a set whose end is no character");
  if (high.point < low.point) throw regexError(pattern, "has a range in a set that ends before it begins");
  onPoint(high.point);
  return { source: `${pointSource(low.point)}-${pointSource(high.point)}`, end: high.end };
}

function readPoint(
  pattern: string,
  at: number,
): { readonly end: number } & ({ readonly point: number } | { readonly set: string }) {
  if (pattern[at] === "\\") {
    const escaped = readEscape(pattern, at + 1);
    if ("look" in escaped) throw regexError(pattern, "has an assertion in a set");
    return escaped;
  }
  const point = pattern.codePointAt(at) as number;
  return { point, end: at + (point > 0xffff ? 2 : 1) };
}
