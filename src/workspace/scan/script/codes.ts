// The small integers the script scanner thinks in: kinds of tokens, kinds of frames (what an open bracket means) and
// the states of a frame (what it expects next). Numbers rather than strings: they are compared for every token.

// What the token before was.
export const START = 0;
export const WORD = 1;
/** A word that an operand follows: return, typeof, extends... */
export const OPERATOR_WORD = 2;
/** A word that belongs to the declaration that follows: export, declare, async... */
export const MODIFIER = 3;
/** A word that a statement follows: else, do. */
export const FRESH_WORD = 4;
/** A word that a condition follows: if, for, while, with. */
export const CONTROL = 5;
export const LITERAL = 6;
export const OPEN_BRACE = 7;
export const CLOSE_BRACE = 8;
/** ( or [ */
export const OPEN = 9;
/** ) or ] */
export const CLOSE = 10;
/** The ) of a condition. */
export const CONTROL_CLOSE = 11;
export const SEMICOLON = 12;
export const COMMA = 13;
export const OPERATOR = 14;
export const DOT = 15;
/** A > that closes type arguments. */
export const CLOSE_ANGLE = 16;
/** Any other >. */
export const GREATER = 17;
/** The @ of a decorator. */
export const AT = 18;
export const COLON = 19;

const table = (...codes: readonly number[]): Readonly<Uint8Array> =>
  Uint8Array.from({ length: 20 }, (_, code) => (codes.includes(code) ? 1 : 0));

/** After these an expression or type may be over: a division, a line break's semicolon or a body can follow. */
export const ENDS = table(WORD, LITERAL, CLOSE_BRACE, CLOSE, CLOSE_ANGLE);
/** After these a statement begins. */
export const FRESH = table(START, MODIFIER, FRESH_WORD, OPEN_BRACE, CLOSE_BRACE, CONTROL_CLOSE, SEMICOLON);

// Kinds of frames. Up to PATTERN_BRACE a } closes them.
export const MODULE = 0;
export const NAMESPACE = 1;
/** A block, a body, an object, a type literal: which one does not matter. */
export const BLOCK = 2;
export const CLASS = 3;
export const INTERFACE = 4;
export const ENUM = 5;
/** The expression in a template. */
export const TEMPLATE = 6;
/** The expression in JSX. */
export const JSX_EXPRESSION = 7;
/** A destructuring pattern of the module. */
export const PATTERN_BRACE = 8;
export const PAREN = 9;
/** The condition after if, for, while, with. */
export const CONTROL_PAREN = 10;
/** The parameters of a constructor, which may be fields too. */
export const PARAMETERS = 11;
export const BRACKET = 12;
export const PATTERN_BRACKET = 13;
/** Frames without a bracket: from the name to the body. */
export const CLASS_HEAD = 14;
export const INTERFACE_HEAD = 15;
export const FUNCTION_HEAD = 16;
export const JSX_TAG = 17;
export const JSX_CHILDREN = 18;

// States of a frame.
export const FREE = 0;
/** In a decorator of a class member. */
export const DECORATOR = 1;
/** A member of a class or interface begins. */
export const MEMBER = 2;
/** A member's name that is no plain name has been read. */
export const NAMED = 3;
/** The name or pattern of a variable comes. */
export const BINDING = 4;
/** In the default value of a name in a pattern. */
export const DEFAULT = 5;
/** A parameter of a constructor comes. */
export const PARAMETER = 6;
export const BEFORE_PARAMETERS = 7;
// From here on a line break may end what is in progress.
/** In the result type of a function, before its body. */
export const AFTER_PARAMETERS = 8;
/** In the right side of a type alias. */
export const ITEM = 9;
/** In the type of a variable, before its value. */
export const DECLARED = 10;
/** In the value of a variable. */
export const VALUE = 11;
export const FIELD_TYPE = 12;
export const FIELD_VALUE = 13;

// Modifiers of the declaration being read, as bits.
export const EXPORTED = 1;
export const HIDDEN = 2;
export const ACCESSOR = 4;
export const STATIC = 8;
