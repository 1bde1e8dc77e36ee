// Tokens of an answer. OpenAI counts cached reads and cache writes inside the prompt's total (its prompt caching
// guide: an input token is billed as uncached, cached or written, never twice); Millrace keeps the three apart.

import type { Usage } from "../dialect.ts";
import { isObject } from "../json-object.ts";

const count = (value: unknown): number => (typeof value === "number" && value > 0 && Number.isFinite(value) ? value : 0);

/** Reads the `usage` of chat completions and embeddings (`prompt_tokens`) and of responses (`input_tokens`) alike. */
export function usageFrom(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const prompt = usage.prompt_tokens ?? usage.input_tokens;
  const answer = usage.completion_tokens ?? usage.output_tokens;
  if (typeof prompt !== "number" && typeof answer !== "number") return undefined;
  const details = usage.prompt_tokens_details ?? usage.input_tokens_details;
  const cacheRead = isObject(details) ? count(details.cached_tokens) : 0;
  const cacheWrite = isObject(details) ? count(details.cache_write_tokens) : 0;
  return { input: Math.max(0, count(prompt) - cacheRead - cacheWrite), cacheRead, cacheWrite, output: count(answer) };
}
