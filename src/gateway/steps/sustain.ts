// Keeps a streaming client's connection alive and honest: silence is filled with pings between events, an upstream that
// takes long to answer at all gets its stream opened early, and a stream that breaks ends in an error event.
// Nothing is put into the middle of an event.

import { type Cancel, type Clock, MillraceError, text, utf8 } from "../../base/index.ts";
import type { RefusalKind } from "../dialects/dialect.ts";
import type { Answer, Exchange, Step } from "../exchange.ts";
import { HeaderFields } from "../header-fields.ts";
import { refusalStatus } from "../refuse.ts";
import type { Sink, StreamBody } from "../sink.ts";

export interface SustainOptions {
  readonly clock: Clock;
  /** Silence after which a ping goes out, and the longest time between two. */
  readonly keepAliveMs: number;
  /** How long the client of a stream waits for response headers before it gets them, and pings, without knowing the outcome. */
  readonly openAfterMs: number;
}

const BLANK_LINE = utf8("\n\n");

export function sustain(options: SustainOptions): Step {
  return (next) => (exchange) => {
    const coming = next(exchange);
    return exchange.facts.stream ? streaming(exchange, coming, options) : coming;
  };
}

async function streaming(exchange: Exchange, coming: Promise<Answer>, options: SustainOptions): Promise<Answer> {
  const answer = await firstOf(coming, options.clock, options.openAfterMs);
  if (answer === undefined) return openedEarly(exchange, coming, options);
  if (answer.body instanceof Uint8Array) return answer;
  return { ...answer, body: sustained(exchange, answer.body, options) };
}

/** The answer, or undefined when it takes longer than `ms`. */
function firstOf(coming: Promise<Answer>, clock: Clock, ms: number): Promise<Answer | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(ms, () => resolve(undefined));
    coming.finally(cancel).then(resolve, reject);
  });
}

function openedEarly(exchange: Exchange, coming: Promise<Answer>, options: SustainOptions): Answer {
  const body: StreamBody = async (sink, signal) => {
    // At once: until the first byte of the body the runtime keeps the headers too.
    await sink.write(exchange.dialect.keepAlive(exchange.endpoint));
    const { status, body: late } = await coming;
    if (!(late instanceof Uint8Array)) return late(sink, signal);
    // A whole answer where a stream was promised: only an error comes so.
    await sink.write(exchange.dialect.errorEvent(exchange.endpoint, kindOf(status), messageOf(late)));
  };
  const headers = new HeaderFields([
    ["content-type", "text/event-stream; charset=utf-8"],
    ["cache-control", "no-cache"],
  ]);
  return { status: 200, headers, body: sustained(exchange, body, options) };
}

function sustained(exchange: Exchange, body: StreamBody, { clock, keepAliveMs }: SustainOptions): StreamBody {
  return async (sink, signal) => {
    const { dialect, endpoint } = exchange;
    let lastAt = clock.monotonic();
    let last: Uint8Array = BLANK_LINE;
    const watched: Sink = {
      write(chunk) {
        lastAt = clock.monotonic();
        last = chunk;
        return sink.write(chunk);
      },
    };
    let cancel: Cancel;
    const look = () => {
      const silentMs = clock.monotonic() - lastAt;
      if (silentMs >= keepAliveMs && endsEvent(last)) void watched.write(dialect.keepAlive(endpoint));
      cancel = clock.schedule(silentMs >= keepAliveMs ? keepAliveMs : keepAliveMs - silentMs, look);
    };
    cancel = clock.schedule(keepAliveMs, look);
    try {
      await body(watched, signal);
    } catch (error) {
      if (!signal.aborted) {
        // Cut in the middle of an event: a blank line ends it, or the error would be read as a part of it.
        if (!endsEvent(last)) await sink.write(BLANK_LINE);
        await sink.write(dialect.errorEvent(endpoint, kindOfError(error), wordsOf(error)));
      }
      throw error;
    } finally {
      cancel();
    }
  };
}

/** True when a blank line ends the chunk. One that is split over two chunks counts as none: no ping there, which is safe. */
function endsEvent(chunk: Uint8Array): boolean {
  const last = chunk.at(-1);
  const previous = chunk.at(-2);
  if (last === 0x0a) return previous === 0x0a || (previous === 0x0d && chunk.at(-3) === 0x0a);
  return last === 0x0d && previous === 0x0d;
}

function kindOf(status: number): RefusalKind {
  const kinds = Object.entries(refusalStatus) as [RefusalKind, number][];
  return kinds.find(([, known]) => known === status)?.[0] ?? (status >= 500 ? "overloaded" : "invalid_request");
}

function messageOf(body: Uint8Array): string {
  try {
    const { error } = JSON.parse(text(body)) as { error?: { message?: unknown } };
    if (typeof error?.message === "string") return error.message;
  } catch {
    // Not JSON: the plain sentence below will do.
  }
  return "The upstream answered with an error. Try again.";
}

const kindOfError = (error: unknown): RefusalKind =>
  MillraceError.is(error, "upstream_timeout") ? "upstream_timeout" : "upstream_unreachable";

const wordsOf = (error: unknown): string =>
  MillraceError.is(error) ? `${error.message} Try again.` : "The answer broke off. Try again.";
