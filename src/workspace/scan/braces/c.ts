// C and C++ through one grammar. A declaration is read up to its name without knowing types: macros, attributes and
// specifiers before it are passed over. Nothing inside of function bodies is a definition.

import { readAggregate } from "./c-aggregates.ts";
import { readDeclaration } from "./c-declarations.ts";
import { takeDirectives } from "./c-directives.ts";
import { type CWords, cppVocabulary, cTable, cVocabulary, cWords } from "./c-words.ts";
import { BRACE, COLON, COMMA, EQUALS, LESS, SEMICOLON } from "./marks.ts";
import { isClosing, skipAngles } from "./reading.ts";
import { bracesScanner } from "./scanner.ts";
import { STRING, type Vocabulary } from "./vocabulary.ts";
import type { Scope, Step, Walk } from "./walk.ts";

export const c = bracesScanner({ table: cTable(cVocabulary), step: stepOf(cVocabulary), finish: takeDirectives });
export const cpp = bracesScanner({ table: cTable(cppVocabulary), step: stepOf(cppVocabulary), finish: takeDirectives });

function stepOf(vocabulary: Vocabulary): Step {
  const words = cWords(vocabulary);
  return (walk, at, to, scope) =>
    scope.kind === "enum" ? enumerator(walk, at, to, scope) : statement(walk, words, at, to, scope);
}

function statement(walk: Walk, words: CWords, from: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let at = from;
  while (at < to && tokens.kind(at) === words.template) {
    at = tokens.kind(at + 1) === LESS ? skipAngles(tokens, at + 1) : at + 1;
    if (tokens.kind(at) === words.requires) at = afterRequires(walk, at, to);
  }
  const kind = tokens.kind(at);
  if (kind === SEMICOLON || isClosing(kind)) return at + 1;
  if (kind === BRACE) return tokens.next(at);
  if (words.access.has(kind)) return access(walk, words, at, to, scope);
  if (kind === words.extern && tokens.kind(at + 1) === STRING) {
    if (tokens.kind(at + 2) !== BRACE) return at + 2;
    walk.enterGroup(at + 2, scope);
    return tokens.next(at + 2);
  }
  const isInline = tokens.kind(at + 1) === words.namespace;
  if (words.isCpp && (kind === words.namespace || isInline)) return namespace(walk, isInline ? at + 1 : at, to, scope);
  if (kind === words.using || kind === words.concept) return alias(walk, words, at, from, to, scope);
  if (kind === words.friend || words.assertions.has(kind)) return skipDeclaration(walk, at, to);
  return readDeclaration(walk, words, at, from, to, scope, readAggregate);
}

/** `requires` and its condition: names, calls and groups joined by operators. */
function afterRequires(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at + 1;
  while (index < to) {
    const before = index;
    if (tokens.kind(index) === 33) index++;
    while (walk.isName(index) && (index === before || tokens.kind(index - 1) === COLON)) {
      index++;
      if (tokens.kind(index) === LESS) index = skipAngles(tokens, index);
      while (tokens.kind(index) === COLON) index++;
    }
    if (index === before || tokens.kind(index) === 40) index = tokens.next(index);
    const isJoined = tokens.kind(index) === 38 || tokens.kind(index) === 124;
    if (!isJoined) break;
    index += 2;
  }
  return index;
}

/** `public:`: what follows is walked in a scope of its own. */
function access(walk: Walk, words: CWords, at: number, to: number, scope: Scope): number {
  let index = at + 1;
  while (index < to && walk.isName(index)) index++;
  if (walk.tokens.kind(index) !== COLON) return index;
  walk.enter(index + 1, to, { ...scope, isOpen: walk.tokens.kind(at) !== words.private });
  return to;
}

function namespace(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let open = at + 1;
  while (open < to && tokens.kind(open) !== BRACE && tokens.kind(open) !== SEMICOLON && tokens.kind(open) !== EQUALS)
    open = tokens.next(open);
  if (tokens.kind(open) !== BRACE) return skipDeclaration(walk, open, to);
  let name = at + 1;
  // Attributes and macros may stand before the name.
  while (name < open && tokens.kind(name) !== 1) name = tokens.next(name);
  while (name + 1 < open && walk.isName(name + 1)) name++;
  if (name >= open) {
    walk.enterGroup(open, { ...scope, kind: "top", isOpen: false });
    return tokens.next(open);
  }
  const text = tokens.source.slice(tokens.start(name), tokens.end(open - 1));
  const last = Math.min(tokens.partner(open), to - 1);
  const parent = walk.define({ kind: "namespace", name, text, from: at, last, body: open, scope, exported: scope.isOpen });
  walk.enterGroup(open, { kind: "top", parent, isOpen: scope.isOpen });
  return tokens.next(open);
}

function alias(walk: Walk, words: CWords, at: number, from: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  const name = at + 1;
  let end = name;
  while (end < to && tokens.kind(end) !== SEMICOLON) end = tokens.next(end);
  let sign = name + 1;
  while (tokens.kind(sign) === 91 || words.attributes.has(tokens.kind(sign))) sign = tokens.next(sign);
  if (walk.isName(name) && tokens.kind(sign) === EQUALS) {
    walk.define({ kind: "type", name, from, last: Math.min(end, to - 1), scope, exported: scope.isOpen });
  }
  return end + 1;
}

function skipDeclaration(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at;
  while (index < to) {
    const kind = tokens.kind(index);
    index = tokens.next(index);
    if (kind === SEMICOLON || kind === BRACE || isClosing(kind)) break;
  }
  return index;
}

function enumerator(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let end = at;
  while (end < to && tokens.kind(end) !== COMMA) end = tokens.next(end);
  if (walk.isName(at) && at < end) {
    walk.define({ kind: "constant", name: at, from: at, last: Math.min(end, to) - 1, scope, exported: scope.isOpen });
  }
  return end + 1;
}
