// Records on the wire: a head in JSON, then their bytes one after the other, all of it compressed at once (zstd, RFC 8878), as records of one
// repository are much alike. Used for questions too, which have no records.

import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { concat, MillraceError, text, utf8 } from "../../base/index.ts";

/** Unpacked. More is refused before it is in memory. */
export const PACK_BYTES_MAX = 128 * 1024 * 1024;
const HEAD_LENGTH_BYTES = 4;
/** 0.9 of the bytes of level 3, in twice its time. */
const LEVEL = 6;
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export interface Pack {
  readonly head: unknown;
  /** What follows the head. */
  readonly body: Uint8Array;
}

export async function pack(head: unknown, records: readonly Uint8Array[] = []): Promise<Uint8Array<ArrayBuffer>> {
  const json = utf8(JSON.stringify(head));
  const length = new Uint8Array(HEAD_LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, json.byteLength, true);
  const whole = concat([length, json, ...records]);
  const params = { [constants.ZSTD_c_compressionLevel]: LEVEL };
  return new Uint8Array(await compress(whole, { params })) as Uint8Array<ArrayBuffer>;
}

/** Rejects with `pack_invalid`. */
export async function unpack(bytes: Uint8Array, bytesMax = PACK_BYTES_MAX): Promise<Pack> {
  try {
    const whole: Uint8Array = await decompress(bytes, { maxOutputLength: bytesMax });
    const headLength = new DataView(whole.buffer, whole.byteOffset, whole.byteLength).getUint32(0, true);
    const end = HEAD_LENGTH_BYTES + headLength;
    if (end > whole.byteLength) throw new RangeError("The head is longer than the whole.");
    return { head: JSON.parse(text(whole.subarray(HEAD_LENGTH_BYTES, end))), body: whole.subarray(end) };
  } catch (error) {
    throw new MillraceError("pack_invalid", "These are no packed records: not zstd, cut off, or too large.", { cause: error });
  }
}

/** The records of these lengths; -1 is none. Throws `pack_invalid` when they are not exactly what there is. */
export function recordsIn(body: Uint8Array, lengths: readonly unknown[]): readonly (Uint8Array | undefined)[] {
  let at = 0;
  const records = lengths.map((length) => {
    if (length === -1) return undefined;
    const isLength = typeof length === "number" && Number.isSafeInteger(length) && length >= 0 && at + length <= body.byteLength;
    if (!isLength) throw broken();
    at += length;
    return body.subarray(at - length, at);
  });
  if (at !== body.byteLength) throw broken();
  return records;
}

/** Throws `pack_invalid` for what is no list of at most so many strings. */
export function stringsIn(head: unknown, most: number): readonly string[] {
  if (Array.isArray(head) && head.length <= most && head.every((each) => typeof each === "string")) return head;
  throw new MillraceError("pack_invalid", `A pack of keys is a list of at most ${most} strings.`);
}

const broken = (): MillraceError => new MillraceError("pack_invalid", "The lengths of packed records do not fit their bytes.");
