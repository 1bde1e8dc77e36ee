// Around everything: gives every answer its headers, and writes down what became of the call exactly once, when its
// last byte went out or its client left. Knows nothing of where the record goes. Records hold no prompt and no secret.

import { type Clock, MillraceError } from "../../base/index.ts";
import type { Priority } from "../../mechanisms/queue/index.ts";
import type { DialectName, Endpoint, Usage } from "../dialects/dialect.ts";
import { atEnd } from "../ending.ts";
import type { Answer, CacheOutcome, Exchange, Outcome, Step } from "../exchange.ts";
import { HeaderFields } from "../header-fields.ts";
import { refuse } from "../refuse.ts";
import type { Sink, StreamBody } from "../sink.ts";

/** One finished call. Times in milliseconds. */
export interface CallRecord {
  readonly id: string;
  readonly dialect: DialectName;
  readonly endpoint: Endpoint;
  readonly model: string | undefined;
  readonly upstreamModel: string | undefined;
  readonly upstream: string | undefined;
  readonly stream: boolean;
  readonly tenant: string;
  readonly team: string;
  readonly user: string;
  readonly session: string | undefined;
  readonly status: number;
  readonly outcome: Outcome;
  readonly reason: string | undefined;
  readonly cache: CacheOutcome;
  /** Undefined for calls that ask no model. */
  readonly priority: Priority | undefined;
  /** Time in line before the upstream; undefined when there was no line to stand in. */
  readonly queuedMs: number | undefined;
  /** Upstreams asked, one after the other. */
  readonly attempts: number;
  readonly usage: Usage | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly totalMs: number;
  /** From arrival to the client's first byte; undefined when it never got one. */
  readonly firstByteMs: number | undefined;
  /** The part of `firstByteMs` that was not spent waiting for the upstream. */
  readonly gatewayMs: number | undefined;
}

export interface RecordOptions {
  readonly clock: Clock;
  /** Takes each finished call. Must not throw and must not wait. */
  readonly observe: (record: CallRecord) => void;
  /** Takes errors that no step expected. */
  readonly report: (error: unknown, exchangeId: string) => void;
}

export function record({ clock, observe, report }: RecordOptions): Step {
  return (next) => async (exchange) => {
    let answer: Answer;
    try {
      answer = await next(exchange);
    } catch (error) {
      answer = unexpected(exchange, error, report);
    }
    decorate(answer.headers, exchange);
    if (answer.body instanceof Uint8Array) {
      exchange.report.firstByteAt = clock.monotonic();
      exchange.report.bytesOut = answer.body.byteLength;
    }
    const { body } = answer;
    const seen = body instanceof Uint8Array ? answer : { ...answer, body: countedStream(body, exchange, clock) };
    return atEnd(seen, exchange.call.signal, (error) => {
      if (error !== undefined) blame(exchange, error);
      observe(recordOf(exchange, answer.status, clock.monotonic()));
    });
  };
}

const countedStream =
  (body: StreamBody, exchange: Exchange, clock: Clock): StreamBody =>
  (sink, signal) =>
    body(counted(sink, exchange, clock), signal);

function counted(sink: Sink, { report }: Exchange, clock: Clock): Sink {
  return {
    write(chunk) {
      if (report.firstByteAt === undefined) report.firstByteAt = clock.monotonic();
      report.bytesOut += chunk.byteLength;
      return sink.write(chunk);
    },
  };
}

function blame({ report, call }: Exchange, error: unknown): void {
  if (call.signal.aborted) {
    report.outcome = "client_left";
    return;
  }
  report.outcome = "upstream_failed";
  report.reason = MillraceError.is(error) ? error.code : "internal";
}

function unexpected(exchange: Exchange, error: unknown, report: RecordOptions["report"]): Answer {
  if (exchange.call.signal.aborted) {
    exchange.report.outcome = "client_left";
    return { status: 499, headers: new HeaderFields(), body: new Uint8Array(0) };
  }
  report(error, exchange.id);
  return refuse(exchange, "internal", `Millrace failed to serve this call; its operator finds it as ${exchange.id}.`);
}

function decorate(headers: HeaderFields, { id, report, session }: Exchange): void {
  if (!headers.has("x-request-id")) headers.set("x-request-id", id);
  headers.set("x-millrace-cache", report.cache);
  if (report.upstream !== undefined) headers.set("x-millrace-upstream", report.upstream);
  if (session !== undefined) headers.set("x-millrace-session", session);
  if (report.turn !== undefined) headers.set("x-millrace-thread", report.turn);
  if (report.queuedMs !== undefined) headers.set("x-millrace-queue-ms", String(Math.round(report.queuedMs)));
}

function recordOf(exchange: Exchange, status: number, now: number): CallRecord {
  const { facts, identity, report, startedAt } = exchange;
  const firstByteMs = report.firstByteAt === undefined ? undefined : report.firstByteAt - startedAt;
  return {
    id: exchange.id,
    dialect: exchange.dialect.name,
    endpoint: exchange.endpoint,
    model: facts.model,
    upstreamModel: exchange.target.upstreamModel,
    upstream: report.upstream,
    stream: facts.stream,
    tenant: identity.tenant,
    team: identity.team,
    user: identity.user,
    session: exchange.session,
    status,
    outcome: report.outcome,
    reason: report.reason,
    cache: report.cache,
    priority: report.priority,
    queuedMs: report.queuedMs,
    attempts: report.attempts,
    usage: report.usage,
    bytesIn: report.bytesIn,
    bytesOut: report.bytesOut,
    totalMs: now - startedAt,
    firstByteMs,
    gatewayMs: firstByteMs === undefined ? undefined : firstByteMs - waitedForUpstream(exchange),
  };
}

function waitedForUpstream({ report: { sentAt, upstreamFirstByteAt } }: Exchange): number {
  return sentAt === undefined || upstreamFirstByteAt === undefined ? 0 : upstreamFirstByteAt - sentAt;
}
