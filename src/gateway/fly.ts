// One upstream call for all who ask the same at the same time. The call runs for nobody in particular: it goes on until
// the last of its callers has left. What it brings is stored when it is whole and valid.

import { isUtf8 } from "node:buffer";
import { type Abortable, type Clock, concat } from "../base/index.ts";
import type { Cache, FlightStart, Flights, TieredCache } from "../mechanisms/cache/index.ts";
import type { CacheKeys } from "./cache-key.ts";
import type { Answer, Exchange, Handle, Report } from "./exchange.ts";
import type { HeaderFields } from "./header-fields.ts";
import type { Sink, StreamBody } from "./sink.ts";
import type { StoredAnswer } from "./stored-answer.ts";

/** What is known of a shared call before its first byte. */
export interface FlightHead {
  readonly status: number;
  readonly headers: HeaderFields;
  /** Filled while the call goes on. */
  readonly report: Report;
  /** Whose record carries the tokens: the first caller who saw the end. */
  accounted: boolean;
}

export interface FlyOptions {
  readonly clock: Clock;
  /** In memory alone, or with a second tier. */
  readonly cache: Cache<StoredAnswer> | TieredCache<StoredAnswer>;
  readonly flights: Flights<FlightHead, Uint8Array>;
  /** A larger answer is not stored. */
  readonly answerBytesMax: number;
}

export async function fly(exchange: Exchange, keys: CacheKeys, next: Handle, options: FlyOptions): Promise<Answer> {
  const { report, call } = exchange;
  report.cache = "miss";
  const joined = await options.flights.join(keys.flight, (signal) => start(exchange, keys, next, options, signal), call.signal);
  if (joined.kind === "full") return next(exchange);
  letGo(exchange);
  if (joined.kind === "failed") throw joined.error;
  const { head } = joined;
  const headers = head.headers.copy();
  if (joined.kind === "follower") {
    report.cache = "coalesced";
    headers.delete("set-cookie");
  }
  report.upstream = head.report.upstream;
  report.priority = head.report.priority;
  report.queuedMs = head.report.queuedMs;
  report.attempts = head.report.attempts;
  const answer = { status: head.status, headers };
  if ("body" in joined) return { ...answer, body: accounting(exchange, head, joined.body) };
  takeTokens(exchange, head);
  takeReport(exchange, head);
  return { ...answer, body: joined.whole };
}

/** The shared call has what it needs; what this caller sent is not needed again. */
function letGo(exchange: Exchange): void {
  exchange.body = SENT;
  exchange.facts = { ...exchange.facts, json: {} };
}

const SENT = new Uint8Array(0);

async function start(
  exchange: Exchange,
  keys: CacheKeys,
  next: Handle,
  options: FlyOptions,
  signal: Abortable,
): Promise<FlightStart<FlightHead, Uint8Array>> {
  const flown: Exchange = { ...exchange, call: { ...exchange.call, signal }, report: { ...exchange.report } };
  const answer = await next(flown);
  const { status, headers, body } = answer;
  const head: FlightHead = { status, headers, report: flown.report, accounted: false };
  if (body instanceof Uint8Array) {
    if (status === 200 && body.byteLength <= options.answerBytesMax) store(flown, answer, body, keys, options);
    return { head, whole: body };
  }
  const run: StreamBody = async (sink, readerSignal) => {
    const kept = new Kept(options.answerBytesMax);
    const keeping: Sink = {
      write(chunk) {
        kept.add(chunk);
        return sink.write(chunk);
      },
    };
    await body(keeping, readerSignal);
    const bytes = kept.bytes();
    if (status === 200 && bytes) store(flown, answer, bytes, keys, options);
  };
  return { head, run };
}

/** The bytes so far, given up as soon as they are too many. */
class Kept {
  readonly #bytesMax: number;
  #parts: Uint8Array[] = [];
  #total = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(chunk: Uint8Array): void {
    this.#total += chunk.byteLength;
    if (this.#total <= this.#bytesMax) this.#parts.push(chunk);
    else this.#parts = [];
  }

  bytes(): Uint8Array | undefined {
    return this.#total <= this.#bytesMax ? concat(this.#parts, this.#total) : undefined;
  }
}

function store(flown: Exchange, { headers, json }: Answer, bytes: Uint8Array, keys: CacheKeys, options: FlyOptions): void {
  const { dialect, endpoint, report } = flown;
  const contentType = headers.get("content-type") ?? "application/json";
  const wire = contentType.startsWith("text/event-stream") ? "events" : "json";
  // JSON and events are UTF-8; a decoder would mend what is not, and the other wire form would say something else.
  if (!isUtf8(bytes) || !dialect.storable(endpoint, { wire, bytes, json })) return;
  const answerId = dialect.answerId(endpoint, { wire, bytes, json });
  const storedAt = options.clock.now();
  options.cache.set(keys.answer, { wire, bytes, contentType, usage: report.usage, answerId, storedAt });
}

/** Copies what the shared call learned into the record of one caller; the tokens into one only. */
function accounting(exchange: Exchange, head: FlightHead, body: StreamBody): StreamBody {
  return async (sink, signal) => {
    try {
      await body(sink, signal);
      takeTokens(exchange, head);
    } finally {
      takeReport(exchange, head);
    }
  };
}

function takeTokens({ report }: Exchange, head: FlightHead): void {
  if (!head.accounted) report.usage = head.report.usage;
  head.accounted = true;
}

function takeReport({ report, startedAt }: Exchange, { report: shared }: FlightHead): void {
  report.outcome = shared.outcome;
  report.reason = shared.reason;
  report.upstreamStatus = shared.upstreamStatus;
  if (shared.sentAt !== undefined) report.sentAt = Math.max(shared.sentAt, startedAt);
  if (shared.upstreamFirstByteAt !== undefined) report.upstreamFirstByteAt = Math.max(shared.upstreamFirstByteAt, startedAt);
}
