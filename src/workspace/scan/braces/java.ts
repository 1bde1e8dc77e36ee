// Java: types and their members, at any depth of types. Nothing inside of method bodies, initializers and anonymous
// classes is a definition.

import type { DefinitionKind } from "../record.ts";
import { classesOf } from "./lexer.ts";
import { PLAIN_APOSTROPHES, type Special } from "./lexical-table.ts";
import { AT, BRACE, BRACKET, COMMA, DOT, EQUALS, LESS, PAREN, SEMICOLON, STAR } from "./marks.ts";
import { afterAngles, afterAnnotation, isClosing, skipAngles } from "./reading.ts";
import { bracesScanner } from "./scanner.ts";
import { Vocabulary } from "./vocabulary.ts";
import type { Scope, Walk } from "./walk.ts";

const vocabulary = new Vocabulary({
  reserved: `abstract assert boolean break byte case catch char class const continue default do double else enum extends
    final finally float for goto if implements import instanceof int interface long native new package private protected
    public return short static strictfp super switch synchronized this throw throws transient try void volatile while
    true false null`,
  soft: "record sealed permits non",
});
const [CLASS, DEFAULT, ENUM, IMPORT, INTERFACE, PACKAGE, RECORD, STATIC] = vocabulary.kindsOf(
  "class default enum import interface package record static",
);
const MODIFIERS = vocabulary.setOf(
  "public protected private static final abstract native synchronized transient volatile strictfp default",
);
const PUBLIC = vocabulary.setOf("public protected");
const [PRIVATE] = vocabulary.kindsOf("private");
const PRIMITIVES = vocabulary.setOf("boolean byte char short int long float double void");
const TYPE_KINDS: ReadonlyMap<number, DefinitionKind> = new Map<number, DefinitionKind>([
  [CLASS as number, "class"],
  [INTERFACE as number, "interface"],
  [ENUM as number, "enum"],
  [RECORD as number, "class"],
]);

const specials: Record<string, Special> = {
  '"': (lexer, at) =>
    lexer.source.startsWith('"""', at)
      ? lexer.string(at, at + 3, { close: '"""', hasEscapes: true, hasLines: true })
      : lexer.string(at, at + 1),
  "'": (lexer, at) => lexer.string(at, at + 1, PLAIN_APOSTROPHES),
};

export const java = bracesScanner({ table: { vocabulary, specials, classes: classesOf(Object.keys(specials)) }, step });

function step(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  if (scope.kind === "enum") return constants(walk, at, to, scope);
  const kind = tokens.kind(at);
  if (kind === IMPORT) return importStatement(walk, at, to);
  if (kind === PACKAGE) return seekSemicolon(walk, at, to);
  let index = at;
  let isPublic = false;
  let isPrivate = false;
  for (; index < to; ) {
    const modifier = tokens.kind(index);
    if (modifier === AT && tokens.kind(index + 1) !== INTERFACE) index = afterAnnotation(walk, index);
    else if (isModifier(walk, index)) {
      isPublic ||= PUBLIC.has(modifier);
      isPrivate ||= modifier === PRIVATE;
      index += modifier === vocabulary.kindOf("non") ? 3 : 1;
    } else break;
  }
  const exported = (isPublic || scope.isOpen) && !isPrivate && (scope.kind !== "top" || isPublic);
  if (tokens.kind(index) === BRACE || tokens.kind(index) === SEMICOLON) return tokens.next(index);
  if (tokens.kind(index) === AT) return type(walk, index + 1, at, to, scope, exported);
  if (TYPE_KINDS.has(tokens.kind(index)) && isTypeHead(walk, index)) return type(walk, index, at, to, scope, exported);
  return scope.kind === "top" ? Math.max(tokens.next(index), at + 1) : member(walk, index, at, to, scope, exported);
}

function isModifier(walk: Walk, index: number): boolean {
  const { tokens } = walk;
  const kind = tokens.kind(index);
  if (MODIFIERS.has(kind)) return true;
  const text = kind === vocabulary.kindOf("sealed") || kind === vocabulary.kindOf("non");
  return (
    text && (tokens.kind(index + 1) === 45 || MODIFIERS.has(tokens.kind(index + 1)) || TYPE_KINDS.has(tokens.kind(index + 1)))
  );
}

/** `record` is a name, too: `record(...)`, `Record record;`. */
function isTypeHead(walk: Walk, at: number): boolean {
  if (!walk.isName(at + 1)) return false;
  if (walk.tokens.kind(at) !== RECORD) return true;
  const after = walk.tokens.kind(at + 2);
  return after === PAREN || after === LESS;
}

function seekSemicolon(walk: Walk, at: number, to: number): number {
  let index = at;
  while (index < to && walk.tokens.kind(index) !== SEMICOLON) index = walk.tokens.next(index);
  return index + 1;
}

function importStatement(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = tokens.kind(at + 1) === STATIC ? at + 2 : at + 1;
  const from = index;
  while (index < to && (walk.isName(index) || tokens.kind(index) === DOT || tokens.kind(index) === STAR)) index++;
  const isAll = tokens.kind(index - 1) === STAR;
  const end = isAll ? index - 2 : index;
  if (end > from) {
    const specifier = tokens.source.slice(tokens.start(from), tokens.end(end - 1)).replace(/\s+/g, "");
    walk.addImport(specifier, at, [isAll ? "*" : tokens.text(end - 1)]);
  }
  return index;
}

function type(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const kind = TYPE_KINDS.get(tokens.kind(at)) ?? "class";
  const name = at + 1;
  let body = name + 1;
  while (body < to && tokens.kind(body) !== BRACE && tokens.kind(body) !== SEMICOLON) body = tokens.next(body);
  const last = Math.min(tokens.kind(body) === BRACE ? tokens.partner(body) : body, to - 1);
  const parent = walk.define({ kind, name, from: afterAnnotations(walk, from), last, body, scope, exported });
  if (tokens.kind(body) === BRACE) {
    walk.enterGroup(body, {
      kind: kind === "enum" ? "enum" : "type",
      parent,
      isOpen: kind === "interface" ? exported : false,
      typeName: tokens.text(name),
    });
  }
  return last + 1;
}

function afterAnnotations(walk: Walk, at: number): number {
  let index = at;
  while (walk.tokens.kind(index) === AT && walk.tokens.kind(index + 1) !== INTERFACE) index = afterAnnotation(walk, index);
  return index;
}

/** The constants at the head of an enum's body; the members after them are walked as those of a class. */
function constants(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let index = at;
  while (index < to && tokens.kind(index) !== SEMICOLON) {
    index = afterAnnotations(walk, index);
    if (walk.isName(index)) {
      const name = index++;
      if (tokens.kind(index) === PAREN) index = tokens.next(index);
      const body = tokens.kind(index) === BRACE ? index : -1;
      if (body !== -1) index = tokens.next(index);
      const parent = walk.define({ kind: "constant", name, from: name, last: Math.min(index, to) - 1, scope, exported: true });
      if (body !== -1) walk.enterGroup(body, { kind: "type", parent, isOpen: false });
      while (index < to && tokens.kind(index) !== COMMA && tokens.kind(index) !== SEMICOLON) index = tokens.next(index);
    } else if (tokens.kind(index) !== SEMICOLON) index = tokens.next(index);
  }
  walk.enter(index + 1, to, { ...scope, kind: "type" });
  return to;
}

/** A method, a constructor, or fields. */
function member(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  let index = at;
  let name = -1;
  for (; index < to; ) {
    const kind = tokens.kind(index);
    if (kind === LESS) index = skipAngles(tokens, index);
    else if (kind === AT) index = afterAnnotation(walk, index);
    else if (walk.isName(index) || PRIMITIVES.has(kind)) name = index++;
    else if (kind === DOT || kind === BRACKET) index = tokens.next(index);
    else break;
  }
  const start = afterAnnotations(walk, from);
  if (name === -1 || !walk.isName(name)) return skipStatement(walk, index, to);
  const kind = tokens.kind(index);
  const isCompact = kind === BRACE && tokens.text(name) === scope.typeName;
  if (kind === PAREN || isCompact) return method(walk, name, index, start, to, scope, exported);
  if (kind === EQUALS || kind === SEMICOLON || kind === COMMA) return fields(walk, name, start, to, scope, exported);
  return skipStatement(walk, index, to);
}

function skipStatement(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at;
  while (index < to) {
    const kind = tokens.kind(index);
    index = tokens.next(index);
    if (kind === SEMICOLON || kind === BRACE || isClosing(kind)) break;
  }
  return index;
}

function method(walk: Walk, name: number, open: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  let body = open;
  let hasDefault = false;
  while (body < to && tokens.kind(body) !== SEMICOLON && (tokens.kind(body) !== BRACE || hasDefault)) {
    hasDefault ||= tokens.kind(body) === DEFAULT;
    body = tokens.next(body);
  }
  const last = Math.min(tokens.kind(body) === BRACE ? tokens.partner(body) : body, to - 1);
  const kind = tokens.text(name) === scope.typeName && isFirstName(walk, name) ? "constructor" : "method";
  walk.define({ kind, name, from, last, body, scope, exported });
  return last + 1;
}

/** Whether no type stands before a constructor's name. */
function isFirstName(walk: Walk, name: number): boolean {
  const before = walk.tokens.kind(name - 1);
  return !walk.vocabulary.isName(before) && !PRIMITIVES.has(before) && before !== BRACKET + 2 && before !== DOT;
}

function fields(walk: Walk, first: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const names = [first];
  let index = first + 1;
  while (index < to && tokens.kind(index) !== SEMICOLON) {
    const kind = tokens.kind(index);
    if (kind === COMMA && walk.isName(index + 1)) names.push(index + 1);
    const after = kind === LESS ? afterAngles(tokens, index) : -1;
    index = after === -1 ? tokens.next(index) : after;
  }
  const last = Math.min(index, to - 1);
  for (const name of names) walk.define({ kind: "field", name, from, last, scope, exported });
  return last + 1;
}
