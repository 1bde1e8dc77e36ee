// The last step: asks the upstream and hands its answer on, byte for byte. A stream goes on as it comes, is watched as
// it passes and slowed down when its reader is slow. Nothing is retried here.
// Invariant: however a call ends, its timer, its listener and its connection are given back.

import { type Clock, concat, MillraceError, splice, text, utf8 } from "../../base/index.ts";
import { topLevelStringRange } from "../dialects/json-range.ts";
import type { Answer, Exchange, Handle } from "../exchange.ts";
import { requestHeaders, responseHeaders } from "../forward-headers.ts";
import { HeaderFields } from "../header-fields.ts";
import { type Phase, PhaseLimit, type PhaseLimits } from "../phase-limit.ts";
import { refuse } from "../refuse.ts";
import type { Sink, StreamBody } from "../sink.ts";
import type { TransportCall, TransportResponse } from "../transport/transport.ts";
import type { Upstream } from "../upstream.ts";

export interface CallOptions {
  readonly clock: Clock;
  readonly limits: PhaseLimits;
  /** Largest answer that is not a stream, in bytes. Larger ones end in `upstream_cut`. */
  readonly answerBytesMax: number;
}

export function call(options: CallOptions): Handle {
  return (exchange) => {
    const { upstream } = exchange;
    if (!upstream) throw new MillraceError("option_invalid", "The call step needs a route step before it.");
    return new OpenCall(exchange, upstream, options).answer();
  };
}

/** One call under way: its limits, and the way to end it from either side. */
class OpenCall {
  readonly #exchange: Exchange;
  readonly #upstream: Upstream;
  readonly #options: CallOptions;
  readonly #limit: PhaseLimit;
  readonly #leave = () => this.#abort(this.#whyLeft());
  #sent: TransportCall | undefined;

  constructor(exchange: Exchange, upstream: Upstream, options: CallOptions) {
    this.#exchange = exchange;
    this.#upstream = upstream;
    this.#options = options;
    this.#limit = new PhaseLimit(options.clock, options.limits.totalMs, (phase, limitMs) => this.#tooLong(phase, limitMs));
  }

  async answer(): Promise<Answer> {
    try {
      const response = await this.#begin();
      const { status } = response;
      const headers = responseHeaders(response.headers);
      this.#heard(status);
      if (isPlainStream(headers)) return { status, headers, body: this.#stream(response) };
      const parts: Uint8Array[] = [];
      const waiting = response.pipe({ write: this.#keepIn(parts, response.length) });
      if (waiting) await waiting;
      const body = concat(parts);
      return { status, headers, body, json: this.#finished(body, status) };
    } catch (error) {
      this.release();
      return failed(this.#exchange, this.#upstream, error);
    }
  }

  #begin(): Promise<TransportResponse> {
    const { call, report } = this.#exchange;
    const { clock, limits } = this.#options;
    if (call.signal.aborted) throw this.#whyLeft();
    call.signal.addEventListener("abort", this.#leave);
    report.upstream = this.#upstream.name;
    report.sentAt = clock.monotonic();
    this.#limit.enter("connect", limits.connectMs);
    this.#sent = this.#send();
    return this.#sent.response;
  }

  #heard(status: number): void {
    const { report } = this.#exchange;
    this.#limit.enter("first byte", this.#options.limits.firstByteMs);
    this.#exchange.body = SENT;
    report.upstreamStatus = status;
    if (isOk(status)) return;
    report.outcome = "upstream_error";
    report.reason = `http_${status}`;
  }

  /** Returns the body as JSON where it is some that reports tokens. */
  #finished(body: Uint8Array, status: number): unknown {
    const { report, dialect, endpoint } = this.#exchange;
    report.upstreamFirstByteAt = this.#options.clock.monotonic();
    this.release();
    const json = isOk(status) && endpoint !== "models" ? parsed(body) : undefined;
    if (json === undefined) return undefined;
    report.usage = dialect.usageOf(endpoint, json);
    if (endpoint === "responses") report.continuedAs = dialect.answerId(endpoint, { wire: "json", bytes: body, json });
    return json;
  }

  /** The listener stays: it ends with the call's signal, and finds nothing left to abort. */
  release(): void {
    this.#limit.stop();
  }

  /** Nobody waits any more: the client went, or its own deadline passed. */
  #whyLeft(): MillraceError {
    const { reason } = this.#exchange.call.signal;
    return MillraceError.is(reason) ? reason : new MillraceError("caller_left", "The caller left.");
  }

  #abort(reason: MillraceError): void {
    this.#sent?.abort(reason);
    this.release();
  }

  #send(): TransportCall {
    const { call, facts, body, target, identity } = this.#exchange;
    // The SDKs of OpenAI's dialect count `/v1` to the base URL, Anthropic's do not.
    const path = this.#upstream.dialect === "openai" ? call.path.slice("/v1".length) : call.path;
    const bytes = facts.model === target.upstreamModel ? body : withModel(body, target.upstreamModel ?? "");
    return this.#upstream.transport({
      method: call.method,
      url: this.#upstream.baseUrl + path + call.query,
      headers: requestHeaders(call.headers, this.#upstream, identity),
      body: call.method === "GET" ? undefined : bytes,
      onConnected: () => this.#limit.enter("headers", this.#options.limits.headersMs),
    });
  }

  #tooLong(phase: Phase, limitMs: number): void {
    const what = phase === "total" ? "take less time in total" : `get past "${phase}"`;
    const message = `The upstream \`${this.#upstream.name}\` did not ${what} within ${limitMs} ms.`;
    this.#abort(new MillraceError("upstream_timeout", message));
  }

  /** A sink for an answer that is wanted as a whole. */
  #keepIn(parts: Uint8Array[], length = 0): Sink["write"] {
    const { answerBytesMax, limits } = this.#options;
    let total = length > answerBytesMax ? length : 0;
    return (chunk) => {
      this.#limit.enter("idle", limits.idleMs);
      total += chunk.byteLength;
      if (total > answerBytesMax) throw this.#tooLarge();
      parts.push(chunk);
    };
  }

  #stream({ pipe }: TransportResponse): StreamBody {
    return async (sink) => {
      const { report, dialect, endpoint } = this.#exchange;
      const watch = dialect.watch(endpoint, "events");
      const write = (chunk: Uint8Array): void | Promise<void> => {
        if (report.upstreamFirstByteAt === undefined) {
          report.upstreamFirstByteAt = this.#options.clock.monotonic();
          this.#limit.enter("idle", this.#options.limits.idleMs);
        } else {
          this.#limit.extend();
        }
        watch.push(chunk);
        const waiting = sink.write(chunk);
        if (!waiting) return;
        this.#limit.pause();
        return waiting.then(() => this.#limit.extend());
      };
      try {
        await pipe({ write });
        if (!watch.complete && watch.failure === undefined && report.upstreamStatus === 200) throw this.#cut();
      } catch (error) {
        throw MillraceError.is(error) ? error : this.#cut();
      } finally {
        report.usage = watch.usage;
        report.continuedAs = watch.continuedAs;
        if (watch.failure !== undefined) {
          report.outcome = "upstream_error";
          report.reason = watch.failure;
        }
        this.release();
      }
    };
  }

  #cut(): MillraceError {
    return new MillraceError("upstream_cut", `The upstream \`${this.#upstream.name}\` ended its answer before it was complete.`);
  }

  #tooLarge(): MillraceError {
    const { answerBytesMax } = this.#options;
    return new MillraceError("upstream_cut", `The answer of \`${this.#upstream.name}\` is over ${answerBytesMax} bytes.`);
  }
}

/** Stands for a body that the upstream has. */
const SENT = new Uint8Array(0);

/** Events that can be watched. Coded ones, which nobody asked for, pass as a whole. */
const isPlainStream = (headers: HeaderFields): boolean =>
  headers.get("content-type")?.startsWith("text/event-stream") === true && !headers.has("content-encoding");

/** The alias is edited in place, so that every other byte stays as the client wrote it. */
function withModel(body: Uint8Array, model: string): Uint8Array {
  const range = topLevelStringRange(body, "model");
  return range ? splice(body, range.start, range.end, utf8(JSON.stringify(model))) : body;
}

const isOk = (status: number): boolean => status >= 200 && status < 300;

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(text(body));
  } catch {
    return undefined;
  }
}

function failed(exchange: Exchange, upstream: Upstream, reason: unknown): Answer {
  if (MillraceError.is(reason, "caller_left")) {
    exchange.report.outcome = "client_left";
    return { status: 499, headers: new HeaderFields(), body: new Uint8Array(0) };
  }
  if (MillraceError.is(reason, "upstream_timeout")) return refuse(exchange, "upstream_timeout", `${reason.message} Try again.`);
  if (MillraceError.is(reason)) return refuse(exchange, "upstream_unreachable", `${reason.message} Try again.`);
  const message = `The upstream \`${upstream.name}\` refused or dropped the connection before it answered. Try again.`;
  return refuse(exchange, "upstream_unreachable", message);
}
