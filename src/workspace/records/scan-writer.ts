// Writes the records of scanned sources as `encodeRecord` would, but straight from the table of their words and the bytes of the source: no word and
// no identifier becomes a string. One after the other into one buffer.

import type { Language } from "../scan/record.ts";
import type { TieredScan } from "../scan/scan-file.ts";
import type { WordTable } from "../scan/word-table.ts";
import { ByteWriter } from "./byte-writer.ts";
import { checksumOf, headTextOf, isPlain, plain } from "./record-codec.ts";

const LINE_FEED = 10;

export class ScanWriter {
  readonly #out = new ByteWriter();
  /** Of the record that is being written. */
  readonly #names = new ByteWriter();
  readonly #numbers = new ByteWriter();

  /** Begins anew. */
  clear(): void {
    this.#out.clear();
  }

  /** All that was written since, in a buffer of its own. */
  taken(): Uint8Array<ArrayBuffer> {
    return this.#out.written.slice();
  }

  /**
   * @param table of the scan
   * @param bytes of the source, if each of its units is one of them
   * @returns how many bytes the record has
   */
  write(language: Language, scan: TieredScan, table: WordTable, source: string, bytes: Uint8Array): number {
    const out = this.#out;
    const from = out.length;
    const definitions = scan.definitions.every(({ name }) => isPlain(name)) ? scan.definitions : [];
    const head = this.#names;
    head.clear();
    head.text(headTextOf(language, scan, definitions));
    out.varint(head.length);
    out.bytes(head.written);
    this.#write(
      scan,
      definitions.map(({ name }) => name),
      table,
      source,
      bytes,
    );
    out.bytes(checksumOf(out.written.subarray(from)));
    return out.length - from;
  }

  #write(scan: TieredScan, definitions: readonly string[], table: WordTable, source: string, bytes: Uint8Array): void {
    const { wordCount, kept } = table;
    const names = this.#names;
    const numbers = this.#numbers;
    names.clear();
    numbers.clear();
    const identifiers = kept ? undefined : plain(scan.identifiers);
    numbers.varint(wordCount);
    numbers.varint(kept?.length ?? identifiers?.names.length ?? 0);
    numbers.varint(definitions.length);
    const isPlainBytes = bytes.length === source.length;
    for (let word = 0; word < wordCount; word++) {
      if (word > 0) names.byte(LINE_FEED);
      const start = table.wordStart(word);
      const length = table.wordLength(word);
      if (isPlainBytes) names.few(bytes, start, length);
      else names.text(source.slice(start, start + length));
      numbers.varint(table.wordTimes(word));
    }
    if (kept) this.#identifiers(kept, table);
    identifiers?.names.forEach((name, index) => {
      this.#place(name, table.find(name) + 1);
      numbers.varint(identifiers.counts[index] ?? 1);
    });
    for (const name of definitions) this.#place(name, table.find(name) + 1);
    this.#out.varint(names.length);
    this.#out.bytes(names.written);
    this.#out.bytes(numbers.written);
  }

  #identifiers(kept: readonly number[], table: WordTable): void {
    for (const index of kept) {
      const word = table.wordOf(index);
      if (word > 0) this.#numbers.varint(word);
      else this.#place(table.name(index), 0);
      this.#numbers.varint(table.uses(index));
    }
  }

  /** @param place among the words, from 1; 0: the name is none, and comes behind them */
  #place(name: string, place: number): void {
    this.#numbers.varint(place);
    if (place > 0) return;
    if (this.#names.length > 0) this.#names.byte(LINE_FEED);
    this.#names.text(name);
  }
}
