// Declarations of C and C++: functions, variables, fields and typedefs, with the aggregates that may stand in them.

import type { DefinitionKind } from "../record.ts";
import type { Aggregate, ReadAggregate } from "./c-aggregates.ts";
import type { CWords } from "./c-words.ts";
import {
  AMPERSAND,
  BRACE,
  BRACE_CLOSE,
  BRACKET,
  COLON,
  COMMA,
  EQUALS,
  LESS,
  PAREN,
  PAREN_CLOSE,
  SEMICOLON,
  STAR,
  TILDE,
} from "./marks.ts";
import { isClosing, skipAngles } from "./reading.ts";
import type { Scope, Walk } from "./walk.ts";

/** What is known of a declaration when its first declarator has been reached. */
interface Head {
  aggregate: Aggregate | undefined;
  /** The name declared first; -1 if it has none that counts. */
  name: number;
  /** Names and types before the name. */
  types: number;
  isFunction: boolean;
  /** The class in `Class::name`. */
  owner: number;
  isStatic: boolean;
  isConstant: boolean;
  isTypedef: boolean;
  /** Operators, destructors: they have no name of their own. */
  isNameless: boolean;
  /** Of the class around: its constructors have no type. */
  typeName: string | undefined;
  index: number;
}

export function readDeclaration(
  walk: Walk,
  words: CWords,
  at: number,
  from: number,
  to: number,
  scope: Scope,
  readAggregate: ReadAggregate,
): number {
  const { tokens } = walk;
  const head = readHead(walk, words, at, to, readAggregate, scope.typeName);
  const isType = head.types > 0 || head.aggregate !== undefined;
  const isConstructor = head.isFunction && !isType && head.owner === -1 && tokens.text(head.name) === scope.typeName;
  const isMacro = head.isFunction && !isType && head.owner === -1 && !isConstructor && !head.isNameless;
  if (isMacro) takeMacroArgument(walk, words, head, to);
  const isDeclared = head.name !== -1 && !head.isNameless && (isType || head.types > 0 || head.owner !== -1 || isConstructor);
  const end = head.isFunction ? functionEnd(walk, words, head.index, to) : head.index;
  const names = isDeclared ? [head.name] : [];
  const last =
    head.isFunction && tokens.kind(end) === BRACE
      ? Math.min(tokens.partner(end), to - 1)
      : listEnd(walk, end, to, names, isDeclared);
  const exported = scope.isOpen && !(head.isStatic && scope.kind === "top");
  const kind = kindOf(head, scope, isConstructor);
  const inner: Scope = head.owner === -1 ? scope : { ...scope, owner: tokens.text(head.owner) };
  const body = head.isFunction ? end : last + 1;
  let parent = -1;
  names.forEach((name, position) => {
    const isFirst = position === 0;
    const found = walk.define({
      kind: isFirst ? kind : kind === "function" || kind === "method" ? valueKind(head, scope) : kind,
      name,
      from,
      last,
      ...(head.isFunction || head.aggregate !== undefined ? { body: bodyOf(head, name, body) } : {}),
      scope: isFirst ? inner : scope,
      exported,
    });
    parent = isFirst ? found : parent;
  });
  if (head.aggregate !== undefined) enterAggregate(walk, words, head, from, scope, parent);
  return last + 1;
}

/** `TEST(name) { ... }` defines a function whose name is the macro's one argument. */
function takeMacroArgument(walk: Walk, words: CWords, head: Head, to: number): void {
  const { tokens } = walk;
  const open = head.index;
  if (!walk.isName(open + 1) || tokens.kind(open + 2) !== PAREN_CLOSE) return;
  const end = functionEnd(walk, words, open, to);
  if (tokens.kind(end) !== BRACE || end !== open + 3) return;
  head.name = open + 1;
  head.types = 1;
}

/** The signature of `struct { ... } name` is that of the name only. */
function bodyOf(head: Head, name: number, body: number): number {
  return head.aggregate !== undefined && head.aggregate.body !== -1 ? Math.min(head.aggregate.body, name) : body;
}

function kindOf(head: Head, scope: Scope, isConstructor: boolean): DefinitionKind {
  if (head.isTypedef) return "type";
  if (isConstructor) return "constructor";
  if (head.isFunction) return scope.kind === "type" || head.owner !== -1 ? "method" : "function";
  return valueKind(head, scope);
}

function valueKind(head: Head, scope: Scope): DefinitionKind {
  return scope.kind === "type" ? "field" : head.isConstant ? "constant" : "variable";
}

function readHead(
  walk: Walk,
  words: CWords,
  at: number,
  to: number,
  readAggregate: ReadAggregate,
  typeName: string | undefined,
): Head {
  const { tokens } = walk;
  const head: Head = {
    aggregate: undefined,
    name: -1,
    types: 0,
    isFunction: false,
    owner: -1,
    isStatic: false,
    isConstant: false,
    isTypedef: false,
    isNameless: false,
    typeName,
    index: at,
  };
  while (head.index < to) {
    const { index } = head;
    const kind = tokens.kind(index);
    if (words.aggregates.has(kind)) {
      const aggregate = readAggregate(walk, words, index, to);
      head.types++;
      dropName(head);
      if (aggregate.body !== -1) head.aggregate = aggregate;
      head.index = aggregate.after;
    } else if (words.attributes.has(kind)) {
      if (words.primitives.has(kind)) head.types++;
      head.index = tokens.kind(index + 1) === PAREN ? tokens.next(index + 1) : index + 1;
    } else if (walk.isName(index)) {
      dropName(head);
      head.name = index;
      head.owner = -1;
      head.index++;
    } else if (kind === COLON && tokens.kind(index + 1) === COLON) {
      if (!qualified(walk, head)) return head;
    } else if (kind === LESS && words.isCpp) head.index = skipAngles(tokens, index);
    else if (kind === PAREN) {
      if (parenthesis(walk, words, head, to)) return head;
    } else if (kind === words.operator || kind === TILDE) {
      head.isNameless = true;
      head.isFunction = true;
      head.index = operatorParameters(walk, index, to);
      return head;
    } else if (!specifier(walk, words, head, kind)) return head;
  }
  return head;
}

/** The name before was a type, a specifier or a macro. */
function dropName(head: Head): void {
  if (head.name !== -1) head.types++;
  head.name = -1;
}

/** `Class::`: what follows may be its member. */
function qualified(walk: Walk, head: Head): boolean {
  const owner = head.name;
  head.index += 2;
  head.name = -1;
  const { tokens } = walk;
  if (tokens.kind(head.index) === STAR) {
    head.types++;
    return true;
  }
  if (!walk.isName(head.index)) return true;
  head.name = head.index++;
  head.owner = owner;
  return true;
}

/** Words, stars and brackets that stand in a declaration without naming anything. @returns false where the head ends. */
function specifier(walk: Walk, words: CWords, head: Head, kind: number): boolean {
  if (kind === words.typedef) head.isTypedef = true;
  else if (kind === words.static) head.isStatic = true;
  else if (words.constants.has(kind)) head.isConstant = true;
  else if (words.primitives.has(kind)) {
    dropName(head);
    head.types++;
  } else if (kind === STAR || kind === AMPERSAND) dropName(head);
  else if (kind === BRACKET) {
    head.index = walk.tokens.next(head.index);
    return true;
  } else if (kind < 128 || words.access.has(kind)) return false;
  head.index++;
  return true;
}

/** What a parenthesis means. @returns true if the head ends there. */
function parenthesis(walk: Walk, words: CWords, head: Head, to: number): boolean {
  const { tokens } = walk;
  const open = head.index;
  const inner = tokens.kind(open + 1);
  const isPointer = inner === STAR || inner === AMPERSAND || inner === 94;
  if ((isPointer || isMemberPointer(walk, open)) && (head.name !== -1 || head.types > 0)) {
    dropName(head);
    const found = innerName(walk, open);
    head.name = found.name;
    head.isFunction = found.isFunction;
    head.index = tokens.next(open);
    if (tokens.kind(head.index) === PAREN) head.index = tokens.next(head.index);
    return true;
  }
  // `int (name)(int)` is a function whose name is kept from being a macro.
  const kept = keptName(walk, open);
  const isCalled = tokens.kind(kept + 2) === PAREN;
  const isTyped = head.name === -1 && head.types > 0;
  if (kept !== -1 && (isTyped ? isCalled || kept === open + 1 : isCalled && head.name !== -1)) {
    dropName(head);
    head.name = kept;
    head.owner = kept === open + 1 ? -1 : kept - 3;
    head.index = tokens.next(open);
    head.isFunction = isCalled;
    return true;
  }
  if (head.name === -1) {
    head.index = tokens.next(open);
    return head.index >= to;
  }
  const after = tokens.next(open);
  if (isMacroCall(walk, words, after, to, head.types === 0 && tokens.text(head.name) !== head.typeName)) {
    head.name = -1;
    head.owner = -1;
    head.index = after;
    // API(int) name(...): on the same line the macro stands for a type.
    if (walk.isName(after) && !tokens.isFresh(after)) head.types++;
    return false;
  }
  head.isFunction = true;
  return true;
}

/** The name in `(name)` and `(owner::name)`; -1 if something else is in the parenthesis. */
function keptName(walk: Walk, open: number): number {
  const { tokens } = walk;
  let index = open + 1;
  while (walk.isName(index) && tokens.kind(index + 1) === COLON && tokens.kind(index + 2) === COLON) index += 3;
  return walk.isName(index) && tokens.kind(index + 1) === PAREN_CLOSE ? index : -1;
}

function isMemberPointer(walk: Walk, open: number): boolean {
  const { tokens } = walk;
  let index = open + 1;
  while (walk.isName(index) && tokens.kind(index + 1) === COLON && tokens.kind(index + 2) === COLON) index += 3;
  return index > open + 1 && tokens.kind(index) === STAR;
}

/** `NAME(...)` that more of a declaration follows is a macro in front of it. */
function isMacroCall(walk: Walk, words: CWords, after: number, to: number, isUntyped: boolean): boolean {
  const { tokens } = walk;
  if (after >= to) return false;
  const kind = tokens.kind(after);
  if (
    words.aggregates.has(kind) ||
    words.primitives.has(kind) ||
    kind === words.static ||
    kind === words.typedef ||
    kind === words.extern
  )
    return true;
  if (kind === TILDE || kind === words.operator || kind === words.template) return true;
  if (!walk.isName(after) || kind >= 128) return false;
  // What follows a typed function says something of it; without a type the name before was a macro's.
  const next = tokens.kind(after + 1);
  if (next === PAREN) return isUntyped;
  return (
    walk.isName(after + 1) || next === STAR || next === AMPERSAND || words.primitives.has(next) || (next === LESS && words.isCpp)
  );
}

/** The name in `(*name)(...)`, `(*name(...))(...)`, `(*name[2])`. */
function innerName(walk: Walk, open: number): { name: number; isFunction: boolean } {
  const { tokens } = walk;
  let name = -1;
  let close = tokens.partner(open);
  for (let index = open + 1; index < close; index++) {
    const kind = tokens.kind(index);
    if (walk.isName(index)) name = index;
    else if (kind === PAREN && name === -1) {
      close = tokens.partner(index);
    } else if (kind === PAREN) return { name, isFunction: true };
    else if (kind === BRACKET || kind === COMMA) break;
  }
  return { name, isFunction: false };
}

/** Where the parameters of an operator or destructor begin: `operator()(...)` has its sign before. */
function operatorParameters(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at + 1;
  if (tokens.kind(index) === PAREN) index = tokens.next(index);
  while (index < to && tokens.kind(index) !== PAREN && tokens.kind(index) !== SEMICOLON) index++;
  return index;
}

/** From the parameters on: the index of the body's brace, or of the semicolon or comma that ends a declaration. */
function functionEnd(walk: Walk, words: CWords, at: number, to: number): number {
  const { tokens } = walk;
  let isInitializers = false;
  let isTried = false;
  let index = at;
  while (index < to) {
    const kind = tokens.kind(index);
    const before = tokens.kind(index - 1);
    if (kind === SEMICOLON || (kind === COMMA && !isInitializers) || kind === EQUALS || isClosing(kind)) return index;
    if (kind === BRACE) {
      const isBody = !isInitializers || before === PAREN_CLOSE || before === BRACE_CLOSE || isTried;
      if (isBody) return index;
    } else if (kind === COLON) {
      if (tokens.kind(index + 1) === COLON) {
        index += 2;
        continue;
      }
      isInitializers = true;
    } else if (kind === words.try) isTried = true;
    else if (kind === LESS && words.isCpp) {
      index = skipAngles(tokens, index);
      continue;
    }
    isTried &&= kind === words.try;
    index = tokens.next(index);
  }
  return to;
}

/** Adds the further names of `a = 1, *b, c[2];`. @returns the index of the last token. */
function listEnd(walk: Walk, at: number, to: number, names: number[], isDeclared: boolean): number {
  const { tokens } = walk;
  let index = at;
  while (index < to && tokens.kind(index) !== SEMICOLON && !isClosing(tokens.kind(index))) {
    if (tokens.kind(index) === COMMA && isDeclared) {
      const name = nextName(walk, index + 1);
      if (name !== -1) names.push(name);
    }
    index = tokens.kind(index) === LESS ? skipComparison(walk, index) : tokens.next(index);
  }
  return Math.min(index, to - 1);
}

/** Type arguments hide their commas; what is none is stepped over as a sign. */
function skipComparison(walk: Walk, at: number): number {
  return walk.isName(at - 1) ? skipAngles(walk.tokens, at) : at + 1;
}

function nextName(walk: Walk, at: number): number {
  const { tokens } = walk;
  let index = at;
  while (tokens.kind(index) === STAR || tokens.kind(index) === AMPERSAND || (tokens.kind(index) >= 128 && !walk.isName(index)))
    index++;
  if (tokens.kind(index) === PAREN && tokens.kind(index + 1) === STAR) return innerName(walk, index).name;
  if (!walk.isName(index)) return -1;
  const after = tokens.kind(index + 1);
  const ends =
    after === COMMA ||
    after === SEMICOLON ||
    after === EQUALS ||
    after === BRACKET ||
    after === COLON ||
    after === PAREN ||
    after === BRACE;
  return ends ? index : -1;
}

function enterAggregate(walk: Walk, words: CWords, head: Head, from: number, scope: Scope, declared: number): void {
  const { tokens } = walk;
  const aggregate = head.aggregate as Aggregate;
  const { kind, name, body } = aggregate;
  const isClass = tokens.kind(aggregate.at) === words.class;
  let parent = declared === -1 ? scope.parent : declared;
  if (name !== -1) {
    const last = Math.min(tokens.partner(body), tokens.count - 1);
    parent = walk.define({ kind, name, from, last, body, scope, exported: scope.isOpen });
  }
  walk.enterGroup(body, {
    kind: kind === "enum" ? "enum" : "type",
    parent,
    isOpen: scope.isOpen && (kind === "enum" || !isClass),
    ...(name === -1 ? {} : { typeName: tokens.text(name) }),
  });
}
