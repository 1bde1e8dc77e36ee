// The words of JavaScript and TypeScript that mean something to the scanner, as small integers, and what each does to
// the token after it. A word that is missing here is a plain name.

import { hashOf } from "../word-table.ts";
import { CONTROL, FRESH_WORD, OPERATOR_WORD, WORD } from "./codes.ts";

export const FUNCTION = 1;
export const CLASS_WORD = 2;
export const INTERFACE_WORD = 3;
export const TYPE = 4;
export const ENUM_WORD = 5;
export const NAMESPACE_WORD = 6;
export const MODULE_WORD = 7;
export const GLOBAL = 8;
export const CONST = 9;
export const LET = 10;
export const VAR = 11;
export const IMPORT = 12;
export const EXPORT = 13;
export const REQUIRE = 14;
export const EXPORTS = 15;
export const DECLARE = 16;
export const ABSTRACT = 17;
export const ASYNC = 18;
export const DEFAULT_WORD = 19;
export const STATIC_WORD = 20;
export const GET = 21;
export const SET = 22;
export const PUBLIC = 23;
export const PRIVATE = 24;
export const PROTECTED = 25;
export const READONLY = 26;
export const OVERRIDE = 27;
export const ACCESSOR_WORD = 28;
export const NEW = 29;
export const EXTENDS = 30;
export const IMPLEMENTS = 31;
export const AWAIT = 32;
/** In, instanceof, as and the like: after a line break they go on with the expression. */
export const CONTINUING = 33;
/** Return, typeof and the like. */
export const PREFIX = 34;
/** Else, do. */
export const BEFORE_STATEMENT = 35;
/** If, for, while, with. */
export const CONDITION = 36;
/** Other reserved words. */
export const RESERVED = 37;
/** Words that begin a statement and nothing else. */
export const BREAKING = 38;

const BOTH: Readonly<Record<string, number>> = {
  function: FUNCTION,
  class: CLASS_WORD,
  const: CONST,
  let: LET,
  var: VAR,
  import: IMPORT,
  export: EXPORT,
  require: REQUIRE,
  exports: EXPORTS,
  module: MODULE_WORD,
  async: ASYNC,
  default: DEFAULT_WORD,
  static: STATIC_WORD,
  get: GET,
  set: SET,
  accessor: ACCESSOR_WORD,
  new: NEW,
  extends: EXTENDS,
  await: AWAIT,
  in: CONTINUING,
  of: CONTINUING,
  instanceof: CONTINUING,
  return: PREFIX,
  typeof: PREFIX,
  delete: PREFIX,
  throw: PREFIX,
  case: PREFIX,
  yield: PREFIX,
  else: BEFORE_STATEMENT,
  do: BEFORE_STATEMENT,
  if: CONDITION,
  for: CONDITION,
  while: CONDITION,
  with: CONDITION,
  try: BREAKING,
  switch: BREAKING,
  break: RESERVED,
  catch: RESERVED,
  continue: RESERVED,
  debugger: RESERVED,
  finally: RESERVED,
  false: RESERVED,
  null: RESERVED,
  super: RESERVED,
  this: RESERVED,
  true: RESERVED,
  void: RESERVED,
};

const TYPES_ONLY: Readonly<Record<string, number>> = {
  interface: INTERFACE_WORD,
  type: TYPE,
  enum: ENUM_WORD,
  namespace: NAMESPACE_WORD,
  global: GLOBAL,
  declare: DECLARE,
  abstract: ABSTRACT,
  public: PUBLIC,
  private: PRIVATE,
  protected: PROTECTED,
  readonly: READONLY,
  override: OVERRIDE,
  implements: IMPLEMENTS,
  as: CONTINUING,
  satisfies: CONTINUING,
  is: CONTINUING,
  keyof: PREFIX,
  infer: PREFIX,
  unique: PREFIX,
  asserts: PREFIX,
};

/** Words that no program can use as a name of its own: they are no identifiers. Others are if they are used as one. */
const NEVER_NAMES =
  "function class const let var import export default static new extends await in instanceof return typeof delete throw " +
  "case yield else do if for while with try switch break catch continue debugger finally false null super this true void " +
  "enum interface implements public private protected";
const neverNames: ReadonlySet<string> = new Set(NEVER_NAMES.split(" "));

/** Beside the number of a word that is never a name. */
export const NEVER_NAME = 64;
export const KEYWORD = NEVER_NAME - 1;

const SLOTS = 512;

/** The keywords of a language by the hashes that tables of words have: most words are told from them by one look. */
export class KeywordTable {
  readonly #words: readonly string[];
  readonly #hashes: Readonly<Int32Array>;
  readonly #numbers: Readonly<Uint8Array>;
  /** Indexes plus one. */
  readonly #slots = new Uint8Array(SLOTS);

  constructor(numbers: Readonly<Record<string, number>>) {
    this.#words = Object.keys(numbers);
    this.#hashes = Int32Array.from(this.#words, hashOf);
    this.#numbers = Uint8Array.from(this.#words, (word) => (numbers[word] ?? 0) | (neverNames.has(word) ? NEVER_NAME : 0));
    this.#hashes.forEach((hash, index) => {
      let slot = hash & (SLOTS - 1);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
      this.#slots[slot] = index + 1;
    });
  }

  /** The number of the word at source[at, end), whose hash this is, with NEVER_NAME beside it; 0 for a name. */
  find(source: string, at: number, end: number, hash: number): number {
    for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const index = (this.#slots[slot] as number) - 1;
      if (index < 0) return 0;
      if (this.#hashes[index] !== hash) continue;
      const word = this.#words[index] as string;
      if (word.length === end - at && source.startsWith(word, at)) return this.#numbers[index] as number;
    }
  }
}

export const scriptKeywords = new KeywordTable(BOTH);
export const typedKeywords = new KeywordTable({ ...BOTH, ...TYPES_ONLY });

/** The kind of token that each keyword is where the scanner does nothing special with it. */
export const tokenOf: Readonly<Uint8Array> = Uint8Array.from({ length: 39 }, (_, keyword) => {
  if ([NEW, EXTENDS, IMPLEMENTS, AWAIT, CONTINUING, PREFIX, READONLY, CONST, LET, VAR, FUNCTION].includes(keyword))
    return OPERATOR_WORD;
  if (keyword === BEFORE_STATEMENT) return FRESH_WORD;
  return keyword === CONDITION ? CONTROL : WORD;
});
