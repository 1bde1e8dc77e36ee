// Errors as each API writes them: JSON bodies, and the error types that go with a status.

import type { DialectName } from "../dialects/dialect.ts";

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

const OPENAI_CODES: Readonly<Record<number, string>> = {
  401: "invalid_api_key",
  404: "not_found",
  429: "rate_limit_exceeded",
  500: "server_error",
  503: "server_is_overloaded",
  529: "server_is_overloaded",
};

const TYPE_STATUS: Readonly<Record<string, number>> = {
  overloaded_error: 529,
  server_is_overloaded: 503,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  invalid_request_error: 400,
  context_length_exceeded: 400,
};

/** The status under which an error that belongs in a stream is answered when there is no stream. */
export const statusOfType = (type: string): number => TYPE_STATUS[type] ?? 500;

export function refusalBody(dialect: DialectName, status: number, message: string, requestId: string): string {
  if (dialect === "anthropic") {
    const type = ANTHROPIC_TYPES[status] ?? (status < 500 ? "invalid_request_error" : "api_error");
    return JSON.stringify({ type: "error", error: { type, message }, request_id: requestId });
  }
  const type = status === 429 ? "requests" : status < 500 ? "invalid_request_error" : "server_error";
  return JSON.stringify({ error: { message, type, param: null, code: OPENAI_CODES[status] ?? null } });
}
