// Reads server-sent events from a response body as they come (WHATWG HTML, section 9.2.6), however the bytes were cut
// into chunks. Keeps the raw bytes too, so that a test can compare them. Comments are events here: keep-alives count.
// Does not reconnect and does not interpret `data`.

import { type Clock, concat, systemClock, text } from "../../src/base/index.ts";

export interface SseEvent {
  /** The `event:` line; undefined without one. */
  readonly event: string | undefined;
  /** The `data:` lines joined by line feeds; empty without one. */
  readonly data: string;
  /** The comment lines before the blank line, joined by line feeds; undefined without one. */
  readonly comment: string | undefined;
  /** Clock.monotonic() when its last byte was read. */
  readonly at: number;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const BODY_BYTES_MAX = 256 * 1024 * 1024;

export class SseReader implements AsyncIterable<SseEvent> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #clock: Clock;
  readonly #chunks: Uint8Array[] = [];
  #rawBytes = 0;
  #line: number[] = [];
  #afterReturn = false;
  #firstLine = true;
  #event: string | undefined;
  #data: string[] = [];
  #comments: string[] = [];

  constructor(source: Response | ReadableStream<Uint8Array>, clock: Clock = systemClock) {
    const body = source instanceof Response ? source.body : source;
    if (!body) throw new Error("the response has no body to read events from");
    this.#reader = body.getReader();
    this.#clock = clock;
  }

  /** Every byte read so far, in one array. */
  get raw(): Uint8Array {
    return concat(this.#chunks, this.#rawBytes);
  }

  /** What came after the last blank line: an event cut short, or nothing. */
  get unfinished(): string {
    const raw = text(this.raw);
    return raw.slice(Math.max(raw.lastIndexOf("\n\n"), raw.lastIndexOf("\r\r"), raw.lastIndexOf("\r\n\r\n") + 2) + 2);
  }

  /** Leaves: the body is cancelled, as when a client disconnects. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }

  /** Ends when the body ends, throws when it fails. Leaving the loop early cancels the body. */
  async *[Symbol.asyncIterator](): AsyncGenerator<SseEvent> {
    try {
      for (let next = await this.#reader.read(); !next.done; next = await this.#reader.read()) {
        this.#chunks.push(next.value);
        this.#rawBytes += next.value.byteLength;
        if (this.#rawBytes > BODY_BYTES_MAX) throw new Error("the event stream is longer than any test should need");
        yield* this.#events(next.value);
      }
    } finally {
      await this.#reader.cancel().catch(() => {});
    }
  }

  *#events(chunk: Uint8Array): Generator<SseEvent> {
    for (const byte of chunk) {
      const pairEnds = byte === LINE_FEED && this.#afterReturn;
      this.#afterReturn = byte === CARRIAGE_RETURN;
      if (pairEnds) continue;
      if (byte !== LINE_FEED && byte !== CARRIAGE_RETURN) {
        this.#line.push(byte);
        continue;
      }
      const event = this.#endLine(text(Uint8Array.from(this.#line)));
      this.#line = [];
      if (event) yield event;
    }
  }

  #endLine(line: string): SseEvent | undefined {
    const content = this.#firstLine ? line.replace(/^\uFEFF/, "") : line;
    this.#firstLine = false;
    if (content === "") return this.#dispatch();
    const colon = content.indexOf(":");
    const field = colon < 0 ? content : content.slice(0, colon);
    const value = colon < 0 ? "" : content.slice(colon + 1).replace(/^ /, "");
    if (colon === 0) this.#comments.push(value);
    else if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    return undefined;
  }

  #dispatch(): SseEvent | undefined {
    const event = this.#event;
    const data = this.#data.join("\n");
    const comment = this.#comments.length > 0 ? this.#comments.join("\n") : undefined;
    const empty = event === undefined && this.#data.length === 0 && comment === undefined;
    this.#event = undefined;
    this.#data = [];
    this.#comments = [];
    return empty ? undefined : { event, data, comment, at: this.#clock.monotonic() };
  }
}

/** All events of a body that ends by itself. */
export const allEvents = (source: Response | ReadableStream<Uint8Array>): Promise<SseEvent[]> =>
  Array.fromAsync(new SseReader(source));
