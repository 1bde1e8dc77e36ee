// C#: namespaces, types and their members, at any depth. Nothing inside of bodies, accessors and initializers is a
// definition, nor are statements at the top of a program.

import type { DefinitionKind } from "../record.ts";
import { readCsharpString } from "./csharp-strings.ts";
import { readDirective } from "./directives.ts";
import { classesOf } from "./lexer.ts";
import { PLAIN_APOSTROPHES, type Special } from "./lexical-table.ts";
import { BRACE, BRACKET, COLON, COMMA, DOT, EQUALS, GREATER, LESS, PAREN, QUESTION, SEMICOLON, STAR } from "./marks.ts";
import { afterAngles, isClosing, skipAngles } from "./reading.ts";
import { bracesScanner } from "./scanner.ts";
import { Vocabulary } from "./vocabulary.ts";
import type { Scope, Walk } from "./walk.ts";

const vocabulary = new Vocabulary({
  reserved: `abstract as base bool break byte case catch char checked class const continue decimal default delegate do double
    else enum event explicit extern false finally fixed float for foreach goto if implicit in int interface internal is lock
    long namespace new null object operator out override params private protected public readonly ref return sbyte sealed
    short sizeof stackalloc static string struct switch this throw true try typeof uint ulong unchecked unsafe ushort using
    virtual void volatile while`,
  modifiers: "async await partial required scoped",
  soft: "record file global where get set init add remove var nameof value when yield",
});
const [CLASS, CONST, DELEGATE, ENUM, EVENT, GLOBAL, INTERFACE, NAMESPACE, OPERATOR, RECORD, STRUCT, USING, STATIC, THIS, REF] =
  vocabulary.kindsOf("class const delegate enum event global interface namespace operator record struct using static this ref");
const MODIFIERS = vocabulary.setOf(
  `public private protected internal static readonly virtual override abstract sealed async extern unsafe new partial const volatile required file fixed ref scoped implicit explicit`,
);
const OPENING_UP = vocabulary.setOf("public protected internal");
const PRIMITIVES = vocabulary.setOf(
  "bool byte char decimal double float int long object sbyte short string uint ulong ushort void",
);
const TYPE_KINDS: ReadonlyMap<number, DefinitionKind> = new Map<number, DefinitionKind>([
  [CLASS as number, "class"],
  [STRUCT as number, "struct"],
  [INTERFACE as number, "interface"],
  [ENUM as number, "enum"],
  [RECORD as number, "class"],
]);

const specials: Record<string, Special> = {
  '"': readCsharpString,
  "@": readCsharpString,
  $: readCsharpString,
  "'": (lexer, at) => lexer.string(at, at + 1, PLAIN_APOSTROPHES),
  "#": (lexer, at) => readDirective(lexer, at, { hasJoinedLines: false }) ?? lexer.mark(at),
};
const classes = classesOf(Object.keys(specials));

export const csharp = bracesScanner({ table: { vocabulary, specials, classes }, step });

function step(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  if (scope.kind === "enum") return enumMember(walk, at, to, scope);
  let index = at;
  let from = -1;
  let isOpened = false;
  let isConstant = false;
  for (; index < to; ) {
    const kind = tokens.kind(index);
    if (kind === BRACKET && from === -1) index = tokens.next(index);
    else if (MODIFIERS.has(kind) && isModifier(walk, index)) {
      from = from === -1 ? index : from;
      isOpened ||= OPENING_UP.has(kind);
      isConstant ||= kind === CONST;
      index++;
    } else break;
  }
  from = from === -1 ? index : from;
  const exported = isOpened || scope.isOpen;
  const kind = tokens.kind(index);
  if (kind === NAMESPACE) return namespace(walk, index, to, scope);
  if (kind === DELEGATE && walk.tokens.kind(index + 1) !== STAR)
    return member(walk, index + 1, from, to, scope, exported, "type");
  if (TYPE_KINDS.has(kind) && isTypeHead(walk, index)) return type(walk, index, from, to, scope, exported);
  if (scope.kind === "top") {
    if (kind === USING || (kind === GLOBAL && tokens.kind(index + 1) === USING)) return using(walk, index, to);
    return Math.max(tokens.next(index), at + 1);
  }
  if (kind === EVENT) return member(walk, index + 1, from, to, scope, exported, "property");
  return member(walk, index, from, to, scope, exported, isConstant ? "constant" : "field");
}

/** `file`, `required` and the like are names before what no declaration follows a modifier with. */
function isModifier(walk: Walk, at: number): boolean {
  const { tokens } = walk;
  if (!walk.isName(at)) return true;
  const after = tokens.kind(at + 1);
  return walk.isName(at + 1) || after >= 128 || after === PAREN;
}

function isTypeHead(walk: Walk, at: number): boolean {
  const { tokens } = walk;
  if (tokens.kind(at) !== RECORD) return walk.isName(at + 1);
  const name = tokens.kind(at + 1) === CLASS || tokens.kind(at + 1) === STRUCT ? at + 2 : at + 1;
  const after = tokens.kind(name + 1);
  return walk.isName(name) && (after === PAREN || after === LESS || after === BRACE || after === COLON || after === SEMICOLON);
}

function namespace(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let index = at + 1;
  while (index < to && (walk.isName(index) || tokens.kind(index) === DOT)) index++;
  if (index === at + 1) return index;
  const hasBody = tokens.kind(index) === BRACE;
  const last = Math.min(hasBody ? tokens.partner(index) : to, to) - (hasBody ? 0 : 1);
  const text = tokens.source.slice(tokens.start(at + 1), tokens.end(index - 1)).replace(/\s+/g, "");
  const parent = walk.define({
    kind: "namespace",
    name: at + 1,
    text,
    from: at,
    last: Math.min(last, to - 1),
    body: index,
    scope,
    exported: true,
  });
  const inner = { kind: "top", parent, isOpen: true };
  if (hasBody) walk.enterGroup(index, inner);
  else walk.enter(index + 1, to, inner);
  return hasBody ? tokens.next(index) : to;
}

function using(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = tokens.kind(at) === GLOBAL ? at + 2 : at + 1;
  if (tokens.kind(index) === PAREN) return index;
  if (tokens.kind(index) === STATIC) index++;
  let from = index;
  while (index < to && tokens.kind(index) !== SEMICOLON) {
    if (tokens.kind(index) === EQUALS) from = index + 1;
    index = tokens.next(index);
  }
  const isPath = /^[\w.:\s@]+$/.test(
    tokens.source.slice(tokens.start(from), Math.min(tokens.end(index - 1), tokens.start(from) + 400)),
  );
  if (isPath && index > from && !(walk.isName(from) && walk.isName(from + 1))) {
    walk.addImport(tokens.source.slice(tokens.start(from), tokens.end(index - 1)).replace(/\s+/g, ""), at, ["*"]);
  }
  return index + 1;
}

function type(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const isNamedLater = tokens.kind(at) === RECORD && !walk.isName(at + 1);
  const kind =
    (tokens.kind(at) === RECORD && isNamedLater && TYPE_KINDS.get(tokens.kind(at + 1))) ||
    TYPE_KINDS.get(tokens.kind(at)) ||
    "class";
  const name = isNamedLater ? at + 2 : at + 1;
  let body = name + 1;
  while (body < to && tokens.kind(body) !== BRACE && tokens.kind(body) !== SEMICOLON) body = tokens.next(body);
  const last = Math.min(tokens.kind(body) === BRACE ? tokens.partner(body) : body, to - 1);
  const parent = walk.define({ kind, name, from, last, body, scope, exported });
  if (tokens.kind(body) === BRACE) {
    walk.enterGroup(body, {
      kind: kind === "enum" ? "enum" : "type",
      parent,
      isOpen: kind === "interface" || kind === "enum" ? exported : false,
      typeName: tokens.text(name),
    });
  }
  return last + 1;
}

function enumMember(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let index = at;
  while (tokens.kind(index) === BRACKET) index = tokens.next(index);
  const name = index;
  while (index < to && tokens.kind(index) !== COMMA) index = tokens.next(index);
  if (walk.isName(name) && name < to) {
    walk.define({ kind: "constant", name, from: name, last: Math.min(index, to) - 1, scope, exported: scope.isOpen });
  }
  return index + 1;
}

/** A method, constructor, property, event, delegate or fields. `at` is after the modifiers. */
function member(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean, kind: DefinitionKind): number {
  const { tokens } = walk;
  let index = at;
  let name = -1;
  let names = 0;
  for (; index < to; ) {
    const mark = tokens.kind(index);
    if (mark === LESS) index = skipAngles(tokens, index);
    else if (mark === PAREN && name === -1) {
      // A tuple is a type; names inside of it are none of ours.
      index = tokens.next(index);
      names++;
    } else if (mark === OPERATOR) return skipMember(walk, parameters(walk, index, to), to);
    else if (mark === THIS) return skipMember(walk, index, to);
    else if (walk.isName(index) || PRIMITIVES.has(mark)) {
      if (tokens.kind(index - 1) !== DOT) names++;
      name = index++;
    } else if (mark === PAREN && isReturnTuple(walk, index, to)) index = tokens.next(index);
    else if (mark === BRACKET) index = tokens.next(index);
    else if (mark === DOT || mark === QUESTION || mark === STAR || mark === COLON || mark === REF) index++;
    else if (MODIFIERS.has(mark)) index++;
    else break;
  }
  if (name === -1 || !walk.isName(name)) return skipMember(walk, index, to);
  const mark = tokens.kind(index);
  const isArrow = mark === EQUALS && tokens.kind(index + 1) === GREATER && tokens.isJoined(index);
  const isMethod = mark === PAREN;
  if (!isMethod && names < 2) return skipMember(walk, index, to);
  if (isMethod || mark === BRACE || isArrow) {
    const isConstructor = isMethod && names === 1 && kind !== "type";
    if (isConstructor && tokens.text(name) !== scope.typeName) return skipMember(walk, index, to);
    const last = skipMember(walk, index, to) - 1;
    const found = isConstructor ? "constructor" : isMethod ? (kind === "type" ? "type" : "method") : "property";
    walk.define({ kind: found, name, from, last, body: bodyOf(walk, index, last), scope, exported });
    return last + 1;
  }
  return fields(walk, name, from, to, scope, exported, kind);
}

/** Where the parameters of an operator begin: its sign is no value. */
function parameters(walk: Walk, at: number, to: number): number {
  let index = at;
  while (index < to && walk.tokens.kind(index) !== PAREN) index++;
  return index;
}

/** A tuple that a name and another parenthesis follow was a type: `ref (int, int) Name(`. */
function isReturnTuple(walk: Walk, at: number, to: number): boolean {
  const after = walk.tokens.next(at);
  return after < to && walk.isName(after) && walk.tokens.kind(after + 1) === PAREN && MODIFIERS.has(walk.tokens.kind(at - 1));
}

function bodyOf(walk: Walk, at: number, last: number): number {
  const { tokens } = walk;
  let index = at;
  while (index <= last) {
    const kind = tokens.kind(index);
    if (kind === BRACE || kind === EQUALS || kind === SEMICOLON) return index;
    index = tokens.next(index);
  }
  return last + 1;
}

/** @returns the index after a member: after its braces, or after the semicolon of an expression or initializer. */
function skipMember(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at;
  let isExpression = false;
  while (index < to) {
    const kind = tokens.kind(index);
    if (kind === EQUALS) isExpression = true;
    index = tokens.next(index);
    if (kind === SEMICOLON || isClosing(kind)) break;
    if (kind === BRACE && !isExpression && tokens.kind(index) !== EQUALS) {
      // A property's empty semicolon is harmless; `{ get; } = value;` goes on.
      break;
    }
  }
  return Math.min(index, to);
}

function fields(
  walk: Walk,
  first: number,
  from: number,
  to: number,
  scope: Scope,
  exported: boolean,
  kind: DefinitionKind,
): number {
  const { tokens } = walk;
  const names = [first];
  let index = first + 1;
  while (index < to && tokens.kind(index) !== SEMICOLON) {
    const mark = tokens.kind(index);
    if (mark === COMMA && walk.isName(index + 1)) names.push(index + 1);
    const after = mark === LESS ? afterAngles(tokens, index) : -1;
    index = after === -1 ? tokens.next(index) : after;
  }
  const last = Math.min(index, to - 1);
  for (const name of names) walk.define({ kind, name, from, last, scope, exported });
  return last + 1;
}
