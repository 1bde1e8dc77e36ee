// What one endpoint of the OpenAI API contributes to the dialect. openai.ts asks the part of the call's endpoint;
// parts never know one another.

import type { AnswerContent, AnswerWatch, Binding, TurnMessage, Usage, WireAnswer } from "../dialect.ts";
import type { JsonObject } from "../json-object.ts";
import type { ApiError } from "./error-body.ts";

export interface EndpointPart {
  /** Whether this endpoint can answer with events at all. */
  readonly streams: boolean;
  /** What to change in a body that cannot be used; undefined when it can. `model` and `stream` are checked before. */
  problem(body: JsonObject): string | undefined;
  deterministic(body: JsonObject): boolean;
  /** A stable word for why this body must never be answered from cache. */
  uncacheable(body: JsonObject): string | undefined;
  /** Fields that name the session, the strongest first. */
  session(body: JsonObject): readonly unknown[];
  /** Top-level fields proven to change nothing in the answer, left out of the canonical text. */
  readonly inert: readonly string[];
  fingerprint(body: JsonObject): string;
  outputMax(body: JsonObject): number | undefined;
  isTitle(body: JsonObject): boolean;
  binding(body: JsonObject): Binding;
  prefix(body: JsonObject): readonly unknown[];

  conversation(body: JsonObject): readonly TurnMessage[];
  answerContent(answer: WireAnswer): AnswerContent;
  watchEvents(): AnswerWatch;
  usageOf(answer: JsonObject): Usage | undefined;
  storable(answer: WireAnswer): boolean;
  /** `answer` is in the other form than `to`. */
  convert(answer: WireAnswer, to: WireAnswer["wire"]): WireAnswer | undefined;
  answerId(answer: WireAnswer): string | undefined;
  /** The text of the event, with its blank line. */
  errorEvent(error: ApiError): string;
}
