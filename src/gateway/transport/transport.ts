// How a request reaches an upstream and its answer comes back, in the gateway's words: whole request bodies out,
// pushed chunks in. One implementation speaks HTTP/1.1, another wraps a `fetch` function (the scripted model).

import type { HeaderFields } from "../header-fields.ts";
import type { Sink } from "../sink.ts";

export interface TransportRequest {
  readonly method: string;
  /** Absolute, http or https. */
  readonly url: string;
  /** Name and value, sent as they are, beside `host` and `content-length`, which the transport writes. */
  readonly headers: readonly (readonly [string, string])[];
  /** Undefined: no body. */
  readonly body: Uint8Array | undefined;
  /** Called once when there is a connection to send on; at once when one was kept open. */
  readonly onConnected?: () => void;
}

export interface TransportResponse {
  readonly status: number;
  readonly headers: HeaderFields;
  /** Bytes of the body when the upstream said so; undefined when it did not. */
  readonly length: number | undefined;
  /**
   * Pushes the body into the sink and resolves at its end; no promise when all of it was pushed at once. A promise from
   * the sink holds the upstream back. To be called once; until then the connection waits. Rejects with `upstream_cut`,
   * or with the reason of `abort`.
   */
  readonly pipe: (sink: Sink) => void | Promise<void>;
}

/** A request under way. Plain functions instead of an AbortSignal, which costs more than the request's own bookkeeping. */
export interface TransportCall {
  /** Rejects with `upstream_unreachable` or `upstream_cut`, or with the reason of `abort`. */
  readonly response: Promise<TransportResponse>;
  /** Ends the request, its body too, with this reason. Without effect after the end. */
  abort(reason: unknown): void;
}

/** Follows no redirect and undoes no content coding. */
export type Transport = (request: TransportRequest) => TransportCall;
