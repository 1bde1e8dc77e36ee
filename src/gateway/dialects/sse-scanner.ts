// Splits server-sent events (WHATWG HTML, section 9.2) out of a byte stream, at whatever places its chunks are cut.
// The events found never depend on the cuts. Decodes nothing: the hot case, a chunk of whole frames with LF line ends,
// costs a few native searches a frame. Deliberately does not join a stream's reconnection fields (`id`, `retry`).

import { MillraceError, text } from "../../base/index.ts";

export const EVENT_BYTES_MAX = 8 * 1024 * 1024;

const LF = 10;
const CR = 13;
const NOTHING = new Uint8Array(0);
const HELD_BYTES_FIRST = 1024;
const HELD_BYTES_KEPT = 64 * 1024;

export class SseScanner {
  readonly #onEvent: (event: Uint8Array) => void;
  readonly #eventBytesMax: number;
  /** Bytes of the unfinished event; only the first `#heldBytes` count. */
  #held = NOTHING;
  #heldBytes = 0;
  /** The unfinished event is over the limit: its bytes are let go, and it is not reported. */
  #skipping = false;
  #lineEmpty = true;
  #afterCr = false;

  /**
   * `onEvent` gets the raw lines of one event without the blank line that ends it. The bytes are valid during the call
   * only. Events of more than `eventBytesMax` bytes are skipped, however they were cut. Blank lines alone are no event.
   */
  constructor(onEvent: (event: Uint8Array) => void, eventBytesMax: number = EVENT_BYTES_MAX) {
    if (!Number.isSafeInteger(eventBytesMax) || eventBytesMax < 1) {
      throw new MillraceError("option_invalid", "eventBytesMax must be a whole number of bytes, at least 1.");
    }
    this.#onEvent = onEvent;
    this.#eventBytesMax = eventBytesMax;
  }

  /** True before the first byte and right after a blank line. */
  get atBoundary(): boolean {
    return this.#lineEmpty && this.#heldBytes === 0 && !this.#skipping;
  }

  push(chunk: Uint8Array): void {
    const withCr = this.#afterCr || chunk.indexOf(CR) >= 0;
    let eventStart = 0;
    let lineStart = 0;
    let lineEmpty = this.#lineEmpty;
    for (let end = nextLineEnd(chunk, 0, withCr); end >= 0; end = nextLineEnd(chunk, end + 1, withCr)) {
      if (withCr && chunk[end] === LF && (end > 0 ? chunk[end - 1] === CR : this.#afterCr)) {
        // The second half of CRLF: the line, and perhaps the event, ended at its CR.
        if (eventStart === end && this.#heldBytes === 0) eventStart = end + 1;
        lineStart = end + 1;
        continue;
      }
      if (lineEmpty && end === lineStart) {
        this.#finish(chunk, eventStart, end);
        eventStart = end + 1;
      }
      lineEmpty = true;
      lineStart = end + 1;
    }
    if (chunk.length === 0) return;
    this.#lineEmpty = lineEmpty && lineStart === chunk.length;
    this.#afterCr = chunk[chunk.length - 1] === CR;
    if (eventStart < chunk.length) this.#hold(chunk, eventStart, chunk.length);
  }

  #finish(chunk: Uint8Array, start: number, end: number): void {
    if (this.#heldBytes === 0 && !this.#skipping) {
      if (end > start && end - start <= this.#eventBytesMax) this.#onEvent(chunk.subarray(start, end));
      return;
    }
    this.#hold(chunk, start, end);
    const event = this.#held.subarray(0, this.#heldBytes);
    const whole = !this.#skipping;
    this.#heldBytes = 0;
    this.#skipping = false;
    if (this.#held.length > HELD_BYTES_KEPT) this.#held = NOTHING;
    if (whole) this.#onEvent(event);
  }

  #hold(chunk: Uint8Array, start: number, end: number): void {
    if (this.#skipping) return;
    const bytes = this.#heldBytes + end - start;
    if (bytes > this.#eventBytesMax) {
      this.#held = NOTHING;
      this.#heldBytes = 0;
      this.#skipping = true;
      return;
    }
    if (bytes > this.#held.length) {
      const larger = new Uint8Array(Math.max(bytes, Math.min(this.#held.length * 2, this.#eventBytesMax), HELD_BYTES_FIRST));
      larger.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = larger;
    }
    this.#held.set(chunk.subarray(start, end), this.#heldBytes);
    this.#heldBytes = bytes;
  }
}

function nextLineEnd(chunk: Uint8Array, from: number, withCr: boolean): number {
  if (!withCr) return chunk.indexOf(LF, from);
  for (let at = from; at < chunk.length; at++) if (chunk[at] === LF || chunk[at] === CR) return at;
  return -1;
}

/** The value of the last `event:` line, or an empty string. */
export const eventName = (event: Uint8Array): string => fieldValues(event, "event").at(-1) ?? "";

/** The values of the `data:` lines joined by line feeds, or an empty string. */
export const eventData = (event: Uint8Array): string => fieldValues(event, "data").join("\n");

function fieldValues(event: Uint8Array, name: string): string[] {
  const values: string[] = [];
  for (const line of text(event).split(/\r\n|\n|\r/)) {
    if (!line.startsWith(name)) continue;
    if (line.length === name.length) values.push("");
    else if (line[name.length] === ":") values.push(line.slice(name.length + (line[name.length + 1] === " " ? 2 : 1)));
  }
  return values;
}

/** Whether the event begins with these bytes: recognises a frame without decoding it. */
export function startsWith(event: Uint8Array, prefix: Uint8Array): boolean {
  if (event.length < prefix.length) return false;
  for (let at = 0; at < prefix.length; at++) if (event[at] !== prefix[at]) return false;
  return true;
}
