// Swift: declarations at the top and in types and extensions. What an extension holds belongs to the type it names. A
// line ends a declaration without a body. Nothing inside of bodies, accessors and closures is a definition.

import type { DefinitionKind } from "../record.ts";
import { classesOf } from "./lexer.ts";
import { AT, BRACE, COLON, COMMA, DOT, EQUALS, GREATER, LESS, MINUS, PAREN, QUESTION, SEMICOLON } from "./marks.ts";
import { isClosing, skipAngles } from "./reading.ts";
import { bracesScanner } from "./scanner.ts";
import { readSwiftHash, readSwiftQuote } from "./swift-strings.ts";
import { NUMBER, STRING, Vocabulary, WORD } from "./vocabulary.ts";
import type { Scope, Walk } from "./walk.ts";

const vocabulary = new Vocabulary({
  reserved: `associatedtype as break case catch class continue default defer deinit do else enum extension fallthrough false fileprivate
    for func guard if import in init inout internal is let nil operator precedencegroup private protocol public repeat rethrows
    return self Self static struct subscript super switch throw throws true try typealias var where while`,
  modifiers: `async await borrowing consuming convenience distributed dynamic final indirect infix isolated lazy mutating nonisolated
    nonmutating open optional override package postfix prefix required some unowned weak`,
  soft: "actor any get set willSet didSet macro left right Type Protocol",
});
const [
  CLASS,
  STRUCT,
  ENUM,
  PROTOCOL,
  EXTENSION,
  ACTOR,
  FUNC,
  INIT,
  VAR,
  LET,
  CASE,
  TYPEALIAS,
  ASSOCIATEDTYPE,
  IMPORT,
  SUBSCRIPT,
  DEINIT,
] = vocabulary.kindsOf(
  "class struct enum protocol extension actor func init var let case typealias associatedtype import subscript deinit",
);
const [PRIVATE, FILEPRIVATE, WHERE, THROWS, RETHROWS, ASYNC, OPERATOR] = vocabulary.kindsOf(
  "private fileprivate where throws rethrows async operator",
);
const MODIFIERS = vocabulary.setOf(
  `private fileprivate internal public open package static final lazy weak unowned mutating nonmutating override convenience required
   dynamic indirect optional nonisolated isolated distributed prefix postfix infix borrowing consuming class async`,
);
const DECLARATIONS = vocabulary.setOf(
  "class struct enum protocol extension actor func init var let case typealias associatedtype subscript deinit",
);
const OPEN_WORDS = vocabulary.setOf("as in is return throw where try await case var let func");
const TYPE_KINDS: ReadonlyMap<number, DefinitionKind> = new Map<number, DefinitionKind>([
  [CLASS as number, "class"],
  [ACTOR as number, "class"],
  [STRUCT as number, "struct"],
  [ENUM as number, "enum"],
  [PROTOCOL as number, "interface"],
]);

const specials = {
  '"': readSwiftQuote,
  "#": readSwiftHash,
  "`": (lexer: Parameters<typeof readSwiftQuote>[0], at: number) => lexer.quotedName(at),
};
const classes = classesOf(Object.keys(specials));

export const swift = bracesScanner({ table: { vocabulary, specials, classes, hasNestedComments: true }, step });

function step(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let index = at;
  let from = -1;
  let isPrivate = false;
  while (index < to) {
    const kind = tokens.kind(index);
    if (kind === AT && walk.isName(index + 1)) index = attribute(walk, index);
    else if (MODIFIERS.has(kind) && isModifier(walk, index)) {
      from = from === -1 ? index : from;
      // private(set) hides the setter alone.
      const isCalled = tokens.kind(index + 1) === PAREN;
      isPrivate ||= (kind === PRIVATE || kind === FILEPRIVATE) && !isCalled;
      index = isCalled ? tokens.next(index + 1) : index + 1;
    } else break;
  }
  from = from === -1 ? index : from;
  const exported = scope.isOpen && !isPrivate;
  const kind = tokens.kind(index);
  if (tokens.kind(index - 1) === DOT) return index + 1;
  if (kind === IMPORT) return importStatement(walk, index, to);
  if (kind === EXTENSION) return extension(walk, index, to, scope, exported);
  if (TYPE_KINDS.has(kind) && walk.isName(index + 1)) return type(walk, index, from, to, scope, exported);
  if (kind === FUNC || kind === INIT || kind === SUBSCRIPT || kind === DEINIT)
    return func(walk, index, from, to, scope, exported);
  if (kind === VAR || kind === LET) return property(walk, index, from, to, scope, exported);
  if (kind === CASE && scope.kind === "enum") return cases(walk, index, from, to, scope);
  if (kind === TYPEALIAS || kind === ASSOCIATEDTYPE) {
    const end = statementEnd(walk, index, to);
    if (walk.isName(index + 1)) walk.define({ kind: "type", name: index + 1, from, last: end - 1, scope, exported });
    return end;
  }
  if (kind === OPERATOR) return lineEnd(walk, index, to);
  return Math.max(tokens.next(index), at + 1);
}

/** `open`, `optional` and the like are names where no declaration follows. */
function isModifier(walk: Walk, at: number): boolean {
  const { tokens } = walk;
  const next = tokens.kind(at + 1) === PAREN ? tokens.next(at + 1) : at + 1;
  const kind = tokens.kind(next);
  if (tokens.kind(at) === CLASS) return MODIFIERS.has(kind) || DECLARATIONS.has(kind);
  return kind === AT || MODIFIERS.has(kind) || DECLARATIONS.has(kind) || kind === OPERATOR || kind === IMPORT;
}

function attribute(walk: Walk, at: number): number {
  const { tokens } = walk;
  let index = at + 2;
  while (tokens.kind(index) === DOT) index += 2;
  if (tokens.kind(index) === LESS && tokens.isJoined(index - 1)) index = skipAngles(tokens, index);
  return tokens.kind(index) === PAREN && tokens.isJoined(index - 1) ? tokens.next(index) : index;
}

function importStatement(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at + 1;
  // import struct Module.Name
  if (tokens.kind(index) >= 128 && !tokens.isFresh(index) && walk.isName(index + 1) && !tokens.isFresh(index + 1)) index++;
  const from = index;
  while (index < to && (index === from || !tokens.isFresh(index)) && (walk.isName(index) || tokens.kind(index) === DOT)) index++;
  if (index > from) walk.addImport(tokens.source.slice(tokens.start(from), tokens.end(index - 1)).replace(/\s+/g, ""), at, ["*"]);
  return Math.max(index, at + 1);
}

function lineEnd(walk: Walk, at: number, to: number): number {
  let index = at + 1;
  while (index < to && !walk.tokens.isFresh(index)) index = walk.tokens.next(index);
  return index;
}

/** The index after the last token of a statement: lines go on after operators, and before `.` and the like. */
function statementEnd(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at;
  while (index < to && tokens.kind(index) !== SEMICOLON) {
    const next = tokens.next(index);
    if (next >= to) return to;
    if (tokens.isFresh(next) && mayEnd(tokens, next - 1) && !isContinuation(walk, next)) return next;
    index = next;
  }
  return index;
}

function mayEnd(tokens: Walk["tokens"], at: number): boolean {
  const kind = tokens.kind(at);
  if (kind === WORD || kind === STRING || kind === NUMBER || isClosing(kind)) return true;
  if (kind >= 128) return !OPEN_WORDS.has(kind);
  const isPostfix = kind === 33 || kind === QUESTION || kind === GREATER;
  return isPostfix && tokens.isJoined(at - 1);
}

function isContinuation(walk: Walk, at: number): boolean {
  const { tokens } = walk;
  const kind = tokens.kind(at);
  if (kind === DOT || kind === EQUALS || kind === COLON || kind === WHERE || kind === COMMA || kind === BRACE) return true;
  if (kind === THROWS || kind === RETHROWS || kind === ASYNC) return !DECLARATIONS.has(tokens.kind(at + 1));
  if (kind >= 128) return false;
  // An operator with a gap after it joins both lines; one without stands before its operand.
  return (
    kind < 64 &&
    kind > 32 &&
    kind !== PAREN &&
    kind !== SEMICOLON &&
    (!tokens.isJoined(at) || (kind === MINUS && tokens.kind(at + 1) === GREATER)) &&
    !isClosing(kind)
  );
}

/** The index of a body's brace, or after the head of a declaration that has none. */
function headEnd(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at;
  while (index < to) {
    const kind = tokens.kind(index);
    if (kind === BRACE || kind === SEMICOLON || isClosing(kind)) break;
    if (tokens.isFresh(index) && mayEnd(tokens, index - 1) && !isContinuation(walk, index)) break;
    index = kind === LESS ? skipAngles(tokens, index) : tokens.next(index);
  }
  return Math.min(index, to);
}

function type(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const body = headEnd(walk, at + 2, to);
  const hasBody = tokens.kind(body) === BRACE && body < to;
  const last = Math.max(Math.min(hasBody ? tokens.partner(body) : body - 1, to - 1), at + 1);
  const kind = TYPE_KINDS.get(tokens.kind(at)) as DefinitionKind;
  const parent = walk.define({ kind, name: at + 1, from, last, body, scope, exported });
  if (hasBody) walk.enterGroup(body, { kind: kind === "enum" ? "enum" : "type", parent, isOpen: exported });
  return last + 1;
}

function extension(walk: Walk, at: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  let name = at + 1;
  while (walk.isName(name) && tokens.kind(name + 1) === DOT) name += 2;
  const body = headEnd(walk, name, to);
  if (tokens.kind(body) !== BRACE || body >= to) return Math.max(body, at + 1);
  const owner = walk.isName(name) ? { owner: tokens.text(name) } : {};
  walk.enterGroup(body, { kind: "enum", parent: scope.parent, isOpen: exported, ...owner });
  return tokens.next(body);
}

function func(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const keyword = tokens.kind(at);
  let open = at + 1;
  while (open < to && tokens.kind(open) !== PAREN && tokens.kind(open) !== BRACE && !(open > at + 1 && tokens.isFresh(open))) {
    open = tokens.kind(open) === LESS && walk.isName(open - 1) ? skipAngles(tokens, open) : open + 1;
  }
  const body = tokens.kind(open) === PAREN ? headEnd(walk, tokens.next(open), to) : open;
  const hasBody = tokens.kind(body) === BRACE && body < to;
  const last = Math.max(Math.min(hasBody ? tokens.partner(body) : body - 1, to - 1), at);
  const inType = scope.kind !== "top";
  if (keyword === INIT) walk.define({ kind: "constructor", name: at, from, last, body, scope, exported });
  else if (keyword === FUNC && walk.isName(at + 1)) {
    walk.define({ kind: inType ? "method" : "function", name: at + 1, from, last, body, scope, exported });
  }
  return last + 1;
}

/** `let a = 1, b: Int`, `var (a, b) = c`, `var a: Int { ... }`. */
function property(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const end = Math.max(statementEnd(walk, at, to), at + 1);
  const kind = scope.kind !== "top" ? "property" : tokens.kind(at) === LET ? "constant" : "variable";
  const names: number[] = [];
  for (let index = at + 1; index < end; ) {
    const mark = tokens.kind(index);
    const isBinding = index === at + 1 || tokens.kind(index - 1) === COMMA;
    if (isBinding && mark === PAREN) {
      for (let name = index + 1; name < tokens.partner(index); name++) if (walk.isName(name)) names.push(name);
    } else if (isBinding && walk.isName(index) && isBound(walk, index, at)) names.push(index);
    index = mark === LESS && walk.isName(index - 1) ? skipAngles(tokens, index) : tokens.next(index);
  }
  for (const name of names) {
    if (tokens.text(name) !== "_") walk.define({ kind, name, from, last: Math.min(end, to) - 1, scope, exported });
  }
  return end;
}

/** A name after a comma is bound if a type or value follows it. */
function isBound(walk: Walk, name: number, at: number): boolean {
  const after = walk.tokens.kind(name + 1);
  return name === at + 1 || after === EQUALS || after === COLON || after === COMMA;
}

/** `case a, b(Int), c = 1`. */
function cases(walk: Walk, at: number, from: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  const end = Math.max(statementEnd(walk, at, to), at + 1);
  for (let index = at + 1; index < end; index = tokens.next(index)) {
    const isFirst = index === at + 1 || tokens.kind(index - 1) === COMMA;
    if (isFirst && (walk.isName(index) || tokens.kind(index) >= 128)) {
      walk.define({ kind: "constant", name: index, from, last: end - 1, scope, exported: scope.isOpen });
    }
  }
  return end;
}
