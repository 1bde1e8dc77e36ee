// A message as bytes, both ways: a checksum, then the message as JSON. What is large in it lies apart (records). What cannot be read any
// more is told as such.

import type { CorruptMessage, Message, NewMessage } from "../../ports/index.ts";
import { type Apart, type BlobOf, type ContentBlob, excerptOf, putTogether, takeApart } from "../records/index.ts";

/** Of UTF-8: a smaller content is not looked into. */
const INLINE_BYTES_MAX = 4096;
const CHECKSUM_BYTES = 4;

/** A message as it is stored. */
export interface Encoded {
  readonly record: Uint8Array;
  readonly blobs: readonly ContentBlob[];
  readonly excerpt: string;
}

/** What a record holds beside the content: all that has no column of its own. JSON leaves out what is undefined. */
type Rest = { [name in keyof Omit<NewMessage, "clientId" | "chain" | "content">]-?: NewMessage[name] | undefined } & {
  readonly apart?: Apart;
};

type Stored = Omit<NewMessage, "clientId" | "chain"> & { readonly apart?: Apart };

export interface RecordRow {
  readonly sequence: number;
  readonly client_id: string;
  readonly chain: string | null;
  readonly record: Uint8Array;
}

/** Throws for content that is no JSON, or too deep. */
export function encodeMessage({ role, author, atMs, content, usage, mark }: NewMessage): Encoded {
  const rest: Rest = { role, author, atMs, usage, mark }; // By name: a copy of all that is left costs much more.
  const body = JSON.stringify(content); // First: it refuses a circle, in which texts have no end.
  const excerpt = excerptOf(content);
  if (Buffer.byteLength(body) <= INLINE_BYTES_MAX) return { record: recordOf(rest, body), blobs: [], excerpt };
  const { content: light, apart, blobs } = takeApart(content);
  return { record: recordOf({ ...rest, apart }, JSON.stringify(light)), blobs, excerpt };
}

export function decodeMessage({ sequence, client_id, chain, record }: RecordRow, blobOf: BlobOf): Message | CorruptMessage {
  const body = Buffer.from(record.buffer, record.byteOffset, record.byteLength).subarray(CHECKSUM_BYTES);
  try {
    if (Bun.hash.crc32(body) !== Buffer.from(record).readUInt32LE(0)) return { sequence, corrupt: true };
    const { content, apart, ...rest } = JSON.parse(body.toString()) as Stored;
    const whole = apart ? putTogether(content, apart, blobOf) : content;
    if (whole === undefined) return { sequence, corrupt: true };
    return { ...rest, content: whole, sequence, clientId: client_id, ...(chain === null ? {} : { chain }) };
  } catch {
    return { sequence, corrupt: true };
  }
}

/** @param content as JSON */
function recordOf(rest: Rest, content: string): Uint8Array {
  const record = Buffer.from(`\0\0\0\0{"content":${content},${JSON.stringify(rest).slice(1)}`);
  record.writeUInt32LE(Bun.hash.crc32(record.subarray(CHECKSUM_BYTES)), 0);
  return record;
}
