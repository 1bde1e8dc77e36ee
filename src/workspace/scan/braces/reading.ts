// Steps over parts of declarations that many languages share: type arguments, annotations, lists of names. All of them
// look ahead a bounded stretch or move on for good, so that a whole walk stays linear.

import {
  AT,
  BRACE,
  BRACE_CLOSE,
  BRACKET_CLOSE,
  COMMA,
  DOT,
  EQUALS,
  GREATER,
  LESS,
  MINUS,
  PAREN,
  PAREN_CLOSE,
  SEMICOLON,
} from "./marks.ts";
import type { TokenList } from "./token-list.ts";
import { END } from "./vocabulary.ts";
import type { Walk } from "./walk.ts";

/** Type arguments longer than this are taken for comparisons. */
const ANGLES_LOOKED_AT_MAX = 256;

/** @returns the index after the `>` that belongs to the `<` at `at`; -1 if it is none that encloses types. */
export function afterAngles(tokens: TokenList, at: number): number {
  let depth = 0;
  const limit = at + ANGLES_LOOKED_AT_MAX;
  for (let index = at; index < limit; index = tokens.next(index)) {
    const kind = tokens.kind(index);
    if (kind === LESS) depth++;
    else if (kind === GREATER) {
      const before = tokens.kind(index - 1);
      const isArrow = (before === MINUS || before === EQUALS) && tokens.isJoined(index - 1);
      if (!isArrow && --depth === 0) return index + 1;
    } else if (kind === SEMICOLON || kind === END || isClosing(kind)) return -1;
    else if (kind === BRACE && tokens.kind(index - 1) !== LESS && tokens.kind(index - 1) !== COMMA) return -1;
  }
  return -1;
}

/** Steps over type arguments if some begin here, else over nothing. */
export function skipAngles(tokens: TokenList, at: number): number {
  if (tokens.kind(at) !== LESS) return at;
  const after = afterAngles(tokens, at);
  return after === -1 ? at + 1 : after;
}

export function isClosing(kind: number): boolean {
  return kind === BRACE_CLOSE || kind === PAREN_CLOSE || kind === BRACKET_CLOSE;
}

/** Steps over `@a.b.Name(...)`, which begins at `at`. */
export function afterAnnotation(walk: Walk, at: number): number {
  const { tokens } = walk;
  let index = at + 2;
  while (tokens.kind(index) === DOT) index += 2;
  index = tokens.kind(index) === LESS ? skipAngles(tokens, index) : index;
  return tokens.kind(index) === PAREN && !isApart(tokens, index) ? tokens.next(index) : index;
}

/** An opening parenthesis on a new line belongs to what follows. */
function isApart(tokens: TokenList, at: number): boolean {
  return tokens.isFresh(at) && tokens.kind(at - 2) === AT;
}
