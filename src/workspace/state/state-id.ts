// The state that an answer was made of, in a short name: equal names, equal answers. Over contents alone, so that a checkout, a bare copy and a
// colleague's checkout of the same files share what was computed (docs/decisions/0020).

import { createHash } from "node:crypto";
import { SCANNER_VERSION } from "../scan/record.ts";

/** Raised whenever the same records and question give another map. */
export const MAP_VERSION = 3;

/** @param blobs git blob ids by path (which holds no NUL), in the order of paths. @returns 64 hex digits */
export function stateId(blobs: ReadonlyMap<string, string>): string {
  const parts = [`${SCANNER_VERSION}.${MAP_VERSION}\n`];
  for (const [path, blob] of blobs) parts.push(`${blob} ${path}\0`);
  return createHash("sha256").update(parts.join("")).digest("hex");
}
