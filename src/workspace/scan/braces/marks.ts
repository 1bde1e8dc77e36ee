// The characters that grammars ask for, by name: kinds of tokens of one character are their codes.

export const HASH = 35;
export const DOLLAR = 36;
export const AMPERSAND = 38;
export const PAREN = 40;
export const PAREN_CLOSE = 41;
export const STAR = 42;
export const COMMA = 44;
export const MINUS = 45;
export const DOT = 46;
export const COLON = 58;
export const SEMICOLON = 59;
export const LESS = 60;
export const EQUALS = 61;
export const GREATER = 62;
export const QUESTION = 63;
export const AT = 64;
export const BRACKET = 91;
export const BRACKET_CLOSE = 93;
export const BRACE = 123;
export const BRACE_CLOSE = 125;
export const TILDE = 126;
