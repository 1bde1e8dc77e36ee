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

/** What a record holds beside the content: all that has no column of its own. JSON leaves out what is undefined. */
type Rest = { [name in keyof Omit<NewMessage, "clientId" | "chain" | "content">]-?: NewMessage[name] | undefined };

export interface RecordRow {
  readonly sequence: number;
  readonly client_id: string;
  readonly chain: string | null;
  readonly record: Uint8Array;
}

export type Blobs = (hash: Uint8Array) => Uint8Array | undefined;

export function encodeMessage({ role, author, atMs, content, usage, mark }: NewMessage): Encoded {
  const rest: Rest = { role, author, atMs, usage, mark }; // By name: a copy of all that is left costs much more.
  const body = JSON.stringify(content); // First: it refuses a circle, in which texts have no end.
  const excerpt = excerptOf(content);
  if (Buffer.byteLength(body) <= APART_BYTES_MIN) return { record: recordOf(rest, body), blobs: [], excerpt };
  const bytes = Buffer.from(body);
  const hash = createHash("sha256").update(bytes).digest();
  return { record: recordOf(rest, `"${hash.toString("hex")}"`), blobs: [{ hash, bytes: Bun.zstdCompressSync(bytes) }], excerpt };
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
export const textOf = (content: Json): string => [...textsIn(content)].join("\n");

/** In their order. By a list of what is left, so that no depth is too deep. */
function* textsIn(value: Json): Generator<string> {
  const left: Json[] = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === "string") yield next;
    if (typeof next !== "object" || next === null) continue;
    for (const [name, part] of Object.entries(next).reverse()) if (name !== "type" && name !== "id") left.push(part as Json);
  }
}

/** The beginning of the first text that has any. PostgreSQL keeps no NUL. */
function excerptOf(content: Json): string {
  for (const text of textsIn(content)) {
    const start = text
      .slice(0, 4 * EXCERPT_LENGTH_MAX)
      .replaceAll(/[\s\0]+/g, " ")
      .trim();
    if (start !== "") return start.slice(0, EXCERPT_LENGTH_MAX).toWellFormed();
  }
  return "";
}

export function excerptAround(content: Json, words: readonly string[]): string {
  const text = textOf(content);
  const lower = text.toLowerCase();
  const place = words.map((word) => lower.indexOf(word)).find((each) => each >= 0) ?? 0;
  return text.slice(Math.max(0, place - CONTEXT_LENGTH), place + 2 * CONTEXT_LENGTH).toWellFormed();
}

/** @param content as JSON */
function recordOf(rest: Rest, content: string): Uint8Array {
  const record = Buffer.from(`\0\0\0\0{"content":${content},${JSON.stringify(rest).slice(1)}`);
  record.writeUInt32LE(Bun.hash.crc32(record.subarray(CHECKSUM_BYTES)), 0);
  return record;
}

function contentApart(hex: string, blobs: Blobs): readonly Json[] | undefined {
  const bytes = blobs(Buffer.from(hex, "hex"));
  if (bytes === undefined) return undefined;
  const body = Bun.zstdDecompressSync(bytes);
  const isWhole = createHash("sha256").update(body).digest("hex") === hex;
  return isWhole ? (JSON.parse(body.toString()) as readonly Json[]) : undefined;
}
