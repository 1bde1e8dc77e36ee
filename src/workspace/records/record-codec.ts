// Parse records as bytes, for stores and for the wire: a head of JSON in columns, the names (names-codec.ts), a checksum. What is damaged is no
// record; whoever takes bytes from a stranger asks `isSoundRecord` too, which checks all of their shape.

import { concat, MillraceError, text, utf8 } from "../../base/index.ts";
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
import { encodeNames, HeldNames, Varints, varints } from "./names-codec.ts";

const TIERS: readonly ParseRecord["tier"][] = ["lexical", "tree-sitter", "words"];
const LINES_MAX = 2 ** 31;
const CHECKSUM_BYTES = 8;
const COLUMNS = 10;

/** Of a content with this git blob id, in this language, by the scanners of this program. */
export function recordKey(language: Language, blob: string): string {
  return `${SCANNER_VERSION}.${language}.${blob}`;
}

/**
 * Names that are empty or hold a line feed are left out; a record that defines one, which no scanner makes, loses its definitions.
 */
export function encodeRecord(record: ParseRecord): Uint8Array {
  const definitions = record.definitions.every(({ name }) => isPlain(name)) ? record.definitions : [];
  const head = utf8(headTextOf(record.language, record, definitions));
  const names = definitions.map(({ name }) => name);
  return sealed(concat([varints([head.byteLength]), head, namesOf(record, names)]));
}

/** @param definitions those of the record that are kept */
export function headTextOf(
  language: Language,
  { tier, lines, imports }: Pick<ParseRecord, "tier" | "lines" | "imports">,
  definitions: readonly Definition[],
): string {
  const column = <T>(of: (definition: Definition) => T) => definitions.map(of);
  return JSON.stringify([
    language,
    TIERS.indexOf(tier),
    lines,
    column(({ kind }) => definitionKinds.indexOf(kind)),
    column(({ line }) => line),
    column(({ endLine }) => endLine),
    column(({ parent }) => parent),
    column(({ exported }) => Number(exported)),
    column(({ signature }) => signature),
    imports.map(({ specifier, line, names }) => [specifier, line, names]),
  ]);
}

/** With its checksum behind. */
export function sealed(body: Uint8Array): Uint8Array {
  return concat([body, checksumOf(body)]);
}

/** A record in its bytes: what is asked for is read from them, definitions and imports once, words and identifiers each time. */
export class HeldRecord implements ParseRecord {
  readonly language: Language;
  readonly names: HeldNames;
  readonly #headBytes: Uint8Array;
  #head: Head | undefined;

  /** @param body without the checksum */
  constructor(language: Language, body: Uint8Array) {
    const reader = new Varints(body);
    this.language = language;
    this.#headBytes = reader.take(reader.next());
    this.names = new HeldNames(reader.rest());
  }

  get tier(): ParseRecord["tier"] {
    return this.#read().tier;
  }

  get lines(): number {
    return this.#read().lines;
  }

  get definitions(): readonly Definition[] {
    return this.#read().definitions;
  }

  get imports(): readonly ImportStatement[] {
    return this.#read().imports;
  }

  get words(): Counts {
    return this.names.words;
  }

  get identifiers(): Counts {
    return this.names.identifiers;
  }

  /** Undefined: it is none. */
  head(): Head | undefined {
    try {
      return headOf(JSON.parse(text(this.#headBytes)), this.language, this.names.definitionNames);
    } catch {
      return undefined;
    }
  }

  #read(): Head {
    this.#head ??= this.head();
    if (!this.#head) throw new MillraceError("scan_failed", "A record says nothing that can be read.");
    return this.#head;
  }
}

/** The record keeps the bytes: they are not to be changed. @param language what it must be of. Undefined: they are damaged, or of another. */
export function decodeRecord(bytes: Uint8Array, language: Language): HeldRecord | undefined {
  const end = bytes.byteLength - CHECKSUM_BYTES;
  if (end < 0) return undefined;
  const body = bytes.subarray(0, end);
  if (Buffer.compare(checksumOf(body), bytes.subarray(end)) !== 0) return undefined;
  return isOf(language, body) ? new HeldRecord(language, body) : undefined;
}

/** Of bytes that the scanners of this process just wrote: nothing of them is checked. */
export function ownRecord(bytes: Uint8Array, language: Language): HeldRecord {
  return new HeldRecord(language, bytes.subarray(0, bytes.byteLength - CHECKSUM_BYTES));
}

/** Whether bytes of a stranger are a record in all their parts. */
export function isSoundRecord(bytes: Uint8Array, language: Language): boolean {
  const record = decodeRecord(bytes, language);
  return record?.names.areSound() === true && record.head() !== undefined;
}

/** The names of any record as they are held. */
export function heldNames(record: ParseRecord): HeldNames {
  if (record instanceof HeldRecord) return record.names;
  const names = record.definitions.map(({ name }) => name);
  return new HeldNames(
    namesOf(
      record,
      names.map((name) => (isPlain(name) ? name : " ")),
    ),
  );
}

interface Head {
  readonly tier: ParseRecord["tier"];
  readonly lines: number;
  readonly definitions: readonly Definition[];
  readonly imports: readonly ImportStatement[];
}

function headOf(columns: unknown, language: Language, names: readonly string[]): Head | undefined {
  if (!Array.isArray(columns) || columns.length !== COLUMNS || columns[0] !== language) return undefined;
  const [, tierIndex, lines, kinds, starts, ends, parents, exported, signatures, imports] = columns as unknown[];
  const tier = TIERS[Number(tierIndex)];
  const definitions = definitionsOf(names, kinds, starts, ends, parents, exported, signatures);
  const statements = importsOf(imports);
  if (!tier || !isCount(lines) || !definitions || !statements) return undefined;
  return { tier, lines, definitions, imports: statements };
}

function isOf(language: Language, body: Uint8Array): boolean {
  const reader = new Varints(body);
  const begin = `["${language}",`;
  return text(reader.take(reader.next()).subarray(0, begin.length)) === begin;
}

export function checksumOf(body: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(CHECKSUM_BYTES);
  bytes.writeBigUInt64LE(BigInt(Bun.hash(body)));
  return bytes;
}

function namesOf({ words, identifiers }: ParseRecord, definitions: readonly string[]): Uint8Array {
  return encodeNames(plain(words), plain(identifiers), definitions);
}

/** Whether a name can be kept. */
export const isPlain = (name: string): boolean => name !== "" && !name.includes("\n");

/** Without the names that cannot be kept. */
export function plain({ names, counts }: Counts): Counts {
  if (names.every(isPlain)) return { names, counts };
  return { names: names.filter(isPlain), counts: counts.filter((_, index) => isPlain(names[index] ?? "")) };
}

function definitionsOf(names: readonly string[], ...columns: readonly unknown[]): readonly Definition[] | undefined {
  const [kinds, starts, ends, parents, exported, signatures] = columns;
  const { length } = names;
  if (!areStrings(signatures) || signatures.length !== length) return undefined;
  if (![kinds, starts, ends, parents, exported].every((column) => areIntegers(column) && column.length === length))
    return undefined;
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
