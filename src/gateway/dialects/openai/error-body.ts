// Refusals and failures in the words of the OpenAI API. The codes are stable. They avoid the two overload codes of
// OpenAI (`server_is_overloaded`, `slow_down`): Codex ends its run at once on those, while it tries again on any other.

import type { RefusalKind } from "../dialect.ts";
import { isObject } from "../json-object.ts";

/** The `error` object of a body or an event. */
export interface ApiError {
  readonly message: string;
  readonly type: string;
  readonly param: null;
  readonly code: string;
}

const CALLER = "invalid_request_error";
const SERVER = "server_error";

const TYPE_AND_CODE: Readonly<Record<RefusalKind, readonly [type: string, code: string]>> = {
  invalid_request: [CALLER, "invalid_request"],
  authentication: ["authentication_error", "invalid_api_key"],
  permission: ["permission_error", "permission_denied"],
  not_found: [CALLER, "not_found"],
  method_not_allowed: [CALLER, "method_not_allowed"],
  body_timeout: [CALLER, "request_timeout"],
  too_large: [CALLER, "request_too_large"],
  unsupported_media: [CALLER, "unsupported_media_type"],
  upgrade_required: [CALLER, "upgrade_required"],
  rate_limited: ["rate_limit_error", "rate_limit_exceeded"],
  internal: [SERVER, "internal_error"],
  upstream_unreachable: [SERVER, "upstream_unreachable"],
  overloaded: [SERVER, "overloaded"],
  upstream_timeout: [SERVER, "upstream_timeout"],
};

export function apiError(kind: RefusalKind, message: string): ApiError {
  const [type, code] = TYPE_AND_CODE[kind];
  return { message, type, param: null, code };
}

/** The frame that ends a failed stream of chunks; the SDKs throw on it. */
export const errorFrame = (error: ApiError): string => `data: ${JSON.stringify({ error })}\n\n`;

const WORD = /^[\w.-]{1,64}$/;

/** The code, else the type, of an upstream's error object. Never its message, which can repeat the prompt. */
export function failureWord(error: unknown): string {
  if (!isObject(error)) return "error";
  const words = [error.code, error.type].map((word) => (typeof word === "number" ? String(word) : word));
  return words.find((word): word is string => typeof word === "string" && WORD.test(word)) ?? "error";
}
