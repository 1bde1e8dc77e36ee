// What travels through the pipeline: one call of a client, what each step learned about it, and the answer.
// A stream is pushed into a sink, so that any number of steps can watch it at the cost of one function call a chunk.

import type { Abortable } from "../base/index.ts";
import type { Priority } from "../mechanisms/queue/index.ts";
import type { KnownBody } from "./body-memo.ts";
import type { Dialect, Endpoint, RequestFacts, Usage } from "./dialects/dialect.ts";
import type { HeaderFields } from "./header-fields.ts";
import type { Identity } from "./identity/identity.ts";
import type { StreamBody } from "./sink.ts";
import type { Target, Upstream } from "./upstream.ts";

export interface Answer {
  status: number;
  headers: HeaderFields;
  /** Whole bytes, or a stream. A stream must be run or its call is released by aborting the exchange's signal. */
  body: Uint8Array | StreamBody;
  /** The parsed body, where a step read it: the next need not parse it again. */
  json?: unknown;
}

/** The client's call as it arrived: nothing here is ever changed. */
export interface Call {
  readonly method: string;
  /** Path without query, as sent: `/v1/messages`. */
  readonly path: string;
  /** With the question mark, or empty. */
  readonly query: string;
  readonly headers: Headers;
  /**
   * Receives the body, once, byte for byte. Empty for GET. Rejects with `body_too_large`, `body_timeout` or `caller_left`.
   * A function, so that a call is identified before a byte of its body is waited for.
   */
  readonly readBody: () => Promise<Uint8Array>;
  /** Address of the peer, for logs. */
  readonly peer: string;
  /** Aborts when the client leaves. */
  readonly signal: Abortable;
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
  /** HTTP status of the upstream, once its headers came. */
  upstreamStatus: number | undefined;
  upstreamModel: string | undefined;
  usage: Usage | undefined;
  /** Undefined for calls that ask no model. */
  priority: Priority | undefined;
  /** How long the call waited for its turn at the upstream; undefined when it never stood in line. */
  queuedMs: number | undefined;
  /** Upstreams asked, one after the other. */
  attempts: number;
  /** Names where the turn is taken down; the value of the `x-millrace-thread` response header. */
  turn: string | undefined;
  /** The id by which a later request may continue this answer. */
  continuedAs: string | undefined;
  /** Clock.monotonic() when the upstream call began, when its first body byte came, when the client got its first byte. */
  sentAt: number | undefined;
  upstreamFirstByteAt: number | undefined;
  firstByteAt: number | undefined;
  /** Body bytes that came from the client, before any content coding was undone. */
  bytesIn: number;
  /** Body bytes that went to the client. */
  bytesOut: number;
}

/** What a call is expected to take, and how it ranks. */
export interface Demand {
  readonly priority: Priority;
  /** Tokens of the prompt and of the answer, estimated. */
  readonly input: number;
  readonly output: number;
  /** Calls of the same client, model and endpoint: what their estimates are learned by. */
  readonly kind: string;
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
  /** Set by `read`: the body as received. Let go once the upstream has it: a call may last an hour. */
  body: Uint8Array;
  /** Set by `read`: what the dialect found in the body. Its `json` is let go before the upstream is called. */
  facts: RequestFacts;
  /** Set by `read` for a body that was answered from cache before: `facts` then has no `json`. */
  known: KnownBody | undefined;
  /** Set by `read`: stable for a conversation, scoped by tenant; see identity/session.ts. */
  session: string | undefined;
  /** Set by `read`: the upstreams that may serve the call, and the model name they know. At least one. */
  target: Target;
  /** Clock.monotonic() by which the client wants its whole answer. Set by `deadline` where the client says. */
  readonly deadlineAt: number;
  /** Set by `weigh`. Undefined: the call asks no model anything. */
  demand: Demand | undefined;
  /** Set by `route`: the one that is asked, and whether there is another that could be. */
  upstream: Upstream | undefined;
  hasOthers: boolean;
  report: Report;
}

export type Handle = (exchange: Exchange) => Promise<Answer>;
/** One step of the pipeline. An early answer simply does not call `next`. */
export type Step = (next: Handle) => Handle;
