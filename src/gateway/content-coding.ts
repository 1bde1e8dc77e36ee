// Undoes the content coding of a request body (RFC 9110, section 8.4), bounded, so that it can be read. The upstream
// then gets it uncoded. Deliberately one coding at a time: no assistant stacks them.

import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, zstdDecompress } from "node:zlib";
import { MillraceError } from "../base/index.ts";

const decoders = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
} as const;

/** The body names a coding that is not known, or is not in the coding it names. */
export class UnknownCoding extends Error {}

/** Throws UnknownCoding, and `body_too_large` for a body of more than `bytesMax` when decoded. */
export async function decoded(body: Uint8Array, coding: string, bytesMax: number): Promise<Uint8Array> {
  const name = coding.trim().toLowerCase();
  if (name === "identity" || name === "") return body;
  if (!Object.hasOwn(decoders, name)) throw new UnknownCoding();
  try {
    return await decoders[name as keyof typeof decoders](body, { maxOutputLength: bytesMax });
  } catch (error) {
    const tooLarge = (error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE";
    throw tooLarge ? new MillraceError("body_too_large", `The decoded body is over ${bytesMax} bytes.`) : new UnknownCoding();
  }
}
