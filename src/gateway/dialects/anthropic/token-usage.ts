// Tokens as Anthropic reports them: `input_tokens` already excludes cached reads and cache writes. In a stream the
// counts are totals so far, and a later report replaces an earlier one field by field; what it omits stands.

import type { Usage } from "../dialect.ts";
import { isObject, type JsonObject } from "../json-object.ts";

/** `earlier` with what `reported`, the `usage` of a message or an event, says anew. Undefined when nothing was said yet. */
export function laterUsage(earlier: Usage | undefined, reported: unknown): Usage | undefined {
  if (!isObject(reported)) return earlier;
  const input = count(reported, "input_tokens");
  const output = count(reported, "output_tokens");
  if (earlier === undefined && input === undefined && output === undefined) return undefined;
  return {
    input: input ?? earlier?.input ?? 0,
    cacheRead: count(reported, "cache_read_input_tokens") ?? earlier?.cacheRead ?? 0,
    cacheWrite: count(reported, "cache_creation_input_tokens") ?? earlier?.cacheWrite ?? 0,
    output: output ?? earlier?.output ?? 0,
  };
}

/** Tokens of a whole JSON answer. What `count_tokens` counts was not used, so it has none. */
export function answerUsage(json: unknown): Usage | undefined {
  return isObject(json) ? laterUsage(undefined, json.usage) : undefined;
}

function count(reported: JsonObject, field: string): number | undefined {
  const value = reported[field];
  return typeof value === "number" && value >= 0 && Number.isFinite(value) ? value : undefined;
}
