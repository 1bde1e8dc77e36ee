// Response headers as a provider sends them: the request id and the rate limits, which clients read and show.

import type { DialectName } from "../dialects/dialect.ts";

const LIMITS = { requests: 4000, tokens: 2_000_000 };

export function responseHeaders(dialect: DialectName, requestId: string): Headers {
  if (dialect === "openai") {
    return new Headers({
      "x-request-id": requestId,
      "openai-version": "2020-10-01",
      "openai-organization": "millrace-scripted",
      "x-ratelimit-limit-requests": String(LIMITS.requests),
      "x-ratelimit-limit-tokens": String(LIMITS.tokens),
      "x-ratelimit-remaining-requests": String(LIMITS.requests - 1),
      "x-ratelimit-remaining-tokens": String(LIMITS.tokens),
      "x-ratelimit-reset-requests": "15ms",
      "x-ratelimit-reset-tokens": "0s",
    });
  }
  return new Headers({
    "request-id": requestId,
    "anthropic-organization-id": "millrace-scripted",
    "anthropic-ratelimit-requests-limit": String(LIMITS.requests),
    "anthropic-ratelimit-requests-remaining": String(LIMITS.requests - 1),
    "anthropic-ratelimit-input-tokens-limit": String(LIMITS.tokens),
    "anthropic-ratelimit-input-tokens-remaining": String(LIMITS.tokens),
    "anthropic-ratelimit-output-tokens-limit": String(LIMITS.tokens),
    "anthropic-ratelimit-output-tokens-remaining": String(LIMITS.tokens),
  });
}
