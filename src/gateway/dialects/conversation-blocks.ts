// Shapes in which conversations are told to those who take them down, alike for all model APIs.

import type { Json } from "../../ports/index.ts";
import type { TurnMessage } from "./dialect.ts";

/** Content as blocks: a plain text is one, nothing is none. */
export function blocksOf(content: unknown): readonly Json[] {
  if (typeof content === "string") return content === "" ? [] : [textBlock(content)];
  if (content === null || content === undefined) return [];
  return (Array.isArray(content) ? content : [content]) as readonly Json[];
}

export const textBlock = (text: string): Json => ({ type: "text", text });

/** The system prompt and the tools; nothing where there is neither. */
export function promptMessage(system: unknown, tools: unknown): readonly TurnMessage[] {
  const listed = Array.isArray(tools) && tools.length > 0 ? [{ type: "tools", tools: tools as readonly Json[] }] : [];
  const content = [...blocksOf(system), ...listed];
  return content.length === 0 ? [] : [{ role: "system", content }];
}

export const roleOf = (role: unknown): string => (typeof role === "string" && role !== "" ? role : "user");
