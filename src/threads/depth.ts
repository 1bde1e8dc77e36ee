// How deep content may be nested. What is far deeper takes the platform's JSON seconds to write.

import type { Json } from "../ports/index.ts";

export const DEPTH_MAX = 128;

/** By a list of what is left, so that no depth is too deep for the question itself. */
export function isTooDeep(content: Json): boolean {
  let level: Json[] = [content];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) return true;
    const next: Json[] = [];
    for (const value of level) {
      if (typeof value === "object" && value !== null) for (const part of Object.values(value)) next.push(part as Json);
    }
    level = next;
  }
  return false;
}
