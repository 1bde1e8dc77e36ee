// Structures, unions, classes and enumerations of C and C++ inside of a declaration: where their body and name are.

import type { DefinitionKind } from "../record.ts";
import type { CWords } from "./c-words.ts";
import { BRACE, BRACKET, COLON, LESS, PAREN, PAREN_CLOSE, SEMICOLON } from "./marks.ts";
import { skipAngles } from "./reading.ts";
import type { Walk } from "./walk.ts";

export interface Aggregate {
  readonly kind: DefinitionKind;
  /** Index of the word `struct` and the like. */
  readonly at: number;
  /** Index of the name; -1 without one. */
  readonly name: number;
  /** Index of the body's opening brace; -1 where the type is only named. */
  readonly body: number;
  /** Index after it. */
  readonly after: number;
}

export type ReadAggregate = (walk: Walk, words: CWords, at: number, to: number) => Aggregate;

/** @param at of `struct`, `union`, `class` or `enum`. */
export function readAggregate(walk: Walk, words: CWords, at: number, to: number): Aggregate {
  const { tokens } = walk;
  const keyword = tokens.kind(at);
  const kind = keyword === words.enum ? "enum" : keyword === words.class ? "class" : "struct";
  let index = at + 1;
  if (keyword === words.enum && words.aggregates.has(tokens.kind(index))) index++;
  let name = -1;
  let firstAfter = -1;
  while (index < to) {
    const mark = tokens.kind(index);
    if (words.attributes.has(mark)) index = tokens.kind(index + 1) === PAREN ? tokens.next(index + 1) : index + 1;
    else if (mark === BRACKET) index = tokens.next(index);
    else if (walk.isName(index)) {
      if (mark !== words.final || name === -1) name = index;
      index++;
      // An elaborated type ends with its first name; qualified ones go on.
      if (firstAfter === -1 && !isQualifier(walk, index)) firstAfter = index;
    } else if (isQualifier(walk, index)) index += 2;
    else if (mark === LESS && name !== -1 && words.isCpp) index = skipAngles(tokens, index);
    else if (mark === PAREN && name !== -1) index = tokens.next(index);
    else break;
  }
  const body = bodyAt(walk, index, to);
  if (body !== -1) return { kind, at, name, body, after: Math.min(tokens.next(body), to) };
  return { kind, at, name: -1, body: -1, after: firstAfter === -1 ? index : firstAfter };
}

function isQualifier(walk: Walk, at: number): boolean {
  return walk.tokens.kind(at) === COLON && walk.tokens.kind(at + 1) === COLON;
}

function bodyAt(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  if (tokens.kind(at) === BRACE) return tokens.kind(at - 1) === PAREN_CLOSE && isFunction(walk, at) ? -1 : at;
  if (tokens.kind(at) !== COLON) return -1;
  let index = at + 1;
  while (index < to && tokens.kind(index) !== BRACE && tokens.kind(index) !== SEMICOLON) index = tokens.next(index);
  return index < to && tokens.kind(index) === BRACE ? index : -1;
}

/** `struct a f() {`: a group after a name, right before the brace; `struct __attribute__((x)) {` is none. */
function isFunction(walk: Walk, brace: number): boolean {
  const open = walk.tokens.partner(brace - 1);
  return open > 0 && walk.isName(open - 1);
}
