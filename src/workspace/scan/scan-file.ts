// Scans one file: chooses the scanner, counts words, and never throws. A source no scanner can read keeps its words, so
// that a file is never lost; the record says which tier answered.

import { countLines } from "./count-lines.ts";
import { wordsOf } from "./count-words.ts";
import type { Language, ParseRecord, Scan, Scanner } from "./record.ts";
import { scanners } from "./scanners.ts";
import type { WordTable } from "./word-table.ts";

/** Sources whose lines are longer on average are minified or data: their definitions say nothing. */
const LINE_CHARACTERS_MEAN_MAX = 1_000;
/** Shorter sources than so many such lines are scanned whatever they are. */
const FEW_LINES = 5;
const NO_GRAMMARS: ReadonlyMap<Language, Scanner> = new Map();

/**
 * @param source the text of the file, decoded; a byte order mark does no harm.
 * @param grammars scanners of the second tier that the caller has loaded; they answer where no lexical scanner does.
 * @returns a record that depends on the arguments alone.
 */
export function scanFile(language: Language, source: string, grammars?: ReadonlyMap<Language, Scanner>): ParseRecord {
  return scanWords(language, source, grammars).record;
}

/** The same, with the table of the record's words: the index of each is its place among them. */
export function scanWords(
  language: Language,
  source: string,
  grammars: ReadonlyMap<Language, Scanner> = NO_GRAMMARS,
): { readonly record: ParseRecord; readonly table: WordTable } {
  const lexical = scanners.get(language);
  const table = wordsOf(source);
  const scan = isMinified(source) ? undefined : attempt(lexical ?? grammars.get(language), source);
  const record: ParseRecord = {
    language,
    tier: scan === undefined ? "words" : lexical === undefined ? "tree-sitter" : "lexical",
    lines: scan?.lines ?? countLines(source),
    definitions: scan?.definitions ?? [],
    identifiers: scan?.identifiers ?? { names: [], counts: [] },
    words: table.counts(),
    imports: scan?.imports ?? [],
  };
  return { record, table };
}

/** Looks at the beginning of a source with many lines only. */
function isMinified(source: string): boolean {
  const enough = Math.floor(source.length / LINE_CHARACTERS_MEAN_MAX);
  if (enough < FEW_LINES) return false;
  let at = source.indexOf("\n");
  for (let lines = 1; at !== -1 && lines < enough; lines++) at = source.indexOf("\n", at + 1);
  return at === -1;
}

function attempt(scanner: Scanner | undefined, source: string): Scan | undefined {
  try {
    return scanner?.scan(source);
  } catch {
    return undefined;
  }
}
