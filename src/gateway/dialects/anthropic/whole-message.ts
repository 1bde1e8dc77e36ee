// What makes a message of the Anthropic API whole: it ended for a reason, has content, and its tool arguments can be
// used. Blocks of kinds not known here are taken as they are.

import { isObject, type JsonObject } from "../json-object.ts";

/** Blocks that carry arguments of a tool in `input`. */
export const TOOL_USE: ReadonlySet<string> = new Set(["tool_use", "server_tool_use", "mcp_tool_use"]);

export function isWholeMessage(json: unknown): json is JsonObject {
  if (!isObject(json) || json.type !== "message" || typeof json.stop_reason !== "string" || !isObject(json.usage)) return false;
  return Array.isArray(json.content) && json.content.length > 0 && json.content.every(isWholeBlock);
}

function isWholeBlock(block: unknown): boolean {
  if (!isObject(block) || typeof block.type !== "string") return false;
  if (TOOL_USE.has(block.type)) return isObject(block.input);
  if (block.type === "text") {
    return typeof block.text === "string" && (!Array.isArray(block.citations) || block.citations.every(isObject));
  }
  if (block.type === "thinking")
    return typeof block.thinking === "string" && ["string", "undefined"].includes(typeof block.signature);
  return true;
}
