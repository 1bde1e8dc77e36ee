// The scripted model: a whole model server in one function from Request to Response, in both dialects, with no network,
// no key and no randomness of its own. Equal requests get equal answers; only the id of an answer differs from call to
// call. Checks no credentials and remembers no conversation.

import { type Clock, MillraceError, type Random } from "../../base/index.ts";
import type { BadRequest, DialectName } from "../dialects/dialect.ts";
import { answer } from "./answer.ts";
import { anthropicMessages } from "./anthropic-messages.ts";
import { readMessages } from "./anthropic-prompt.ts";
import { digest, idFrom } from "./canonical.ts";
import { chatCompletions } from "./chat-completions.ts";
import type { Voice } from "./delivery.ts";
import { embed } from "./embeddings.ts";
import { responseHeaders } from "./headers.ts";
import { modelList, oneModel } from "./models.ts";
import { type Pace, readPace } from "./pace.ts";
import { type PrefixMemory, prefixMemory } from "./prefix-memory.ts";
import { type Json, parseBody } from "./prompt.ts";
import { refusalBody } from "./refusal.ts";
import { responses } from "./responses.ts";
import { inputTokens } from "./tokens.ts";

export interface ScriptedModelOptions {
  readonly clock: Clock;
  /** Salts the ids of answers, so that two models never give the same id. Without it ids repeat from run to run. */
  readonly random?: Random;
  /** What is left out is taken from PACE_DEFAULT; 0 is as fast as possible, without a single timer. */
  readonly pace?: Partial<Pace> | 0;
  /** Default 64 MiB; a longer body is refused with 413. */
  readonly bodyBytesMax?: number;
  /** How many prompt prefixes are remembered for cache-read usage. Default 20,000. */
  readonly prefixesMax?: number;
}

/** What every request of one model shares. */
interface Model {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly memory: PrefixMemory;
  readonly bodyBytesMax: number;
}

/** One request on its way: how errors and headers must look, and what makes its ids its own. */
interface Visit {
  readonly request: Request;
  readonly dialect: DialectName;
  readonly requestId: string;
  readonly callKey: string;
}

const BODY_BYTES_MAX_DEFAULT = 64 * 1024 * 1024;
const PREFIXES_MAX_DEFAULT = 20_000;
const MODELS = "/v1/models";

/**
 * Throws `option_invalid`. The function it returns answers any request; it rejects only with the reason of the request's
 * abort signal, when that aborts before there is an answer.
 */
export function scriptedModel(options: ScriptedModelOptions): (request: Request) => Promise<Response> {
  const model: Model = {
    clock: options.clock,
    pace: readPace(options.pace),
    memory: prefixMemory(limit("prefixesMax", options.prefixesMax ?? PREFIXES_MAX_DEFAULT)),
    bodyBytesMax: limit("bodyBytesMax", options.bodyBytesMax ?? BODY_BYTES_MAX_DEFAULT),
  };
  const salt = options.random ? Buffer.from(options.random.bytes(16)).toString("hex") : "";
  let calls = 0;
  return async (request) => {
    const callKey = `${salt}#${++calls}`;
    const { pathname } = new URL(request.url);
    const visit: Visit = { request, dialect: dialectOf(pathname, request.headers), requestId: idFrom("req_", callKey), callKey };
    return pathname === MODELS || pathname.startsWith(`${MODELS}/`) ? models(visit, pathname) : post(model, visit, pathname);
  };
}

function limit(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new MillraceError("option_invalid", `The scripted model's ${name} must be a whole number above 0.`);
}

function dialectOf(pathname: string, headers: Headers): DialectName {
  if (pathname.startsWith("/v1/messages")) return "anthropic";
  return headers.has("anthropic-version") || headers.has("x-api-key") ? "anthropic" : "openai";
}

function models(visit: Visit, pathname: string): Response {
  if (visit.request.method !== "GET") return refuse(visit, 405, "Model lists are read with GET.", { allow: "GET" });
  if (pathname === MODELS) return json(visit, modelList(visit.dialect));
  const id = decoded(pathname.slice(MODELS.length + 1));
  const found = oneModel(visit.dialect, id);
  return found ? json(visit, found) : refuse(visit, 404, "The model does not exist; GET /v1/models lists those that do.");
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

type Answerer = (model: Model, visit: Visit, body: Json) => Promise<Response> | Response;

const speaks =
  (voice: Voice): Answerer =>
  (model, visit, body) => {
    const prompt = voice.read(body);
    if (isBad(prompt)) return refuse(visit, 400, prompt.badRequest);
    const refused = (status: number, message: string, headers: Record<string, string>) => refuse(visit, status, message, headers);
    const { signal } = visit.request;
    const callDigest = digest(visit.callKey, prompt.digest);
    const headers = responseHeaders(visit.dialect, visit.requestId);
    return answer({ voice, json: body, prompt, callDigest, headers, refused, signal, ...model });
  };

const ANSWERERS: ReadonlyMap<string, Answerer> = new Map<string, Answerer>([
  ["/v1/messages", speaks(anthropicMessages)],
  ["/v1/chat/completions", speaks(chatCompletions)],
  ["/v1/responses", speaks(responses)],
  ["/v1/messages/count_tokens", (_model, visit, body) => countTokens(visit, body)],
  [
    "/v1/embeddings",
    (_model, visit, body) => {
      const made = embed(body);
      return isBad(made) ? refuse(visit, 400, made.badRequest) : json(visit, made);
    },
  ],
]);

async function post(model: Model, visit: Visit, pathname: string): Promise<Response> {
  const answerer = ANSWERERS.get(pathname);
  if (!answerer)
    return refuse(
      visit,
      404,
      "There is no such path. Model calls go to /v1/messages, /v1/chat/completions, /v1/responses or /v1/embeddings.",
    );
  if (visit.request.method !== "POST") return refuse(visit, 405, "Model calls are made with POST.", { allow: "POST" });
  const body = await visit.request.bytes();
  if (body.byteLength > model.bodyBytesMax)
    return refuse(visit, 413, `The body is over the limit of ${model.bodyBytesMax} bytes.`);
  visit.request.signal.throwIfAborted();
  const parsed = parseBody(body);
  return typeof parsed === "string" ? refuse(visit, 400, parsed) : answerer(model, visit, parsed);
}

function countTokens(visit: Visit, body: Json): Response {
  const prompt = readMessages(body, false);
  if (isBad(prompt)) return refuse(visit, 400, prompt.badRequest);
  return json(visit, { input_tokens: prompt.segments.reduce((sum, segment) => sum + inputTokens(segment.text), 0) });
}

const isBad = (value: object): value is BadRequest => "badRequest" in value;

function json({ dialect, requestId }: Visit, body: Json): Response {
  const headers = responseHeaders(dialect, requestId);
  headers.set("content-type", "application/json");
  return new Response(JSON.stringify(body), { headers });
}

function refuse({ dialect, requestId }: Visit, status: number, message: string, more: Record<string, string> = {}): Response {
  const headers = responseHeaders(dialect, requestId);
  headers.set("content-type", "application/json");
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return new Response(refusalBody(dialect, status, message, requestId), { status, headers });
}
