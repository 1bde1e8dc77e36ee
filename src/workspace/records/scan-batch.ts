// Scans many files at once, in any thread: sources go in and records come out as bytes, records in one buffer, so that threads hand them over
// without copying. A function of what goes in (grammars are loaded when a source needs one, and kept by the caller); does not know of threads.

import type { Language } from "../scan/record.ts";
import { scanWords } from "../scan/scan-file.ts";
import type { Grammars } from "../scan/tree-sitter/grammars.ts";
import { encodeRecord } from "./record-codec.ts";

export interface Source {
  readonly language: Language;
  readonly bytes: Uint8Array;
}

/** Parts of one buffer, one after the other. */
export interface Parts {
  readonly lengths: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Records as `encodeRecord` writes them, in the order of the sources. */
export async function scanBatch(sources: readonly Source[], grammars: Grammars): Promise<Parts> {
  await grammars.load(new Set(sources.map(({ language }) => language)));
  const decoder = new TextDecoder();
  return partsOf(
    sources.map(({ language, bytes }) => {
      const { record, table } = scanWords(language, decoder.decode(bytes), grammars.scanners);
      return encodeRecord(record, (name) => table.find(name));
    }),
  );
}

export function* eachOf({ lengths, bytes }: Parts): Generator<Uint8Array> {
  let at = 0;
  for (const length of lengths) {
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** Always a buffer of its own: the parts stay with whoever has them when it is handed over. */
function partsOf(all: readonly Uint8Array[]): Parts {
  const lengths = all.map(({ byteLength }) => byteLength);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return { lengths, bytes };
}
