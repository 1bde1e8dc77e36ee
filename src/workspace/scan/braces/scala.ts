// Scala 2 and 3: declarations at the top and in types. Bodies are groups in braces, or lines indented deeper than the
// declaration's own; both are stepped over, so nothing inside of them is a definition.

import type { DefinitionKind } from "../record.ts";
import { classesOf } from "./lexer.ts";
import { type LexicalReader, PLAIN_APOSTROPHES, PLAIN_QUOTES, type Special } from "./lexical-table.ts";
import { AT, BRACE, BRACKET, COLON, COMMA, DOT, EQUALS, GREATER, PAREN, SEMICOLON } from "./marks.ts";
import { isClosing } from "./reading.ts";
import { readScalaImport } from "./scala-import.ts";
import { bracesScanner } from "./scanner.ts";
import { Vocabulary } from "./vocabulary.ts";
import type { Scope, Walk } from "./walk.ts";

const vocabulary = new Vocabulary({
  reserved: `abstract case catch class def do else enum export extends false final finally for forSome given if implicit import lazy
    match new null object override package private protected return sealed super then this throw trait true try type val var
    while with yield`,
  modifiers: "inline opaque open transparent infix",
  soft: "as derives end extension using",
});
const [CLASS, TRAIT, OBJECT, ENUM, DEF, VAL, VAR, TYPE, GIVEN, CASE, IMPORT, EXPORT, PACKAGE, PRIVATE, EXTENDS, WITH] =
  vocabulary.kindsOf("class trait object enum def val var type given case import export package private extends with");
const [END_MARK, DERIVES, EXTENSION, NEW] = vocabulary.kindsOf("end derives extension new");
const MODIFIERS = vocabulary.setOf(
  "abstract final implicit lazy override private protected sealed inline opaque open transparent infix",
);
const DECLARATIONS = vocabulary.setOf("class trait object enum def val var type given case");
const TYPE_KINDS: ReadonlyMap<number, DefinitionKind> = new Map<number, DefinitionKind>([
  [CLASS as number, "class"],
  [OBJECT as number, "class"],
  [TRAIT as number, "trait"],
  [ENUM as number, "enum"],
]);
/** A declaration that does not begin its line looks this far back for the token that does. */
const LOOKED_BACK_MAX = 64;

const specials: Record<string, Special> = { '"': quote, "'": apostrophe, "`": (lexer, at) => lexer.quotedName(at) };
const classes = classesOf(Object.keys(specials));

export const scala = bracesScanner({ table: { vocabulary, specials, classes, hasNestedComments: true }, step });

function quote(lexer: LexicalReader, at: number): number {
  const prefix = lexer.prefix(at);
  if (prefix !== "") lexer.dropPrefix();
  const code = prefix === "" ? {} : ({ interpolation: "${", hasDollarNames: true } as const);
  const start = at - prefix.length;
  if (lexer.source.startsWith('"""', at))
    return lexer.string(start, at + 3, { close: '"""', hasLines: true, isGreedy: true, ...code });
  return lexer.string(start, at + 1, { ...PLAIN_QUOTES, ...code });
}

/** A character, or the sign of a symbol or quoted code. */
function apostrophe(lexer: LexicalReader, at: number): number {
  const { source } = lexer;
  const isCharacter = source.charAt(at + 1) === "\\" || source.charAt(at + 2) === "'";
  return isCharacter ? lexer.string(at, at + 1, PLAIN_APOSTROPHES) : at + 1;
}

function step(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  if (scope.kind === "parameters" || scope.kind === "fields") return parameter(walk, at, to, scope);
  let index = at;
  let from = -1;
  let isPrivate = false;
  while (index < to) {
    const kind = tokens.kind(index);
    if (kind === AT && walk.isName(index + 1)) index = annotation(walk, index);
    else if (MODIFIERS.has(kind) && (kind < KEYWORD_SOFT || isModifier(walk, index))) {
      from = from === -1 ? index : from;
      isPrivate ||= kind === PRIVATE;
      index = tokens.kind(index + 1) === BRACKET ? tokens.next(index + 1) : index + 1;
    } else break;
  }
  from = from === -1 ? index : from;
  const exported = scope.isOpen && !isPrivate;
  const kind = tokens.kind(index);
  if (tokens.kind(index - 1) === DOT) return index + 1;
  if (kind === IMPORT || kind === EXPORT) return readScalaImport(walk, index, to);
  if (kind === PACKAGE) return packaged(walk, index, to, scope);
  if (kind === CASE && TYPE_KINDS.has(tokens.kind(index + 1))) return type(walk, index + 1, from, to, scope, exported);
  if (kind === CASE && scope.kind === "enum") return enumCases(walk, index, from, to, scope);
  if (TYPE_KINDS.has(kind) && walk.isName(index + 1)) return type(walk, index, from, to, scope, exported);
  if (kind === DEF) return func(walk, index, from, to, scope, exported);
  if (kind === VAL || kind === VAR) return values(walk, index, from, to, scope, exported);
  if (kind === TYPE || kind === GIVEN) return named(walk, index, from, to, scope, exported);
  if (kind === END_MARK && tokens.isFresh(index) && tokens.isFresh(index + 2)) return index + 2;
  if (kind === EXTENSION && (tokens.kind(index + 1) === PAREN || tokens.kind(index + 1) === BRACKET))
    return extension(walk, index, scope);
  return Math.max(kind === NEW ? index + 1 : tokens.next(index), at + 1);
}

const KEYWORD_SOFT = vocabulary.kindOf("inline");

function isModifier(walk: Walk, at: number): boolean {
  const next = walk.tokens.kind(at + 1);
  return MODIFIERS.has(next) || DECLARATIONS.has(next);
}

function annotation(walk: Walk, at: number): number {
  const { tokens } = walk;
  let index = at + 2;
  while (tokens.kind(index) === DOT) index += 2;
  if (tokens.kind(index) === BRACKET && tokens.isJoined(index - 1)) index = tokens.next(index);
  while (tokens.kind(index) === PAREN && tokens.isJoined(index - 1)) index = tokens.next(index);
  return index;
}

/** The column of the line on which a token stands, where it begins. */
function lineColumn(walk: Walk, at: number): number {
  let first = at;
  while (!walk.tokens.isFresh(first) && first > at - LOOKED_BACK_MAX && first > 0) first--;
  return column(walk, first);
}

/** Of a token that begins its line. */
function column(walk: Walk, at: number): number {
  const { source } = walk.tokens;
  const start = walk.tokens.start(at);
  let from = start;
  while (from > 0 && (source.charCodeAt(from - 1) === 32 || source.charCodeAt(from - 1) === 9)) from--;
  return start - from;
}

/** The index of the first token at or after `at` on a line that is indented no deeper than `margin`; or after a semicolon. */
function bodyEnd(walk: Walk, at: number, to: number, margin: number): number {
  const { tokens } = walk;
  let index = at;
  while (index < to) {
    const kind = tokens.kind(index);
    if (kind === SEMICOLON || isClosing(kind)) return index;
    if (index > at && tokens.isFresh(index) && column(walk, index) <= margin && !isJoining(kind)) return index;
    index = tokens.next(index);
  }
  return to;
}

/** What may stand at the margin and still belong to the line before. */
function isJoining(kind: number): boolean {
  return kind === BRACE || kind === EXTENDS || kind === WITH || kind === DERIVES || kind === DOT;
}

function packaged(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  if (tokens.kind(at + 1) === OBJECT) return type(walk, at + 1, at, to, scope, scope.isOpen);
  let index = at + 1;
  while (index < to && (walk.isName(index) || tokens.kind(index) === DOT) && !(index > at + 1 && tokens.isFresh(index))) index++;
  if (tokens.kind(index) !== BRACE) return index;
  walk.enterGroup(index, scope);
  return tokens.next(index);
}

function extension(walk: Walk, at: number, scope: Scope): number {
  const { tokens } = walk;
  let index = at + 1;
  while (tokens.kind(index) === PAREN || tokens.kind(index) === BRACKET) index = tokens.next(index);
  if (tokens.kind(index) !== BRACE) return index;
  walk.enterGroup(index, scope);
  return tokens.next(index);
}

function type(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const name = at + 1;
  if (!walk.isName(name)) return at + 1;
  const isCase = tokens.kind(at - 1) === CASE;
  const margin = lineColumn(walk, from);
  const parameters: number[] = [];
  let index = name + 1;
  let isExtending = false;
  while (index < to) {
    const kind = tokens.kind(index);
    if (kind === BRACE || kind === SEMICOLON || isClosing(kind) || isIndented(walk, index, margin)) break;
    if (tokens.isFresh(index) && column(walk, index) <= margin && !isJoining(kind) && kind !== PAREN) break;
    isExtending ||= kind === EXTENDS;
    if (kind === PAREN && !isExtending) parameters.push(index);
    index = tokens.next(index);
  }
  const hasBraces = tokens.kind(index) === BRACE && index < to;
  const isLines = tokens.kind(index) === COLON && index < to;
  const end = hasBraces ? Math.min(tokens.partner(index) + 1, to) : isLines ? bodyEnd(walk, index + 1, to, margin) : index;
  const kind = TYPE_KINDS.get(tokens.kind(at)) as DefinitionKind;
  const parent = walk.define({ kind, name, from, last: Math.max(Math.min(end, to) - 1, name), body: index, scope, exported });
  const inner: Scope = { kind: kind === "enum" ? "enum" : "type", parent, isOpen: exported };
  if (hasBraces) walk.enterGroup(index, inner);
  else if (isLines) walk.enter(index + 1, end, inner);
  parameters.forEach((open, position) => {
    walk.enterGroup(open, { ...inner, kind: isCase && position === 0 ? "fields" : "parameters" });
  });
  return end;
}

/** A colon at the end of a line that deeper ones follow begins a body. */
function isIndented(walk: Walk, at: number, margin: number): boolean {
  const { tokens } = walk;
  return tokens.kind(at) === COLON && tokens.isFresh(at + 1) && column(walk, at + 1) > margin;
}

function parameter(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let end = at;
  while (end < to && tokens.kind(end) !== COMMA) end = tokens.next(end);
  let index = at;
  let isPrivate = false;
  for (; index < end; ) {
    const kind = tokens.kind(index);
    if (kind === AT) index = annotation(walk, index);
    else if (MODIFIERS.has(kind)) {
      isPrivate ||= kind === PRIVATE;
      index = tokens.kind(index + 1) === BRACKET ? tokens.next(index + 1) : index + 1;
    } else break;
  }
  const hasWord = tokens.kind(index) === VAL || tokens.kind(index) === VAR;
  const name = hasWord ? index + 1 : index;
  if ((hasWord || scope.kind === "fields") && walk.isName(name) && tokens.kind(name + 1) === COLON) {
    walk.define({ kind: "property", name, from: index, last: end - 1, scope, exported: scope.isOpen && !isPrivate });
  }
  return end + 1;
}

function enumCases(walk: Walk, at: number, from: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  const end = bodyEnd(walk, at, to, lineColumn(walk, from));
  for (let index = at + 1; index < end; index = tokens.next(index)) {
    const isFirst = index === at + 1 || (tokens.kind(index - 1) === COMMA && walk.isName(index));
    if (tokens.kind(index) === EXTENDS) break;
    if (isFirst && walk.isName(index)) {
      walk.define({ kind: "constant", name: index, from, last: Math.min(end, to) - 1, scope, exported: scope.isOpen });
    }
  }
  return end;
}

/** Names such as `value_=` and `unary_!` go on with signs. */
function nameText(walk: Walk, name: number): { text: string; after: number } {
  const { tokens } = walk;
  let after = name + 1;
  if (tokens.text(name).endsWith("_")) {
    while (tokens.isJoined(after - 1) && /^[=!~+\-*/<>&|^%?:#@\\]$/.test(tokens.text(after)) && after < name + 8) {
      if (tokens.kind(after) === COLON && tokens.kind(after + 1) !== EQUALS) break;
      after++;
    }
  }
  return { text: tokens.source.slice(tokens.start(name), tokens.end(after - 1)), after };
}

function func(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const name = at + 1;
  const margin = lineColumn(walk, from);
  const { text, after } = walk.isName(name) ? nameText(walk, name) : { text: "", after: name + 1 };
  let body = after;
  while (body < to) {
    const kind = tokens.kind(body);
    const isArrow = kind === EQUALS && tokens.kind(body + 1) === GREATER && tokens.isJoined(body);
    if ((kind === EQUALS && !isArrow) || kind === BRACE || kind === SEMICOLON || isClosing(kind)) break;
    if (tokens.isFresh(body) && column(walk, body) <= margin && kind !== PAREN && kind !== COLON) break;
    body = isArrow ? body + 2 : tokens.next(body);
  }
  const hasBody = body < to && (tokens.kind(body) === EQUALS || tokens.kind(body) === BRACE);
  const end = hasBody ? bodyEnd(walk, body, to, margin) : body;
  if (text !== "" && text !== "this") {
    const kind = scope.kind === "top" ? "function" : "method";
    walk.define({ kind, name, text, from, last: Math.max(Math.min(end, to) - 1, name), body, scope, exported });
  }
  return end;
}

/** `val a, b: T = c`; patterns define nothing here. */
function values(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const end = bodyEnd(walk, at, to, lineColumn(walk, from));
  const names: number[] = [];
  let name = at + 1;
  for (; walk.isName(name); name += 2) {
    names.push(name);
    if (tokens.kind(name + 1) !== COMMA) break;
  }
  const after = tokens.kind(name + 1);
  const isPattern = after !== COLON && after !== EQUALS && !tokens.isFresh(name + 1) && name + 1 < end;
  const kind = scope.kind !== "top" ? "property" : tokens.kind(at) === VAL ? "constant" : "variable";
  if (!isPattern) {
    for (const found of names)
      walk.define({ kind, name: found, from, last: Math.max(Math.min(end, to) - 1, found), scope, exported });
  }
  return end;
}

/** `type X = Y`, `given x: Y with ...`. */
function named(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const end = Math.max(bodyEnd(walk, at, to, lineColumn(walk, from)), at + 1);
  const isGiven = tokens.kind(at) === GIVEN;
  const isNamed = walk.isName(at + 1) && (!isGiven || [COLON, PAREN, BRACKET].includes(tokens.kind(at + 2)));
  if (isNamed) walk.define({ kind: isGiven ? "constant" : "type", name: at + 1, from, last: end - 1, scope, exported });
  return end;
}
