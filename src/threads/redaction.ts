// Takes secrets out of what is stored: keys, tokens, credentials of headers, private keys. Every text of a message is read, at any depth;
// each once for each pattern, in a time that grows with its length alone. What is not known by its look (a password) stays.

import type { Json } from "../ports/index.ts";
import { DEPTH_MAX } from "./depth.ts";
import { checkPatterns, SECRET_PATTERNS, type SecretPattern } from "./secret-patterns.ts";

/** The same content, the same object, when there is nothing to take out. */
export type Redact = (content: readonly Json[]) => readonly Json[];

const KEY_BEGIN = "-----BEGIN ";
const KEY_KIND = "PRIVATE KEY-----";
const KEY_KIND_UNITS = 40;
const KEY_END = "-----END ";
const KEY_UNITS_MAX = 32_768;
const PREFIX_UNITS_MAX = 64;
const UNSETTLED_UNITS_MAX = 4096;

/** @param more patterns beside our own. Throws `option_invalid`. */
export function redactor(more: readonly SecretPattern[] = []): Redact {
  checkPatterns(more);
  const patterns = [...more, ...SECRET_PATTERNS];
  const unitsMin = Math.min(KEY_BEGIN.length, ...patterns.map(({ prefix, min }) => prefix.length + min));
  const redact = (text: string) => (text.length < unitsMin ? text : redactText(text, patterns));
  return (content) => redactJson(content, redact, 0) as readonly Json[];
}

/** How many characters of a text come before anything that may be the beginning of a secret, whose rest is still to come. */
export type Settled = (text: string) => number;

/** @param more as for `redactor`. What has no end after 4,096 characters is none. */
export function settler(more: readonly SecretPattern[] = []): Settled {
  const byFirst = Map.groupBy([...more, ...SECRET_PATTERNS], ({ prefix }) => prefix.charCodeAt(0));
  return (text) => {
    const from = Math.max(0, text.length - UNSETTLED_UNITS_MAX);
    const tail = text.slice(from);
    return from + Math.min(beforeSecret(tail, byFirst), beforeKey(tail));
  };
}

/** Before the first beginning whose run goes to the end, or that is itself cut off by it. */
function beforeSecret(tail: string, byFirst: ReadonlyMap<number, readonly SecretPattern[]>): number {
  const runs = { token: runBegin(tail, "token"), dotted: runBegin(tail, "dotted"), upper: runBegin(tail, "upper") };
  const end = tail.length;
  for (let at = Math.max(0, runs.dotted - PREFIX_UNITS_MAX); at < end; at++) {
    for (const { prefix, characters } of byFirst.get(tail.charCodeAt(at)) ?? []) {
      if (!tail.startsWith(prefix.slice(0, end - at), at) || !mayBegin(tail, at)) continue;
      if (runs[characters] <= at + prefix.length) return at;
    }
  }
  return end;
}

/** Where the run of such characters begins that the text ends with. */
function runBegin(tail: string, characters: SecretPattern["characters"]): number {
  const isOne = RUNS[characters];
  let begin = tail.length;
  while (begin > 0 && isOne(tail.charCodeAt(begin - 1))) begin--;
  return begin;
}

function beforeKey(tail: string): number {
  const at = tail.lastIndexOf(KEY_BEGIN);
  if (at < 0) {
    const dash = tail.lastIndexOf("-----");
    const begins = [dash, tail.length - 4, tail.length - 3, tail.length - 2, tail.length - 1];
    return begins.find((begin) => begin >= 0 && KEY_BEGIN.startsWith(tail.slice(begin))) ?? tail.length;
  }
  const ended = tail.indexOf(KEY_END, at);
  return ended >= 0 && tail.indexOf(KEY_KIND, ended) >= 0 ? tail.length : at;
}

function redactJson(value: Json, redact: (text: string) => string, depth: number): Json {
  if (typeof value === "string") return redact(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth === DEPTH_MAX) return "[too deep to be stored]";
  if (Array.isArray(value)) {
    const entries = value as readonly Json[];
    const clean = entries.map((entry) => redactJson(entry, redact, depth + 1));
    return clean.every((entry, index) => entry === entries[index]) ? value : clean;
  }
  const entries = Object.entries(value);
  const clean = entries.map(([name, entry]) => [name, redactJson(entry, redact, depth + 1)] as const);
  return clean.every(([, entry], index) => entry === entries[index]?.[1]) ? value : Object.fromEntries(clean);
}

function redactText(text: string, patterns: readonly SecretPattern[]): string {
  let clean = withoutPrivateKeys(text);
  for (const pattern of patterns) clean = withoutSecrets(clean, pattern);
  return clean;
}

function withoutSecrets(text: string, { name, prefix, characters, min, keepsPrefix }: SecretPattern): string {
  let at = text.indexOf(prefix);
  if (at < 0) return text;
  const isOne = RUNS[characters];
  let clean = "";
  let from = 0;
  while (at >= 0) {
    const begin = at + prefix.length;
    let end = begin;
    if (mayBegin(text, at)) while (end < text.length && isOne(text.charCodeAt(end))) end++;
    if (end - begin >= min) {
      clean += `${text.slice(from, keepsPrefix ? begin : at)}[redacted: ${name}]`;
      from = end;
    }
    // A run that was too short is shorter than `min`: no character is read more often than that.
    at = text.indexOf(prefix, Math.max(from, begin));
  }
  return from === 0 ? text : clean + text.slice(from);
}

function withoutPrivateKeys(text: string): string {
  let at = text.indexOf(KEY_BEGIN);
  let clean = "";
  let from = 0;
  while (at >= 0) {
    const kind = text.slice(at + KEY_BEGIN.length, at + KEY_BEGIN.length + KEY_KIND_UNITS).indexOf(KEY_KIND);
    if (kind >= 0) {
      const part = text.slice(at, at + KEY_UNITS_MAX);
      const end = part.indexOf(KEY_END);
      const dashes = end < 0 ? -1 : part.indexOf(KEY_KIND, end);
      clean += `${text.slice(from, at)}[redacted: private key]`;
      from = at + (dashes < 0 ? part.length : dashes + KEY_KIND.length);
    }
    at = text.indexOf(KEY_BEGIN, Math.max(from, at + 1));
  }
  return from === 0 ? text : clean + text.slice(from);
}

/** Secrets do not begin within a word. */
const mayBegin = (text: string, at: number): boolean => at === 0 || !isWord(text.charCodeAt(at - 1));

const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;
const isUpper = (unit: number): boolean => unit >= 65 && unit <= 90;
const isWord = (unit: number): boolean => isDigit(unit) || isUpper(unit) || (unit >= 97 && unit <= 122);
const isToken = (unit: number): boolean => isWord(unit) || unit === 95 || unit === 45;
const DOTTED: ReadonlySet<number> = new Set([..."._~+/=-"].map((character) => character.charCodeAt(0)));

const RUNS: Readonly<Record<SecretPattern["characters"], (unit: number) => boolean>> = {
  token: isToken,
  upper: (unit) => isUpper(unit) || isDigit(unit),
  dotted: (unit) => isToken(unit) || DOTTED.has(unit),
};
