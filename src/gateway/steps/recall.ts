// Answers from cache, and one upstream call for identical requests in flight. Only what is expected to repeat is kept,
// or what the client opted in; only whole, valid answers are; and nothing crosses the scope in the key.

import { Cancellation, type Random } from "../../base/index.ts";
import type { BodyMemo } from "../body-memo.ts";
import { type CacheKeys, type CacheScope, cacheKeysOf } from "../cache-key.ts";
import type { Answer, Exchange, Handle, Step } from "../exchange.ts";
import { fingerprintDigest } from "../fingerprint-digest.ts";
import { type FlyOptions, fly } from "../fly.ts";
import { HeaderFields } from "../header-fields.ts";
import { refuse } from "../refuse.ts";
import { type StoredAnswer, withFreshId } from "../stored-answer.ts";
import { bodyKind } from "../turn-facts.ts";

export interface RecallOptions extends FlyOptions {
  readonly memo: BodyMemo;
  readonly random: Random;
  readonly scope: CacheScope;
}

type Mode = "default" | "on" | "off" | "refresh";
const MODES: readonly string[] = ["on", "off", "refresh"];

export function recall(options: RecallOptions): Step {
  return (next) => (exchange) => {
    const mode = exchange.call.headers.get("x-millrace-cache") ?? "default";
    if (mode !== "default" && !MODES.includes(mode)) {
      return Promise.resolve(refuse(exchange, "invalid_request", "The header x-millrace-cache is `on`, `off` or `refresh`."));
    }
    if (!mayRecall(exchange, mode as Mode)) return next(exchange);
    const keys = cacheKeysOf(exchange, options.scope);
    if (mode === "refresh") return fly(exchange, keys, next, options);
    const found = options.cache.get(keys.answer);
    const answer = (fresh: StoredAnswer | undefined) => recalled(exchange, keys, fresh, next, options);
    return found instanceof Promise ? found.then(answer) : answer(found);
  };
}

function mayRecall({ facts }: Exchange, mode: Mode): boolean {
  if (mode === "off" || facts.uncacheable !== undefined) return false;
  return facts.deterministic || mode === "on" || mode === "refresh";
}

/** The fresh answer, or a stale one while a new one is fetched; a new one when there is none in the form asked for. */
function recalled(
  exchange: Exchange,
  keys: CacheKeys,
  fresh: StoredAnswer | undefined,
  next: Handle,
  options: RecallOptions,
): Promise<Answer> {
  const held = fresh ?? stale(exchange, keys, next, options);
  if (fresh) remember(exchange, keys, options.memo);
  const answer = held && replay(exchange, held, options);
  return answer ? Promise.resolve(answer) : fly(exchange, keys, next, options);
}

function stale(exchange: Exchange, keys: CacheKeys, next: Handle, options: RecallOptions): StoredAnswer | undefined {
  const kept = options.cache.peek(keys.answer);
  // Not stale when another call brought it while the second tier was asked.
  if (kept && kept.leftMs <= 0) void refresh(exchange, keys, next, options);
  return kept?.value;
}

/** From its second answer on, the body need not be read again. */
function remember(exchange: Exchange, { bodyDigest }: CacheKeys, memo: BodyMemo): void {
  const { endpoint, body, facts } = exchange;
  if (exchange.known || body.byteLength === 0) return;
  memo.add(endpoint, body, {
    facts: { ...facts, json: {} },
    bodyDigest,
    kind: bodyKind(exchange),
    fingerprint: fingerprintDigest(exchange),
  });
}

function replay(exchange: Exchange, held: StoredAnswer, { clock, random }: RecallOptions): Answer | undefined {
  const { dialect, endpoint, facts, report, id } = exchange;
  const wire = facts.stream ? "events" : "json";
  const form = held.wire === wire ? held : dialect.convert(endpoint, held, wire);
  if (!form) return undefined;
  report.cache = "hit";
  const contentType = form === held ? held.contentType : CONTENT_TYPES[wire];
  const headers = new HeaderFields([
    ["content-type", contentType],
    ["age", String(Math.max(0, Math.floor((clock.now() - held.storedAt) / 1000)))],
    ["request-id", id],
  ]);
  if (held.usage) headers.set("x-millrace-usage", JSON.stringify(held.usage));
  return { status: 200, headers, body: withFreshId({ ...held, bytes: form.bytes }, random) };
}

const CONTENT_TYPES = { events: "text/event-stream; charset=utf-8", json: "application/json" } as const;

/** Fetches anew for nobody in particular. Its failure is the next caller's to see, when the stale answer has ended. */
async function refresh(exchange: Exchange, keys: CacheKeys, next: Handle, options: RecallOptions): Promise<void> {
  const signal = new Cancellation();
  const forNobody = { ...exchange, call: { ...exchange.call, signal }, report: { ...exchange.report } };
  try {
    const { body } = await fly(forNobody, keys, next, options);
    if (!(body instanceof Uint8Array)) await body({ write() {} }, signal);
  } catch {
    // Told above.
  }
}
