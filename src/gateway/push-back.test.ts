import { describe, expect, test } from "bun:test";
import type { Exchange, Report } from "./exchange.ts";
import { HeaderFields } from "./header-fields.ts";
import { verdictOf } from "./push-back.ts";

function verdict(report: Partial<Report>, headers: [string, string][] = [], credential = "none") {
  const full = { outcome: "ok", sentAt: 1, ...report };
  const exchange = { report: full, upstream: { credential: { kind: credential } } } as unknown as Exchange;
  return verdictOf(exchange, { headers: new HeaderFields(headers) });
}

const failed = (status: number): Partial<Report> => ({
  upstreamStatus: status,
  outcome: "upstream_error",
  reason: `http_${status}`,
});

describe("verdictOf", () => {
  test("a good answer and a caller's mistake say that the upstream works", () => {
    expect(verdict({ upstreamStatus: 200 })).toEqual({ kind: "ok" });
    for (const status of [400, 401, 403, 404, 413, 422]) expect(verdict(failed(status))).toEqual({ kind: "ok" });
  });

  test("429 and 529 push back, 503 only when it says for how long", () => {
    expect(verdict(failed(429))).toEqual({ kind: "pushed_back", retryAfterMs: undefined });
    expect(verdict(failed(529), [["retry-after", "7"]])).toEqual({ kind: "pushed_back", retryAfterMs: 7000 });
    expect(
      verdict(failed(429), [
        ["retry-after", "9"],
        ["retry-after-ms", "250"],
      ]),
    ).toEqual({ kind: "pushed_back", retryAfterMs: 250 });
    expect(verdict(failed(429), [["retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"]])).toEqual({
      kind: "pushed_back",
      retryAfterMs: 1000,
    });
    expect(verdict(failed(503), [["retry-after", "2"]])).toEqual({ kind: "pushed_back", retryAfterMs: 2000 });
    expect(verdict(failed(503))).toEqual({ kind: "failed" });
  });

  test("an error event inside a stream counts by its kind", () => {
    const event = (reason: string): Partial<Report> => ({ upstreamStatus: 200, outcome: "upstream_error", reason });
    expect(verdict(event("overloaded_error")).kind).toBe("pushed_back");
    expect(verdict(event("rate_limit_exceeded")).kind).toBe("pushed_back");
    expect(verdict(event("api_error")).kind).toBe("failed");
  });

  test("what broke has failed", () => {
    for (const status of [500, 502, 504, 520]) expect(verdict(failed(status))).toEqual({ kind: "failed" });
    expect(verdict({ outcome: "upstream_failed", reason: "upstream_unreachable" })).toEqual({ kind: "failed" });
    expect(verdict({ outcome: "upstream_failed", upstreamStatus: 200, reason: "upstream_cut" })).toEqual({ kind: "failed" });
  });

  test("a key of the operator that is refused is the upstream's failure, a caller's own is not", () => {
    expect(verdict(failed(401), [], "env")).toEqual({ kind: "failed" });
    expect(verdict(failed(401), [], "passthrough")).toEqual({ kind: "ok" });
  });

  test("who was not asked, or not heard out, says nothing", () => {
    expect(verdict({ sentAt: undefined, outcome: "refused" })).toEqual({ kind: "none" });
    expect(verdict({ outcome: "client_left" })).toEqual({ kind: "none" });
  });
});
