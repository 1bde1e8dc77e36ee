// A message as bytes: a checksum, then JSON. Texts of more than 4 KB lie apart from it, compressed and named by their SHA-256, and
// so does what is left of the content when it is still larger: what many messages hold is kept once, and rows stay small.
// Invariant: what is decoded is what was encoded, or undefined when a bit of it changed.

import { text, utf8 } from "../../base/index.ts";
import type { Json, NewMessage } from "../../ports/index.ts";
import type { ThreadBlob } from "./thread-blobs.ts";

const CHECKSUM_BYTES = 4;
/** Of UTF-8. */
const INLINE_BYTES_MAX = 4096;
const EXCERPT_UNITS = 160;

export interface EncodedMessage {
  readonly bytes: Uint8Array;
  /** In the order of their first use; one that is used twice is here once. */
  readonly blobs: readonly ThreadBlob[];
  readonly excerpt: string;
}

export type BlobOf = (hash: Uint8Array) => Uint8Array | undefined;

type Path = readonly (string | number)[];

/** The message; with `apart`, what its content lacks: texts by where they belong, or at the path [] all of it, as JSON. */
type Stored = NewMessage & { readonly apart?: readonly (readonly [path: Path, hash: string])[] };

/** Throws for content that is no JSON, or too deep. */
export function encodeMessage(message: NewMessage): EncodedMessage {
  const whole = utf8(JSON.stringify(message)); // First: it refuses a circle, in which texts have no end.
  const excerpt = excerptOf(message.content);
  if (whole.byteLength <= INLINE_BYTES_MAX) return { bytes: withChecksum(whole), blobs: [], excerpt };
  const blobs = new Map<string, ThreadBlob>();
  const apart: [Path, string][] = [];
  const putApart = (path: Path, large: string) => apart.push([path, blobFor(large, blobs)]);
  let content = lightened(message.content, [], putApart) as readonly Json[];
  const rest = JSON.stringify(content);
  if (Buffer.byteLength(rest) > INLINE_BYTES_MAX) {
    content = [];
    apart.unshift([[], blobFor(rest, blobs)]);
  }
  const stored: Stored = { ...message, content, apart };
  return { bytes: withChecksum(utf8(JSON.stringify(stored))), blobs: [...blobs.values()], excerpt };
}

export function decodeMessage(bytes: Uint8Array, blobOf: BlobOf): NewMessage | undefined {
  const stored = storedIn(bytes);
  if (!stored?.apart) return stored;
  const { apart, ...message } = stored;
  const root: { content: Json } = { content: message.content };
  for (const [path, hash] of apart) {
    const large = textOfBlob(hash, blobOf);
    if (large === undefined) return undefined;
    if (path.length === 0) root.content = JSON.parse(large) as Json;
    else place(root, ["content", ...path], large);
  }
  return { ...message, content: root.content as readonly Json[] };
}

/** What a message is known by; blobs are not needed for it. */
export const namesIn = (bytes: Uint8Array): Pick<NewMessage, "clientId" | "chain"> | undefined => storedIn(bytes);

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

/** In their order. By a list of what is left, so that no depth is too deep. */
function* textsIn(value: Json): Generator<string> {
  const left: Json[] = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === "string") yield next;
    else if (Array.isArray(next)) for (const each of (next as Json[]).toReversed()) left.push(each);
    else if (typeof next === "object" && next !== null) {
      for (const [name, each] of Object.entries(next).reverse()) if (name !== "type") left.push(each as Json);
    }
  }
}

function withChecksum(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(CHECKSUM_BYTES + body.byteLength);
  bytes.set(body, CHECKSUM_BYTES);
  new DataView(bytes.buffer).setUint32(0, Bun.hash.crc32(body));
  return bytes;
}

/** The JSON of what is stored: for a message without blobs the message. Undefined when a bit of it changed. */
export function jsonIn(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.byteLength < CHECKSUM_BYTES) return undefined;
  const body = bytes.subarray(CHECKSUM_BYTES);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === Bun.hash.crc32(body) ? body : undefined;
}

function storedIn(bytes: Uint8Array): Stored | undefined {
  const json = jsonIn(bytes);
  return json && (JSON.parse(text(json)) as Stored);
}

/** The same with null where large texts were. */
function lightened(value: Json, path: Path, putApart: (path: Path, large: string) => void): Json {
  if (typeof value === "string") {
    if (value.length * 3 <= INLINE_BYTES_MAX || Buffer.byteLength(value) <= INLINE_BYTES_MAX) return value;
    putApart(path, value);
    return null;
  }
  if (Array.isArray(value)) return value.map((each: Json, index) => lightened(each, [...path, index], putApart));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, lightened(each, [...path, name], putApart)]));
}

function place(root: object, path: Path, large: string): void {
  let at = root as Record<string | number, unknown>;
  for (const name of path.slice(0, -1)) at = at[name] as Record<string | number, unknown>;
  Object.defineProperty(at, path.at(-1) ?? "", { value: large, writable: true, enumerable: true, configurable: true });
}

/** @returns its hash in hex */
function blobFor(large: string, blobs: Map<string, ThreadBlob>): string {
  const bytes = utf8(large);
  const hash = new Uint8Array(Bun.SHA256.hash(bytes) as Uint8Array);
  const name = hash.toHex();
  if (!blobs.has(name)) blobs.set(name, { hash, bytes: Bun.zstdCompressSync(bytes) });
  return name;
}

function textOfBlob(name: string, blobOf: BlobOf): string | undefined {
  const packed = blobOf(Uint8Array.fromHex(name));
  if (!packed) return undefined;
  try {
    const bytes = Bun.zstdDecompressSync(packed);
    return new Uint8Array(Bun.SHA256.hash(bytes) as Uint8Array).toHex() === name ? text(bytes) : undefined;
  } catch {
    return undefined; // No longer what zstd made.
  }
}
