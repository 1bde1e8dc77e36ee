// What the scripted model reads in a request, in words that both dialects share. Each endpoint's file turns its own
// body into a Prompt; everything after that knows no dialect.

import { canonical, digest } from "./canonical.ts";
import type { Segment } from "./prefix-memory.ts";

export type Turn =
  /** `withResults`: the message also carried tool results, so its text may be a reminder and not a new request. */
  | { readonly kind: "user"; readonly text: string; readonly withResults: boolean }
  | { readonly kind: "result"; readonly text: string };

export interface Tool {
  readonly name: string;
  /** JSON schema of the arguments; unknown for tools that take free text. */
  readonly schema: unknown;
  /** Takes free text in place of JSON arguments (OpenAI's custom tools). */
  readonly freeText: boolean;
}

export interface Prompt {
  readonly model: string;
  readonly stream: boolean;
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly toolChoice: "auto" | "none" | "any" | { readonly name: string };
  /** Infinity when the client set no limit. */
  readonly outputTokensMax: number;
  /** JSON schema that the answer must have; undefined for prose. */
  readonly answerSchema: unknown;
  readonly segments: readonly Segment[];
  /** Digest of all that changes the answer. */
  readonly digest: string;
}

export type Json = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

// No assistant nests deeper, and everything that walks a body must come to an end.
const NESTING_MAX = 200;

/** The JSON object in a request's body, or a sentence on why there is none. */
export function parseBody(body: Uint8Array): Json | string {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    if (!isRecord(parsed)) return "The body must be a JSON object.";
    return nestsDeeper(parsed, NESTING_MAX) ? "The body's JSON is nested too deeply." : parsed;
  } catch {
    return "The body is not valid JSON.";
  }
}

function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => nestsDeeper(inner, levels - 1));
}

export const records = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isRecord) : []);

export const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The text of a content field: a string, or a list of parts of which those with `text` count. */
export function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  return records(content)
    .map((part) => text(part.text))
    .filter((part) => part !== "")
    .join("\n");
}

/** A whole number above zero, else undefined. */
export const positive = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined;

// Who asks, how it is delivered and where it is billed do not change the answer.
const INERT = new Set([
  "stream",
  "stream_options",
  "metadata",
  "user",
  "safety_identifier",
  "prompt_cache_key",
  "client_metadata",
  "store",
  "service_tier",
]);

/** Digest of a request: its segments, then every other field that is not inert. `inSegments` names the fields that segments hold. */
export function promptDigest(json: Json, segments: readonly Segment[], inSegments: readonly string[]): string {
  const rest = Object.entries(json).filter(([key]) => !INERT.has(key) && !inSegments.includes(key));
  return digest(...segments.map((segment) => segment.text), canonical(Object.fromEntries(rest)));
}
