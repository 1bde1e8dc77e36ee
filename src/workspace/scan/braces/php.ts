// PHP: code between its tags; types and their members, functions also inside of conditions at the top. Nothing inside of
// function bodies, closures and anonymous classes is a definition.

import type { DefinitionKind } from "../record.ts";
import { classesOf } from "./lexer.ts";
import type { LexicalReader, Special, StringRule } from "./lexical-table.ts";
import { AMPERSAND, BRACE, BRACKET, COMMA, DOLLAR, EQUALS, HASH, PAREN, SEMICOLON } from "./marks.ts";
import { readPhpUse } from "./php-use.ts";
import { isClosing } from "./reading.ts";
import { bracesScanner } from "./scanner.ts";
import { STRING, Vocabulary } from "./vocabulary.ts";
import type { Scope, Walk } from "./walk.ts";

const vocabulary = new Vocabulary({
  reserved: `abstract and array as break callable case catch class clone const continue declare default do echo else elseif empty
    enddeclare endfor endforeach endif endswitch endwhile exit extends final finally fn for foreach function global goto if
    implements include include_once instanceof insteadof interface isset list match namespace new or print private protected
    public readonly require require_once return static switch throw trait try unset use var while xor yield this self parent
    true false null`,
  soft: "enum",
});
const [CLASS, INTERFACE, TRAIT, ENUM, FUNCTION, CONST, NAMESPACE, USE, CASE, PRIVATE, NEW, PUBLIC, PROTECTED, READONLY] =
  vocabulary.kindsOf("class interface trait enum function const namespace use case private new public protected readonly");
const MODIFIERS = vocabulary.setOf("abstract final private protected public readonly static var");
const INCLUDES = vocabulary.setOf("include include_once require require_once");
const BACKSLASH = 92;
const TYPE_KINDS: ReadonlyMap<number, DefinitionKind> = new Map<number, DefinitionKind>([
  [CLASS as number, "class"],
  [INTERFACE as number, "interface"],
  [TRAIT as number, "trait"],
  [ENUM as number, "enum"],
]);

const HEREDOC_LOOKED_AT_MAX = 300;
const HEREDOC = /^<<<[ \t]*(["']?)([A-Za-z_\x80-\uffff][\w\x80-\uffff]*)\1[ \t]*\r?\n/;
const CODE: StringRule = { close: '"', hasEscapes: true, hasLines: true, interpolation: "{$", hasDollarNames: true };
const specials: Record<string, Special> = {
  '"': (lexer, at) => lexer.string(at, at + 1, CODE),
  "'": (lexer, at) => lexer.string(at, at + 1, { close: "'", hasEscapes: true, hasLines: true }),
  "`": (lexer, at) => lexer.string(at, at + 1, { close: "`", hasEscapes: true, hasLines: true }),
  "#": (lexer, at) => (lexer.source.charAt(at + 1) === "[" ? lexer.mark(at) : lineComment(lexer, at)),
  $: (lexer, at) => lexer.mark(at),
  "?": (lexer, at) => (lexer.source.charAt(at + 1) === ">" ? nextCode(lexer, at) : lexer.mark(at)),
  "<": (lexer, at) => (lexer.source.startsWith("<<<", at) ? heredoc(lexer, at) : lexer.mark(at)),
};
/** `$` is no letter here: `$name` is a sign and a name. */
const classes = classesOf(Object.keys(specials));

export const php = bracesScanner({
  table: { vocabulary, specials, classes, begin: (lexer) => tagFrom(lexer.source, 0), lineComment },
  step,
});

/** After the next opening tag. */
function tagFrom(source: string, at: number): number {
  const tag = source.indexOf("<?", at);
  if (tag === -1) return source.length;
  if (source.startsWith("<?xml", tag)) return tagFrom(source, tag + 5);
  return source.startsWith("<?php", tag) ? tag + 5 : source.startsWith("<?=", tag) ? tag + 3 : tag + 2;
}

/** A closing tag ends a statement; what follows up to the next tag is no code. */
function nextCode(lexer: LexicalReader, at: number): number {
  return tagFrom(lexer.source, at + 2);
}

/** A comment of one line ends before a closing tag. */
function lineComment(lexer: LexicalReader, at: number): number {
  const { source } = lexer;
  let end = at;
  while (
    end < source.length &&
    source.charCodeAt(end) !== 10 &&
    !(source.charCodeAt(end) === 63 && source.charCodeAt(end + 1) === 62)
  )
    end++;
  return end;
}

function heredoc(lexer: LexicalReader, at: number): number {
  const { source } = lexer;
  const opening = HEREDOC.exec(source.slice(at, at + HEREDOC_LOOKED_AT_MAX));
  const label = opening?.[2];
  if (label === undefined) return lexer.mark(at);
  let close = source.indexOf(label, at + (opening?.[0].length ?? 0) - 1);
  for (; close !== -1; close = source.indexOf(label, close + label.length)) {
    let before = close - 1;
    while (source.charCodeAt(before) === 32 || source.charCodeAt(before) === 9) before--;
    if (source.charCodeAt(before) === 10 && !/[\w\x80-\uffff]/.test(source.charAt(close + label.length))) break;
  }
  return lexer.stringTo(at, close === -1 ? source.length : close + label.length);
}

function step(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let index = at;
  let isPrivate = false;
  let hasModifier = false;
  while (index < to) {
    const kind = tokens.kind(index);
    if (kind === HASH && tokens.kind(index + 1) === BRACKET) index = tokens.next(index + 1);
    else if (MODIFIERS.has(kind)) {
      isPrivate ||= kind === PRIVATE;
      hasModifier = true;
      index++;
    } else break;
  }
  const from = tokens.kind(at) === HASH ? firstAfterAttributes(walk, at) : at;
  const exported = scope.isOpen && !isPrivate;
  const kind = tokens.kind(index);
  if (tokens.kind(index - 1) === 62 || tokens.kind(index - 1) === 58) return Math.max(tokens.next(index), at + 1);
  if (kind === FUNCTION) return func(walk, index, from, to, scope, exported);
  if (TYPE_KINDS.has(kind)) return type(walk, index, from, to, scope, exported);
  if (kind === CONST) return constants(walk, index, from, to, scope, exported);
  if (scope.kind === "type") {
    if (kind === CASE) return enumCase(walk, index, to, scope);
    if (kind === USE) return statementEnd(walk, index, to);
    return hasModifier ? properties(walk, index, from, to, scope, exported) : Math.max(tokens.next(index), at + 1);
  }
  if (kind === NAMESPACE) return namespace(walk, index, to, scope);
  if (kind === USE) return readPhpUse(walk, index, to);
  if (INCLUDES.has(kind)) return include(walk, index);
  // Blocks of conditions hold declarations of the top, too.
  if (kind === BRACE) walk.enterGroup(index, scope);
  return Math.max(tokens.next(index), at + 1);
}

function firstAfterAttributes(walk: Walk, at: number): number {
  const { tokens } = walk;
  let index = at;
  while (tokens.kind(index) === HASH && tokens.kind(index + 1) === BRACKET) index = tokens.next(index + 1);
  return index;
}

function statementEnd(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at;
  while (index < to) {
    const kind = tokens.kind(index);
    index = tokens.next(index);
    if (kind === SEMICOLON || kind === BRACE || isClosing(kind)) break;
  }
  return Math.min(index, to);
}

function seekBody(walk: Walk, at: number, to: number): number {
  const { tokens } = walk;
  let index = at;
  while (index < to && tokens.kind(index) !== BRACE && tokens.kind(index) !== SEMICOLON) index = tokens.next(index);
  return Math.min(index, to);
}

/** A word that PHP reserves may name a method or a constant. */
function isMemberName(walk: Walk, at: number): boolean {
  return walk.isName(at) || walk.tokens.kind(at) >= 128;
}

function func(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const name = tokens.kind(at + 1) === AMPERSAND ? at + 2 : at + 1;
  const body = seekBody(walk, name, to);
  const last = Math.min(tokens.kind(body) === BRACE ? tokens.partner(body) : body, to - 1);
  const isNamed = (scope.kind === "type" ? isMemberName(walk, name) : walk.isName(name)) && tokens.kind(name + 1) === PAREN;
  if (!isNamed) return last + 1;
  const isConstructor = scope.kind === "type" && tokens.text(name).toLowerCase() === "__construct";
  const kind = isConstructor ? "constructor" : scope.kind === "type" ? "method" : "function";
  walk.define({ kind, name, from, last, body, scope, exported });
  if (isConstructor) promoted(walk, name + 1, scope);
  return last + 1;
}

/** Parameters of a constructor that are properties, too. */
function promoted(walk: Walk, open: number, scope: Scope): void {
  const { tokens } = walk;
  const close = tokens.partner(open);
  let from = -1;
  let isPrivate = false;
  for (let index = open + 1; index < close; index = tokens.next(index)) {
    const kind = tokens.kind(index);
    if (kind === PUBLIC || kind === PROTECTED || kind === PRIVATE || kind === READONLY) {
      isPrivate ||= kind === PRIVATE;
      from = from === -1 ? index : from;
    } else if (kind === DOLLAR && from !== -1) {
      walk.define({ kind: "property", name: index + 1, from, last: index + 1, scope, exported: scope.isOpen && !isPrivate });
      from = -1;
      isPrivate = false;
    } else if (kind === COMMA) from = -1;
  }
}

function type(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  if (tokens.kind(at - 1) === NEW || !walk.isName(at + 1))
    return tokens.kind(at - 1) === NEW || isAnonymous(walk, at) ? seekAnonymous(walk, at, to) : at + 1;
  const after = tokens.kind(at + 2);
  if (tokens.kind(at) === ENUM && after !== BRACE && after !== 58 && tokens.text(at + 2) !== "implements") return at + 1;
  const body = seekBody(walk, at + 2, to);
  const last = Math.min(tokens.kind(body) === BRACE ? tokens.partner(body) : body, to - 1);
  const kind = TYPE_KINDS.get(tokens.kind(at)) as DefinitionKind;
  const parent = walk.define({ kind, name: at + 1, from, last, body, scope, exported });
  if (tokens.kind(body) === BRACE) walk.enterGroup(body, { kind: "type", parent, isOpen: exported });
  return last + 1;
}

function isAnonymous(walk: Walk, at: number): boolean {
  const after = walk.tokens.kind(at + 1);
  return after === PAREN || after === BRACE;
}

/** After the braces of `new class(...) extends X { ... }`. */
function seekAnonymous(walk: Walk, at: number, to: number): number {
  const body = seekBody(walk, at + 1, to);
  return Math.min(walk.tokens.next(body), to);
}

function namespace(walk: Walk, at: number, to: number, scope: Scope): number {
  const { tokens } = walk;
  let end = at + 1;
  while (end < to && (walk.isName(end) || tokens.kind(end) === BACKSLASH || tokens.kind(end) >= 128)) end++;
  if (end > at + 1 && tokens.kind(at + 1) !== BACKSLASH) {
    const text = tokens.source.slice(tokens.start(at + 1), tokens.end(end - 1)).replace(/\s+/g, "");
    const hasBody = tokens.kind(end) === BRACE;
    const last = Math.min(hasBody ? tokens.partner(end) : end, to - 1);
    walk.define({ kind: "namespace", name: at + 1, text, from: at, last, body: end, scope, exported: true });
  }
  return end;
}

function include(walk: Walk, at: number): number {
  const { tokens } = walk;
  let index = at + 1;
  while (tokens.kind(index) === PAREN) index++;
  while (tokens.kind(index) !== STRING && !tokens.isFresh(index) && tokens.kind(index) !== SEMICOLON && index < tokens.count)
    index++;
  if (tokens.kind(index) === STRING) walk.addImport(tokens.text(index).slice(1, -1), at, ["*"]);
  return at + 1;
}

function constants(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const end = statementEnd(walk, at, to);
  for (let index = at + 1; index < end; index = tokens.next(index)) {
    const before = tokens.kind(index - 1);
    const isFirst =
      before !== EQUALS && isMemberName(walk, index) && tokens.kind(index + 1) === EQUALS && tokens.kind(index + 2) !== EQUALS;
    if (isFirst && tokens.kind(index + 2) !== 62) {
      walk.define({ kind: "constant", name: index, from, last: end - 1, scope, exported });
    }
  }
  return end;
}

function enumCase(walk: Walk, at: number, to: number, scope: Scope): number {
  const end = statementEnd(walk, at, to);
  if (isMemberName(walk, at + 1)) {
    walk.define({ kind: "constant", name: at + 1, from: at, last: end - 1, scope, exported: scope.isOpen });
  }
  return end;
}

/** After the modifiers: a type, and `$name = value, $other`. Hooks in braces may follow. */
function properties(walk: Walk, at: number, from: number, to: number, scope: Scope, exported: boolean): number {
  const { tokens } = walk;
  const end = statementEnd(walk, at, to);
  let isValue = false;
  for (let index = at; index < end; index = tokens.next(index)) {
    const kind = tokens.kind(index);
    if (kind === COMMA) isValue = false;
    else if (kind === EQUALS) isValue = true;
    else if (kind === DOLLAR && !isValue) {
      walk.define({ kind: "property", name: index + 1, from, last: end - 1, scope, exported });
    }
  }
  return end;
}
