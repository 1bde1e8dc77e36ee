// Rust: items at the top, in modules, traits and impl blocks; fields and variants. What an impl block holds belongs to the
// type it names. Nothing inside of function bodies and macro calls is a definition.

import type { DefinitionKind } from "../record.ts";
import { classesOf } from "./lexer.ts";
import { BRACE, BRACKET, COLON, COMMA, EQUALS, GREATER, HASH, LESS, MINUS, PAREN, SEMICOLON } from "./marks.ts";
import { isClosing, skipAngles } from "./reading.ts";
import { readRustApostrophe, readRustHash, readRustQuote } from "./rust-literals.ts";
import { readRustUse } from "./rust-use.ts";
import { bracesScanner } from "./scanner.ts";
import { STRING, Vocabulary } from "./vocabulary.ts";
import type { Scope, Walk } from "./walk.ts";

const vocabulary = new Vocabulary({
  reserved: `as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut
    pub ref return self Self static struct super trait true type unsafe use where while`,
  soft: "union macro_rules default auto safe raw",
});
const [CONST, CRATE, ENUM, EXTERN, FN, FOR, IMPL, MOD, MUT, PUB, STATIC, STRUCT, TRAIT, TYPE, USE, WHERE, UNION, MACRO_RULES] =
  vocabulary.kindsOf("const crate enum extern fn for impl mod mut pub static struct trait type use where union macro_rules");
const QUALIFIERS = vocabulary.setOf("const async unsafe extern default safe auto");
const BANG = 33;
const KINDS: ReadonlyMap<number, DefinitionKind> = new Map<number, DefinitionKind>([
  [FN as number, "function"],
  [STRUCT as number, "struct"],
  [UNION as number, "struct"],
  [ENUM as number, "enum"],
  [TRAIT as number, "trait"],
  [TYPE as number, "type"],
  [CONST as number, "constant"],
  [STATIC as number, "variable"],
  [MOD as number, "namespace"],
]);
/** What kind of scope a body is; others are stepped over. */
const BODIES: ReadonlyMap<number, string> = new Map([
  [STRUCT as number, "fields"],
  [UNION as number, "fields"],
  [ENUM as number, "variants"],
  [TRAIT as number, "trait"],
  [MOD as number, "top"],
]);

const specials = { '"': readRustQuote, "'": readRustApostrophe, "#": readRustHash };
const classes = classesOf(Object.keys(specials));

export const rust = bracesScanner({ table: { vocabulary, specials, classes, hasNestedComments: true }, step });

function step(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  if (scope.kind === "fields") return field(walk, at, to, scope);
  if (scope.kind === "variants") return variant(walk, at, to, scope);
  let index = at;
  let isMacroExported = false;
  while (tokens.kind(index) === HASH) {
    const open = tokens.kind(index + 1) === BANG ? index + 2 : index + 1;
    isMacroExported ||= tokens.text(open + 1) === "macro_export";
    index = tokens.kind(open) === BRACKET ? tokens.next(open) : index + 1;
  }
  const from = index;
  const isPublic = tokens.kind(index) === PUB;
  if (isPublic) index = tokens.kind(index + 1) === PAREN ? tokens.next(index + 1) : index + 1;
  const start = index;
  while (QUALIFIERS.has(tokens.kind(index)) || (tokens.kind(index) === STRING && tokens.kind(index - 1) === EXTERN)) index++;
  // The last qualifier may have been the keyword itself.
  if (index > start && !KINDS.has(tokens.kind(index)) && tokens.kind(index - 1) === CONST) index--;
  const kind = tokens.kind(index);
  const exported = isPublic || scope.isOpen;
  if (kind === IMPL) return impl(walk, index, to, scope);
  if (kind === USE) return readRustUse(walk, index, to);
  if (kind === MACRO_RULES && tokens.kind(index + 1) === BANG) return macro(walk, index, from, to, scope, isMacroExported);
  if (kind === CRATE && tokens.kind(index - 1) === EXTERN) {
    walk.addImport(tokens.text(index + 1), index, ["*"]);
    return statementEnd(walk, index, to);
  }
  if (kind === BRACE && index > start) {
    // extern "C" { ... }
    walk.enterGroup(index, scope);
    return tokens.next(index);
  }
  return KINDS.has(kind) ? item(walk, index, from, to, scope, exported) : Math.max(tokens.next(index), at + 1);
}

function statementEnd(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at;
  while (index < to && tokens.kind(index) !== SEMICOLON) index = tokens.next(index);
  return Math.min(index + 1, to);
}

function item(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const keyword = tokens.kind(at);
  const name = tokens.kind(at + 1) === MUT ? at + 2 : at + 1;
  if (!walk.isName(name) || tokens.kind(name) === BANG) return at + 1;
  if (keyword === UNION && tokens.kind(name + 1) !== BRACE && tokens.kind(name + 1) !== LESS) return at + 1;
  const isValue = keyword === CONST || keyword === STATIC || keyword === TYPE;
  let body = name + 1;
  while (body < to && tokens.kind(body) !== SEMICOLON && (isValue || !isBody(walk, body))) body = tokens.next(body);
  const hasBody = tokens.kind(body) === BRACE && body < to;
  const last = Math.min(hasBody ? tokens.partner(body) : body, to - 1);
  if (tokens.text(name) === "_") return last + 1;
  const isMethod = keyword === FN && (scope.kind === "trait" || scope.kind === "impl");
  const kind = isMethod ? "method" : (KINDS.get(keyword) as DefinitionKind);
  const parent = walk.define({ kind, name, from, last, ...(isValue ? {} : { body }), scope, exported });
  const inner = BODIES.get(keyword);
  if (keyword === MOD && !hasBody) walk.addImport(`self::${tokens.text(name)}`, at, ["*"]);
  if (hasBody && inner !== undefined) {
    walk.enterGroup(body, { kind: inner, parent, isOpen: (keyword === TRAIT || keyword === ENUM) && exported });
  }
  return last + 1;
}

/** A brace begins a body unless it is a constant in type arguments: `Type<{ N }>`. */
function isBody(walk: Walk, at: number): boolean {
  const { tokens } = walk;
  if (tokens.kind(at) !== BRACE) return false;
  const before = tokens.kind(at - 1);
  const after = tokens.kind(tokens.next(at));
  return before !== LESS && !(before === COMMA && (after === GREATER || after === COMMA)) && before !== EQUALS;
}

function macro(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const name = at + 2;
  if (!walk.isName(name)) return name;
  const last = Math.min(tokens.next(name + 1), to) - 1;
  walk.define({ kind: "macro", name, from, last, body: name + 1, scope, exported });
  return last + 1;
}

/** `impl<T> Trait for Type<T> where ... { ... }`: members belong to Type; those of a trait can be named wherever it can. */
function impl(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let index = at + 1;
  let depth = 0;
  let owner = "";
  let isTrait = false;
  let isOwnerOver = false;
  for (; index < to && tokens.kind(index) !== SEMICOLON && !isBody(walk, index); index = tokens.next(index)) {
    const kind = tokens.kind(index);
    if (kind === LESS) depth++;
    else if (kind === GREATER && tokens.kind(index - 1) !== MINUS) depth--;
    else if (depth === 0 && kind === FOR && tokens.kind(index + 1) !== LESS) isTrait = true;
    else if (depth === 0 && kind === WHERE) isOwnerOver = true;
    else if (depth === 0 && !isOwnerOver && walk.isName(index)) owner = tokens.text(index);
  }
  if (index >= to || tokens.kind(index) !== BRACE) return index + 1;
  walk.enterGroup(index, { ...scope, kind: "impl", isOpen: isTrait, ...(owner === "" ? {} : { owner }) });
  return tokens.next(index);
}

/** `pub name: Type,`: a name after the beginning or a comma, with a single colon after it. */
function field(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let name = at;
  while (tokens.kind(name) === HASH) name = tokens.next(name + 1);
  const from = name;
  const isPublic = tokens.kind(name) === PUB;
  if (isPublic) name = tokens.kind(name + 1) === PAREN ? tokens.next(name + 1) : name + 1;
  let end = name;
  while (end < to && tokens.kind(end) !== COMMA) end = tokens.kind(end) === LESS ? skipAngles(tokens, end) : tokens.next(end);
  const hasColon = tokens.kind(name + 1) === COLON && !(tokens.kind(name + 2) === COLON && tokens.isJoined(name + 1));
  if (walk.isName(name) && hasColon) {
    walk.define({ kind: "field", name, from, last: Math.min(end, to) - 1, scope, exported: isPublic || scope.isOpen });
  }
  return end + 1;
}

function variant(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let name = at;
  while (tokens.kind(name) === HASH) name = tokens.next(name + 1);
  let end = name;
  while (end < to && tokens.kind(end) !== COMMA) end = tokens.next(end);
  if (walk.isName(name) && !isClosing(tokens.kind(name))) {
    const last = Math.min(end, to) - 1;
    const parent = walk.define({ kind: "constant", name, from: name, last, scope, exported: scope.isOpen });
    if (tokens.kind(name + 1) === BRACE) walk.enterGroup(name + 1, { kind: "fields", parent, isOpen: scope.isOpen });
  }
  return end + 1;
}
