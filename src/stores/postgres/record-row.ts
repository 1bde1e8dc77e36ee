// A message as bytes, both ways: a checksum, then the message as JSON. Content of more than 4 KB lies apart, compressed and
// named by its SHA-256: the same content of a tenant is kept once. What cannot be read any more is told as such.

import { createHash } from "node:crypto";
import type { CorruptMessage, Json, Message, NewMessage } from "../../ports/index.ts";

const APART_BYTES_MIN = 4096;
const CHECKSUM_BYTES = 4;
const EXCERPT_LENGTH_MAX = 200;
const CONTEXT_LENGTH = 80;

/** A message as it is stored. */
export interface Encoded {
  readonly record: Uint8Array;
  readonly blobs: readonly { readonly hash: Uint8Array; readonly bytes: Uint8Array }[];
  readonly excerpt: string;
}

export interface RecordRow {
  readonly sequence: number;
  readonly client_id: string;
  readonly chain: string | null;
  readonly record: Uint8Array;
}

export type Blobs = (hash: Uint8Array) => Uint8Array | undefined;

export function encodeMessage({ clientId: _, chain: __, content, ...rest }: NewMessage): Encoded {
  const excerpt = textOf(content).slice(0, EXCERPT_LENGTH_MAX).replaceAll("\0", " ").toWellFormed();
  const body = Buffer.from(JSON.stringify(content));
  if (body.byteLength <= APART_BYTES_MIN) return { record: withChecksum({ ...rest, content }), blobs: [], excerpt };
  const hash = createHash("sha256").update(body).digest();
  const record = withChecksum({ ...rest, content: hash.toString("hex") });
  return { record, blobs: [{ hash, bytes: Bun.zstdCompressSync(body) }], excerpt };
}

export function decodeMessage({ sequence, client_id, chain, record }: RecordRow, blobs: Blobs): Message | CorruptMessage {
  const body = Buffer.from(record.buffer, record.byteOffset, record.byteLength).subarray(CHECKSUM_BYTES);
  try {
    if (Bun.hash.crc32(body) !== Buffer.from(record).readUInt32LE(0)) return { sequence, corrupt: true };
    const { content, ...rest } = JSON.parse(body.toString()) as Omit<NewMessage, "content"> & {
      content: readonly Json[] | string;
    };
    const whole = typeof content === "string" ? contentApart(content, blobs) : content;
    if (whole === undefined) return { sequence, corrupt: true };
    return { ...rest, content: whole, sequence, clientId: client_id, ...(chain === null ? {} : { chain }) };
  } catch {
    return { sequence, corrupt: true };
  }
}

/** What people would look for: the texts of the content. */
export function textOf(content: Json): string {
  if (typeof content === "string") return content;
  if (typeof content !== "object" || content === null) return "";
  const parts = Object.entries(content).filter(([name]) => name !== "type" && name !== "id");
  return parts
    .map(([, part]) => textOf(part))
    .filter(Boolean)
    .join("\n");
}

export function excerptAround(content: Json, words: readonly string[]): string {
  const text = textOf(content);
  const lower = text.toLowerCase();
  const place = words.map((word) => lower.indexOf(word)).find((each) => each >= 0) ?? 0;
  return text.slice(Math.max(0, place - CONTEXT_LENGTH), place + 2 * CONTEXT_LENGTH).toWellFormed();
}

function withChecksum(message: object): Uint8Array {
  const body = Buffer.from(JSON.stringify(message));
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeUInt32LE(Bun.hash.crc32(body));
  return Buffer.concat([checksum, body]);
}

function contentApart(hex: string, blobs: Blobs): readonly Json[] | undefined {
  const bytes = blobs(Buffer.from(hex, "hex"));
  if (bytes === undefined) return undefined;
  const body = Bun.zstdDecompressSync(bytes);
  const isWhole = createHash("sha256").update(body).digest("hex") === hex;
  return isWhole ? (JSON.parse(body.toString()) as readonly Json[]) : undefined;
}
