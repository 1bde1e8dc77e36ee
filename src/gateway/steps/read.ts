// Receives the body of an identified call and reads it once: what it asks for, whose conversation it continues and
// which upstreams may answer. The body itself stays as it came.

import { MillraceError } from "../../base/index.ts";
import type { BodyMemo } from "../body-memo.ts";
import { decoded, UnknownCoding } from "../content-coding.ts";
import type { RefusalKind } from "../dialects/dialect.ts";
import type { Answer, Exchange, Step } from "../exchange.ts";
import { fingerprintDigest } from "../fingerprint-digest.ts";
import { sessionOf } from "../identity/session.ts";
import { refuse } from "../refuse.ts";
import type { ResolveTarget } from "../upstream.ts";

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

export interface ReadOptions {
  readonly resolve: ResolveTarget;
  readonly memo: BodyMemo;
  /** Largest body after its content coding is undone, in bytes. */
  readonly bodyBytesMax: number;
}

export function read({ resolve, bodyBytesMax, memo }: ReadOptions): Step {
  return (next) => async (exchange) => {
    const { call, dialect, endpoint } = exchange;
    if (call.method === "POST") {
      const type = call.headers.get("content-type");
      if (type !== null && type !== "application/json" && !JSON_TYPE.test(type))
        return refuse(exchange, "unsupported_media", NO_JSON);
      try {
        const body = await call.readBody();
        exchange.report.bytesIn = body.byteLength;
        const coding = call.headers.get("content-encoding");
        exchange.body = coding === null ? body : await decoded(body, coding, bodyBytesMax);
      } catch (error) {
        return refuseBody(exchange, error, bodyBytesMax);
      }
      const refusal = understand(exchange, memo);
      if (refusal) return refusal;
    }
    const { facts, identity } = exchange;
    const fingerprint = () => fingerprintDigest(exchange);
    exchange.session = sessionOf({ headers: call.headers, facts, dialect: { fingerprint }, endpoint, identity });
    const target = resolve(dialect.name, facts.model);
    if (!target) return refuse(exchange, "not_found", unserved(facts.model, dialect.name));
    exchange.target = target;
    exchange.report.upstreamModel = target.upstreamModel;
    return next(exchange);
  };
}

const JSON_TYPE = /^application\/(json|[\w.+-]+\+json)\s*(;|$)/i;
const NO_JSON = "The body must be JSON: send it with `content-type: application/json`.";

/** Fills in what the body says, or refuses it. */
function understand(exchange: Exchange, memo: BodyMemo): Answer | undefined {
  const { dialect, endpoint } = exchange;
  exchange.known = memo.find(endpoint, exchange.body);
  if (exchange.known) {
    exchange.facts = exchange.known.facts;
    return undefined;
  }
  const json = parse(exchange.body);
  if (json === undefined) {
    return refuse(exchange, "invalid_request", "The body is not valid JSON in UTF-8. Check how the client writes it.");
  }
  const facts = dialect.read(endpoint, json.value);
  if ("badRequest" in facts) return refuse(exchange, "invalid_request", facts.badRequest);
  exchange.facts = facts;
  return undefined;
}

/** Malformed UTF-8 is refused, not mended: two different bodies must never read alike. */
function parse(body: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(strictUtf8.decode(body)) };
  } catch {
    return undefined;
  }
}

function refuseBody(exchange: Exchange, error: unknown, bodyBytesMax: number): Answer {
  const refusals: readonly (readonly [boolean, RefusalKind, string])[] = [
    [MillraceError.is(error, "body_too_large"), "too_large", `The body is over ${bodyBytesMax} bytes, the limit of this server.`],
    [MillraceError.is(error, "body_timeout"), "body_timeout", "The body did not arrive in time. Send it again, faster."],
    [error instanceof UnknownCoding, "unsupported_media", "Send the body uncompressed, or as gzip, deflate, br or zstd."],
  ];
  const found = refusals.find(([applies]) => applies);
  if (!found) throw error;
  return refuse(exchange, found[1], found[2]);
}

function unserved(model: string | undefined, dialect: string): string {
  const what = model === undefined ? "anything" : `the model \`${model.slice(0, 200)}\``;
  return `No upstream of this server serves ${what} in the ${dialect} dialect. Choose a model that GET /v1/models lists, or ask your operator.`;
}
