// The Anthropic Messages API as a dialect: which part answers which question. No part keeps state between calls.

import { utf8 } from "../../../base/index.ts";
import type { Dialect } from "../dialect.ts";
import { EventWatch, JsonWatch } from "./answer-watch.ts";
import { canonicalBody } from "./canonical-body.ts";
import { conversationFingerprint } from "./conversation-fingerprint.ts";
import { errorBody, errorEvent } from "./error-answer.ts";
import { contentOf, conversationOf } from "./message-content.ts";
import { binding, isTitle, outputMax, prefix } from "./prompt-shape.ts";
import { readRequest } from "./read-request.ts";
import { answerId, convertAnswer, isStorable } from "./stored-answer.ts";
import { answerUsage } from "./token-usage.ts";

const PING = 'event: ping\ndata: {"type": "ping"}\n\n';

export const anthropic: Dialect = {
  name: "anthropic",
  read: readRequest,
  canonical: (_endpoint, facts) => canonicalBody(facts.json),
  behaviourHeaders: ["anthropic-version", "anthropic-beta"],
  fingerprint: (_endpoint, facts) => conversationFingerprint(facts.json),
  outputMax,
  isTitle: (_endpoint, facts) => isTitle(facts.json),
  binding: (_endpoint, facts) => binding(facts.json),
  prefix: (_endpoint, facts) => prefix(facts.json),
  conversation: (endpoint, facts) => (endpoint === "messages" ? conversationOf(facts.json) : []),
  answerContent: (endpoint, answer) => (endpoint === "messages" ? contentOf(answer) : { content: [], isWhole: false }),
  watch: (_endpoint, wire) => (wire === "events" ? new EventWatch() : new JsonWatch()),
  usageOf: (_endpoint, json) => answerUsage(json),
  storable: isStorable,
  convert: convertAnswer,
  answerId,
  errorBody,
  errorEvent: (_endpoint, kind, message) => errorEvent(kind, message),
  keepAlive: () => utf8(PING),
};
