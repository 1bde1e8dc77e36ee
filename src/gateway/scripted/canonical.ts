// Canonical JSON text and the digests made of it, so that the same request gives the same answer and the same ids
// whatever the order of its keys. Not a cache key: it drops cache marks, which only move, and reads no headers.

import { createHash } from "node:crypto";

/** JSON text with sorted keys and without any `cache_control`. */
export function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const record = value as Record<string, unknown>;
  const fields: string[] = [];
  for (const key of Object.keys(record).sort()) {
    if (key !== "cache_control") fields.push(`${JSON.stringify(key)}:${canonical(record[key])}`);
  }
  return `{${fields.join(",")}}`;
}

/** SHA-256 over the parts, hex. A zero byte between parts keeps ("ab", "c") and ("a", "bc") apart. */
export function digest(...parts: readonly (string | number)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(String(part)).update("\0");
  return hash.digest("hex");
}

const ID_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LENGTH = 22;

/** A name such as `toolu_01Ab...`, the same for the same parts. */
export function idFrom(prefix: string, ...parts: readonly (string | number)[]): string {
  let rest = BigInt(`0x${digest(...parts)}`);
  let id = prefix;
  for (let place = 0; place < ID_LENGTH; place++) {
    id += ID_ALPHABET[Number(rest % 62n)];
    rest /= 62n;
  }
  return id;
}
