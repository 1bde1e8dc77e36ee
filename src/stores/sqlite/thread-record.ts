// A message as bytes: a checksum, then JSON. What is large in it lies apart (records). Invariant: what is decoded is what was encoded, or
// undefined when a bit of it changed.

import { text, utf8 } from "../../base/index.ts";
import type { NewMessage } from "../../ports/index.ts";
import { type Apart, type BlobOf, type ContentBlob, excerptOf, putTogether, takeApart } from "../records/index.ts";

const CHECKSUM_BYTES = 4;
/** Of UTF-8: a smaller one is not looked into. */
const INLINE_BYTES_MAX = 4096;

export interface EncodedMessage {
  readonly bytes: Uint8Array;
  readonly blobs: readonly ContentBlob[];
  readonly excerpt: string;
}

type Stored = NewMessage & { readonly apart?: Apart };

/** Throws for content that is no JSON, or too deep. */
export function encodeMessage(message: NewMessage): EncodedMessage {
  const whole = utf8(JSON.stringify(message)); // First: it refuses a circle, in which texts have no end.
  const excerpt = excerptOf(message.content);
  if (whole.byteLength <= INLINE_BYTES_MAX) return { bytes: withChecksum(whole), blobs: [], excerpt };
  const { content, apart, blobs } = takeApart(message.content);
  const stored: Stored = { ...message, content, apart };
  return { bytes: withChecksum(utf8(JSON.stringify(stored))), blobs, excerpt };
}

export function decodeMessage(bytes: Uint8Array, blobOf: BlobOf): NewMessage | undefined {
  const stored = storedIn(bytes);
  if (!stored?.apart) return stored;
  const { apart, ...message } = stored;
  const content = putTogether(message.content, apart, blobOf);
  return content && { ...message, content };
}

/** What a message is known by; blobs are not needed for it. */
export const namesIn = (bytes: Uint8Array): Pick<NewMessage, "clientId" | "chain" | "role"> | undefined => storedIn(bytes);

/** The JSON of what is stored: for a message without blobs the message. Undefined when a bit of it changed. */
export function jsonIn(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.byteLength < CHECKSUM_BYTES) return undefined;
  const body = bytes.subarray(CHECKSUM_BYTES);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === Bun.hash.crc32(body) ? body : undefined;
}

function withChecksum(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(CHECKSUM_BYTES + body.byteLength);
  bytes.set(body, CHECKSUM_BYTES);
  new DataView(bytes.buffer).setUint32(0, Bun.hash.crc32(body));
  return bytes;
}

function storedIn(bytes: Uint8Array): Stored | undefined {
  const json = jsonIn(bytes);
  return json && (JSON.parse(text(json)) as Stored);
}
