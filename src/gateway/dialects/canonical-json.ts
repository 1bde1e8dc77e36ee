// One text for all JSON bodies that mean the same: keys sorted at every depth, strings untouched, nothing else changed.
// Equal texts mean equal values: what JavaScript cannot tell apart (9007199254740993 and 9007199254740992) is refused,
// never merged. Made for bodies of megabytes: only objects are rebuilt, the platform writes the text.

import { MillraceError } from "../../base/index.ts";

export const DEPTH_MAX = 200;

/**
 * Whether to leave a key out. `path` names the objects from the root to the one that holds `key`, with "[]" for any
 * place in an array; it changes after the call.
 */
export type Drop = (path: readonly string[], key: string) => boolean;

/**
 * The canonical text of a parsed JSON value. Integer-like keys come first and in numeric order, as JavaScript keeps
 * them; the others follow in order of UTF-16 units. Throws `key_invalid` where `canonicalFault` names a reason.
 */
export function canonicalJson(value: unknown, drop?: Drop): string {
  return JSON.stringify(sorted(value, [], drop)) ?? "null";
}

/** Why a parsed JSON value has no canonical text: too deep, or a number that another JSON text would parse to. */
export function canonicalFault(value: unknown, depth = 0): string | undefined {
  if (typeof value === "number") return numberFault(value);
  if (typeof value !== "object" || value === null) return undefined;
  if (depth >= DEPTH_MAX) return TOO_DEEP;
  if (Array.isArray(value)) {
    for (const item of value) {
      const fault = canonicalFault(item, depth + 1);
      if (fault) return fault;
    }
    return undefined;
  }
  for (const key in value) {
    const fault = canonicalFault((value as Record<string, unknown>)[key], depth + 1);
    if (fault) return fault;
  }
  return undefined;
}

const TOO_DEEP = `nested deeper than ${DEPTH_MAX} levels`;

function numberFault(value: number): string | undefined {
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return "a number too large to be told from its neighbours";
  return Object.is(value, -0) ? "a negative zero" : undefined;
}

const refused = (reason: string): MillraceError => new MillraceError("key_invalid", `No canonical text: ${reason}.`);

function sorted(value: unknown, path: string[], drop: Drop | undefined): unknown {
  if (typeof value === "string") return value;
  if (typeof value === "number") return checked(value);
  if (typeof value !== "object" || value === null) return value;
  if (path.length >= DEPTH_MAX) throw refused(TOO_DEEP);
  if (Array.isArray(value)) {
    path.push("[]");
    const items = value.map((item) => sorted(item, path, drop));
    path.pop();
    return items;
  }
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    if (drop?.(path, key)) continue;
    path.push(key);
    put(result, key, sorted((value as Record<string, unknown>)[key], path, drop));
    path.pop();
  }
  return result;
}

function checked(value: number): number {
  const fault = numberFault(value);
  if (fault) throw refused(fault);
  return value;
}

/** A plain assignment to `__proto__` would set the prototype and lose the field. */
function put(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}
