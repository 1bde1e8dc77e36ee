// Reads the body of an OpenAI Responses request into a Prompt. Keeps no conversation: `previous_response_id` is taken
// as a label, and only the items in the request count.

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

const RESULTS = new Set(["function_call_output", "custom_tool_call_output"]);

export function readResponses(json: Json): Prompt | BadRequest {
  const { input } = json;
  if (text(json.model) === "") return { badRequest: "Missing required parameter: 'model'." };
  if (input === undefined) return { badRequest: "Missing required parameter: 'input'." };
  if (typeof input !== "string" && !Array.isArray(input))
    return { badRequest: "Invalid type for 'input': expected a string or an array." };
  const items: readonly unknown[] = typeof input === "string" ? [{ role: "user", content: input }] : input;
  for (const [index, item] of items.entries()) {
    if (!isRecord(item)) return { badRequest: `Invalid type for 'input[${index}]': expected an object.` };
    if (item.type === "reasoning" && !sealHolds(contentText(item.summary), text(item.encrypted_content))) {
      return { badRequest: `The encrypted content of 'input[${index}]' could not be verified.` };
    }
  }
  const known = records(items);
  const segments = segmentsOf(json, known);
  return {
    model: text(json.model),
    stream: json.stream === true,
    turns: known.flatMap(turnsOf),
    tools: records(json.tools).flatMap(toolsOf),
    toolChoice: toolChoice(json.tool_choice),
    outputTokensMax: positive(json.max_output_tokens) ?? Infinity,
    answerSchema: answerSchema(json.text),
    segments,
    digest: promptDigest(json, segments, ["tools", "instructions", "input"]),
  };
}

/** Ids of items name places in a client's history, not content. */
function segmentsOf(json: Json, items: readonly Json[]): Segment[] {
  const head = [...records(json.tools), { instructions: json.instructions }];
  const body = items.map(({ id: _id, ...content }) => content);
  return [...head, ...body].map((part) => ({ text: canonical(part), marked: false }));
}

function turnsOf(item: Json): readonly Turn[] {
  if (RESULTS.has(text(item.type))) return [{ kind: "result", text: contentText(item.output) }];
  return item.role === "user" ? [{ kind: "user", text: contentText(item.content), withResults: false }] : [];
}

/** Tools of a namespace go by both names, as in `mcp__millrace__grep`. */
function toolsOf(tool: Json): readonly Tool[] {
  if (tool.type !== "namespace") return [toolOf(tool, text(tool.name))];
  return records(tool.tools).map((inner) => toolOf(inner, spaced(text(tool.name), text(inner.name))));
}

const toolOf = (tool: Json, name: string): Tool => ({ name, schema: tool.parameters, freeText: tool.type === "custom" });

const spaced = (namespace: string, name: string): string => `${namespace}__${name}`;

/** What a call names its tool by: where that is of a namespace, by both apart. */
export function calledAs(json: Json, name: string): { readonly name: string; readonly namespace?: string } {
  for (const tool of records(json.tools)) {
    if (tool.type !== "namespace") continue;
    const namespace = text(tool.name);
    const inner = records(tool.tools).find((each) => spaced(namespace, text(each.name)) === name);
    if (inner) return { name: text(inner.name), namespace };
  }
  return { name };
}

function toolChoice(choice: unknown): Prompt["toolChoice"] {
  if (isRecord(choice) && text(choice.name) !== "") return { name: text(choice.name) };
  if (choice === "required") return "any";
  return choice === "none" ? "none" : "auto";
}

function answerSchema(given: unknown): unknown {
  const format = isRecord(given) ? given.format : undefined;
  if (!isRecord(format)) return undefined;
  if (format.type === "json_object") return {};
  return format.type === "json_schema" ? (format.schema ?? {}) : undefined;
}
