// Answers that Millrace gives itself when a call cannot go on, in the shape of the caller's dialect.

import type { RefusalKind } from "./dialects/dialect.ts";
import type { Answer, Exchange } from "./exchange.ts";
import { HeaderFields } from "./header-fields.ts";

export const refusalStatus: Readonly<Record<RefusalKind, number>> = {
  invalid_request: 400,
  authentication: 401,
  permission: 403,
  not_found: 404,
  method_not_allowed: 405,
  body_timeout: 408,
  too_large: 413,
  unsupported_media: 415,
  upgrade_required: 426,
  rate_limited: 429,
  internal: 500,
  upstream_unreachable: 502,
  overloaded: 503,
  upstream_timeout: 504,
};

/** Refusals after which the same request may well succeed, with the seconds to wait when nobody knows better. */
const RETRY_AFTER_SECONDS: Partial<Record<RefusalKind, number>> = {
  rate_limited: 5,
  upstream_unreachable: 1,
  overloaded: 2,
  upstream_timeout: 1,
};

export interface RefuseOptions {
  /** Whole seconds, 1 to 60: assistants give up at once on more. */
  readonly retryAfterSeconds?: number;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** @param message for the caller: what happened and what to do next; never a secret, never a prompt. */
export function refuse(exchange: Exchange, kind: RefusalKind, message: string, options: RefuseOptions = {}): Answer {
  const headers = new HeaderFields([["content-type", "application/json"], ...Object.entries(options.headers ?? {})]);
  const retryAfter = options.retryAfterSeconds ?? RETRY_AFTER_SECONDS[kind];
  if (retryAfter !== undefined) headers.set("retry-after", String(Math.min(60, Math.max(1, Math.ceil(retryAfter)))));
  exchange.report.outcome = refusalStatus[kind] >= 500 && kind !== "overloaded" ? "upstream_failed" : "refused";
  exchange.report.reason = kind;
  if (kind === "internal") exchange.report.outcome = "internal";
  return { status: refusalStatus[kind], headers, body: exchange.dialect.errorBody(kind, message, exchange.id) };
}
