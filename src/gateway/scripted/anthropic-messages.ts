// Writes an answer as Anthropic's Messages API does: the event stream, and the same message as one document.

import { readMessages } from "./anthropic-prompt.ts";
import { idFrom } from "./canonical.ts";
import { type Delivery, failureMessage, namedEvent, structure, type Voice } from "./delivery.ts";
import type { Frame } from "./pace.ts";
import type { InputUsage } from "./prefix-memory.ts";
import type { Json } from "./prompt.ts";
import type { Part, Reply } from "./reply.ts";
import { sealOf } from "./seal.ts";
import { outputTokens, pieces } from "./tokens.ts";

export const anthropicMessages: Voice = {
  read: (json) => readMessages(json, true),
  usage: (memory, prompt) => memory.marked(prompt.model, prompt.segments),
  frames,
  failure: (_delivery, type) => namedEvent({ type: "error", error: { type, message: failureMessage(type) } }),
  whole(delivery) {
    const { reply, usage } = delivery;
    const content = reply.parts.map(wholeBlock);
    return { ...message(delivery), content, stop_reason: stopReason(reply), usage: usageOf(usage, reply.outputTokens) };
  },
};

const message = ({ prompt, callDigest, usage }: Delivery): Json => ({
  id: idFrom("msg_01", callDigest),
  type: "message",
  role: "assistant",
  model: prompt.model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: usageOf(usage, 1),
});

const usageOf = ({ input, cacheRead, cacheWrite }: InputUsage, output: number): Json => ({
  input_tokens: input,
  cache_creation_input_tokens: cacheWrite,
  cache_read_input_tokens: cacheRead,
  cache_creation: { ephemeral_5m_input_tokens: cacheWrite, ephemeral_1h_input_tokens: 0 },
  output_tokens: output,
  service_tier: "standard",
});

const STOP_REASONS = { stop: "end_turn", tool: "tool_use", length: "max_tokens" } as const;
const stopReason = (reply: Reply): string => STOP_REASONS[reply.end];

const toolId = (id: string): string => `toolu_01${id}`;

function wholeBlock(part: Part): Json {
  if (part.kind === "text") return { type: "text", text: part.text };
  if (part.kind === "thinking") return { type: "thinking", thinking: part.text, signature: sealOf(part.text) };
  return { type: "tool_use", id: toolId(part.id), name: part.name, input: argumentsOf(part.text) };
}

/** Arguments cut by max_tokens are no JSON any more; a plain answer then has none. */
function argumentsOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

function* frames(delivery: Delivery): Generator<Frame> {
  const { reply, usage } = delivery;
  yield structure(namedEvent({ type: "message_start", message: message(delivery) }));
  for (const [index, part] of reply.parts.entries()) {
    yield structure(namedEvent({ type: "content_block_start", index, content_block: emptyBlock(part) }));
    if (index === 0) yield structure(namedEvent({ type: "ping" }));
    yield* deltas(part, index, delivery.chunkTokens);
    if (part.kind === "thinking") yield structure(delta(index, { type: "signature_delta", signature: sealOf(part.text) }));
    yield structure(namedEvent({ type: "content_block_stop", index }));
  }
  yield structure(
    namedEvent({
      type: "message_delta",
      delta: { stop_reason: stopReason(reply), stop_sequence: null },
      usage: usageOf(usage, reply.outputTokens),
    }),
  );
  yield structure(namedEvent({ type: "message_stop" }));
}

function emptyBlock(part: Part): Json {
  if (part.kind === "text") return { type: "text", text: "" };
  if (part.kind === "thinking") return { type: "thinking", thinking: "", signature: "" };
  return { type: "tool_use", id: toolId(part.id), name: part.name, input: {} };
}

const delta = (index: number, change: Json): string => namedEvent({ type: "content_block_delta", index, delta: change });

function* deltas(part: Part, index: number, chunkTokens: number): Generator<Frame> {
  if (part.kind === "tool") yield structure(delta(index, { type: "input_json_delta", partial_json: "" }));
  for (const piece of pieces(part.text, chunkTokens)) {
    yield { text: delta(index, change(part.kind, piece)), tokens: outputTokens(piece) };
  }
}

function change(kind: Part["kind"], piece: string): Json {
  if (kind === "text") return { type: "text_delta", text: piece };
  if (kind === "thinking") return { type: "thinking_delta", thinking: piece };
  return { type: "input_json_delta", partial_json: piece };
}
