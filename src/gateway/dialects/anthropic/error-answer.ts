// Refusals and failures in the words of the Anthropic API. The status is the caller's business.

import { utf8 } from "../../../base/index.ts";
import type { RefusalKind } from "../dialect.ts";

const TYPES: Readonly<Record<RefusalKind, string>> = {
  invalid_request: "invalid_request_error",
  authentication: "authentication_error",
  permission: "permission_error",
  not_found: "not_found_error",
  method_not_allowed: "invalid_request_error",
  body_timeout: "timeout_error",
  too_large: "request_too_large",
  unsupported_media: "invalid_request_error",
  upgrade_required: "invalid_request_error",
  rate_limited: "rate_limit_error",
  internal: "api_error",
  upstream_unreachable: "api_error",
  overloaded: "overloaded_error",
  upstream_timeout: "timeout_error",
};

export function errorBody(kind: RefusalKind, message: string, requestId: string): Uint8Array {
  return utf8(JSON.stringify({ type: "error", error: { type: TYPES[kind], message }, request_id: requestId }));
}

export function errorEvent(kind: RefusalKind, message: string): Uint8Array {
  return utf8(`event: error\ndata: ${JSON.stringify({ type: "error", error: { type: TYPES[kind], message } })}\n\n`);
}
