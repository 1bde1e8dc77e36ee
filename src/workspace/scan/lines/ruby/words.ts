// What words of Ruby do, and what came before a token: small integers, compared for every token.

export const NAME = 0;
/** Opens what `end` closes: begin, case. */
export const OPENER = 1;
/** Opens only where a value may begin, else it is a modifier: if, unless. */
export const CONDITION = 2;
/** The same, with an optional `do`: while, until. */
export const LOOP = 3;
export const FOR = 4;
export const DO = 5;
export const END = 6;
export const DEF = 7;
export const CLASS = 8;
export const MODULE = 9;
/** A value: self, nil. */
export const VALUE = 10;
/** A modifier or value may follow: return. */
export const JUMP = 11;
/** A value follows: and, then. */
export const CONNECTIVE = 12;
/** Names of methods follow: alias, undef. */
export const RENAME = 13;
// From here on names that mean something to us.
export const ATTRIBUTES = 14;
export const HIDE = 15;
export const SHOW = 16;
export const HIDE_NAMED = 17;
export const REQUIRE = 18;
export const REQUIRE_RELATIVE = 19;
export const AUTOLOAD = 20;

const WORDS: readonly (readonly [number, string])[] = [
  [OPENER, "begin case"],
  [CONDITION, "if unless"],
  [LOOP, "while until"],
  [FOR, "for"],
  [DO, "do"],
  [END, "end"],
  [DEF, "def"],
  [CLASS, "class"],
  [MODULE, "module"],
  [VALUE, "self nil true false redo retry super yield __FILE__ __LINE__ __method__ __dir__"],
  [JUMP, "return break next"],
  [CONNECTIVE, "and or not in when then else elsif ensure rescue defined? BEGIN"],
  [RENAME, "alias undef"],
  [ATTRIBUTES, "attr_reader attr_writer attr_accessor"],
  [HIDE, "private protected private_class_method"],
  [SHOW, "public"],
  [HIDE_NAMED, "private_constant"],
  [REQUIRE, "require load"],
  [REQUIRE_RELATIVE, "require_relative"],
  [AUTOLOAD, "autoload"],
];

export const rubyWords: ReadonlyMap<string, number> = new Map(
  WORDS.flatMap(([code, words]) => words.split(" ").map((word): [string, number] => [word, code])),
);

// What came before.
/** Nothing or an operator: a value may begin. */
export const BEGINNING = 0;
/** A value is complete. */
export const COMPLETE = 1;
/** A name that may be a call, so that after a space an argument may begin. */
export const CALL = 2;
/** `.` or `::`: a name follows, whatever it is elsewhere. */
export const DOT = 3;
/** return and the like. */
export const JUMPED = 4;
