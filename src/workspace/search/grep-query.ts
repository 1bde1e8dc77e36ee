// A search as it is asked for, and compiled: what tells files apart at once (filters, bytes), and how lines are found in the others.
// The syntax is that of Rust's regular expressions, as ripgrep has it; what JavaScript's engine cannot do the same way is refused.

import { MillraceError } from "../../base/index.ts";
import { type LineMatch, type OnMatch, searchBytes, searchLinesWith, searchRegex } from "./line-search.ts";
import { readRegex } from "./regex-reader.ts";
import { asciiRegex, type LineRegex, unicodeRegex } from "./regex-source.ts";
import { literalTree, type RegexNode, regexError } from "./regex-tree.ts";
import { requiredLiterals } from "./required-literals.ts";
import type { SearchedText } from "./searched-text.ts";
import { type TrigramFilters, trigramBits } from "./trigram-filter.ts";

export interface GrepQuery {
  readonly pattern: string;
  /** The pattern is plain text. */
  readonly isLiteral?: boolean;
  /** "smart": case counts when the pattern has an upper-case letter. Default "sensitive". */
  readonly case?: "sensitive" | "insensitive" | "smart";
  /** No character of a word beside the match. */
  readonly isWord?: boolean;
  /** As ripgrep's -g: the last that fits decides, `!` leaves out, also whole folders; without any plain one, all files are in. */
  readonly globs?: readonly string[];
  /** Matching lines, all files together; 1 to 100,000. Default 1,000. */
  readonly matchesMax?: number;
  /** Matching lines of each file. Default: no limit but `matchesMax`. */
  readonly matchesPerFileMax?: number;
  /** Characters of a line's text; longer lines are cut around the match; 16 to 100,000. Default 1,000. */
  readonly textMax?: number;
}

export interface GrepMatch extends LineMatch {
  readonly path: string;
}

/** A text that may be required: its trigrams, and its bytes when case counts. */
interface Required {
  readonly bits: Uint16Array;
  readonly bytes: Buffer | undefined;
}

const PATTERN_MAX = 10_000;

export class CompiledQuery {
  readonly #tree: RegexNode;
  readonly #isWord: boolean;
  readonly #isFolded: boolean;
  /** The whole of a plain search. */
  readonly #needle: Buffer | undefined;
  /** In every match, as it is. */
  readonly #inner: Buffer | undefined;
  readonly #required: readonly (readonly Required[])[];
  #ascii: LineRegex | undefined;
  #unicode: LineRegex | undefined;

  /** Throws `pattern_invalid`. */
  constructor({ pattern, isLiteral = false, case: wanted = "sensitive", isWord = false }: GrepQuery) {
    if (pattern.length > PATTERN_MAX) throw regexError(pattern, `is longer than ${PATTERN_MAX} characters`);
    if (pattern.includes("\n")) throw regexError(pattern, "has a line feed; searches here find matches within one line");
    if (!pattern.isWellFormed()) throw regexError(pattern, "has half a character");
    const isLower = () => (isLiteral ? pattern !== "" && !/\p{Uppercase}/u.test(pattern) : readRegex(pattern, false).isLowerCase);
    const isFolded = wanted === "insensitive" || (wanted === "smart" && isLower());
    this.#tree = isLiteral ? literalTree(pattern, isFolded) : readRegex(pattern, isFolded).tree;
    this.#isWord = isWord;
    const required = requiredLiterals(this.#tree);
    this.#isFolded = required.some((set) => set.some((text) => text.isFolded));
    const plain = plainText(this.#tree);
    this.#needle = plain && !isWord ? Buffer.from(plain) : undefined;
    this.#required = required.map((set) =>
      set.map(({ bytes, isFolded: isTextFolded }) => ({ bits: trigramBits(bytes), bytes: isTextFolded ? undefined : bytes })),
    );
    const inner = required.find((set) => set.length === 1 && !set[0]?.isFolded);
    this.#inner = inner?.[0]?.bytes;
    this.#compiled(true);
  }

  /** False: no line of this file matches; by its filter alone. */
  mayMatch(filters: TrigramFilters, slot: number, isAscii: boolean): boolean {
    // Outside of ASCII a few characters are letters of ASCII in another case.
    if (this.#isFolded && !isAscii) return true;
    for (const set of this.#required) if (!set.some(({ bits }) => filters.mayHold(slot, bits))) return false;
    return true;
  }

  search(text: SearchedText, textMax: number, onMatch: OnMatch): void {
    if (this.#needle) searchBytes(text, this.#needle, textMax, onMatch);
    else if (!this.#hasRequired(text)) return;
    else if (this.#inner) searchLinesWith(text, this.#inner, this.#compiled(text.isAscii), textMax, onMatch);
    else searchRegex(text, this.#compiled(text.isAscii), textMax, onMatch);
  }

  #hasRequired({ bytes }: SearchedText): boolean {
    return this.#required.every((set) => set.some((text) => text.bytes === undefined || bytes.includes(text.bytes)));
  }

  #compiled(isAscii: boolean): LineRegex {
    try {
      if (isAscii) this.#ascii ??= asciiRegex(this.#tree, this.#isWord);
      else this.#unicode ??= unicodeRegex(this.#tree, this.#isWord);
      return (isAscii ? this.#ascii : this.#unicode) as LineRegex;
    } catch (error) {
      throw new MillraceError("pattern_invalid", "The regular expression is too large; write a simpler one.", { cause: error });
    }
  }
}

/** The text that the tree is, where case counts; undefined: it is more than that. */
function plainText(tree: RegexNode): string | undefined {
  const parts = tree.kind === "sequence" ? tree.parts : [tree];
  if (parts.length === 0 || !parts.every((part) => part.kind === "literal" && !part.isFolded)) return undefined;
  return parts.map((part) => (part.kind === "literal" ? String.fromCodePoint(part.point) : "")).join("");
}
