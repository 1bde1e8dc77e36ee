// Reads HTTP/1.1 requests from bytes as they come, one at a time (RFC 9112). However the bytes are cut, the events are the
// same. Body bytes are passed on as views of what came in, never gathered; only heads and chunk lines are, up to their limits.
// Invariant: after a refusal nothing more is read, since nobody knows where the next request would begin.

import { HeadBuffer } from "./head-buffer.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { areFields, invalid, type RequestHead, readHead } from "./request-head.ts";

export interface RequestEvents {
  head(head: RequestHead): void;
  data(bytes: Uint8Array): void;
  end(): void;
  /** The last event. */
  refused(refusal: Refusal): void;
}

export interface RequestLimits {
  readonly headBytesMax: number;
  readonly bodyBytesMax: number;
}

type State =
  | "start"
  | "start-feed"
  | "head"
  | "length"
  | "chunk-size"
  | "chunk-data"
  | "chunk-end"
  | "trailer"
  | "done"
  | "stopped";

/** Of a chunk's line, and of all that is said in chunk lines beside their sizes, trailers included. */
const LINE_BYTES_MAX = 1024;
const ASIDE_BYTES_MAX = 16 * 1024;
const CHUNK_LINE = /^([0-9a-fA-F]{1,12})[ \t]*(;[\t\x20-\x7e\x80-\xff]*)?$/;
const METHOD_BEGINS = /^[!#$%&'*+.^_`|~0-9A-Za-z-]$/;
const CR = 0x0d;
const LF = 0x0a;
const BLANK_LINE = Buffer.from("\r\n\r\n");

export class RequestParser {
  readonly #events: RequestEvents;
  readonly #limits: RequestLimits;
  #state: State = "start";
  readonly #held = new HeadBuffer();
  /** Bytes left of the body or the chunk. */
  #left = 0;
  #bodyBytes = 0;
  #asideBytes = 0;

  constructor(events: RequestEvents, limits: RequestLimits) {
    this.#events = events;
    this.#limits = limits;
  }

  /** A byte of the next request was seen, and its head is not whole. */
  get isInHead(): boolean {
    return this.#state === "head" && this.#held.length > 0;
  }

  /** @returns how many bytes were taken: fewer than all when a request ended before the last, or was refused. */
  push(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.byteLength && this.#state !== "done" && this.#state !== "stopped") at = this.#step(bytes, at);
    return at;
  }

  /** After `end`: what is pushed from now on is another request. */
  next(): void {
    if (this.#state !== "done") return;
    this.#state = "start";
    this.#bodyBytes = 0;
    this.#asideBytes = 0;
  }

  /** Nothing more is read. */
  stop(): void {
    this.#state = "stopped";
    this.#held.clear();
  }

  #step(bytes: Uint8Array, at: number): number {
    switch (this.#state) {
      case "start":
      case "start-feed":
        return this.#start(bytes, at);
      case "head":
        return this.#head(bytes, at);
      case "length":
      case "chunk-data":
        return this.#body(bytes, at);
      default:
        return this.#shortLine(bytes, at) ?? this.#line(bytes, at);
    }
  }

  /** Empty lines before a request are overlooked (RFC 9112, section 2.2). */
  #start(bytes: Uint8Array, at: number): number {
    const byte = bytes[at];
    if (this.#state === "start-feed") {
      if (byte !== LF) this.#refuse(NO_BEGINNING);
      else if (this.#aside(2)) this.#state = "start";
      return at + 1;
    }
    if (byte === CR) {
      this.#state = "start-feed";
      return at + 1;
    }
    // At once, since one who speaks another protocol (TLS, say) may be waiting for us to speak.
    if (METHOD_BEGINS.test(String.fromCharCode(byte ?? 0))) this.#state = "head";
    else this.#refuse(NO_BEGINNING);
    return at;
  }

  #head(bytes: Uint8Array, at: number): number {
    const held = this.#held.length;
    let all = asBuffer(at === 0 ? bytes : bytes.subarray(at));
    if (held > 0) {
      this.#held.add(all);
      all = this.#held.bytes;
    }
    const { headBytesMax } = this.#limits;
    const blank = all.indexOf(BLANK_LINE, Math.max(0, held - 3));
    if (blank < 0) {
      if (held === 0) this.#held.add(all);
      if (all.byteLength > headBytesMax) this.#refuse(TOO_LARGE_HEAD);
      return bytes.byteLength;
    }
    if (blank + 4 > headBytesMax) {
      this.#refuse(TOO_LARGE_HEAD);
      return bytes.byteLength;
    }
    const text = all.toString("latin1", 0, blank);
    if (held > 0) this.#held.clear();
    this.#readHead(text);
    return at + blank + 4 - held;
  }

  #readHead(text: string): void {
    const head = readHead(text);
    if ("code" in head) {
      this.#refuse(head);
      return;
    }
    if (head.length !== undefined && head.length > this.#limits.bodyBytesMax) {
      this.#refuse(TOO_LARGE_BODY);
      return;
    }
    this.#left = head.length ?? 0;
    this.#state = head.length === undefined ? "chunk-size" : "length";
    this.#events.head(head);
    if (this.#state === "length" && this.#left === 0) this.#finish();
  }

  #body(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.byteLength, at + this.#left);
    this.#left -= end - at;
    const isLength = this.#state === "length";
    this.#events.data(at === 0 && end === bytes.byteLength ? bytes : bytes.subarray(at, end));
    if (this.#left === 0 && (this.#state as State) !== "stopped") {
      if (isLength) this.#finish();
      else this.#state = "chunk-end";
    }
    return end;
  }

  /** The common lines of chunked coding, read in place: a size alone, or nothing. Undefined for any other. */
  #shortLine(bytes: Uint8Array, at: number): number | undefined {
    if (this.#held.length > 0) return undefined;
    let end = at;
    let size = 0;
    if (this.#state === "chunk-size") {
      for (let digit = hexDigit(bytes[end]); digit >= 0 && end - at < 12; digit = hexDigit(bytes[++end]))
        size = size * 16 + digit;
      if (end === at) return undefined;
    }
    if (bytes[end] !== CR || bytes[end + 1] !== LF) return undefined;
    if (this.#state === "chunk-size") this.#beginChunk(size);
    else if (this.#state === "chunk-end") this.#state = "chunk-size";
    else this.#finish();
    return end + 2;
  }

  #line(bytes: Uint8Array, at: number): number {
    const feed = bytes.indexOf(LF, at);
    const end = feed < 0 ? bytes.byteLength : feed + 1;
    if (this.#held.length + end - at > LINE_BYTES_MAX) {
      this.#refuse(invalid("has a chunk line that is too long"));
      return end;
    }
    this.#held.add(bytes.subarray(at, end));
    if (feed < 0) return end;
    const line = this.#held.bytes;
    const text = line.toString("latin1", 0, line.byteLength - 2);
    const isLine = line[line.byteLength - 2] === CR;
    this.#held.clear();
    if (isLine) this.#readLine(text);
    else this.#refuse(invalid("has a chunk line that does not end in CR LF"));
    return end;
  }

  #readLine(line: string): void {
    if (this.#state === "chunk-size") {
      const [, size, extension = ""] = CHUNK_LINE.exec(line) ?? [];
      if (size === undefined) this.#refuse(invalid("has a chunk without a size"));
      else if (this.#aside(extension.length)) this.#beginChunk(Number.parseInt(size, 16));
    } else if (this.#state === "chunk-end") {
      if (line === "") this.#state = "chunk-size";
      else this.#refuse(invalid("has a chunk that is longer than it says"));
    } else if (line === "") {
      this.#finish();
    } else if (this.#aside(line.length) && !areFields(line)) {
      // Read for their form only: no trailer is passed on.
      this.#refuse(invalid("has a trailer that no trailer may be"));
    }
  }

  #beginChunk(size: number): void {
    this.#bodyBytes += size;
    if (this.#bodyBytes > this.#limits.bodyBytesMax) {
      this.#refuse(TOO_LARGE_BODY);
      return;
    }
    this.#left = size;
    this.#state = size === 0 ? "trailer" : "chunk-data";
  }

  /** Counts what is read and thrown away; false when it is too much. */
  #aside(bytes: number): boolean {
    this.#asideBytes += bytes;
    if (this.#asideBytes <= ASIDE_BYTES_MAX) return true;
    this.#refuse(invalid("says too much beside its body"));
    return false;
  }

  #finish(): void {
    this.#state = "done";
    this.#events.end();
  }

  #refuse(reason: Refusal): void {
    this.stop();
    this.#events.refused(reason);
  }
}

const NO_BEGINNING = invalid("does not begin like one of HTTP/1.1");
const TOO_LARGE_HEAD = refusal(431, "head_too_large", "The request's head is too large. Send fewer or shorter headers.");
const TOO_LARGE_BODY = refusal(413, "body_too_large", "The request's body is too large. Send less at once.");

const asBuffer = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Value of a hexadecimal digit; -1 for any other byte, and past the end. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
