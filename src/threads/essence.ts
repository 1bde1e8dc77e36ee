// What a message says, without what changes from one sending to the next: cache marks, ids of items and calls, signatures, thoughts (which clients
// drop), attribution lines, reminders that a client weaves in anew each time. Two sendings of one message have the same essence.
// What a tool was told or answered is never noise.

import type { Json } from "../ports/index.ts";

const NOISE: ReadonlySet<string> = new Set([
  ...[
    "cache_control",
    "prompt_cache_breakpoint",
    "id",
    "call_id",
    "item_id",
    "tool_use_id",
    "tool_call_id",
    "status",
    "signature",
  ],
  ...["encrypted_content", "annotations", "citations", "logprobs", "caller", "phase"],
]);
/** What calls of tools and their answers say; clients add to them what they like. */
const SAID: ReadonlyMap<Json | undefined, ReadonlySet<string>> = new Map([
  ["tool_use", new Set(["type", "name", "input"])],
  ["tool_result", new Set(["type", "content"])],
  ["function", new Set(["type", "function"])],
  ["function_call", new Set(["type", "name", "arguments"])],
  ["function_call_output", new Set(["type", "output"])],
  ["custom_tool_call", new Set(["type", "name", "input"])],
  ["custom_tool_call_output", new Set(["type", "output"])],
]);
const UNSAID: ReadonlySet<string> = new Set(["thinking", "redacted_thinking", "reasoning", "compaction"]);
const TEXT: ReadonlySet<string> = new Set(["text", "input_text", "output_text"]);
const REMINDER = "<system-reminder>";
const REMINDER_END = "</system-reminder>";
const ATTRIBUTION = "x-anthropic-billing-header:";
const DEPTH_MAX = 64;

/** Empty when nothing is left. */
export function essenceOf(content: readonly Json[]): string {
  let essence = "";
  for (const block of content) {
    const said = blockEssence(block, 0);
    if (said !== "") essence += `${said.length}:${said}`;
  }
  return essence;
}

/** A text as a person wrote it. */
export function withoutNoise(text: string): string {
  let clean = text.startsWith(ATTRIBUTION) ? text.slice((text.indexOf("\n") + 1 || text.length + 1) - 1) : text;
  for (let begin = clean.indexOf(REMINDER); begin >= 0; begin = clean.indexOf(REMINDER, begin)) {
    const end = clean.indexOf(REMINDER_END, begin);
    if (end < 0) break;
    clean = clean.slice(0, begin) + clean.slice(end + REMINDER_END.length);
  }
  return clean.trim();
}

/** The text of a text block. */
export function textOfBlock(block: Json): string | undefined {
  if (typeof block === "string") return block;
  if (!isObject(block) || typeof block.text !== "string") return undefined;
  return block.type === undefined || TEXT.has(String(block.type)) ? block.text : undefined;
}

function blockEssence(block: Json, depth: number): string {
  const text = textOfBlock(block);
  if (text !== undefined) return withoutNoise(text);
  if (!isObject(block)) return JSON.stringify(block);
  if (UNSAID.has(String(block.type)) || depth > DEPTH_MAX) return "";
  const only = SAID.get(block.type);
  let essence = "";
  for (const name of Object.keys(block).sort()) {
    const value = block[name];
    if (only ? !only.has(name) : NOISE.has(name)) continue;
    if (value === null || value === undefined) continue;
    const said = name === "content" ? partsEssence(value, depth + 1) : canonical(value, 0);
    if (said !== "") essence += `${name}=${said.length}:${said}`;
  }
  return essence;
}

function partsEssence(value: Json, depth: number): string {
  const blocks = Array.isArray(value) ? (value as readonly Json[]) : [value];
  return blocks
    .map((block) => blockEssence(block, depth))
    .filter((said) => said !== "")
    .join("\n");
}

/** JSON with sorted names: the order in which a program wrote them says nothing. */
function canonical(value: Json, depth: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (depth > DEPTH_MAX) return '"…"';
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map((entry) => canonical(entry, depth + 1)).join()}]`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical((value as Record<string, Json>)[name] ?? null, depth + 1)}`).join()}}`;
}

const isObject = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
