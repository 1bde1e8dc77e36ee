// The last step: asks the upstream and hands its answer on, byte for byte. A stream goes on as it comes, is watched as
// it passes and slowed down when its reader is slow. Nothing is retried here.
// Invariant: however a call ends, its timer, its listener and its connection are given back.

import { type Clock, concat, MillraceError, splice, utf8 } from "../../base/index.ts";
import type { ConnectProbe } from "../connect-probe.ts";
import { topLevelStringRange } from "../dialects/json-range.ts";
import type { Answer, Exchange, Handle, StreamBody } from "../exchange.ts";
import { requestHeaders, responseHeaders } from "../forward-headers.ts";
import { type Phase, PhaseLimit, type PhaseLimits } from "../phase-limit.ts";
import { refuse } from "../refuse.ts";
import type { Upstream } from "../upstream.ts";

export interface CallOptions {
  readonly clock: Clock;
  readonly limits: PhaseLimits;
  /** Largest answer that is not a stream, in bytes. Larger ones end in `upstream_cut`. */
  readonly answerBytesMax: number;
  /** Without it the connect limit is part of the headers limit. */
  readonly probe?: ConnectProbe;
}

export function call(options: CallOptions): Handle {
  return async (exchange) => {
    const upstream = exchange.upstream;
    if (!upstream) throw new MillraceError("option_invalid", "The call step needs a route step before it.");
    const open = new OpenCall(exchange, upstream, options);
    try {
      return await open.answer();
    } catch (error) {
      open.release();
      return failed(exchange, upstream, open.reasonOf(error));
    }
  };
}

/** One call under way: its limits, and the way to end it from either side. */
class OpenCall {
  readonly #exchange: Exchange;
  readonly #upstream: Upstream;
  readonly #options: CallOptions;
  readonly #controller = new AbortController();
  readonly #limit: PhaseLimit;
  readonly #leave = () => {
    this.#controller.abort(new MillraceError("caller_left", "The caller left."));
    this.release();
  };

  constructor(exchange: Exchange, upstream: Upstream, options: CallOptions) {
    this.#exchange = exchange;
    this.#upstream = upstream;
    this.#options = options;
    this.#limit = new PhaseLimit(options.clock, options.limits.totalMs, (phase, limitMs) => this.#tooLong(phase, limitMs));
  }

  async answer(): Promise<Answer> {
    const { call, report, dialect, endpoint } = this.#exchange;
    const { clock, limits } = this.#options;
    if (call.signal.aborted) this.#leave();
    call.signal.addEventListener("abort", this.#leave);
    report.upstream = this.#upstream.name;
    report.sentAt = clock.monotonic();
    this.#waitForHeaders();
    const response = await this.#send();
    this.#options.probe?.answered(this.#upstream.baseUrl);
    this.#limit.enter("first byte", limits.firstByteMs);
    report.upstreamStatus = response.status;
    if (!response.ok) {
      report.outcome = "upstream_error";
      report.reason = `http_${response.status}`;
    }
    const headers = responseHeaders(response.headers);
    const answer = { status: response.status, headers };
    if (isEventStream(headers) && response.body) return { ...answer, body: this.#stream(response.body) };
    const body = await this.#whole(response);
    report.upstreamFirstByteAt = clock.monotonic();
    report.usage = response.ok && endpoint !== "models" ? usageOf(body, (json) => dialect.usageOf(endpoint, json)) : undefined;
    this.release();
    return { ...answer, body };
  }

  release(): void {
    this.#limit.stop();
    this.#exchange.call.signal.removeEventListener("abort", this.#leave);
  }

  /** What really ended the call: the runtime reports its own words where our abort was the cause. */
  reasonOf(error: unknown): unknown {
    return this.#controller.signal.aborted ? this.#controller.signal.reason : error;
  }

  #send(): Promise<Response> {
    const { call, facts, body, target } = this.#exchange;
    // The SDKs of OpenAI's dialect count `/v1` to the base URL, Anthropic's do not.
    const path = this.#upstream.dialect === "openai" ? call.path.slice("/v1".length) : call.path;
    const init = {
      method: call.method,
      headers: requestHeaders(call.headers, this.#upstream, this.#exchange.identity),
      signal: this.#controller.signal,
      redirect: "manual" as const,
      // Our own limits apply, also to answers that take longer than the runtime's five minutes.
      timeout: false,
    };
    const bytes = facts.model === target.upstreamModel ? body : withModel(body, target.upstreamModel ?? "");
    return this.#upstream.transport(
      this.#upstream.baseUrl + path + call.query,
      call.method === "GET" ? init : { ...init, body: bytes as Uint8Array<ArrayBuffer> },
    );
  }

  #waitForHeaders(): void {
    const { limits, probe } = this.#options;
    const connecting = probe?.cold(this.#upstream.baseUrl);
    this.#limit.enter(connecting ? "connect" : "headers", connecting ? limits.connectMs : limits.headersMs);
    const connected = () => {
      if (this.#exchange.report.upstreamStatus === undefined) this.#limit.enter("headers", limits.headersMs);
    };
    connecting?.then(connected, connected);
  }

  #tooLong(phase: Phase, limitMs: number): void {
    const what = phase === "total" ? "take less time in total" : `get past "${phase}"`;
    const message = `The upstream \`${this.#upstream.name}\` did not ${what} within ${limitMs} ms.`;
    this.#controller.abort(new MillraceError("upstream_timeout", message));
  }

  /** Bounded also where the upstream does not say how long its answer is. */
  async #whole(response: Response): Promise<Uint8Array> {
    const { answerBytesMax, limits } = this.#options;
    this.#limit.enter("idle", limits.idleMs);
    if (Number(response.headers.get("content-length") ?? Number.POSITIVE_INFINITY) <= answerBytesMax) return response.bytes();
    const reader = response.body?.getReader();
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      this.#limit.extend();
      parts.push(part.value);
      total += part.value.byteLength;
      if (total <= answerBytesMax) continue;
      this.#controller.abort();
      throw new MillraceError("upstream_cut", `The answer of \`${this.#upstream.name}\` is over ${answerBytesMax} bytes.`);
    }
    return concat(parts, total);
  }

  #stream(body: ReadableStream<Uint8Array>): StreamBody {
    return async (sink) => {
      const { report, dialect, endpoint } = this.#exchange;
      const watch = dialect.watch(endpoint, "events");
      const reader = body.getReader();
      try {
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
          if (report.upstreamFirstByteAt === undefined) {
            report.upstreamFirstByteAt = this.#options.clock.monotonic();
            this.#limit.enter("idle", this.#options.limits.idleMs);
          } else {
            this.#limit.extend();
          }
          watch.push(part.value);
          const waiting = sink.write(part.value);
          if (!waiting) continue;
          this.#limit.pause();
          await waiting;
          this.#limit.extend();
        }
        if (!watch.complete && watch.failure === undefined && report.upstreamStatus === 200) throw this.#cut();
      } catch (error) {
        throw this.#failure(error);
      } finally {
        report.usage = watch.usage;
        if (watch.failure !== undefined) {
          report.outcome = "upstream_error";
          report.reason = watch.failure;
        }
        this.release();
        this.#controller.abort(); // Closes the connection when the reader went away in the middle; else without effect.
      }
    };
  }

  #cut(): MillraceError {
    return new MillraceError("upstream_cut", `The upstream \`${this.#upstream.name}\` ended its answer before it was complete.`);
  }

  #failure(error: unknown): MillraceError {
    const reason = this.reasonOf(error);
    return MillraceError.is(reason) ? reason : this.#cut();
  }
}

const isEventStream = (headers: Headers): boolean => headers.get("content-type")?.startsWith("text/event-stream") === true;

/** The alias is edited in place, so that every other byte stays as the client wrote it. */
function withModel(body: Uint8Array, model: string): Uint8Array {
  const range = topLevelStringRange(body, "model");
  return range ? splice(body, range.start, range.end, utf8(JSON.stringify(model))) : body;
}

function usageOf<T>(body: Uint8Array, read: (json: unknown) => T): T | undefined {
  try {
    return read(JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8")));
  } catch {
    return undefined;
  }
}

function failed(exchange: Exchange, upstream: Upstream, reason: unknown): Answer {
  if (MillraceError.is(reason, "caller_left")) {
    exchange.report.outcome = "client_left";
    return { status: 499, headers: new Headers(), body: new Uint8Array(0) };
  }
  if (MillraceError.is(reason, "upstream_timeout")) return refuse(exchange, "upstream_timeout", `${reason.message} Try again.`);
  if (MillraceError.is(reason)) return refuse(exchange, "upstream_unreachable", `${reason.message} Try again.`);
  const message = `The upstream \`${upstream.name}\` refused or dropped the connection before it answered. Try again.`;
  return refuse(exchange, "upstream_unreachable", message);
}
