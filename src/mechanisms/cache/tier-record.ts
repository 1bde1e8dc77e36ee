// The form of a value in the second tier: a fixed head (format, lengths, digest), a JSON note, the encoded value.
// A record that is cut, altered or of another format is refused, never half read.

import { concat, MillraceError, text, utf8 } from "../../base/index.ts";

export interface TierNote {
  /** Wall time of the end of its life, and how much life it had when written: the smaller is believed. */
  expiresAtMs: number;
  leftMs: number;
  ageMs: number;
  cost: number;
  tags: readonly string[];
}

const FORMAT = 1;
const DIGEST_BYTES = 16;
/** Format (1), length of the note (4), digest of note and value. */
const HEAD_BYTES = 5 + DIGEST_BYTES;

export async function encodeRecord(note: TierNote, value: Uint8Array): Promise<Uint8Array> {
  const noteBytes = utf8(JSON.stringify(note));
  const body = concat([noteBytes, value]);
  const head = new Uint8Array(HEAD_BYTES);
  head[0] = FORMAT;
  new DataView(head.buffer).setUint32(1, noteBytes.byteLength);
  head.set(await digestOf(body), 5);
  return concat([head, body]);
}

/** Throws `store_corrupt` when these are not the bytes of a record. */
export async function decodeRecord(bytes: Uint8Array): Promise<{ note: TierNote; value: Uint8Array }> {
  const body = bytes.subarray(HEAD_BYTES);
  if (bytes.byteLength <= HEAD_BYTES || bytes[0] !== FORMAT) throw corrupt("has another format");
  const digest = await digestOf(body);
  if (!digest.every((byte, index) => byte === bytes[5 + index])) throw corrupt("does not match its digest");
  const noteLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  // The digest matched, so the note is what some version of this program wrote.
  const note = JSON.parse(text(body.subarray(0, noteLength))) as TierNote;
  return { note, value: body.subarray(noteLength) };
}

async function digestOf(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)).subarray(0, DIGEST_BYTES);
}

function corrupt(why: string): MillraceError {
  return new MillraceError("store_corrupt", `A record of the cache's second tier ${why}; it is left out and deleted.`);
}
