// Reads one HTTP/1.1 response from bytes as they come (RFC 9112). Strict where leniency lets responses be confused: lines
// end in CR LF, lengths are plain digits and agree, chunked is the only coding, and what both name decides is not reused.
// However the bytes are cut, the events are the same. Body bytes are passed on as views of what came in, never copied.

import { MillraceError } from "../../base/index.ts";
import { HeaderFields } from "../header-fields.ts";

export interface ResponseEvents {
  head(status: number, headers: HeaderFields, length: number | undefined): void;
  data(bytes: Uint8Array): void;
  /** @param reusable the connection may carry another request. */
  end(reusable: boolean): void;
}

export const HEAD_BYTES_MAX = 256 * 1024;
/** Far above what servers send; adding one more costs the more, the more there are. */
const FIELDS_MAX = 1000;
const INTERIM_MAX = 16;
const LINE_BYTES_MAX = 4096;
const BEGINNING = "HTTP/1.";
const SIZE_DIGITS_MAX = 12;
const NO_FIELD_VALUE = /[\0\r\n]/;
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const CR = 0x0d;
const LF = 0x0a;

type State = "head" | "length" | "chunk-size" | "chunk-data" | "chunk-end" | "trailer" | "until-close" | "done";

export class ResponseParser {
  readonly #events: ResponseEvents;
  readonly #hasBody: boolean;
  #state: State = "head";
  /** Bytes of an unfinished head or line. */
  #held: Uint8Array<ArrayBufferLike> | undefined;
  /** Bytes left of the body or the chunk. */
  #left = 0;
  #reusable = true;
  #trailerBytes = 0;
  #interimCount = 0;
  #begun = false;

  /** @param hasBody false for the answer to HEAD. */
  constructor(events: ResponseEvents, hasBody = true) {
    this.#events = events;
    this.#hasBody = hasBody;
  }

  /** True once a byte was seen. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Throws `upstream_cut` for bytes that are no HTTP/1.1 response. */
  push(bytes: Uint8Array): void {
    this.#begun = true;
    let at = 0;
    while (at < bytes.byteLength) at = this.#step(bytes, at);
  }

  /** The connection was closed by the other side. Throws `upstream_cut` when the response is not whole. */
  close(): void {
    if (this.#state === "until-close") this.#finish(false);
    else if (this.#state !== "done") throw new MillraceError("upstream_cut", "The upstream closed the connection too early.");
  }

  /** Takes what it can from `at` on; returns where it stopped. */
  #step(bytes: Uint8Array, at: number): number {
    switch (this.#state) {
      case "head":
        return this.#head(bytes, at);
      case "length":
      case "chunk-data":
        return this.#body(bytes, at);
      case "until-close":
        this.#events.data(at === 0 ? bytes : bytes.subarray(at));
        return bytes.byteLength;
      case "done":
        // Bytes that nobody asked for: whoever reuses this connection would take them for its answer.
        throw malformed("goes on after its end");
      default:
        return this.#shortLine(bytes, at) ?? this.#line(bytes, at);
    }
  }

  #head(bytes: Uint8Array, at: number): number {
    const held = this.#held?.byteLength ?? 0;
    const all = this.#held ? Buffer.concat([this.#held, bytes.subarray(at)]) : asBuffer(at === 0 ? bytes : bytes.subarray(at));
    const blank = all.indexOf("\r\n\r\n", Math.max(0, held - 3), "latin1");
    if (blank < 0) {
      // At once, since one who speaks another protocol may be waiting for us to speak.
      if (!BEGINNING.startsWith(all.toString("latin1", 0, BEGINNING.length))) throw malformed("does not begin like HTTP/1.1");
      if (all.byteLength > HEAD_BYTES_MAX) throw malformed(`has headers of over ${HEAD_BYTES_MAX} bytes`);
      this.#held = all;
      return bytes.byteLength;
    }
    if (blank + 4 > HEAD_BYTES_MAX) throw malformed(`has headers of over ${HEAD_BYTES_MAX} bytes`);
    this.#held = undefined;
    this.#readHead(all.toString("latin1", 0, blank));
    return at + blank + 4 - held;
  }

  #readHead(text: string): void {
    const lineEnd = text.indexOf("\r\n");
    const status = /^HTTP\/1\.([01]) (\d{3})(?: [^\0\r\n]*)?$/.exec(lineEnd < 0 ? text : text.slice(0, lineEnd));
    if (!status) throw malformed("does not begin like HTTP/1.1");
    const code = Number(status[2]);
    if (code === 101) throw malformed("switches protocols, which nobody asked for");
    if (code < 100 || code > 599) throw malformed("has a status that is none");
    const headers = lineEnd < 0 ? new HeaderFields() : fieldsOf(text, lineEnd + 2);
    if (code < 200) {
      // The real one follows.
      if (++this.#interimCount > INTERIM_MAX) throw malformed("is announced without end");
      return;
    }
    this.#reusable = staysOpen(status[1] === "1", headers);
    const length = this.#frame(code, headers, status[1] === "0");
    this.#events.head(code, headers, length);
    if (this.#state === "length" && this.#left === 0) this.#finish(this.#reusable);
  }

  /** Decides how the body is delimited (RFC 9112, section 6.3). */
  #frame(status: number, headers: HeaderFields, isOld: boolean): number | undefined {
    const coding = headers.get("transfer-encoding");
    const length = lengthOf(headers.get("content-length"));
    this.#left = 0;
    this.#state = "length";
    if (!this.#hasBody || status === 204 || status === 304) return 0;
    if (coding !== null) {
      if (coding.trim().toLowerCase() !== "chunked") throw malformed("has a transfer coding other than chunked");
      this.#reusable &&= length === undefined && !isOld;
      this.#state = "chunk-size";
      return undefined;
    }
    if (length === undefined) {
      this.#state = "until-close";
      return undefined;
    }
    this.#left = length;
    return length;
  }

  #body(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.byteLength, at + this.#left);
    this.#left -= end - at;
    this.#events.data(at === 0 && end === bytes.byteLength ? bytes : bytes.subarray(at, end));
    if (this.#left === 0) {
      if (this.#state === "length") this.#finish(this.#reusable);
      else this.#state = "chunk-end";
    }
    return end;
  }

  /** The common lines of chunked coding, read in place: a size alone, or nothing. Undefined for any other. */
  #shortLine(bytes: Uint8Array, at: number): number | undefined {
    if (this.#held) return undefined;
    let end = at;
    let size = 0;
    if (this.#state === "chunk-size") {
      for (let digit = hexDigit(bytes[end]); digit >= 0 && end - at < SIZE_DIGITS_MAX; digit = hexDigit(bytes[++end]))
        size = size * 16 + digit;
      if (end === at) return undefined;
    }
    if (bytes[end] !== CR || bytes[end + 1] !== LF) return undefined;
    if (this.#state === "chunk-size") this.#beginChunk(size);
    else if (this.#state === "chunk-end") this.#state = "chunk-size";
    else this.#finish(this.#reusable);
    return end + 2;
  }

  #beginChunk(size: number): void {
    this.#left = size;
    this.#state = size === 0 ? "trailer" : "chunk-data";
  }

  #line(bytes: Uint8Array, at: number): number {
    const feed = bytes.indexOf(LF, at);
    const end = feed < 0 ? bytes.byteLength : feed + 1;
    const part = bytes.subarray(at, end);
    const line = this.#held ? Buffer.concat([this.#held, part]) : part;
    if (line.byteLength > LINE_BYTES_MAX) throw malformed("has a chunk line that is too long");
    this.#held = feed < 0 ? line : undefined;
    if (feed >= 0) {
      if (line[line.byteLength - 2] !== CR) throw malformed("has a chunk line that does not end in CR LF");
      this.#readLine(asBuffer(line).toString("latin1", 0, line.byteLength - 2));
    }
    return end;
  }

  #readLine(line: string): void {
    if (this.#state === "chunk-end") {
      if (line !== "") throw malformed("has a chunk that is longer than it says");
      this.#state = "chunk-size";
    } else if (this.#state === "chunk-size") {
      const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line)?.[1];
      if (size === undefined) throw malformed("has a chunk without a size");
      this.#beginChunk(Number.parseInt(size, 16));
    } else if (line === "") {
      this.#finish(this.#reusable);
    } else {
      // Read for its form only: nothing here acts on trailers.
      fieldsOf(line, 0);
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > HEAD_BYTES_MAX) throw malformed("has trailers without end");
    }
  }

  #finish(reusable: boolean): void {
    this.#state = "done";
    this.#events.end(reusable);
  }
}

const malformed = (what: string): MillraceError => new MillraceError("upstream_cut", `The upstream's response ${what}.`);

const asBuffer = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Value of a hexadecimal digit; -1 for any other byte, and past the end. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** No white space before the colon, no folded lines, and no line break but CR LF (RFC 9112, section 5). */
function fieldsOf(text: string, from: number): HeaderFields {
  const fields: [string, string][] = [];
  for (let at = from; at <= text.length; ) {
    const feed = text.indexOf("\r\n", at);
    const end = feed < 0 ? text.length : feed;
    const colon = text.indexOf(":", at);
    if (colon < 0 || colon >= end) throw malformed("has a header that no header may be");
    const name = text.slice(at, colon);
    const value = withoutOws(text, colon + 1, end);
    if (!FIELD_NAME.test(name) || NO_FIELD_VALUE.test(value)) throw malformed("has a header that no header may be");
    if (fields.push([name.toLowerCase(), value]) > FIELDS_MAX) throw malformed(`has over ${FIELDS_MAX} headers`);
    at = end + 2;
  }
  return new HeaderFields(fields);
}

/** Spaces and tabs alone may stand around a value; `trim` would take more. */
function withoutOws(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isOws(text.charCodeAt(start))) start++;
  while (end > start && isOws(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isOws = (code: number): boolean => code === 0x20 || code === 0x09;

function staysOpen(isNew: boolean, headers: HeaderFields): boolean {
  const connection = headers.get("connection");
  if (connection === null || connection === "keep-alive") return isNew || connection !== null;
  const options = connection
    .toLowerCase()
    .split(",")
    .map((option) => option.trim());
  return !options.includes("close") && (isNew || options.includes("keep-alive"));
}

/** Several equal lengths count as one (RFC 9112, section 6.3); anything else is refused. */
function lengthOf(value: string | null): number | undefined {
  if (value === null) return undefined;
  const [first, ...others] = value.split(",").map((part) => part.trim());
  if (first === undefined || !/^\d{1,15}$/.test(first) || others.some((other) => other !== first)) {
    throw malformed("has a content-length that is no length");
  }
  return Number(first);
}
