// What the gateway must know of a model API, and nothing more. One folder per API implements it; the pipeline and
// its steps speak only these words. A dialect never sends anything and never keeps state between calls.

import type { Json } from "../../ports/index.ts";

/** The calls of a model API that Millrace serves. */
export type Endpoint = "messages" | "count_tokens" | "chat_completions" | "responses" | "embeddings" | "models";

export type DialectName = "anthropic" | "openai";

/** Tokens as the upstream reported them. `input` includes neither cached reads nor cache writes. */
export interface Usage {
  input: number;
  cacheRead: number;
  cacheWrite: number;
  output: number;
}

/** What a request body says, read once. */
export interface RequestFacts {
  /** The model as the client named it. Undefined only where the endpoint has none (`models`). */
  readonly model: string | undefined;
  /** True when the client asked for server-sent events. */
  readonly stream: boolean;
  /** True when the same body may be expected to give the same answer: temperature 0, embeddings, count_tokens, models. */
  readonly deterministic: boolean;
  /** Why this request must never be answered from cache, also when the client opts in; undefined when it may. */
  readonly uncacheable: string | undefined;
  /** A session id found in the body (`prompt_cache_key`, `metadata.user_id`, `previous_response_id`), in that order. */
  readonly bodySession: string | undefined;
  /** The parsed body. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Why a body cannot be used; the message is for the caller and says what to do. */
export interface BadRequest {
  readonly badRequest: string;
}

/** Kinds of refusal, each with one HTTP status in every dialect. */
export type RefusalKind =
  | "invalid_request" // 400
  | "authentication" // 401
  | "permission" // 403
  | "not_found" // 404
  | "method_not_allowed" // 405
  | "body_timeout" // 408
  | "too_large" // 413
  | "unsupported_media" // 415
  | "upgrade_required" // 426
  | "rate_limited" // 429
  | "internal" // 500
  | "upstream_unreachable" // 502
  | "overloaded" // 503
  | "upstream_timeout"; // 504

/**
 * Watches one answer go by. Never changes a byte, never keeps more than one unfinished event (bounded: an event over
 * 8 MiB is skipped, not stored). All getters are valid after each push.
 */
export interface AnswerWatch {
  push(chunk: Uint8Array): void;
  /** Undefined until the answer reported tokens. */
  readonly usage: Usage | undefined;
  /** The terminal event was seen (`message_stop`, `[DONE]`, `response.completed`/`incomplete`); for JSON: always false. */
  readonly complete: boolean;
  /** The error type or code of an error event inside the stream (`overloaded_error`), else undefined. */
  readonly failure: string | undefined;
  /** True before the first byte and right after a blank line: the only places where another event may be put. */
  readonly atBoundary: boolean;
  /** True once an event with content of the answer went by (not pings, comments or headers of the message). */
  readonly contentSeen: boolean;
  /** The id by which a later request may continue this answer; undefined where there is no such thing. */
  readonly continuedAs?: string | undefined;
}

/** One complete answer in either wire form. */
export interface WireAnswer {
  readonly wire: "events" | "json";
  readonly bytes: Uint8Array;
  /** The bytes of JSON, parsed, when somebody has done so already. */
  readonly json?: unknown;
}

/** What ties a request to the account that answered before: nobody else can read these items. */
export interface Binding {
  /** The answer that it continues, kept by the provider (`previous_response_id`). */
  readonly answerId: string | undefined;
  /** It carries reasoning that only its maker can open: thinking signatures, encrypted reasoning. */
  readonly sealed: boolean;
}

/** A message of a conversation. A plain text is a block `{ type: "text", text }`; else blocks are as the API has them. */
export interface TurnMessage {
  readonly role: string;
  readonly content: readonly Json[];
}

/** An answer in the blocks in which its client sends it back; what there was when it was cut. Nothing of one that failed at once. */
export interface AnswerContent {
  readonly content: readonly Json[];
  readonly isWhole: boolean;
}

export interface Dialect {
  readonly name: DialectName;

  /** Reads a parsed body. Checks only what routing, caching and identity need; the upstream judges the rest. */
  read(endpoint: Endpoint, json: unknown): RequestFacts | BadRequest;

  /**
   * The canonical text of a body for the cache key: every field, unknown ones too, keys sorted, minus what is proven
   * inert (`stream`; the billing line; `metadata.user_id`). Text is never folded, trimmed or normalised.
   * Two bodies with equal text ask for the same answer.
   */
  canonical(endpoint: Endpoint, facts: RequestFacts): string;

  /** Names of request headers that change the answer and so belong in the cache key, lower case. */
  readonly behaviourHeaders: readonly string[];

  /** Text that is stable over the turns of one conversation and differs between conversations: system, first message, without per-request noise. */
  fingerprint(endpoint: Endpoint, facts: RequestFacts): string;

  /** Most output tokens that the client allows, 0 where there are none; undefined where it does not say. */
  outputMax(endpoint: Endpoint, facts: RequestFacts): number | undefined;

  /** A side job that nobody waits for: an assistant names its conversation. */
  isTitle(endpoint: Endpoint, facts: RequestFacts): boolean;

  /** Asked only where there is a choice of upstreams. */
  binding(endpoint: Endpoint, facts: RequestFacts): Binding;

  /**
   * The prompt in the order in which models read it, cut where conversations grow: tools, system, each message. Without the
   * billing line; a text as a string and as a block is the same piece. Asked only where there is a choice of upstreams.
   */
  prefix(endpoint: Endpoint, facts: RequestFacts): readonly unknown[];

  /** What a request says: the system prompt first, with the tools as its last block. Throws a RangeError when nested too deep. */
  conversation(endpoint: Endpoint, facts: RequestFacts): readonly TurnMessage[];

  /** What an answer says, or any whole events out of the middle of one. Passes over what it cannot read. */
  answerContent(endpoint: Endpoint, answer: WireAnswer): AnswerContent;

  watch(endpoint: Endpoint, wire: WireAnswer["wire"]): AnswerWatch;

  /** Tokens of a whole JSON answer. */
  usageOf(endpoint: Endpoint, json: unknown): Usage | undefined;

  /**
   * Is this a whole, successful, valid answer, fit to be stored? Events: terminal event seen, no error event, every
   * block closed, tool arguments valid JSON. JSON: parses, is no error, tool arguments valid. At least one content block.
   */
  storable(endpoint: Endpoint, answer: WireAnswer): boolean;

  /** The same answer in the other wire form, as the API would have sent it; undefined where the form does not exist. */
  convert(endpoint: Endpoint, answer: WireAnswer, to: WireAnswer["wire"]): WireAnswer | undefined;

  /** The id of the answer (`msg_...`, `chatcmpl-...`, `resp_...`), which a replay must not repeat; undefined where there is none. */
  answerId(endpoint: Endpoint, answer: WireAnswer): string | undefined;

  /** An error body in the shape of this API. */
  errorBody(kind: RefusalKind, message: string, requestId: string): Uint8Array;
  /** The event that tells a streaming client of this API that its answer failed. */
  errorEvent(endpoint: Endpoint, kind: RefusalKind, message: string): Uint8Array;
  /** A frame that keeps a silent stream alive and changes nothing: `ping` event or comment. */
  keepAlive(endpoint: Endpoint): Uint8Array;
}
