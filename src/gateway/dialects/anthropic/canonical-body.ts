// The text of a request for the cache key. Left out is exactly: `stream` (a wire form), `metadata.user_id` (who asks),
// a `metadata` that held nothing else, and Claude Code's billing line. `cache_control` stays: it changes the usage.

import { canonicalJson } from "../canonical-json.ts";
import { isObject, type JsonObject } from "../json-object.ts";
import { withoutBillingLine } from "./billing-line.ts";

export function canonicalBody(body: JsonObject): string {
  const { metadata } = body;
  const bare = "system" in body ? { ...body, system: withoutBillingLine(body.system) } : body;
  const nothingElse = isObject(metadata) && Object.keys(metadata).every((key) => key === "user_id");
  return canonicalJson(bare, (path, key) => {
    if (path.length === 0) return key === "stream" || (key === "metadata" && nothingElse);
    return path.length === 1 && path[0] === "metadata" && key === "user_id";
  });
}
