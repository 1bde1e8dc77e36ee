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
export const eventName = (event: Uint8Array): string => eventFields(event).name;

/** The values of the `data:` lines joined by line feeds, or an empty string. */
export const eventData = (event: Uint8Array): string => eventFields(event).data;

/** Both of them at once. */
export function eventFields(event: Uint8Array): { readonly name: string; readonly data: string } {
  const lines = text(event);
  const plain = lines.includes("\r") ? lines.replaceAll(/\r\n?/g, "\n") : lines;
  let name = "";
  let data: string | undefined;
  for (let start = 0; start <= plain.length; ) {
    const found = plain.indexOf("\n", start);
    const end = found < 0 ? plain.length : found;
    const value = fieldValue(plain, "data", start, end);
    if (value !== undefined) data = data === undefined ? value : `${data}\n${value}`;
    else name = fieldValue(plain, "event", start, end) ?? name;
    start = end + 1;
  }
  return { name, data: data ?? "" };
}

/** Of the line, when it is of this field. */
function fieldValue(lines: string, field: string, start: number, end: number): string | undefined {
  if (!lines.startsWith(field, start)) return undefined;
  const colon = start + field.length;
  if (colon >= end) return colon === end ? "" : undefined;
  if (lines[colon] !== ":") return undefined;
  return lines.slice(lines[colon + 1] === " " ? colon + 2 : colon + 1, end);
}

/** Whether the event begins with these bytes: recognises a frame without decoding it. */
export function startsWith(event: Uint8Array, prefix: Uint8Array): boolean {
  if (event.length < prefix.length) return false;
  for (let at = 0; at < prefix.length; at++) if (event[at] !== prefix[at]) return false;
  return true;
}
