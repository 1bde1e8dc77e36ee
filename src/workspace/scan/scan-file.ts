// Scans one file: chooses the scanner, counts words, and never throws. A source no scanner can read keeps its words, so
// that a file is never lost; the record says which tier answered.

import { countLines } from "./count-lines.ts";
import { DISTINCT_WORDS_MAX } from "./count-words.ts";
import type { Language, ParseRecord, Scan, Scanner } from "./record.ts";
import { scanners } from "./scanners.ts";
import { WordTable } from "./word-table.ts";

/** Sources whose lines are longer on average are minified or data: their definitions say nothing. */
const LINE_CHARACTERS_MEAN_MAX = 1_000;
/** Shorter sources than so many such lines are scanned whatever they are. */
const FEW_LINES = 5;
export type TieredScan = Scan & Pick<ParseRecord, "tier">;

const NO_GRAMMARS: ReadonlyMap<Language, Scanner> = new Map();

/**
 * @param source the text of the file, decoded; a byte order mark does no harm.
 * @param grammars scanners of the second tier that the caller has loaded; they answer where no lexical scanner does.
 * @returns a record that depends on the arguments alone.
 */
export function scanFile(language: Language, source: string, grammars?: ReadonlyMap<Language, Scanner>): ParseRecord {
  const table = new WordTable("");
  const { tier, lines, definitions, identifiers, imports } = scanInto(table, language, source, grammars);
  const { names, counts } = identifiers;
  return { language, tier, lines, definitions, identifiers: { names, counts }, words: table.words(), imports };
}

/** The same without words, which are left in the table, as identifiers may be: `table.kept`. */
export function scanInto(
  table: WordTable,
  language: Language,
  source: string,
  grammars: ReadonlyMap<Language, Scanner> = NO_GRAMMARS,
): TieredScan {
  const lexical = scanners.get(language);
  table.begin(source, DISTINCT_WORDS_MAX);
  const scan = isMinified(source) ? undefined : attempt(lexical ?? grammars.get(language), source, table);
  table.readRest();
  if (scan) return { ...scan, tier: lexical === undefined ? "tree-sitter" : "lexical" };
  table.kept = undefined;
  return { tier: "words", lines: countLines(source), definitions: [], identifiers: { names: [], counts: [] }, imports: [] };
}

/** Looks at the beginning of a source with many lines only. */
function isMinified(source: string): boolean {
  const enough = Math.floor(source.length / LINE_CHARACTERS_MEAN_MAX);
  if (enough < FEW_LINES) return false;
  let at = source.indexOf("\n");
  for (let lines = 1; at !== -1 && lines < enough; lines++) at = source.indexOf("\n", at + 1);
  return at === -1;
}

function attempt(scanner: Scanner | undefined, source: string, table: WordTable): Scan | undefined {
  try {
    return scanner?.scan(source, table);
  } catch {
    return undefined;
  }
}
