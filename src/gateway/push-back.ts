// What an upstream's answer says of the upstream itself: that it has too much, that it is broken, or nothing. A push-back
// is no failure: a server that says "later" is healthy, and ejecting it would send its load to the next.

import type { Answer, Exchange } from "./exchange.ts";

export type Verdict =
  | { readonly kind: "ok" }
  | { readonly kind: "pushed_back"; readonly retryAfterMs: number | undefined }
  | { readonly kind: "failed" }
  /** It was never asked, or its client left before it could say anything. */
  | { readonly kind: "none" };

/** Statuses with which servers say that they are broken themselves. */
const BROKEN: ReadonlySet<number> = new Set([500, 502, 503, 504, 520, 521, 522, 523, 524]);
const PUSHED_BACK: ReadonlySet<number> = new Set([429, 529]);
/** Reasons of error events inside a stream that began well. */
const PUSH_BACK_REASONS: ReadonlySet<string> = new Set([
  "overloaded_error",
  "rate_limit_error",
  "rate_limit_exceeded",
  "server_is_overloaded",
]);

export function verdictOf({ report, upstream }: Exchange, { headers }: Pick<Answer, "headers">): Verdict {
  const { upstreamStatus: status, outcome, reason, sentAt } = report;
  if (sentAt === undefined || outcome === "client_left") return { kind: "none" };
  if (status === undefined) return { kind: outcome === "upstream_failed" ? "failed" : "none" };
  // The caller's own key, the caller's own quota: that says nothing about what others may have.
  if (status === 429 && upstream?.credential.kind === "passthrough") return { kind: "ok" };
  const retryAfterMs = retryAfterMsOf(headers.get("retry-after-ms"), headers.get("retry-after"));
  if (PUSHED_BACK.has(status) || (status === 503 && retryAfterMs !== undefined)) return { kind: "pushed_back", retryAfterMs };
  // A key that the operator gave and the upstream refuses fails every call, and quickly: it would draw all load.
  const isKeyWrong = (status === 401 || status === 403) && upstream?.credential.kind === "env";
  if (BROKEN.has(status) || isKeyWrong || outcome === "upstream_failed") return { kind: "failed" };
  if (outcome !== "upstream_error" || status >= 400) return { kind: "ok" };
  return PUSH_BACK_REASONS.has(reason ?? "") ? { kind: "pushed_back", retryAfterMs } : { kind: "failed" };
}

/** Seconds, or the milliseconds that some providers send beside them. A date is rare here and says no more than "later". */
function retryAfterMsOf(milliseconds: string | null, seconds: string | null): number | undefined {
  for (const [value, unitMs] of [
    [milliseconds, 1],
    [seconds, 1000],
  ] as const) {
    if (value === null) continue;
    const number = Number(value);
    return Number.isFinite(number) && number >= 0 ? number * unitMs : 1000;
  }
  return undefined;
}
