// The OpenAI dialect: chat completions, responses, embeddings and the list of models. Reads what all endpoints share
// (`model`, `stream`, `temperature`) and leaves the rest to the endpoint's part. Sends nothing and keeps nothing.

import { MillraceError, utf8 } from "../../../base/index.ts";
import { canonicalFault, canonicalJson } from "../canonical-json.ts";
import type { BadRequest, Dialect, Endpoint, RequestFacts } from "../dialect.ts";
import { isObject, type JsonObject } from "../json-object.ts";
import { chatCompletions } from "./chat-completions.ts";
import { embeddings } from "./embeddings.ts";
import type { EndpointPart } from "./endpoint-part.ts";
import { apiError } from "./error-body.ts";
import { watchJson } from "./event-watch.ts";
import { models } from "./models.ts";
import { responses } from "./responses.ts";

const PARTS: Readonly<Partial<Record<Endpoint, EndpointPart>>> = {
  chat_completions: chatCompletions,
  responses,
  embeddings,
  models,
};

/** A longer name is no model's, and would only fill logs and metrics. */
const MODEL_UNITS_MAX = 256;
/** A longer id is no id; the session is then found by other means. */
const SESSION_UNITS_MAX = 256;

// Every client must skip comment lines (WHATWG HTML, section 9.2.6), and those of the OpenAI and Vercel SDKs do.
const KEEP_ALIVE = utf8(": keep-alive\n\n");

function partOf(endpoint: Endpoint): EndpointPart {
  const part = PARTS[endpoint];
  if (!part) throw new MillraceError("option_invalid", `The OpenAI dialect has no endpoint "${endpoint}".`);
  return part;
}

function problemOf(body: JsonObject, part: EndpointPart): string | undefined {
  const { model, stream, temperature } = body;
  if (typeof model !== "string" || model === "") return "`model` must be a string: name the model that should answer.";
  if (model.length > MODEL_UNITS_MAX) return `\`model\` must have at most ${MODEL_UNITS_MAX} characters.`;
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") return "`stream` must be true or false.";
  if (temperature !== undefined && temperature !== null && typeof temperature !== "number")
    return "`temperature` must be a number.";
  return part.problem(body);
}

const isSession = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value.length <= SESSION_UNITS_MAX;

function factsOf(body: JsonObject, part: EndpointPart): RequestFacts {
  return {
    model: typeof body.model === "string" ? body.model : undefined,
    stream: part.streams && body.stream === true,
    deterministic: part.deterministic(body),
    uncacheable: part.uncacheable(body) ?? canonicalFault(body),
    bodySession: part.session(body).find(isSession),
    json: body,
  };
}

function read(endpoint: Endpoint, json: unknown): RequestFacts | BadRequest {
  const part = partOf(endpoint);
  if (part === models) return factsOf({}, part);
  if (!isObject(json)) return { badRequest: "The body must be a JSON object." };
  const problem = problemOf(json, part);
  return problem === undefined ? factsOf(json, part) : { badRequest: problem };
}

function canonical(endpoint: Endpoint, facts: RequestFacts): string {
  const inert: ReadonlySet<string> = new Set(partOf(endpoint).inert);
  return canonicalJson(Object.fromEntries(Object.entries(facts.json).filter(([name]) => !inert.has(name))));
}

/** What `work` finds; undefined for an answer nested so deep that the platform cannot write it again. */
function unlessTooDeep<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

export const openai: Dialect = {
  name: "openai",
  behaviourHeaders: ["openai-beta", "openai-organization", "openai-project"],
  read,
  canonical,
  fingerprint: (endpoint, facts) => partOf(endpoint).fingerprint(facts.json),
  outputMax: (endpoint, facts) => partOf(endpoint).outputMax(facts.json),
  isTitle: (endpoint, facts) => partOf(endpoint).isTitle(facts.json),
  binding: (endpoint, facts) => partOf(endpoint).binding(facts.json),
  prefix: (endpoint, facts) => partOf(endpoint).prefix(facts.json),
  conversation: (endpoint, facts) => partOf(endpoint).conversation(facts.json),
  answerContent: (endpoint, answer) =>
    unlessTooDeep(() => partOf(endpoint).answerContent(answer)) ?? { content: [], isWhole: false },
  watch: (endpoint, wire) => (wire === "json" ? watchJson() : partOf(endpoint).watchEvents()),
  usageOf: (endpoint, json) => (isObject(json) ? partOf(endpoint).usageOf(json) : undefined),
  storable: (endpoint, answer) => unlessTooDeep(() => partOf(endpoint).storable(answer)) ?? false,
  convert: (endpoint, answer, to) => (answer.wire === to ? answer : unlessTooDeep(() => partOf(endpoint).convert(answer, to))),
  answerId: (endpoint, answer) => partOf(endpoint).answerId(answer),
  errorBody: (kind, message) => utf8(JSON.stringify({ error: apiError(kind, message) })),
  errorEvent: (endpoint, kind, message) => utf8(partOf(endpoint).errorEvent(apiError(kind, message))),
  keepAlive: () => KEEP_ALIVE,
};
