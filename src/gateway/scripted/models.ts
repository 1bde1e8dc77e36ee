// The model lists of both APIs. The scripted model answers to any name; these are the ones it offers.

import type { DialectName } from "../dialects/dialect.ts";
import type { Json } from "./prompt.ts";

const CREATED_AT = "2026-01-01T00:00:00Z";

// Some clients keep only names with "claude" in them, others only names they know the family of.
const ANTHROPIC: readonly (readonly [string, string])[] = [
  ["claude-scripted", "Scripted model"],
  ["claude-scripted-small", "Scripted model, small"],
];
const OPENAI: readonly string[] = ["gpt-scripted", "gpt-scripted-mini", "text-embedding-scripted"];

export function modelList(dialect: DialectName): Json {
  if (dialect === "openai") return { object: "list", data: OPENAI.map(openaiModel) };
  const data = ANTHROPIC.map(([id, name]) => anthropicModel(id, name));
  return { data, has_more: false, first_id: ANTHROPIC[0]?.[0] ?? null, last_id: ANTHROPIC.at(-1)?.[0] ?? null };
}

/** Undefined when the list has no such model. */
export function oneModel(dialect: DialectName, id: string): Json | undefined {
  if (dialect === "openai") return OPENAI.includes(id) ? openaiModel(id) : undefined;
  const found = ANTHROPIC.find(([name]) => name === id);
  return found && anthropicModel(...found);
}

const anthropicModel = (id: string, name: string): Json => ({ type: "model", id, display_name: name, created_at: CREATED_AT });

const openaiModel = (id: string): Json => ({ id, object: "model", created: Date.parse(CREATED_AT) / 1000, owned_by: "millrace" });
