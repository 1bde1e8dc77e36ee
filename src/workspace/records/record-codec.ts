// Parse records as bytes, for stores and for the wire: JSON of columns, names in one string, one a line. Bytes may come from a stranger: reading checks all
// of their shape, and what is not a record is undefined, never half of one.

import { text, utf8 } from "../../base/index.ts";
import {
  type Counts,
  type Definition,
  definitionKinds,
  type ImportStatement,
  type Language,
  type ParseRecord,
  SCANNER_VERSION,
  SIGNATURE_CHARACTERS_MAX,
} from "../scan/record.ts";

const TIERS: readonly ParseRecord["tier"][] = ["lexical", "tree-sitter", "words"];
const LINES_MAX = 2 ** 31;

/** Of a content with this git blob id, in this language, by the scanners of this program. */
export function recordKey(language: Language, blob: string): string {
  return `${SCANNER_VERSION}.${language}.${blob}`;
}

export function encodeRecord({ language, tier, lines, definitions, identifiers, words, imports }: ParseRecord): Uint8Array {
  const column = <T>(of: (definition: Definition) => T) => definitions.map(of);
  return utf8(
    JSON.stringify([
      language,
      TIERS.indexOf(tier),
      lines,
      column(({ name }) => name),
      column(({ kind }) => definitionKinds.indexOf(kind)),
      column(({ line }) => line),
      column(({ endLine }) => endLine),
      column(({ parent }) => parent),
      column(({ exported }) => Number(exported)),
      column(({ signature }) => signature),
      identifiers.names.join("\n"),
      identifiers.counts,
      words.names.join("\n"),
      words.counts,
      imports.map(({ specifier, line, names }) => [specifier, line, names]),
    ]),
  );
}

/** @param language what it must be of */
export function decodeRecord(bytes: Uint8Array, language: Language): ParseRecord | undefined {
  let columns: unknown;
  try {
    columns = JSON.parse(text(bytes));
  } catch {
    return undefined;
  }
  if (!Array.isArray(columns) || columns.length !== 15 || columns[0] !== language) return undefined;
  const [
    ,
    tierIndex,
    lines,
    names,
    kinds,
    starts,
    ends,
    parents,
    exported,
    signatures,
    identifiers,
    uses,
    words,
    counts,
    imports,
  ] = columns as unknown[];
  const tier = TIERS[Number(tierIndex)];
  const definitions = definitionsOf(names, kinds, starts, ends, parents, exported, signatures);
  const identifierCounts = countsOf(identifiers, uses);
  const wordCounts = countsOf(words, counts);
  const statements = importsOf(imports);
  if (!tier || !isCount(lines) || !definitions || !identifierCounts || !wordCounts || !statements) return undefined;
  return { language, tier, lines, definitions, identifiers: identifierCounts, words: wordCounts, imports: statements };
}

function definitionsOf(...columns: readonly unknown[]): readonly Definition[] | undefined {
  const [names, kinds, starts, ends, parents, exported, signatures] = columns;
  const length = Array.isArray(names) ? names.length : -1;
  if (!areStrings(names) || !areStrings(signatures)) return undefined;
  if (![kinds, starts, ends, parents, exported].every((column) => areIntegers(column) && column.length === length))
    return undefined;
  if (signatures.length !== length) return undefined;
  const of = (column: unknown, index: number) => (column as number[])[index] ?? 0;
  const definitions: Definition[] = [];
  for (let index = 0; index < length; index++) {
    const [line, endLine, parent] = [of(starts, index), of(ends, index), of(parents, index)];
    const kind = definitionKinds[of(kinds, index)];
    const [name = "", signature = ""] = [names[index], signatures[index]];
    const isFine =
      kind !== undefined && isCount(line) && line > 0 && isCount(endLine) && endLine >= line && parent >= -1 && parent < index;
    if (!isFine || name === "" || signature.length > SIGNATURE_CHARACTERS_MAX) return undefined;
    definitions.push({ name, kind, line, endLine, parent, exported: of(exported, index) === 1, signature });
  }
  return definitions;
}

function countsOf(joined: unknown, counts: unknown): Counts | undefined {
  if (typeof joined !== "string" || !areIntegers(counts)) return undefined;
  const names = joined === "" ? [] : joined.split("\n");
  if (names.length !== counts.length || !counts.every((count) => isCount(count) && count > 0) || names.includes(""))
    return undefined;
  return { names, counts };
}

function importsOf(imports: unknown): readonly ImportStatement[] | undefined {
  if (!Array.isArray(imports)) return undefined;
  const statements: ImportStatement[] = [];
  for (const each of imports as unknown[]) {
    if (!Array.isArray(each)) return undefined;
    const [specifier, line, names] = each as unknown[];
    if (typeof specifier !== "string" || !isCount(line) || !areStrings(names)) return undefined;
    statements.push({ specifier, line, names });
  }
  return statements;
}

const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < LINES_MAX;
const areStrings = (column: unknown): column is string[] =>
  Array.isArray(column) && column.every((each) => typeof each === "string");
const areIntegers = (column: unknown): column is number[] => Array.isArray(column) && column.every(Number.isInteger);
