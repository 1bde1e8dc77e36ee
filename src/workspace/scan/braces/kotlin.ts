// Kotlin: declarations at the top and in types, properties of primary constructors, entries of enums. A line ends a
// statement unless an operator joins the next. Nothing inside of bodies, lambdas and initializers is a definition.

import type { DefinitionKind } from "../record.ts";
import { classesOf } from "./lexer.ts";
import { PLAIN_APOSTROPHES, type Special } from "./lexical-table.ts";
import { AT, BRACE, BRACE_CLOSE, BRACKET, COLON, COMMA, DOT, EQUALS, LESS, PAREN, QUESTION, SEMICOLON, STAR } from "./marks.ts";
import { isClosing, skipAngles } from "./reading.ts";
import { bracesScanner } from "./scanner.ts";
import { NUMBER, STRING, Vocabulary, WORD } from "./vocabulary.ts";
import type { Scope, Walk } from "./walk.ts";

const vocabulary = new Vocabulary({
  reserved: `as break class continue do else false for fun if in interface is null object package return super this throw true
    try typealias val var when while`,
  modifiers: `abstract actual annotation companion const crossinline data enum expect external final infix inline inner internal
    lateinit noinline open operator out override private protected public reified sealed suspend tailrec vararg`,
  soft: "by catch constructor delegate dynamic field file finally get import init param property receiver set setparam value where",
});
const [
  CLASS,
  INTERFACE,
  OBJECT,
  FUN,
  VAL,
  VAR,
  TYPEALIAS,
  IMPORT,
  PACKAGE,
  ENUM,
  COMPANION,
  PRIVATE,
  CONSTRUCTOR,
  WHERE,
  BY,
  CONST,
] = vocabulary.kindsOf(
  "class interface object fun val var typealias import package enum companion private constructor where by const",
);
const [ELSE, AS, GET, SET] = vocabulary.kindsOf("else as get set");
const MODIFIERS = vocabulary.setOf(
  `abstract actual annotation companion const crossinline data enum expect external final infix inline inner internal lateinit
   noinline open operator out override private protected public reified sealed suspend tailrec vararg value`,
);
const DECLARATIONS = vocabulary.setOf("class interface object fun val var typealias constructor init");
/** Words of which an expression cannot be made when they end a line. */
const OPEN_WORDS = vocabulary.setOf("as else in is return throw by");

const STRING_CODE = { interpolation: "${", hasDollarNames: true } as const;
const specials: Record<string, Special> = {
  '"': (lexer, at) =>
    lexer.source.startsWith('"""', at)
      ? lexer.string(at, at + 3, { close: '"""', hasLines: true, isGreedy: true, ...STRING_CODE })
      : lexer.string(at, at + 1, { close: '"', hasEscapes: true, ...STRING_CODE }),
  "'": (lexer, at) => lexer.string(at, at + 1, PLAIN_APOSTROPHES),
  "`": (lexer, at) => lexer.quotedName(at),
};
const classes = classesOf(Object.keys(specials));

export const kotlin = bracesScanner({ table: { vocabulary, specials, classes, hasNestedComments: true }, step });

function step(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  if (scope.kind === "enum") return entries(walk, at, to, scope);
  if (scope.kind === "parameters") return parameter(walk, at, to, scope);
  let index = at;
  let from = -1;
  let isPrivate = false;
  let isConstant = false;
  let isEnum = false;
  while (index < to) {
    const kind = tokens.kind(index);
    if (kind === AT) index = annotation(walk, index);
    else if (MODIFIERS.has(kind) && isModifier(walk, index)) {
      from = from === -1 ? index : from;
      isPrivate ||= kind === PRIVATE;
      isConstant ||= kind === CONST;
      isEnum ||= kind === ENUM;
      index++;
    } else break;
  }
  from = from === -1 ? index : from;
  const exported = scope.isOpen && !isPrivate;
  const kind = tokens.kind(index);
  const before = tokens.kind(index - 1);
  if (before === COLON && tokens.kind(index - 2) === COLON) return index + 1;
  if (kind === IMPORT && scope.kind === "top" && tokens.isFresh(index)) return importStatement(walk, index, to);
  if (kind === PACKAGE) return lineEnd(walk, index, to);
  if (kind === CLASS || kind === OBJECT || kind === INTERFACE) return type(walk, index, from, to, scope, exported, isEnum);
  if (kind === FUN)
    return tokens.kind(index + 1) === INTERFACE
      ? type(walk, index + 1, from, to, scope, exported, false)
      : func(walk, index, from, to, scope, exported);
  if (kind === VAL || kind === VAR) return property(walk, index, from, to, scope, exported, isConstant);
  if (kind === TYPEALIAS && walk.isName(index + 1)) {
    const end = statementEnd(walk, index, to);
    walk.define({ kind: "type", name: index + 1, from, last: end - 1, scope, exported });
    return end;
  }
  return Math.max(tokens.next(index), at + 1);
}

/** A modifier's word is one where a declaration follows it. */
function isModifier(walk: Walk, at: number): boolean {
  const next = walk.tokens.kind(at + 1);
  return next === AT || DECLARATIONS.has(next) || MODIFIERS.has(next);
}

/** `@Name(...)`, `@file:Name`, `@[A B]`. */
function annotation(walk: Walk, at: number): number {
  const { tokens } = walk;
  if (tokens.kind(at + 1) === BRACKET) return tokens.next(at + 1);
  let index = at + 2;
  if (tokens.kind(index) === COLON && tokens.isJoined(index)) index += tokens.kind(index + 1) === BRACKET ? 1 : 2;
  while (tokens.kind(index) === DOT) index += 2;
  if (tokens.kind(index) === LESS && tokens.isJoined(index - 1)) index = skipAngles(tokens, index);
  const isCalled = (tokens.kind(index) === PAREN && tokens.isJoined(index - 1)) || tokens.kind(index) === BRACKET;
  return isCalled ? tokens.next(index) : index;
}

function lineEnd(walk: Walk, at: number, to: number): number {
  let index = at + 1;
  while (index < to && !walk.tokens.isFresh(index) && walk.tokens.kind(index) !== SEMICOLON) index++;
  return index;
}

function importStatement(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  const end = lineEnd(walk, at, to);
  let last = at + 1;
  while (last < end && tokens.kind(last) !== AS) last++;
  const isAll = tokens.kind(last - 1) === STAR;
  const pathEnd = isAll ? last - 2 : last;
  if (pathEnd > at + 1) {
    const specifier = tokens.source.slice(tokens.start(at + 1), tokens.end(pathEnd - 1)).replace(/\s+/g, "");
    walk.addImport(specifier, at, [isAll ? "*" : tokens.text(pathEnd - 1)]);
  }
  return end;
}

/** The index after the last token of a statement: lines go on after operators and before `.`, `?:` and the like. */
function statementEnd(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at;
  while (index < to && tokens.kind(index) !== SEMICOLON) {
    const next = tokens.next(index);
    if (next >= to) return to;
    if (tokens.isFresh(next) && mayEnd(tokens.kind(next - 1)) && !isContinuation(walk, next)) return next;
    index = next;
  }
  return index;
}

function mayEnd(kind: number): boolean {
  if (kind === WORD || kind === STRING || kind === NUMBER || isClosing(kind)) return true;
  return kind >= 128 ? !OPEN_WORDS.has(kind) : kind === 33 || kind === QUESTION || kind === 62 || kind === STAR;
}

function isContinuation(walk: Walk, at: number): boolean {
  const { tokens } = walk;
  const kind = tokens.kind(at);
  if (kind === DOT || kind === ELSE || kind === AS || kind === BY || kind === EQUALS || kind === COLON) return true;
  if (kind === QUESTION) return true;
  const isDouble = tokens.kind(at + 1) === kind && tokens.isJoined(at);
  return (kind === 38 || kind === 124) && isDouble;
}

function type(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean, isEnum: boolean): number {
  const { tokens } = walk;
  const isObject = tokens.kind(at) === OBJECT;
  const isCompanion = isObject && tokens.kind(at - 1) === COMPANION;
  const name = walk.isName(at + 1) && !(isObject && tokens.isFresh(at + 1)) ? at + 1 : -1;
  if (name === -1 && !isCompanion) return at + 1;
  const start = name === -1 ? at + 1 : name + 1;
  let parameters = -1;
  let index = start;
  for (; index < to; ) {
    const kind = tokens.kind(index);
    if (kind === BRACE || kind === BRACE_CLOSE || kind === SEMICOLON) break;
    if (tokens.isFresh(index) && !isHeadGoingOn(walk, index)) break;
    if (kind === PAREN && parameters === -1 && isPrimary(walk, start, index)) parameters = index;
    index = kind === LESS ? skipAngles(tokens, index) : tokens.next(index);
  }
  const body = tokens.kind(index) === BRACE && index < to ? index : -1;
  const end = body === -1 ? index : Math.min(tokens.partner(body) + 1, to);
  const kind: DefinitionKind = isEnum ? "enum" : tokens.kind(at) === INTERFACE ? "interface" : "class";
  const parent =
    name === -1 ? scope.parent : walk.define({ kind, name, from, last: Math.max(end - 1, name), body: index, scope, exported });
  if (body !== -1) walk.enterGroup(body, { kind: isEnum ? "enum" : "type", parent, isOpen: exported });
  if (parameters !== -1) walk.enterGroup(parameters, { kind: "parameters", parent, isOpen: exported });
  return end;
}

/** What may begin a further line of a type's head. */
function isHeadGoingOn(walk: Walk, at: number): boolean {
  const { tokens } = walk;
  const kind = tokens.kind(at);
  const before = tokens.kind(at - 1);
  if (
    kind === COLON ||
    kind === BRACE ||
    kind === COMMA ||
    kind === LESS ||
    kind === PAREN ||
    kind === WHERE ||
    kind === BY ||
    kind === DOT
  )
    return true;
  if (before === COLON || before === COMMA || before === BY || before === WHERE) return true;
  if (kind === CONSTRUCTOR) return !DECLARATIONS.has(before);
  return (kind === AT || MODIFIERS.has(kind)) && isConstructorAhead(walk, at);
}

function isConstructorAhead(walk: Walk, at: number): boolean {
  const { tokens } = walk;
  let index = at;
  for (let steps = 0; steps < 8; steps++) {
    const kind = tokens.kind(index);
    if (kind === CONSTRUCTOR) return true;
    if (kind === AT) index = annotation(walk, index);
    else if (MODIFIERS.has(kind)) index++;
    else return false;
  }
  return false;
}

/** Whether nothing but type parameters and a constructor's modifiers stands between a name and its parenthesis. */
function isPrimary(walk: Walk, from: number, open: number): boolean {
  for (let index = open - 1; index >= from && index > open - 24; index--) {
    if (walk.tokens.kind(index) === COLON && walk.tokens.kind(from) !== LESS) return false;
  }
  return true;
}

function parameter(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let end = at;
  while (end < to && tokens.kind(end) !== COMMA) end = tokens.kind(end) === LESS ? skipAngles(tokens, end) : tokens.next(end);
  let index = at;
  let isPrivate = false;
  for (; index < end; ) {
    const kind = tokens.kind(index);
    if (kind === AT) index = annotation(walk, index);
    else if (MODIFIERS.has(kind)) {
      isPrivate ||= kind === PRIVATE;
      index++;
    } else break;
  }
  const isProperty = tokens.kind(index) === VAL || tokens.kind(index) === VAR;
  if (isProperty && walk.isName(index + 1)) {
    walk.define({
      kind: "property",
      name: index + 1,
      from: index,
      last: Math.min(end, to) - 1,
      scope,
      exported: scope.isOpen && !isPrivate,
    });
  }
  return end + 1;
}

/** The entries at the head of an enum's body; members follow a semicolon. */
function entries(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let index = at;
  while (index < to && tokens.kind(index) !== SEMICOLON) {
    if (tokens.kind(index) === AT) index = annotation(walk, index);
    else if (walk.isName(index)) {
      const name = index++;
      if (tokens.kind(index) === PAREN) index = tokens.next(index);
      const body = tokens.kind(index) === BRACE ? index : -1;
      if (body !== -1) index = tokens.next(index);
      const parent = walk.define({
        kind: "constant",
        name,
        from: name,
        last: Math.min(index, to) - 1,
        scope,
        exported: scope.isOpen,
      });
      if (body !== -1) walk.enterGroup(body, { kind: "type", parent, isOpen: false });
      while (index < to && tokens.kind(index) !== COMMA && tokens.kind(index) !== SEMICOLON) index = tokens.next(index);
    } else index = tokens.next(index);
  }
  walk.enter(index + 1, to, { ...scope, kind: "type" });
  return to;
}

function func(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  let index = tokens.kind(at + 1) === LESS ? skipAngles(tokens, at + 1) : at + 1;
  let name = -1;
  for (; index < to; ) {
    const kind = tokens.kind(index);
    if (kind === LESS) index = skipAngles(tokens, index);
    else if (kind === AT) index = annotation(walk, index);
    else if (walk.isName(index)) name = index++;
    else if (kind === DOT || kind === QUESTION) index++;
    else if (kind === PAREN && tokens.kind(tokens.next(index)) === DOT) index = tokens.next(index);
    else break;
  }
  if (name === -1 || tokens.kind(index) !== PAREN || tokens.kind(name + 1) === DOT) return at + 1;
  index = tokens.next(index);
  // The result's type and bounds, up to a body, an expression, or a line that begins something else.
  while (index < to) {
    const kind = tokens.kind(index);
    if (kind === BRACE || kind === EQUALS || kind === SEMICOLON || isClosing(kind)) break;
    const before = tokens.kind(index - 1);
    if (tokens.isFresh(index) && kind !== COLON && kind !== WHERE && before !== COLON && before !== COMMA && before !== WHERE)
      break;
    index = kind === LESS ? skipAngles(tokens, index) : tokens.next(index);
  }
  const hasBody = tokens.kind(index) === BRACE;
  const isExpression = tokens.kind(index) === EQUALS;
  const end = hasBody
    ? Math.min(tokens.partner(index) + 1, to)
    : isExpression
      ? statementEnd(walk, index, to)
      : Math.min(index, to);
  const kind = scope.kind === "top" ? "function" : "method";
  walk.define({ kind, name, from, last: Math.max(end - 1, name), body: index, scope, exported });
  return end;
}

function property(
  walk: Walk,
  at: number,
  from: number,
  to: number,
  scope: Scope,
  exported: boolean,
  isConstant: boolean,
): number {
  const { tokens } = walk;
  let index = tokens.kind(at + 1) === LESS ? skipAngles(tokens, at + 1) : at + 1;
  const names: number[] = [];
  if (tokens.kind(index) === PAREN && tokens.kind(tokens.next(index)) === EQUALS) {
    for (let name = index + 1; name < tokens.partner(index); name = tokens.next(name)) {
      if (walk.isName(name) && tokens.kind(name - 1) !== COLON) names.push(name);
    }
  } else {
    let name = -1;
    for (; index < to; ) {
      const kind = tokens.kind(index);
      if (kind === LESS) index = skipAngles(tokens, index);
      else if (walk.isName(index) && (name === -1 || tokens.kind(index - 1) === DOT)) name = index++;
      else if (kind === DOT || (kind === QUESTION && tokens.kind(index + 1) === DOT)) index++;
      else break;
    }
    if (name !== -1) names.push(name);
  }
  let end = statementEnd(walk, at, to);
  // Accessors on lines of their own belong to the property.
  while ((tokens.kind(end) === GET || tokens.kind(end) === SET) && tokens.kind(end + 1) === PAREN)
    end = accessorEnd(walk, end, to);
  const kind = scope.kind !== "top" ? "property" : isConstant || tokens.kind(at) === VAL ? "constant" : "variable";
  for (const name of names) walk.define({ kind, name, from, last: Math.max(Math.min(end, to) - 1, name), scope, exported });
  return end;
}

function accessorEnd(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  const after = tokens.next(at + 1);
  return tokens.kind(after) === BRACE ? Math.min(tokens.next(after), to) : statementEnd(walk, at, to);
}
