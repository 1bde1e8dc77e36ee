// The opening of a conversation as text: what was said before the model's first answer. It stays the same over the
// turns, because clients resend the history, and differs between conversations.
// Left out is what changes from request to request without a change of content: item ids, and cache marks, which
// clients move to the newest message on every turn.

import { canonicalFault, canonicalJson } from "../canonical-json.ts";
import { isObject, type JsonObject, objectsOf } from "../json-object.ts";

/** Bounds the work. Conversations that agree in this many items share a fingerprint, which is only the last resort. */
const ITEMS_MAX = 8;
const CALLER_ROLES: ReadonlySet<unknown> = new Set(["system", "developer", "user"]);
const CACHE_MARKS: ReadonlySet<string> = new Set(["cache_control", "prompt_cache_breakpoint"]);

function partText(part: unknown): string {
  if (isObject(part) && typeof part.text === "string") return part.text;
  return canonicalFault(part) ? "" : canonicalJson(part, (_path, key) => CACHE_MARKS.has(key));
}

/** Plain text and a list of text parts are the same content: some clients switch when they set a cache mark. */
function contentTexts(content: unknown): readonly string[] {
  if (typeof content === "string") return [content];
  return Array.isArray(content) ? content.map(partText) : [];
}

/** @param preface instructions that stand outside the list. @param items messages or input items, oldest first. */
export function openingText(preface: unknown, items: unknown): string {
  const opening: unknown[] = [typeof preface === "string" ? preface : ""];
  if (typeof items === "string") opening.push(["user", items]);
  for (const item of leadingRun(objectsOf(items))) opening.push([item.role, ...contentTexts(item.content)]);
  return JSON.stringify(opening);
}

function leadingRun(items: readonly JsonObject[]): readonly JsonObject[] {
  const end = items.findIndex((item) => !CALLER_ROLES.has(item.role));
  return items.slice(0, Math.min(ITEMS_MAX, end === -1 ? items.length : end));
}
