// The Responses endpoint: which request fields matter, and what makes its answers whole, equal and theirs.

import { utf8 } from "../../../base/index.ts";
import type { WireAnswer } from "../dialect.ts";
import { answerObject, isObject, type JsonObject, objectsOf, parseObject } from "../json-object.ts";
import type { EndpointPart } from "./endpoint-part.ts";
import type { ApiError } from "./error-body.ts";
import { watchWith } from "./event-watch.ts";
import { isJson } from "./json-value.ts";
import { openingText } from "./opening.ts";
import { responsesShape } from "./prompt-shape.ts";
import { responsesContent, responsesConversation } from "./responses-content.ts";
import { foldResponse } from "./responses-fold.ts";
import { responsesProblem, responsesUncacheable } from "./responses-request.ts";
import { unfoldResponse } from "./responses-unfold.ts";
import { inspectResponses } from "./responses-watch.ts";
import { firstInFrames, framesOf } from "./sse-frames.ts";
import { usageFrom } from "./usage.ts";

const TYPED_ERROR_CODES: Readonly<Record<string, string>> = {
  server_error: "server_error",
  rate_limit_error: "rate_limit_exceeded",
};
/** What is left is the caller's to change: Codex ends its run on this code instead of sending the same again. */
const FINAL_CODE = "invalid_prompt";

/** The response an answer says, in whichever form; undefined when it failed or is not whole. */
function responseOf(answer: WireAnswer): JsonObject | undefined {
  if (answer.wire === "events") return foldResponse(framesOf(answer.bytes));
  const response = answerObject(answer);
  return response?.status === "completed" || response?.status === "incomplete" ? response : undefined;
}

function isUsable(item: JsonObject): boolean {
  if (item.type === "function_call") return isJson(item.arguments);
  return item.type !== "custom_tool_call" || typeof item.input === "string";
}

function idOf(response: unknown): string | undefined {
  return isObject(response) && typeof response.id === "string" && response.id !== "" ? response.id : undefined;
}

/**
 * Two events, as the API itself ends a failed stream. The SDKs throw on the first; Codex reads only the second, and
 * tries again unless its code is known to be final. The gateway does not know where the upstream's count stood.
 */
function failureEvents(error: ApiError): string {
  const code = TYPED_ERROR_CODES[error.type] ?? FINAL_CODE;
  const events = [
    { type: "error", sequence_number: 0, error: { ...error, code }, code, message: error.message, param: null },
    {
      type: "response.failed",
      sequence_number: 1,
      response: { object: "response", status: "failed", error: { code, message: error.message }, output: [], usage: null },
    },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

export const responses: EndpointPart = {
  streams: true,
  problem: responsesProblem,
  deterministic: (body) => body.temperature === 0,
  uncacheable: responsesUncacheable,
  session: (body) => [
    body.prompt_cache_key,
    isObject(body.conversation) ? body.conversation.id : body.conversation,
    body.previous_response_id,
  ],
  // Nothing else is proven inert. The answer repeats `prompt_cache_key`, `metadata`, `user` and `safety_identifier`, so
  // one caller's must not reach another. Ids of input items name what the provider may check (a reasoning item against
  // its encrypted content), and `client_metadata` of Codex is in no reference. Both differ from session to session, as
  // Codex's `prompt_cache_key` does anyway: leaving them in costs no hit that could otherwise be had.
  inert: ["stream"],
  fingerprint: (body) => openingText(body.instructions, body.input),
  ...responsesShape,

  conversation: responsesConversation,
  answerContent: responsesContent,
  watchEvents: () => watchWith(inspectResponses),
  usageOf: (answer) => usageFrom(answer.usage),

  storable(answer) {
    const response = responseOf(answer);
    const items = objectsOf(response?.output);
    return !response?.error && items.length > 0 && items.every(isUsable);
  },

  convert(answer, to) {
    const response = responseOf(answer);
    if (response?.object !== "response") return undefined;
    const converted = to === "json" ? JSON.stringify(response) : unfoldResponse(response);
    return converted === undefined ? undefined : { wire: to, bytes: utf8(converted) };
  },

  answerId(answer) {
    if (answer.wire === "json") return idOf(answerObject(answer));
    return firstInFrames(answer.bytes, (frame) => idOf(parseObject(frame)?.response));
  },

  errorEvent: failureEvents,
};
