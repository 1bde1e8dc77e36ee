// The chat completions endpoint: which request fields matter, and what makes its answers whole, equal and theirs.

import { utf8 } from "../../../base/index.ts";
import type { WireAnswer } from "../dialect.ts";
import { answerObject, isObject, type JsonObject, objectsOf, parseObject } from "../json-object.ts";
import { chatContent, chatConversation } from "./chat-content.ts";
import { ChatFold } from "./chat-fold.ts";
import { chatProblem, chatUncacheable } from "./chat-request.ts";
import { unfoldChat } from "./chat-unfold.ts";
import { DONE, inspectChat } from "./chat-watch.ts";
import type { EndpointPart } from "./endpoint-part.ts";
import { errorFrame } from "./error-body.ts";
import { watchWith } from "./event-watch.ts";
import { isJson } from "./json-value.ts";
import { openingText } from "./opening.ts";
import { chatShape } from "./prompt-shape.ts";
import { firstInFrames, framesOf } from "./sse-frames.ts";
import { usageFrom } from "./usage.ts";

const TEXT_FIELDS = ["content", "refusal", "reasoning_content", "reasoning"] as const;

interface Whole {
  readonly completion: JsonObject;
  /** False when the completion cannot stand in for the stream it was folded from. */
  readonly lossless: boolean;
}

/** The completion an answer says, in whichever form; undefined when it failed or is not whole. */
function wholeOf(answer: WireAnswer): Whole | undefined {
  if (answer.wire === "json") {
    const completion = answerObject(answer);
    return completion && !completion.error ? { completion, lossless: true } : undefined;
  }
  const fold = new ChatFold();
  const frames = framesOf(answer.bytes);
  if (frames.at(-1) !== DONE) return undefined;
  for (const frame of frames.slice(0, -1)) {
    const chunk = parseObject(frame);
    if (!chunk || chunk.error) return undefined;
    fold.add(chunk);
  }
  const completion = fold.finish();
  return completion && { completion, lossless: fold.lossless };
}

function isFinished({ finish_reason, message }: JsonObject): boolean {
  // OpenRouter ends a choice with "error" when its provider failed in the middle.
  if (typeof finish_reason !== "string" || finish_reason === "error" || !isObject(message)) return false;
  const calls = objectsOf(message.tool_calls);
  const legacy = isObject(message.function_call) ? [message.function_call] : [];
  const saysSomething = TEXT_FIELDS.some((field) => typeof message[field] === "string" && message[field] !== "");
  return (
    (saysSomething || calls.length + legacy.length > 0) &&
    calls.every(isCallable) &&
    legacy.every((call) => isJson(call.arguments))
  );
}

function isCallable(call: JsonObject): boolean {
  if (isObject(call.custom)) return typeof call.custom.input === "string";
  return isObject(call.function) && isJson(call.function.arguments);
}

const idOf = (value: JsonObject | undefined): string | undefined =>
  typeof value?.id === "string" && value.id !== "" ? value.id : undefined;

export const chatCompletions: EndpointPart = {
  streams: true,
  problem: chatProblem,
  deterministic: (body) => body.temperature === 0,
  uncacheable: chatUncacheable,
  session: (body) => [body.prompt_cache_key],
  // Steers requests to the machine that has the prompt's prefix at hand and is not repeated in the answer. OpenAI's
  // prompt caching guide: caching changes neither the generation nor the final answer.
  // Kept although tempting: `stream_options` decides which chunks there are; `user`, `safety_identifier` and `metadata`
  // go to the provider's own checks and records.
  inert: ["stream", "prompt_cache_key"],
  fingerprint: (body) => openingText(undefined, body.messages),
  ...chatShape,

  conversation: chatConversation,
  answerContent: chatContent,
  watchEvents: () => watchWith(inspectChat),
  usageOf: (answer) => usageFrom(answer.usage),

  storable(answer) {
    const choices = objectsOf(wholeOf(answer)?.completion.choices);
    return choices.length > 0 && choices.every(isFinished);
  },

  convert(answer, to) {
    const whole = wholeOf(answer);
    if (!whole?.lossless) return undefined;
    const converted = to === "json" ? JSON.stringify(whole.completion) : unfoldChat(whole.completion);
    return converted === undefined ? undefined : { wire: to, bytes: utf8(converted) };
  },

  answerId(answer) {
    if (answer.wire === "json") return idOf(answerObject(answer));
    return firstInFrames(answer.bytes, (frame) => idOf(parseObject(frame)));
  },

  errorEvent: errorFrame,
};
