// The limits of the key-value port as checks, so that every store refuses the same input with the same words.
// They look at their argument only; nothing here stores or counts.

import { MillraceError, utf8 } from "../base/index.ts";
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from "./key-value.ts";

const NAMESPACE = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
const UTF8_BYTES_PER_UNIT_MAX = 3;

/** Throws `key_invalid` for an empty key, one over KEY_BYTES_MAX bytes of UTF-8, or one with unpaired surrogates. */
export function checkKey(key: string): void {
  if (key === "") throw new MillraceError("key_invalid", "A key must not be empty.");
  checkPrefix(key);
  if (key.length * UTF8_BYTES_PER_UNIT_MAX > KEY_BYTES_MAX && utf8(key).byteLength > KEY_BYTES_MAX) {
    throw new MillraceError("key_invalid", `A key must not be longer than ${KEY_BYTES_MAX} bytes of UTF-8.`);
  }
}

/** Throws `key_invalid` for unpaired surrogates: UTF-8 would turn them into another key. A prefix may be empty. */
export function checkPrefix(prefix: string): void {
  if (!prefix.isWellFormed()) throw new MillraceError("key_invalid", "A key must not hold unpaired surrogates.");
}

/** Throws `key_invalid` for a value over VALUE_BYTES_MAX or a time to live that is not a positive, finite number. */
export function checkValue(value: Uint8Array, ttlMs: number | undefined): void {
  if (value.byteLength > VALUE_BYTES_MAX) {
    throw new MillraceError("key_invalid", `A value must not be larger than ${VALUE_BYTES_MAX} bytes.`);
  }
  if (ttlMs !== undefined && !(Number.isFinite(ttlMs) && ttlMs > 0)) {
    throw new MillraceError("key_invalid", "A time to live must be a positive number of milliseconds.");
  }
}

/**
 * Throws `option_invalid` unless the namespace is 1 to 64 of a-z, 0-9, "_", "." and "-", starting with a letter or
 * digit: then it can name a table, and no namespace followed by ":" begins another.
 */
export function checkNamespace(namespace: string): void {
  if (NAMESPACE.test(namespace)) return;
  throw new MillraceError("option_invalid", "A namespace is 1 to 64 of a-z, 0-9, _ . and -, starting with a letter or digit.");
}
