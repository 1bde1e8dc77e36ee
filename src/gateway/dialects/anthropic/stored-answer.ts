// An answer of the Anthropic API as something to keep: is it whole, what is its id, how would it look in the other
// wire form. Only messages are streamed; counts and model lists are JSON and nothing else.

import { utf8 } from "../../../base/index.ts";
import { canonicalFault } from "../canonical-json.ts";
import type { Endpoint, WireAnswer } from "../dialect.ts";
import { answerObject, isObject, type JsonObject } from "../json-object.ts";
import { SseScanner } from "../sse-scanner.ts";
import { foldEvents } from "./message-fold.ts";
import { unfoldMessage } from "./message-unfold.ts";
import { streamEvent } from "./stream-event.ts";
import { isWholeMessage } from "./whole-message.ts";

export function isStorable(endpoint: Endpoint, answer: WireAnswer): boolean {
  if (endpoint === "messages") return wholeMessage(answer) !== undefined;
  const json = answer.wire === "json" ? answerObject(answer) : undefined;
  if (json === undefined || "error" in json) return false;
  if (endpoint === "count_tokens") return Number.isSafeInteger(json.input_tokens) && Number(json.input_tokens) >= 0;
  return endpoint === "models" && (Array.isArray(json.data) || typeof json.id === "string");
}

/** The answer in the other wire form; undefined where it has none, or where the form would lose something. */
export function convertAnswer(endpoint: Endpoint, answer: WireAnswer, to: WireAnswer["wire"]): WireAnswer | undefined {
  if (answer.wire === to) return answer;
  const message = endpoint === "messages" ? wholeMessage(answer) : undefined;
  // A number that JavaScript cannot hold would come out as another one.
  if (message === undefined || canonicalFault(message) !== undefined) return undefined;
  const bytes = to === "json" ? utf8(JSON.stringify(message)) : unfoldMessage(message);
  return bytes && { wire: to, bytes };
}

export function answerId(endpoint: Endpoint, answer: WireAnswer): string | undefined {
  if (endpoint !== "messages") return undefined;
  const message = answer.wire === "json" ? answerObject(answer) : startedMessage(answer.bytes);
  return typeof message?.id === "string" && message.id !== "" ? message.id : undefined;
}

function wholeMessage(answer: WireAnswer): JsonObject | undefined {
  const message = answer.wire === "json" ? answerObject(answer) : foldEvents(answer.bytes);
  return isWholeMessage(message) ? message : undefined;
}

function startedMessage(bytes: Uint8Array): JsonObject | undefined {
  let message: JsonObject | undefined;
  const scanner = new SseScanner((bytesOfEvent) => {
    if (message !== undefined) return;
    const event = streamEvent(bytesOfEvent);
    if (event?.type === "message_start" && isObject(event.data?.message)) message = event.data.message;
  });
  scanner.push(bytes);
  return message;
}
