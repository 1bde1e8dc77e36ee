// A message as bytes, with a checksum before them: what is decoded is what was encoded, or undefined when a bit of it changed.
// Large parts stay in the record here; the tables are made for blobs apart from it (thread-blobs.ts).

import { text, utf8 } from "../../base/index.ts";
import type { Json, NewMessage } from "../../ports/index.ts";
import type { ThreadBlob } from "./thread-blobs.ts";

const CHECKSUM_BYTES = 4;
const EXCERPT_UNITS = 160;

export interface EncodedMessage {
  readonly bytes: Uint8Array;
  readonly blobs: readonly ThreadBlob[];
  readonly excerpt: string;
}

export type BlobOf = (hash: Uint8Array) => Uint8Array | undefined;

export function encodeMessage(message: NewMessage): EncodedMessage {
  const body = utf8(JSON.stringify(message));
  const bytes = new Uint8Array(CHECKSUM_BYTES + body.byteLength);
  bytes.set(body, CHECKSUM_BYTES);
  new DataView(bytes.buffer).setUint32(0, Bun.hash.crc32(body));
  return { bytes, blobs: [], excerpt: excerptOf(message.content) };
}

export function decodeMessage(bytes: Uint8Array, blobOf: BlobOf): NewMessage | undefined {
  void blobOf;
  if (bytes.byteLength < CHECKSUM_BYTES) return undefined;
  const body = bytes.subarray(CHECKSUM_BYTES);
  if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) !== Bun.hash.crc32(body)) return undefined;
  return JSON.parse(text(body)) as NewMessage;
}

export const clientIdIn = (record: Uint8Array): string | undefined => decodeMessage(record, () => undefined)?.clientId;

/** What people would search for: every text but the names of kinds. */
export const searchText = ({ content }: Pick<NewMessage, "content">): string => [...textsIn(content)].join("\n");

/** Of the first text that has any. */
function excerptOf(content: readonly Json[]): string {
  for (const each of textsIn(content)) {
    const start = each
      .slice(0, 4 * EXCERPT_UNITS)
      .replace(/\s+/g, " ")
      .trim();
    if (start !== "") return start.slice(0, EXCERPT_UNITS).toWellFormed();
  }
  return "";
}

function* textsIn(value: Json): Generator<string> {
  if (typeof value === "string") yield value;
  else if (Array.isArray(value)) for (const each of value) yield* textsIn(each);
  else if (typeof value === "object" && value !== null) {
    for (const [name, each] of Object.entries(value)) if (name !== "type") yield* textsIn(each as Json);
  }
}
