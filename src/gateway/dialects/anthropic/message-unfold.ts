// Unfolds a whole message into the events that the API would have streamed it with, each text in one piece.
// Only blocks whose streamed form is known are unfolded: a block of an unknown kind has no streamed form here.

import { utf8 } from "../../../base/index.ts";
import { isObject, type JsonObject } from "../json-object.ts";
import { TOOL_USE } from "./whole-message.ts";

/** Blocks that the API sends whole, in their start event. */
const SENT_WHOLE = /^(?:redacted_thinking|container_upload|[a-z_]+_tool_result)$/;
/** Fields of a message that the API tells at the end: beside the stop reason, and beside `delta`. */
const TOLD_IN_DELTA = ["stop_reason", "stop_sequence", "stop_details"] as const;
const TOLD_BESIDE_DELTA = ["context_management", "input_transformations"] as const;
const USAGE_TOLD_AT_END = [
  "input_tokens",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
  "output_tokens",
  "output_tokens_details",
  "server_tool_use",
] as const;

/** The stream's bytes, or undefined when a block has no known streamed form. `message` is a whole message. */
export function unfoldMessage(message: JsonObject): Uint8Array | undefined {
  const blocks = Array.isArray(message.content) ? message.content.map(blockEvents) : [];
  const events: unknown[] = [startEvent(message)];
  for (const [index, block] of blocks.entries()) {
    if (block === undefined) return undefined;
    events.push({ type: "content_block_start", index, content_block: block.start });
    for (const delta of block.deltas) events.push({ type: "content_block_delta", index, delta });
    events.push({ type: "content_block_stop", index });
  }
  const usage = picked(isObject(message.usage) ? message.usage : {}, USAGE_TOLD_AT_END);
  events.push({ type: "message_delta", delta: picked(message, TOLD_IN_DELTA), ...picked(message, TOLD_BESIDE_DELTA), usage });
  events.push({ type: "message_stop" });
  return utf8((events as readonly { readonly type: string }[]).map(frame).join(""));
}

const frame = (event: { readonly type: string }): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

function startEvent(message: JsonObject): JsonObject {
  const untold = [...TOLD_IN_DELTA, ...TOLD_BESIDE_DELTA].filter((field) => field in message).map((field) => [field, null]);
  return { type: "message_start", message: { ...message, content: [], ...Object.fromEntries(untold) } };
}

function picked(from: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(fields.filter((field) => field in from).map((field) => [field, from[field]]));
}

interface StreamedBlock {
  readonly start: JsonObject;
  readonly deltas: readonly JsonObject[];
}

function blockEvents(block: JsonObject): StreamedBlock | undefined {
  const { type } = block;
  if (type === "text") return textEvents(block);
  if (type === "thinking") return thinkingEvents(block);
  if (typeof type !== "string") return undefined;
  if (TOOL_USE.has(type)) {
    // The API opens the arguments with an empty piece, and sends no more where there are none.
    const pieces = isObject(block.input) && Object.keys(block.input).length === 0 ? [""] : ["", JSON.stringify(block.input)];
    const deltas = pieces.map((piece) => ({ type: "input_json_delta", partial_json: piece }));
    return { start: { ...block, input: {} }, deltas };
  }
  return SENT_WHOLE.test(type) ? { start: block, deltas: [] } : undefined;
}

function textEvents(block: JsonObject): StreamedBlock {
  const cited = Array.isArray(block.citations) ? block.citations : [];
  const deltas: JsonObject[] = cited.map((citation) => ({ type: "citations_delta", citation }));
  if (block.text !== "") deltas.unshift({ type: "text_delta", text: block.text });
  return { start: { ...block, text: "", ...(cited.length > 0 ? { citations: [] } : {}) }, deltas };
}

function thinkingEvents(block: JsonObject): StreamedBlock {
  const deltas: JsonObject[] = [];
  if (block.thinking !== "") deltas.push({ type: "thinking_delta", thinking: block.thinking });
  if (!("signature" in block)) return { start: { ...block, thinking: "" }, deltas };
  deltas.push({ type: "signature_delta", signature: block.signature });
  return { start: { ...block, thinking: "", signature: "" }, deltas };
}
