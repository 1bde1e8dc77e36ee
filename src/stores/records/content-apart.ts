// Large content lies apart from its message: texts of more than 4 KB, and what is left when that is still larger, compressed and named by their
// SHA-256. A prompt, a list of tools or a file that many messages hold is kept once, and rows stay small.
// Invariant: what is put together is what was taken apart, or undefined when a bit of it changed.

import { text, utf8 } from "../../base/index.ts";
import type { Json } from "../../ports/index.ts";

/** Of UTF-8. */
const INLINE_BYTES_MAX = 4096;

export interface ContentBlob {
  /** SHA-256 of what it holds. */
  readonly hash: Uint8Array;
  /** Compressed (zstd). */
  readonly bytes: Uint8Array;
}

export type BlobOf = (hash: Uint8Array) => Uint8Array | undefined;

type Path = readonly (string | number)[];

/** What the content lacks: texts by where they belong, or at the path [] all of it, as JSON; each by its hash in hex. */
export type Apart = readonly (readonly [path: Path, hash: string])[];

export interface TakenApart {
  readonly content: readonly Json[];
  readonly apart: Apart;
  /** In the order of their first use; one that is used twice is here once. */
  readonly blobs: readonly ContentBlob[];
}

export function takeApart(whole: readonly Json[]): TakenApart {
  const blobs = new Map<string, ContentBlob>();
  const apart: [Path, string][] = [];
  const content = lightened(whole, [], (path, large) => apart.push([path, blobFor(large, blobs)])) as readonly Json[];
  const rest = JSON.stringify(content);
  if (Buffer.byteLength(rest) <= INLINE_BYTES_MAX) return { content, apart, blobs: [...blobs.values()] };
  apart.unshift([[], blobFor(rest, blobs)]);
  return { content: [], apart, blobs: [...blobs.values()] };
}

export function putTogether(content: readonly Json[], apart: Apart, blobOf: BlobOf): readonly Json[] | undefined {
  const root: { content: Json } = { content };
  for (const [path, hash] of apart) {
    const large = textOfBlob(hash, blobOf);
    if (large === undefined) return undefined;
    if (path.length === 0) root.content = JSON.parse(large) as Json;
    else place(root, ["content", ...path], large);
  }
  return root.content as readonly Json[];
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
function blobFor(large: string, blobs: Map<string, ContentBlob>): string {
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
