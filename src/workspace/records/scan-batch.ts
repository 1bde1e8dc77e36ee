// Scans many files at once, in any thread: sources go in and records come out as bytes, records in one buffer, so that threads hand them over
// without copying. A function of what goes in (grammars are loaded when a source needs one, and kept by the caller); does not know of threads.

import type { Language } from "../scan/record.ts";
import { scanInto } from "../scan/scan-file.ts";
import type { Grammars } from "../scan/tree-sitter/grammars.ts";
import { WordTable } from "../scan/word-table.ts";
import { ScanWriter } from "./scan-writer.ts";

export interface Source {
  readonly language: Language;
  readonly bytes: Uint8Array;
}

/** Parts of one buffer, one after the other. */
export interface Parts {
  readonly lengths: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Scans batch after batch, in the order in which they are asked for. */
export class BatchScanner {
  readonly #grammars: Grammars;
  readonly #decoder = new TextDecoder();
  readonly #table = new WordTable("");
  readonly #writer = new ScanWriter();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(grammars: Grammars) {
    this.#grammars = grammars;
  }

  /** Records as `encodeRecord` writes them, in the order of the sources, in a buffer of their own. */
  scan(sources: readonly Source[]): Promise<Parts> {
    const parts = this.#turn.then(() => this.#scan(sources));
    this.#turn = parts.catch(() => {});
    return parts;
  }

  async #scan(sources: readonly Source[]): Promise<Parts> {
    await this.#grammars.load(new Set(sources.map(({ language }) => language)));
    this.#writer.clear();
    const lengths = sources.map(({ language, bytes }) => {
      const source = this.#decoder.decode(bytes);
      const scan = scanInto(this.#table, language, source, this.#grammars.scanners);
      return this.#writer.write(language, scan, this.#table, source, bytes);
    });
    return { lengths, bytes: this.#writer.taken() };
  }
}

export function eachOf({ lengths, bytes }: Parts): readonly Uint8Array[] {
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return bytes.subarray(at - length, at);
  });
}

/** Sources in one buffer, to be handed to another thread. */
export interface Packed {
  readonly languages: readonly Language[];
  readonly parts: Parts;
}

export function packed(sources: readonly Source[]): Packed {
  const lengths = sources.map(({ bytes }) => bytes.byteLength);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const source of sources) {
    bytes.set(source.bytes, at);
    at += source.bytes.byteLength;
  }
  return { languages: sources.map(({ language }) => language), parts: { lengths, bytes } };
}

export function unpacked({ languages, parts }: Packed): readonly Source[] {
  const all = eachOf(parts);
  return languages.map((language, index) => ({ language, bytes: all[index] ?? new Uint8Array() }));
}
