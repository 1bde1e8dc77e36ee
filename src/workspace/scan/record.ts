// What a scan of one file yields, in the words that every scanner, the map, the graph and the store share. A record
// is a function of (SCANNER_VERSION, language, content) and never holds a path, so equal files share one record.

import type { Counts } from "./counts.ts";
import type { WordTable } from "./word-table.ts";

export type { Counts } from "./counts.ts";

/** Raised whenever any scanner's output changes for any input, or how records are kept: it is part of every key. */
export const SCANNER_VERSION = 4;

/** Languages with a scanner of this folder. */
export type LexicalLanguage =
  | "typescript"
  | "tsx"
  | "javascript"
  | "python"
  | "go"
  | "java"
  | "kotlin"
  | "csharp"
  | "c"
  | "cpp"
  | "rust"
  | "ruby"
  | "php"
  | "swift"
  | "scala"
  | "shell";

/** Languages that a tree-sitter grammar answers for. */
export type GrammarLanguage = "dart" | "elisp" | "elixir" | "elm" | "lua" | "objc" | "ocaml" | "rescript" | "solidity" | "zig";

/** Languages of which only words are taken. */
export type WordLanguage = "graphql" | "protobuf" | "sql" | "svelte" | "vue";

export type Language = LexicalLanguage | GrammarLanguage | WordLanguage;

/** In this order they are numbered where records are kept. */
export const definitionKinds = [
  "function",
  "method",
  "class",
  "interface",
  "type",
  "enum",
  "struct",
  "trait",
  "field",
  "constant",
  "variable",
  "namespace",
  "macro",
  "constructor",
  "property",
] as const;

export type DefinitionKind = (typeof definitionKinds)[number];

export interface Definition {
  readonly name: string;
  readonly kind: DefinitionKind;
  /** 1-based line of the name; lines end with a line feed. */
  readonly line: number;
  /** 1-based line of the last character. */
  readonly endLine: number;
  /** Index in `definitions` of the enclosing definition; -1 at the top. */
  readonly parent: number;
  /** Whether other files can name it, by the rules of the language. */
  readonly exported: boolean;
  /** The defining line(s), white space collapsed, without the body, at most SIGNATURE_CHARACTERS_MAX characters. */
  readonly signature: string;
}

export const SIGNATURE_CHARACTERS_MAX = 120;

export interface ImportStatement {
  /** As written, without quotes. */
  readonly specifier: string;
  /** 1-based line where the statement begins. */
  readonly line: number;
  /** The names taken, as the other file calls them; "*" for all of it, "default" for its default export. */
  readonly names: readonly string[];
}

export interface ParseRecord {
  readonly language: Language;
  /** What answered. `words`: no definitions could be had, only words. */
  readonly tier: "lexical" | "tree-sitter" | "words";
  readonly lines: number;
  /** In order of line, then column. Local variables are not definitions. */
  readonly definitions: readonly Definition[];
  /** In code, not in comments or strings; keywords left out. */
  readonly identifiers: Counts;
  /** Everywhere, comments and strings included: see count-words.ts. */
  readonly words: Counts;
  readonly imports: readonly ImportStatement[];
}

/** What a scanner says of a source; language, tier and words are added by scanFile. */
export type Scan = Omit<ParseRecord, "language" | "tier" | "words">;

/** One language's scanner: pure, no state between calls, never throws for any string, linear in its length. */
export interface Scanner {
  /** @param words a table that has begun this source, for scanners that count identifiers in one: words are then counted on the way. */
  scan(source: string, words?: WordTable): Scan;
}
