// What endpoints share that answer with one JSON body and never with events: nothing to convert, no id to renew, and
// the same answer each time. Such an endpoint adds its own checks.

import type { WireAnswer } from "../dialect.ts";
import { answerObject, isObject, type JsonObject, objectsOf } from "../json-object.ts";
import type { EndpointPart } from "./endpoint-part.ts";
import { errorFrame } from "./error-body.ts";
import { watchJson } from "./event-watch.ts";

export const jsonOnly = {
  streams: false,
  deterministic: () => true,
  uncacheable: () => undefined,
  session: () => [],
  inert: ["stream"],
  outputMax: () => 0,
  isTitle: () => false,
  binding: () => ({ answerId: undefined, sealed: false }),
  prefix: () => [],
  conversation: () => [],
  answerContent: () => ({ content: [], isWhole: false }),
  watchEvents: watchJson,
  convert: () => undefined,
  answerId: () => undefined,
  errorEvent: errorFrame,
} satisfies Partial<EndpointPart>;

/** The entries of a list answer; empty when it failed or is none. */
export function entriesOf(answer: WireAnswer): readonly JsonObject[] {
  const body = answer.wire === "json" ? answerObject(answer) : undefined;
  return isObject(body?.error) ? [] : objectsOf(body?.data);
}
