// What a regular expression says, as a tree: the common ground of the reader of the syntax, the writer of JavaScript's expressions and the
// finder of literals. Matches never hold a line feed, and what decides looks at one line: `$` and `\z` are one, as in ripgrep.

import { MillraceError } from "../../base/index.ts";

export type Look = "file-start" | "start" | "end" | "boundary" | "not-boundary" | "word-start" | "word-end";

export type RegexNode =
  | { readonly kind: "literal"; readonly point: number; readonly isFolded: boolean }
  /** `source`: in JavaScript's syntax of sets, the flag `v`. */
  | { readonly kind: "set"; readonly source: string; readonly isFolded: boolean }
  | { readonly kind: "any" }
  | { readonly kind: "look"; readonly look: Look }
  | { readonly kind: "sequence"; readonly parts: readonly RegexNode[] }
  | { readonly kind: "choice"; readonly branches: readonly RegexNode[] }
  /** `max` may be infinite. */
  | { readonly kind: "repeat"; readonly body: RegexNode; readonly min: number; readonly max: number };

export const regexError = (pattern: string, why: string) =>
  new MillraceError("pattern_invalid", `The regular expression ${JSON.stringify(pattern.slice(0, 200))} ${why}.`);

/** A character in JavaScript's syntax, inside and outside of sets, with the flag `v`. */
export const pointSource = (point: number) => `\\u{${point.toString(16)}}`;

/** Each character of a text as it is. */
export const literalTree = (text: string, isFolded: boolean): RegexNode => ({
  kind: "sequence",
  parts: Array.from(text, (character) => ({ kind: "literal", point: character.codePointAt(0) as number, isFolded })),
});
