// The words of C and C++, and their strings and directives.

import { type DirectiveRules, readDirective } from "./directives.ts";
import { classesOf } from "./lexer.ts";
import { type LexicalReader, type LexicalTable, PLAIN_APOSTROPHES, PLAIN_QUOTES } from "./lexical-table.ts";
import { Vocabulary, WORD } from "./vocabulary.ts";

const C = `auto break case char const continue default do double else enum extern float for goto if inline int long register
  restrict return short signed sizeof static struct switch typedef union unsigned void volatile while _Alignas _Atomic _Bool
  _Complex _Generic _Noreturn _Static_assert _Thread_local __attribute__ __attribute __declspec __extension__ __inline
  __inline__ __restrict __restrict__ __asm__ __asm asm __volatile__ __const __cdecl __stdcall`;
const CPP = `alignas alignof and and_eq bitand bitor bool catch char8_t char16_t char32_t class co_await co_return co_yield
  compl concept const_cast consteval constexpr constinit decltype delete dynamic_cast explicit export false friend mutable
  namespace new noexcept not not_eq nullptr operator or or_eq private protected public reinterpret_cast requires
  static_assert static_cast template this thread_local throw true try typeid typename using virtual wchar_t xor xor_eq`;

export const cVocabulary = new Vocabulary({ reserved: C, modifiers: "defined", soft: "bool" });
export const cppVocabulary = new Vocabulary({ reserved: `${C} ${CPP}`, modifiers: "defined", soft: "final override" });

/** Kinds of the words that the grammar asks for; -1 for those that a language lacks. */
export function cWords(vocabulary: Vocabulary) {
  const kind = (word: string) => {
    const known = vocabulary.kindOf(word);
    return known === WORD ? -1 : known;
  };
  return {
    isCpp: kind("class") !== -1,
    class: kind("class"),
    concept: kind("concept"),
    enum: kind("enum"),
    extern: kind("extern"),
    final: kind("final"),
    friend: kind("friend"),
    namespace: kind("namespace"),
    operator: kind("operator"),
    private: kind("private"),
    requires: kind("requires"),
    static: kind("static"),
    template: kind("template"),
    try: kind("try"),
    typedef: kind("typedef"),
    using: kind("using"),
    access: vocabulary.setOf("public protected private"),
    constants: vocabulary.setOf("const constexpr constinit"),
    aggregates: vocabulary.setOf("struct union class enum"),
    /** Followed by a group that says nothing of names. */
    attributes: vocabulary.setOf(
      "__attribute__ __attribute __declspec alignas _Alignas decltype noexcept explicit throw __asm__ __asm asm _Atomic requires",
    ),
    assertions: vocabulary.setOf("static_assert _Static_assert"),
    /** Types by themselves. */
    primitives: vocabulary.setOf(
      "auto bool char double float int long short signed unsigned void wchar_t char8_t char16_t char32_t _Bool _Complex decltype",
    ),
  };
}

export type CWords = ReturnType<typeof cWords>;

const DIRECTIVES: DirectiveRules = {
  hasJoinedLines: true,
  kept: new Set(["define", "include", "include_next", "import"]),
  counted: new Set(["define", "undef"]),
};
const PREFIX = /^(?:L|u8|u|U)$/;
const RAW_PREFIX = /^(?:L|u8|u|U)?R$/;
/** Of a raw string's delimiter, by the standard. */
const DELIMITER_CHARACTERS_MAX = 16;

function readQuote(lexer: LexicalReader, at: number): number {
  const prefix = lexer.prefix(at);
  if (RAW_PREFIX.test(prefix)) {
    const open = lexer.source.slice(at + 1, at + 2 + DELIMITER_CHARACTERS_MAX).indexOf("(");
    if (open !== -1) {
      const delimiter = lexer.source.slice(at + 1, at + 1 + open);
      lexer.dropPrefix();
      return lexer.string(at - prefix.length, at + open + 2, { close: `)${delimiter}"`, hasLines: true });
    }
  }
  if (!PREFIX.test(prefix)) return lexer.string(at, at + 1, PLAIN_QUOTES);
  lexer.dropPrefix();
  return lexer.string(at - prefix.length, at + 1, PLAIN_QUOTES);
}

function readApostrophe(lexer: LexicalReader, at: number): number {
  if (PREFIX.test(lexer.prefix(at))) lexer.dropPrefix();
  return lexer.string(at, at + 1, PLAIN_APOSTROPHES);
}

const specials = {
  '"': readQuote,
  "'": readApostrophe,
  "#": (lexer: LexicalReader, at: number) => readDirective(lexer, at, DIRECTIVES) ?? lexer.mark(at),
  // Joins lines; no token.
  "\\": (_: LexicalReader, at: number) => at + 1,
};

export function cTable(vocabulary: Vocabulary): LexicalTable {
  return { vocabulary, specials, classes: classesOf(Object.keys(specials)), hasQuotedNumbers: true };
}
