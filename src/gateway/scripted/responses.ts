// Writes an answer as OpenAI's Responses API does: the full event list, numbered, or the final response alone.

import { idFrom } from "./canonical.ts";
import { type Delivery, failureMessage, namedEvent, structure, type Voice } from "./delivery.ts";
import type { Frame } from "./pace.ts";
import type { Json } from "./prompt.ts";
import type { Part } from "./reply.ts";
import { calledAs, readResponses } from "./responses-prompt.ts";
import { sealOf } from "./seal.ts";
import { outputTokens, pieces } from "./tokens.ts";

export const responses: Voice = {
  read: readResponses,
  usage: (memory, prompt) => memory.automatic(prompt.model, prompt.segments),
  frames,
  failure(delivery, type, framesBefore) {
    const error = { code: type, message: failureMessage(type) };
    return (
      // The API's reference shows these fields beside `type`; what it sends, and what its SDK raises on, has them in `error`.
      namedEvent({ type: "error", error: { type, ...error, param: null }, sequence_number: framesBefore }) +
      namedEvent({
        type: "response.failed",
        response: { ...response(delivery), status: "failed", error },
        sequence_number: framesBefore + 1,
      })
    );
  },
  whole: ended,
};

function response({ json, prompt, callDigest, createdAt }: Delivery): Json {
  return {
    id: idFrom("resp_", callDigest),
    object: "response",
    created_at: createdAt,
    status: "in_progress",
    background: false,
    error: null,
    incomplete_details: null,
    instructions: json.instructions ?? null,
    max_output_tokens: json.max_output_tokens ?? null,
    model: prompt.model,
    output: [],
    parallel_tool_calls: json.parallel_tool_calls ?? true,
    previous_response_id: json.previous_response_id ?? null,
    prompt_cache_key: json.prompt_cache_key ?? null,
    reasoning: json.reasoning ?? { effort: null, summary: null },
    service_tier: "default",
    store: json.store ?? true,
    temperature: json.temperature ?? 1,
    text: json.text ?? { format: { type: "text" } },
    tool_choice: json.tool_choice ?? "auto",
    tools: json.tools ?? [],
    top_p: json.top_p ?? 1,
    truncation: json.truncation ?? "disabled",
    usage: null,
    user: json.user ?? null,
    metadata: json.metadata ?? {},
  };
}

/** The response as it stands when the answer has ended. */
function ended(delivery: Delivery): Json {
  const { reply, usage } = delivery;
  const input = usage.input + usage.cacheRead;
  const cut = reply.end === "length";
  return {
    ...response(delivery),
    status: cut ? "incomplete" : "completed",
    incomplete_details: cut ? { reason: "max_output_tokens" } : null,
    output: reply.parts.map((part, index) => item(delivery, part, index, itemStatus(delivery, index))),
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: usage.cacheRead },
      output_tokens: reply.outputTokens,
      output_tokens_details: { reasoning_tokens: reply.thinkingTokens },
      total_tokens: input + reply.outputTokens,
    },
  };
}

type ItemStatus = "in_progress" | "completed" | "incomplete";

const itemStatus = ({ reply }: Delivery, index: number): ItemStatus =>
  reply.end === "length" && index === reply.parts.length - 1 ? "incomplete" : "completed";

const itemId = ({ prompt }: Delivery, part: Part, index: number): string => {
  if (part.kind === "tool") return `${part.freeText ? "ctc" : "fc"}_${part.id}`;
  return idFrom(part.kind === "text" ? "msg_" : "rs_", prompt.digest, index);
};

/** An output item; while in progress it has no content yet. */
function item(delivery: Delivery, part: Part, index: number, status: ItemStatus): Json {
  const id = itemId(delivery, part, index);
  const started = status !== "in_progress";
  if (part.kind === "text") {
    return { id, type: "message", status, role: "assistant", content: started ? [textPart(part.text)] : [] };
  }
  if (part.kind === "thinking") {
    return { id, type: "reasoning", encrypted_content: sealOf(part.text), summary: started ? [summaryPart(part.text)] : [] };
  }
  const written = started ? part.text : "";
  const call = { id, call_id: `call_${part.id}`, ...calledAs(delivery.json, part.name), status };
  return part.freeText
    ? { ...call, type: "custom_tool_call", input: written }
    : { ...call, type: "function_call", arguments: written };
}

const textPart = (text: string): Json => ({ type: "output_text", annotations: [], logprobs: [], text });
const summaryPart = (text: string): Json => ({ type: "summary_text", text });

function* frames(delivery: Delivery): Generator<Frame> {
  let sequence = 0;
  const event = (type: string, fields: Json): string => namedEvent({ type, ...fields, sequence_number: sequence++ });
  const started = response(delivery);
  yield structure(event("response.created", { response: started }));
  yield structure(event("response.in_progress", { response: started }));
  for (const [index, part] of delivery.reply.parts.entries()) {
    const place = { item_id: itemId(delivery, part, index), output_index: index };
    yield structure(
      event("response.output_item.added", { output_index: index, item: item(delivery, part, index, "in_progress") }),
    );
    yield* contentFrames(part, delivery.chunkTokens, (type, fields) => event(`response.${type}`, { ...place, ...fields }));
    const done = item(delivery, part, index, itemStatus(delivery, index));
    yield structure(event("response.output_item.done", { output_index: index, item: done }));
  }
  const final = ended(delivery);
  yield structure(event(`response.${final.status}`, { response: final }));
}

type ItemEvent = (type: string, fields: Json) => string;

function* contentFrames(part: Part, chunkTokens: number, event: ItemEvent): Generator<Frame> {
  const { text } = part;
  if (part.kind === "text") {
    yield structure(event("content_part.added", { content_index: 0, part: textPart("") }));
    yield* deltas(text, chunkTokens, (delta) => event("output_text.delta", { content_index: 0, delta, logprobs: [] }));
    yield structure(event("output_text.done", { content_index: 0, text, logprobs: [] }));
    yield structure(event("content_part.done", { content_index: 0, part: textPart(text) }));
  } else if (part.kind === "thinking") {
    yield structure(event("reasoning_summary_part.added", { summary_index: 0, part: summaryPart("") }));
    yield* deltas(text, chunkTokens, (delta) => event("reasoning_summary_text.delta", { summary_index: 0, delta }));
    yield structure(event("reasoning_summary_text.done", { summary_index: 0, text }));
    yield structure(event("reasoning_summary_part.done", { summary_index: 0, part: summaryPart(text) }));
  } else if (part.freeText) {
    yield* deltas(text, chunkTokens, (delta) => event("custom_tool_call_input.delta", { delta }));
    yield structure(event("custom_tool_call_input.done", { input: text }));
  } else {
    yield* deltas(text, chunkTokens, (delta) => event("function_call_arguments.delta", { delta }));
    yield structure(event("function_call_arguments.done", { name: part.name, arguments: text }));
  }
}

function* deltas(text: string, chunkTokens: number, event: (piece: string) => string): Generator<Frame> {
  for (const piece of pieces(text, chunkTokens)) yield { text: event(piece), tokens: outputTokens(piece) };
}
