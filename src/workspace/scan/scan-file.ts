// Scans one file: chooses the scanner, counts words, and never throws. A source no scanner can read keeps its words, so
// that a file is never lost; the record says which tier answered.

import { countLines } from "./count-lines.ts";
import { countWords } from "./count-words.ts";
import type { Language, ParseRecord, Scan, Scanner } from "./record.ts";
import { scanners } from "./scanners.ts";

/** Sources whose lines are longer on average are minified or data: their definitions say nothing. */
const LINE_CHARACTERS_MEAN_MAX = 1_000;
const NO_GRAMMARS: ReadonlyMap<Language, Scanner> = new Map();

/**
 * @param source the text of the file, decoded; a byte order mark does no harm.
 * @param grammars scanners of the second tier that the caller has loaded; they answer where no lexical scanner does.
 * @returns a record that depends on the arguments alone.
 */
export function scanFile(
  language: Language,
  source: string,
  grammars: ReadonlyMap<Language, Scanner> = NO_GRAMMARS,
): ParseRecord {
  const lines = countLines(source);
  const lexical = scanners.get(language);
  const isMinified = source.length > Math.max(lines, 5) * LINE_CHARACTERS_MEAN_MAX;
  const scan = isMinified ? undefined : attempt(lexical ?? grammars.get(language), source);
  return {
    language,
    tier: scan === undefined ? "words" : lexical === undefined ? "tree-sitter" : "lexical",
    lines,
    definitions: scan?.definitions ?? [],
    identifiers: scan?.identifiers ?? { names: [], counts: [] },
    words: countWords(source),
    imports: scan?.imports ?? [],
  };
}

function attempt(scanner: Scanner | undefined, source: string): Scan | undefined {
  try {
    return scanner?.scan(source);
  } catch {
    return undefined;
  }
}
