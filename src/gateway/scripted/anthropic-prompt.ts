// Reads the body of an Anthropic Messages request (also of count_tokens): checks what the API would refuse, then
// reduces it to a Prompt.

import type { BadRequest } from "../dialects/dialect.ts";
import { canonical } from "./canonical.ts";
import type { Segment } from "./prefix-memory.ts";
import {
  contentText,
  isRecord,
  type Json,
  type Prompt,
  positive,
  promptDigest,
  records,
  type Tool,
  type Turn,
  text,
} from "./prompt.ts";
import { sealHolds } from "./seal.ts";

const ROLES = new Set(["user", "assistant", "system"]);

export function readMessages(json: Json, needsMaxTokens: boolean): Prompt | BadRequest {
  const problem = problemIn(json, needsMaxTokens);
  if (problem !== undefined) return { badRequest: problem };
  const messages = records(json.messages);
  const segments = segmentsOf(json, messages);
  return {
    model: text(json.model),
    stream: json.stream === true,
    turns: messages.flatMap(turnsOf),
    tools: records(json.tools).map(toolOf),
    toolChoice: toolChoice(json.tool_choice),
    outputTokensMax: positive(json.max_tokens) ?? Infinity,
    answerSchema: answerSchema(json),
    segments,
    digest: promptDigest(json, segments, ["tools", "system", "messages", "cache_control"]),
  };
}

function problemIn(json: Json, needsMaxTokens: boolean): string | undefined {
  if (text(json.model) === "") return "model: Field required";
  if (needsMaxTokens && json.max_tokens === undefined) return "max_tokens: Field required";
  if (needsMaxTokens && positive(json.max_tokens) === undefined) return "max_tokens: Input should be a whole number of 1 or more";
  const { messages } = json;
  if (messages === undefined) return "messages: Field required";
  if (!Array.isArray(messages)) return "messages: Input should be a valid list";
  if (messages.length === 0) return "messages: at least one message is required";
  for (const [index, message] of messages.entries()) {
    const problem = messageProblem(message);
    if (problem !== undefined) return `messages.${index}${problem}`;
  }
  return undefined;
}

function messageProblem(message: unknown): string | undefined {
  if (!isRecord(message)) return ": Input should be an object";
  if (!ROLES.has(text(message.role))) return ".role: Input should be 'user', 'assistant' or 'system'";
  const { content } = message;
  if (typeof content === "string") return undefined;
  if (!Array.isArray(content)) return ".content: Input should be a string or a list of content blocks";
  for (const [index, block] of content.entries()) {
    if (!isRecord(block) || text(block.type) === "") return `.content.${index}.type: Field required`;
    if (block.type !== "thinking" || sealHolds(text(block.thinking), text(block.signature))) continue;
    return `.content.${index}: Invalid \`signature\` in \`thinking\` block`;
  }
  return undefined;
}

const blocksOf = (content: unknown): readonly Json[] =>
  typeof content === "string" ? [{ type: "text", text: content }] : records(content);

function segmentsOf(json: Json, messages: readonly Json[]): Segment[] {
  const segments: Segment[] = [];
  const add = (place: string, block: Json): void => {
    const marked = isRecord(block.cache_control) || records(block.content).some((part) => isRecord(part.cache_control));
    segments.push({ text: `${place}${canonical(block)}`, marked });
  };
  for (const tool of records(json.tools)) add("tool", tool);
  for (const block of blocksOf(json.system)) add("system", block);
  for (const message of messages) for (const block of blocksOf(message.content)) add(text(message.role), block);
  const last = segments.pop();
  // A mark on the request itself stands for one on its last block.
  if (last) segments.push({ text: last.text, marked: last.marked || isRecord(json.cache_control) });
  return segments;
}

function turnsOf(message: Json): readonly Turn[] {
  if (message.role !== "user") return [];
  const blocks = blocksOf(message.content);
  const results = blocks.filter((block) => block.type === "tool_result");
  const turns: Turn[] = results.map((block) => ({ kind: "result", text: contentText(block.content) }));
  const said = contentText(blocks.filter((block) => block.type === "text"));
  if (said !== "") turns.push({ kind: "user", text: said, withResults: results.length > 0 });
  return turns;
}

const toolOf = (tool: Json): Tool => ({ name: text(tool.name), schema: tool.input_schema, freeText: false });

function toolChoice(choice: unknown): Prompt["toolChoice"] {
  if (!isRecord(choice)) return "auto";
  if (choice.type === "tool") return { name: text(choice.name) };
  return choice.type === "any" || choice.type === "none" ? choice.type : "auto";
}

function answerSchema(json: Json): unknown {
  const config = isRecord(json.output_config) ? json.output_config.format : undefined;
  const format = config ?? json.output_format;
  return isRecord(format) && format.type === "json_schema" ? format.schema : undefined;
}
