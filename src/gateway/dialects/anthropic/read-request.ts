// What an Anthropic request says about routing, caching and identity. Checks the types of the fields it reads and no
// more: an unknown field, a new tool or a value out of range is the upstream's to judge.

import type { BadRequest, Endpoint, RequestFacts } from "../dialect.ts";
import { isObject, type JsonObject, parseObject } from "../json-object.ts";
import { uncacheable } from "./uncacheable.ts";

const USER_ID_LENGTH_MAX = 4096;
const SESSION_SUFFIX = /^user_.*_session_([0-9A-Za-z-]+)$/s;

export function readRequest(endpoint: Endpoint, json: unknown): RequestFacts | BadRequest {
  if (endpoint === "models") {
    return { model: undefined, stream: false, deterministic: true, uncacheable: undefined, bodySession: undefined, json: {} };
  }
  if (!isObject(json)) return { badRequest: "The body must be a JSON object with `model` and `messages`." };
  const problem = problemOf(endpoint, json);
  if (problem !== undefined) return { badRequest: problem };
  return {
    model: json.model as string,
    stream: endpoint === "messages" && json.stream === true,
    deterministic: endpoint === "count_tokens" || (json.temperature === 0 && !thinks(json)),
    uncacheable: uncacheable(endpoint, json),
    bodySession: sessionOf(json),
    json,
  };
}

/** The optional fields that are read, with what they must be. Null is as good as absent. */
const SHAPES: readonly (readonly [field: string, shape: string, fits: (value: unknown) => boolean])[] = [
  ["stream", "true or false", (value) => typeof value === "boolean"],
  ["temperature", "a number", (value) => typeof value === "number"],
  ["system", "a string or a list of text blocks", (value) => typeof value === "string" || Array.isArray(value)],
  ["tools", "a list of tools", Array.isArray],
  ["metadata", "an object", isObject],
  ["thinking", "an object with `type`", isObject],
];

function problemOf(endpoint: Endpoint, body: JsonObject): string | undefined {
  if (typeof body.model !== "string" || body.model === "") {
    return "`model` must be a string: name the model to ask, for example `claude-sonnet-4-5`.";
  }
  const { messages } = body;
  if (endpoint === "messages" && !Array.isArray(messages)) {
    return "`messages` must be a list: send the conversation as objects with `role` and `content`.";
  }
  if (Array.isArray(messages) && !messages.every(isObject)) {
    return "Every entry of `messages` must be an object with `role` and `content`.";
  }
  for (const [field, shape, fits] of SHAPES) {
    const value = body[field];
    if (value !== undefined && value !== null && !fits(value)) return `\`${field}\` must be ${shape}, or be left out.`;
  }
  return undefined;
}

/** The API takes no temperature of 0 together with thinking, whatever kind; an answer to both would be a sample. */
const thinks = (body: JsonObject): boolean => isObject(body.thinking) && body.thinking.type !== "disabled";

/** Claude Code's `metadata.user_id`: a JSON text with `session_id`, or `user_..._account_..._session_<uuid>` before that. */
function sessionOf(body: JsonObject): string | undefined {
  const userId = isObject(body.metadata) ? body.metadata.user_id : undefined;
  if (typeof userId !== "string" || userId.length > USER_ID_LENGTH_MAX) return undefined;
  const session = userId.startsWith("{") ? parseObject(userId)?.session_id : SESSION_SUFFIX.exec(userId)?.[1];
  return typeof session === "string" && session !== "" ? session : undefined;
}
