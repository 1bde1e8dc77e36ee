// Does a content part point at something outside the request? What a URL or a file id stands for can change while
// the body stays the same, so such a request has no repeatable answer. Inline data (`data:` URLs) is part of the body.

import { isObject, type JsonObject } from "../json-object.ts";

const TEXT_TYPES: ReadonlySet<unknown> = new Set([
  "text",
  "input_text",
  "output_text",
  "refusal",
  "reasoning_text",
  "summary_text",
]);
const REFERENCE = /^(?:.*_)?(?:url|file_id)$/;

function refersOutside(part: JsonObject, depth: number): boolean {
  for (const [name, value] of Object.entries(part)) {
    if (typeof value === "string" && REFERENCE.test(name) && !value.startsWith("data:")) return true;
    if (depth > 0 && isObject(value) && refersOutside(value, depth - 1)) return true;
  }
  return false;
}

/** True when a content part of a message, or a part of a tool's output, is a URL or a file id. Text parts never are. */
export function isRemoteAttachment(part: JsonObject): boolean {
  return !TEXT_TYPES.has(part.type) && refersOutside(part, 1);
}
