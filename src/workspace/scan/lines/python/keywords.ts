// Words and units of Python as small integers: the scanner compares one for every token.

// What a word does at the beginning of a statement.
export const NAME = 0;
/** Any other keyword: no assignment follows. */
export const RESERVED = 1;
/** A statement with a colon after which another may begin. */
export const HEAD = 2;
export const DEF = 3;
export const CLASS = 4;
export const ASYNC = 5;
export const IMPORT = 6;
export const FROM = 7;
/** A name everywhere else. */
export const TYPE = 8;
/** The name `__all__`. */
export const ALL = 9;

const WORDS: Readonly<Record<string, number>> = {
  def: DEF,
  class: CLASS,
  async: ASYNC,
  import: IMPORT,
  from: FROM,
  type: TYPE,
  __all__: ALL,
};
const HEADS = "if elif else for while try except finally with";
const OTHERS =
  "False None True and as assert await break continue del global in is lambda nonlocal not or pass raise return yield";

export const pythonWords: ReadonlyMap<string, number> = new Map([
  ...Object.entries(WORDS),
  ...HEADS.split(" ").map((word): [string, number] => [word, HEAD]),
  ...OTHERS.split(" ").map((word): [string, number] => [word, RESERVED]),
]);

/** No word of the map is longer. */
export const WORD_LENGTH_MAX = 8;

/** Whether a word can never be a name, and is no identifier. */
export const isReserved = (word: string): boolean => {
  const code = word.length <= WORD_LENGTH_MAX ? (pythonWords.get(word) ?? NAME) : NAME;
  return code !== NAME && code !== TYPE && code !== ALL;
};

// What a unit begins.
export const SPACE = 0;
export const WORD = 1;
export const DIGIT = 2;
export const LINE = 3;
export const QUOTE = 4;
export const COMMENT = 5;
export const OPEN = 6;
export const CLOSE = 7;
export const COLON = 8;
export const EQUALS = 9;
export const COMMA = 10;
export const SEMICOLON = 11;
export const DOT = 12;
export const STAR = 13;
export const AT = 14;
export const BANG = 15;
export const BACKSLASH = 16;
export const OPERATOR = 17;

const MARKS: Readonly<Record<string, number>> = {
  "\n": LINE,
  '"': QUOTE,
  "'": QUOTE,
  "#": COMMENT,
  "(": OPEN,
  "[": OPEN,
  "{": OPEN,
  ")": CLOSE,
  "]": CLOSE,
  "}": CLOSE,
  ":": COLON,
  "=": EQUALS,
  ",": COMMA,
  ";": SEMICOLON,
  ".": DOT,
  "*": STAR,
  "@": AT,
  "!": BANG,
  "\\": BACKSLASH,
};

/** What each ASCII unit begins. `$` and control units stand in no program and are passed over. */
export const pythonUnits: Readonly<Uint8Array> = Uint8Array.from({ length: 128 }, (_, unit) => {
  const character = String.fromCharCode(unit);
  if (/[A-Za-z_]/.test(character)) return WORD;
  if (/[0-9]/.test(character)) return DIGIT;
  return MARKS[character] ?? (/[+\-/%&|^~<>]/.test(character) ? OPERATOR : SPACE);
});
