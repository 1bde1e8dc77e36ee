// Go: declarations at the top of a file, fields and methods of its types. Statements end with their line where Go puts a
// semicolon. Nothing inside of function bodies is a definition.

import type { DefinitionKind } from "../record.ts";
import { classesOf } from "./lexer.ts";
import { PLAIN_APOSTROPHES, type Special } from "./lexical-table.ts";
import { BRACE, BRACKET, COMMA, DOT, EQUALS, PAREN, SEMICOLON } from "./marks.ts";
import { isClosing } from "./reading.ts";
import { bracesScanner } from "./scanner.ts";
import { NUMBER, STRING, Vocabulary, WORD } from "./vocabulary.ts";
import type { Scope, Walk } from "./walk.ts";

const vocabulary = new Vocabulary({
  reserved: `break case chan const continue default defer else fallthrough for func go goto if import interface map package
    range return select struct switch type var`,
});
const [CONST, FUNC, IMPORT, INTERFACE, STRUCT, TYPE, VAR] = vocabulary.kindsOf("const func import interface struct type var");
/** Words after which a line may end a statement. */
const ENDING_WORDS = vocabulary.setOf("break continue fallthrough return");

const specials: Record<string, Special> = {
  '"': (lexer, at) => lexer.string(at, at + 1),
  "'": (lexer, at) => lexer.string(at, at + 1, PLAIN_APOSTROPHES),
  "`": (lexer, at) => lexer.string(at, at + 1, { close: "`", hasLines: true }),
};

export const go = bracesScanner({ table: { vocabulary, specials, classes: classesOf(Object.keys(specials)) }, step });

function step(walk: Walk, at: number, to: number, scope: Scope): number {
  if (scope.kind === "struct") return field(walk, at, to, scope);
  if (scope.kind === "interface") return element(walk, at, to, scope);
  const kind = walk.tokens.kind(at);
  if (kind === FUNC) return func(walk, at, to, scope);
  if (kind === TYPE) return each(walk, at, to, (from, end, start) => typeSpec(walk, from, end, start, scope));
  if (kind === CONST) return each(walk, at, to, (from, end, start) => values(walk, from, end, start, "constant", scope));
  if (kind === VAR) return each(walk, at, to, (from, end, start) => values(walk, from, end, start, "variable", scope));
  if (kind === IMPORT) return each(walk, at, to, (from, end) => importSpec(walk, from, end));
  return walk.tokens.next(at);
}

/** Reads one declaration or a group of them. @returns the index after it. */
function each(walk: Walk, at: number, to: number, read: (from: number, end: number, start: number) => void): number {
  const { tokens } = walk;
  if (tokens.kind(at + 1) !== PAREN) {
    const end = statementEnd(walk, at + 1, to);
    read(at + 1, end, at);
    return end;
  }
  const close = tokens.partner(at + 1);
  let from = at + 2;
  while (from < close) {
    const end = statementEnd(walk, from, close);
    if (tokens.kind(from) !== SEMICOLON) read(from, end, from);
    from = Math.max(end, from + 1);
  }
  return close + 1;
}

/** The index after the last token of a statement, before any semicolon. */
function statementEnd(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at;
  while (index < to && tokens.kind(index) !== SEMICOLON) {
    const next = tokens.next(index);
    if (next >= to || (tokens.isFresh(next) && mayEnd(tokens.kind(next - 1)))) return Math.min(next, to);
    index = next;
  }
  return index;
}

function mayEnd(kind: number): boolean {
  return kind === WORD || kind === STRING || kind === NUMBER || isClosing(kind) || ENDING_WORDS.has(kind);
}

function isExported(walk: Walk, name: number): boolean {
  return /^\p{Lu}/u.test(walk.tokens.text(name));
}

function importSpec(walk: Walk, from: number, end: number): void {
  const { tokens } = walk;
  const path = end - 1;
  if (tokens.kind(path) !== STRING || path < from) return;
  walk.addImport(tokens.text(path).slice(1, -1), from, ["*"]);
}

function func(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  const hasReceiver = tokens.kind(at + 1) === PAREN;
  const name = hasReceiver ? tokens.next(at + 1) : at + 1;
  if (tokens.kind(name) !== WORD) return at + 1;
  let index = name + 1;
  let body = -1;
  while (index < to && tokens.kind(index) !== SEMICOLON && (index === name + 1 || !tokens.isFresh(index))) {
    const before = tokens.kind(index - 1);
    if (tokens.kind(index) === BRACE && before !== STRUCT && before !== INTERFACE) {
      body = index;
      break;
    }
    index = tokens.next(index);
  }
  const last = body === -1 ? index - 1 : Math.min(tokens.partner(body), to - 1);
  const owner = hasReceiver ? receiver(walk, at + 1) : undefined;
  walk.define({
    kind: hasReceiver ? "method" : "function",
    name,
    from: at,
    last,
    ...(body === -1 ? {} : { body }),
    scope: owner === undefined ? scope : { ...scope, owner },
    exported: isExported(walk, name),
  });
  return last + 1;
}

/** The type's name in `(r *Type[K])`. */
function receiver(walk: Walk, open: number): string | undefined {
  const { tokens } = walk;
  let found: string | undefined;
  for (let index = open + 1; index < tokens.partner(open); index = tokens.next(index)) {
    if (tokens.kind(index) === WORD) found = tokens.text(index);
  }
  return found;
}

function values(walk: Walk, from: number, end: number, start: number, kind: DefinitionKind, scope: Scope): void {
  const { tokens } = walk;
  for (let name = from; name < end && tokens.kind(name) === WORD; name += 2) {
    if (tokens.text(name) !== "_") {
      walk.define({ kind, name, from: start, last: end - 1, scope, exported: isExported(walk, name) });
    }
    if (tokens.kind(name + 1) !== COMMA) break;
  }
}

function typeSpec(walk: Walk, name: number, end: number, start: number, scope: Scope): void {
  const { tokens } = walk;
  if (tokens.kind(name) !== WORD) return;
  let index = name + 1;
  // `[T any]` follows the name at once; `[]T` and `[N]T` are the type itself, and are stepped over all the same.
  if (tokens.kind(index) === BRACKET) index = tokens.next(index);
  if (tokens.kind(index) === EQUALS) index++;
  const body = tokens.kind(index + 1) === BRACE ? index + 1 : -1;
  const isStruct = tokens.kind(index) === STRUCT;
  const kind = isStruct ? "struct" : tokens.kind(index) === INTERFACE ? "interface" : "type";
  const exported = isExported(walk, name);
  const parent = walk.define({ kind, name, from: start, last: end - 1, ...(body === -1 ? {} : { body }), scope, exported });
  types(walk, index, end, parent);
}

/** Enters the bodies of structs and interfaces in a type. */
function types(walk: Walk, from: number, end: number, parent: number): void {
  const { tokens } = walk;
  for (let index = from; index < end; index = tokens.next(index)) {
    if (tokens.kind(index) !== BRACE) continue;
    const kind = tokens.kind(index - 1) === STRUCT ? "struct" : tokens.kind(index - 1) === INTERFACE ? "interface" : "";
    if (kind !== "") walk.enterGroup(index, { kind, parent, isOpen: false });
  }
}

/** `A, B Type "tag"`; embedded types have no name of their own. */
function field(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  const end = statementEnd(walk, at, to);
  if (tokens.kind(at) !== WORD || isEmbedded(walk, at, end)) return end;
  let name = at;
  let parent = -1;
  for (; name < end && tokens.kind(name) === WORD; name += 2) {
    if (tokens.text(name) !== "_") {
      const found = walk.define({ kind: "field", name, from: at, last: end - 1, scope, exported: isExported(walk, name) });
      parent = parent === -1 ? found : parent;
    }
    if (tokens.kind(name + 1) !== COMMA) break;
  }
  if (parent !== -1) types(walk, name + 1, end, parent);
  return end;
}

function isEmbedded(walk: Walk, at: number, end: number): boolean {
  const { tokens } = walk;
  const next = tokens.kind(at + 1);
  if (at + 1 >= end || next === DOT || next === STRING) return true;
  if (next !== BRACKET) return false;
  const after = tokens.next(at + 1);
  return after >= end || tokens.kind(after) === STRING;
}

function element(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  const end = statementEnd(walk, at, to);
  if (tokens.kind(at) === WORD && tokens.kind(at + 1) === PAREN) {
    walk.define({ kind: "method", name: at, from: at, last: end - 1, scope, exported: isExported(walk, at) });
  }
  return end;
}
