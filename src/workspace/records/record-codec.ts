// Parse records as bytes, for stores and for the wire: JSON of columns, then the counts (counts-codec.ts). Bytes may come from a stranger: reading checks all
// of their shape, and what is not a record is undefined, never half of one.

import { concat, text, utf8 } from "../../base/index.ts";
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
import { decodeCounts, encodeCounts } from "./counts-codec.ts";

const TIERS: readonly ParseRecord["tier"][] = ["lexical", "tree-sitter", "words"];
const LINES_MAX = 2 ** 31;
const NUL = Uint8Array.of(0);

/** Of a content with this git blob id, in this language, by the scanners of this program. */
export function recordKey(language: Language, blob: string): string {
  return `${SCANNER_VERSION}.${language}.${blob}`;
}

/** Names that are empty or hold a line feed are left out. */
export function encodeRecord({ language, tier, lines, definitions, identifiers, words, imports }: ParseRecord): Uint8Array {
  const column = <T>(of: (definition: Definition) => T) => definitions.map(of);
  const head = utf8(
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
      imports.map(({ specifier, line, names }) => [specifier, line, names]),
    ]),
  );
  // The head holds no NUL: JSON writes it as an escape.
  return concat([head, NUL, encodeCounts(plain(words), plain(identifiers))]);
}

/** @param language what it must be of */
export function decodeRecord(bytes: Uint8Array, language: Language): ParseRecord | undefined {
  const end = bytes.indexOf(0);
  const counts = end < 0 ? undefined : decodeCounts(bytes.subarray(end + 1));
  if (!counts) return undefined;
  let columns: unknown;
  try {
    columns = JSON.parse(text(bytes.subarray(0, end)));
  } catch {
    return undefined;
  }
  if (!Array.isArray(columns) || columns.length !== 11 || columns[0] !== language) return undefined;
  const [, tierIndex, lines, names, kinds, starts, ends, parents, exported, signatures, imports] = columns as unknown[];
  const tier = TIERS[Number(tierIndex)];
  const definitions = definitionsOf(names, kinds, starts, ends, parents, exported, signatures);
  const statements = importsOf(imports);
  if (!tier || !isCount(lines) || !definitions || !statements) return undefined;
  return { language, tier, lines, definitions, ...counts, imports: statements };
}

function plain({ names, counts }: Counts): Counts {
  const isPlain = (name: string) => name !== "" && !name.includes("\n");
  if (names.every(isPlain)) return { names, counts };
  return { names: names.filter(isPlain), counts: counts.filter((_, index) => isPlain(names[index] ?? "")) };
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
