// OpenAI's Chat Completions: reads the request, writes chunks ending in [DONE], or one document.
// Thinking does not exist in this API; it only shows in the usage as reasoning tokens.

import type { BadRequest } from "../dialects/dialect.ts";
import { canonical, idFrom } from "./canonical.ts";
import { type Delivery, failureMessage, structure, type Voice } from "./delivery.ts";
import type { Frame } from "./pace.ts";
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
import type { Part, Reply } from "./reply.ts";
import { outputTokens, pieces } from "./tokens.ts";

export const chatCompletions: Voice = {
  read,
  usage: (memory, prompt) => memory.automatic(prompt.model, prompt.segments),
  frames,
  failure: (_delivery, type) =>
    data({
      error: { message: failureMessage(type), type: type.includes("_error") ? type : "server_error", param: null, code: type },
    }),
  whole(delivery) {
    const { reply } = delivery;
    const calls = reply.parts.filter((part) => part.kind === "tool").map(wholeCall);
    const message = {
      role: "assistant",
      content: textIn(reply),
      refusal: null,
      annotations: [],
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    };
    const choice = { index: 0, message, logprobs: null, finish_reason: finishReason(reply) };
    return { ...envelope(delivery, "chat.completion"), choices: [choice], usage: usageOf(delivery) };
  },
};

function read(json: Json): Prompt | BadRequest {
  const { messages } = json;
  if (text(json.model) === "") return { badRequest: "you must provide a model parameter" };
  if (messages === undefined) return { badRequest: "Missing required parameter: 'messages'." };
  if (!Array.isArray(messages) || messages.length === 0)
    return { badRequest: "Invalid 'messages': expected an array with at least one message." };
  const wrong = messages.findIndex((message) => !isRecord(message) || text(message.role) === "");
  if (wrong >= 0) return { badRequest: `Missing required parameter: 'messages[${wrong}].role'.` };
  if (json.n !== undefined && json.n !== 1)
    return { badRequest: "The scripted model gives one choice: leave out 'n' or set it to 1." };
  const segments = [...records(json.tools), ...records(messages)].map(
    (part): Segment => ({ text: canonical(part), marked: false }),
  );
  return {
    model: text(json.model),
    stream: json.stream === true,
    turns: records(messages).flatMap(turnsOf),
    tools: records(json.tools).flatMap(toolsOf),
    toolChoice: toolChoice(json.tool_choice),
    outputTokensMax: positive(json.max_completion_tokens) ?? positive(json.max_tokens) ?? Infinity,
    answerSchema: answerSchema(json.response_format),
    segments,
    digest: promptDigest(json, segments, ["tools", "messages"]),
  };
}

function turnsOf(message: Json): readonly Turn[] {
  const said = contentText(message.content);
  if (message.role === "tool") return [{ kind: "result", text: said }];
  return message.role === "user" ? [{ kind: "user", text: said, withResults: false }] : [];
}

function toolsOf(tool: Json): readonly Tool[] {
  const made = tool.function;
  return isRecord(made) ? [{ name: text(made.name), schema: made.parameters, freeText: false }] : [];
}

function toolChoice(choice: unknown): Prompt["toolChoice"] {
  if (isRecord(choice) && isRecord(choice.function)) return { name: text(choice.function.name) };
  if (choice === "required") return "any";
  return choice === "none" ? "none" : "auto";
}

function answerSchema(format: unknown): unknown {
  if (!isRecord(format)) return undefined;
  if (format.type === "json_object") return {};
  return isRecord(format.json_schema) ? (format.json_schema.schema ?? {}) : undefined;
}

const envelope = ({ callDigest, createdAt, prompt }: Delivery, object: string): Json => ({
  id: idFrom("chatcmpl-", callDigest),
  object,
  created: createdAt,
  model: prompt.model,
  service_tier: "default",
  system_fingerprint: "fp_scripted",
});

const usageOf = ({ usage, reply }: Delivery): Json => ({
  prompt_tokens: usage.input + usage.cacheRead,
  completion_tokens: reply.outputTokens,
  total_tokens: usage.input + usage.cacheRead + reply.outputTokens,
  prompt_tokens_details: { cached_tokens: usage.cacheRead, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: reply.thinkingTokens,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
});

const FINISH_REASONS = { stop: "stop", tool: "tool_calls", length: "length" } as const;
const finishReason = (reply: Reply): string => FINISH_REASONS[reply.end];

function textIn(reply: Reply): string | null {
  const texts = reply.parts.filter((part) => part.kind === "text").map((part) => part.text);
  return texts.length === 0 ? null : texts.join("");
}

const wholeCall = (part: Part & { kind: "tool" }): Json => ({
  id: `call_${part.id}`,
  type: "function",
  function: { name: part.name, arguments: part.text },
});

const data = (json: Json): string => `data: ${JSON.stringify(json)}\n\n`;

function* frames(delivery: Delivery): Generator<Frame> {
  const { reply, json, chunkTokens } = delivery;
  const includeUsage = isRecord(json.stream_options) && json.stream_options.include_usage === true;
  const common = { ...envelope(delivery, "chat.completion.chunk"), ...(includeUsage ? { usage: null } : {}) };
  const chunk = (delta: Json, finish: string | null = null): string =>
    data({ ...common, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
  yield structure(chunk({ role: "assistant", content: textIn(reply) === null ? null : "", refusal: null }));
  let callIndex = 0;
  for (const part of reply.parts) {
    if (part.kind === "thinking") continue;
    const index = callIndex;
    if (part.kind === "tool") {
      const call = { index, id: `call_${part.id}`, type: "function", function: { name: part.name, arguments: "" } };
      yield structure(chunk({ tool_calls: [call] }));
      callIndex += 1;
    }
    for (const piece of pieces(part.text, chunkTokens)) {
      const delta = part.kind === "text" ? { content: piece } : { tool_calls: [{ index, function: { arguments: piece } }] };
      yield { text: chunk(delta), tokens: outputTokens(piece) };
    }
  }
  yield structure(chunk({}, finishReason(reply)));
  if (includeUsage) yield structure(data({ ...common, choices: [], usage: usageOf(delivery) }));
  yield structure("data: [DONE]\n\n");
}
