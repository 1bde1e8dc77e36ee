// The key of everything in this room: an id inside a scope (tenant, team or user). The brand makes a bare string,
// and so a forgotten tenant, a type error. It is still one string, so that the hot path is one map look-up.

import { MillraceError } from "../../base/index.ts";

declare const scoped: unique symbol;

/** An id inside a scope. Made only by `scopedKey`. */
export type ScopedKey = string & { readonly [scoped]: true };

const PART_LENGTH_MAX = 512;

/**
 * Two keys are equal only when both parts are. Neither part should hold text of a user: `id` is a digest.
 * Throws `key_invalid` for an empty part or one over 512 characters.
 */
export function scopedKey(scope: string, id: string): ScopedKey {
  if (scope.length === 0 || id.length === 0 || scope.length > PART_LENGTH_MAX || id.length > PART_LENGTH_MAX) {
    throw new MillraceError("key_invalid", `A cache key needs a scope and an id of 1 to ${PART_LENGTH_MAX} characters each.`);
  }
  // The length in front keeps ("a", "b:c") and ("a:b", "c") apart.
  return `${scope.length}:${scope}:${id}` as ScopedKey;
}
