// What travels through the pipeline: one call of a client, what each step learned about it, and the answer.
// A stream is pushed into a sink, so that any number of steps can watch it at the cost of one function call a chunk.

import type { Cancel } from "../base/index.ts";
import type { Dialect, Endpoint, RequestFacts, Usage } from "./dialects/dialect.ts";
import type { Identity } from "./identity/identity.ts";

/** Where a stream goes. A returned promise is backpressure: the writer waits for it before the next chunk. */
export interface Sink {
  write(chunk: Uint8Array): void | Promise<void>;
}

/**
 * A streamed body. Pushes every chunk in order, then resolves. Rejects with a MillraceError when the source fails,
 * or with the signal's reason when the reader left; chunks pushed so far stay valid.
 */
export type StreamBody = (sink: Sink, signal: AbortSignal) => Promise<void>;

export interface Answer {
  status: number;
  headers: Headers;
  /** Whole bytes, or a stream. A stream must be run or its call is released by aborting the exchange's signal. */
  body: Uint8Array | StreamBody;
}

/** The client's call as it arrived: nothing here is ever changed. */
export interface Call {
  readonly method: string;
  /** Path without query, as sent: `/v1/messages`. */
  readonly path: string;
  /** With the question mark, or empty. */
  readonly query: string;
  readonly headers: Headers;
  /** The body as received, byte for byte. Empty for GET. */
  readonly body: Uint8Array;
  /** Address of the peer, for logs. */
  readonly peer: string;
  /** Aborts when the client leaves or the server gives the call up. */
  readonly signal: AbortSignal;
}

/** How the cache took part; the value of the `x-millrace-cache` response header. */
export type CacheOutcome = "hit" | "miss" | "coalesced" | "bypass";

/** What became of the call, for metrics and the log line. */
export type Outcome = "ok" | "refused" | "upstream_error" | "upstream_failed" | "client_left" | "internal";

/** What the record step writes down. Filled by the steps as they learn it. */
export interface Report {
  cache: CacheOutcome;
  outcome: Outcome;
  /** Stable word for why a call was refused or failed; a MillraceError code or a refusal kind. */
  reason: string | undefined;
  upstream: string | undefined;
  upstreamModel: string | undefined;
  usage: Usage | undefined;
  /** Clock.monotonic() when the upstream call began, when its first body byte came, when the client got its first byte. */
  sentAt: number | undefined;
  upstreamFirstByteAt: number | undefined;
  firstByteAt: number | undefined;
}

export interface Exchange {
  /** Request id: `x-request-id` unless the upstream names one. */
  readonly id: string;
  readonly call: Call;
  readonly dialect: Dialect;
  readonly endpoint: Endpoint;
  /** Clock.monotonic() at arrival. */
  readonly startedAt: number;
  /** Set by `identify`. */
  identity: Identity;
  /** Set by `identify`: stable for a conversation, scoped by tenant; see identity/session.ts. */
  session: string | undefined;
  /** Set by `read`: what the dialect found in the body. */
  facts: RequestFacts;
  report: Report;
}

export type Handle = (exchange: Exchange) => Promise<Answer>;
/** One step of the pipeline. An early answer simply does not call `next`. */
export type Step = (next: Handle) => Handle;
export type { Cancel };
