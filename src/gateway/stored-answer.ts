// An answer as the cache keeps it, and how it is given out again: the same bytes, but under an id of its own.
// Keeps no header of the call that made it: those belong to that call (request ids, rate limits, cookies).

import { MillraceError, type Random, text, utf8 } from "../base/index.ts";
import type { Usage, WireAnswer } from "./dialects/dialect.ts";

export interface StoredAnswer extends WireAnswer {
  readonly contentType: string;
  readonly usage: Usage | undefined;
  /** The id that the answer carries, if it carries one. */
  readonly answerId: string | undefined;
  /** Wall time at which it was complete, milliseconds since the Unix epoch. */
  readonly storedAt: number;
}

/** Bytes an answer takes in memory, its bookkeeping included. */
export const weighAnswer = ({ bytes }: StoredAnswer): number => bytes.byteLength + 512;

/** Tokens that a hit saves. */
export const tokensOf = ({ usage }: StoredAnswer): number =>
  usage ? usage.input + usage.cacheRead + usage.cacheWrite + usage.output : 1;

const VERSION = 1;
const HEAD_LENGTH_BYTES = 4;

/** A head of JSON, its length before it (32 bits, big endian), then the bytes of the answer. */
export function encodeAnswer({ bytes, ...head }: StoredAnswer): Uint8Array {
  const headBytes = utf8(JSON.stringify({ version: VERSION, ...head }));
  const record = new Uint8Array(HEAD_LENGTH_BYTES + headBytes.byteLength + bytes.byteLength);
  new DataView(record.buffer).setUint32(0, headBytes.byteLength);
  record.set(headBytes, HEAD_LENGTH_BYTES);
  record.set(bytes, HEAD_LENGTH_BYTES + headBytes.byteLength);
  return record;
}

/** Throws `store_corrupt` for bytes that this version did not write. */
export function decodeAnswer(record: Uint8Array): StoredAnswer {
  const end = HEAD_LENGTH_BYTES + new DataView(record.buffer, record.byteOffset, record.byteLength).getUint32(0);
  const { version, ...head } = JSON.parse(text(record.subarray(HEAD_LENGTH_BYTES, end))) as StoredAnswer & { version: number };
  if (version !== VERSION) throw new MillraceError("store_corrupt", "A stored answer is of another version.");
  return { ...head, bytes: record.subarray(end) };
}

const ID_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Long enough, and with a digit, so that no word of the API can be meant. */
const ID = /^(?=.*\d)[\w.:-]{8,}$/;

/**
 * The bytes of the answer with a fresh id of the same kind and length wherever the old one is a whole JSON string; a copy.
 * Text that only mentions the id stays as it is. An answer whose id could be taken for a word keeps it.
 */
export function withFreshId({ bytes, answerId }: StoredAnswer, random: Random): Uint8Array {
  if (answerId === undefined || !ID.test(answerId)) return bytes;
  const quoted = `"${answerId}"`;
  const fresh = `"${freshId(answerId, random)}"`;
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(quoted); at >= 0; at = copy.indexOf(quoted, at + fresh.length)) copy.write(fresh, at, "latin1");
  return copy;
}

/** Keeps the prefix up to the last `_` or `-` (`msg_`, `chatcmpl-`); what follows is drawn anew. */
function freshId(id: string, random: Random): string {
  const start = Math.max(id.lastIndexOf("_"), id.lastIndexOf("-")) + 1;
  let fresh = id.slice(0, start);
  for (const byte of random.bytes(id.length - start)) fresh += ID_CHARACTERS[byte % ID_CHARACTERS.length];
  return fresh;
}
