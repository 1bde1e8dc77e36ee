// Reads one HTTP/1.1 response from bytes as they come (RFC 9112). Strict where leniency lets responses be confused:
// lengths must be plain digits and agree, chunked must be the only and last coding. Body bytes are passed on as views
// of what came in, never copied.

import { MillraceError } from "../../base/index.ts";

export interface ResponseEvents {
  head(status: number, headers: Headers, length: number | undefined): void;
  data(bytes: Uint8Array): void;
  /** @param reusable the connection may carry another request. */
  end(reusable: boolean): void;
}

export const HEAD_BYTES_MAX = 256 * 1024;
const LINE_BYTES_MAX = 4096;
const BEGINNING = "HTTP/1.";
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

  /** @param hasBody false for the answer to HEAD. */
  constructor(events: ResponseEvents, hasBody = true) {
    this.#events = events;
    this.#hasBody = hasBody;
  }

  get done(): boolean {
    return this.#state === "done";
  }

  /** True once a byte of the response was seen. */
  get begun(): boolean {
    return this.#state !== "head" || this.#held !== undefined;
  }

  /** Throws `upstream_cut` for bytes that are no HTTP/1.1 response. */
  push(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.byteLength > 0) {
      if (this.#state === "done") {
        // Bytes that nobody asked for: whoever reuses this connection would take them for its answer.
        throw malformed("goes on after its end");
      }
      rest = this.#step(rest);
    }
  }

  /** The connection was closed by the other side. Throws `upstream_cut` when the response is not whole. */
  close(): void {
    if (this.#state === "until-close") this.#finish(false);
    else if (this.#state !== "done") throw new MillraceError("upstream_cut", "The upstream closed the connection too early.");
  }

  #step(bytes: Uint8Array): Uint8Array {
    switch (this.#state) {
      case "head":
        return this.#head(bytes);
      case "length":
      case "chunk-data":
        return this.#body(bytes);
      case "until-close":
        this.#events.data(bytes);
        return bytes.subarray(bytes.byteLength);
      default:
        return this.#line(bytes);
    }
  }

  #head(bytes: Uint8Array): Uint8Array {
    const seen = this.#held?.byteLength ?? 0;
    const all = this.#held ? Buffer.concat([this.#held, bytes]) : bytes;
    const end = endOfHead(all, Math.max(0, seen - 3));
    if (end < 0) {
      // At once, since one who speaks another protocol may be waiting for us to speak.
      if (!BEGINNING.startsWith(latin1(all.subarray(0, BEGINNING.length)))) throw malformed("does not begin like HTTP/1.1");
      if (all.byteLength > HEAD_BYTES_MAX) throw malformed(`has headers of over ${HEAD_BYTES_MAX} bytes`);
      this.#held = all;
      return all.subarray(all.byteLength);
    }
    this.#held = undefined;
    this.#readHead(latin1(all.subarray(0, end)));
    return all.subarray(end);
  }

  #readHead(text: string): void {
    const lines = text.split("\r\n");
    const status = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(lines[0] ?? "");
    if (!status) throw malformed("does not begin like HTTP/1.1");
    const code = Number(status[2]);
    if (code === 101) throw malformed("switches protocols, which nobody asked for");
    if (code < 200) return; // An interim response: the real one follows.
    const headers = headersOf(lines);
    const connection = headers.get("connection")?.toLowerCase() ?? "";
    this.#reusable = status[1] === "1" ? !connection.includes("close") : connection.includes("keep-alive");
    const length = this.#frame(code, headers);
    this.#events.head(code, headers, length);
    if (this.#state === "length" && this.#left === 0) this.#finish(this.#reusable);
  }

  /** Decides how the body is delimited (RFC 9112, section 6.3). */
  #frame(status: number, headers: Headers): number | undefined {
    const coding = headers.get("transfer-encoding");
    const length = lengthOf(headers.get("content-length"));
    this.#left = 0;
    this.#state = "length";
    if (!this.#hasBody || status === 204 || status === 304) return 0;
    if (coding !== null) {
      if (coding.trim().toLowerCase() !== "chunked") throw malformed("has a transfer coding other than chunked");
      this.#reusable &&= length === undefined;
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

  #body(bytes: Uint8Array): Uint8Array {
    const taken = bytes.byteLength <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= taken.byteLength;
    this.#events.data(taken);
    if (this.#left === 0) {
      if (this.#state === "length") this.#finish(this.#reusable);
      else this.#state = "chunk-end";
    }
    return bytes.subarray(taken.byteLength);
  }

  #line(bytes: Uint8Array): Uint8Array {
    const end = bytes.indexOf(LF);
    const part = end < 0 ? bytes : bytes.subarray(0, end + 1);
    const line = this.#held ? Buffer.concat([this.#held, part]) : part;
    if (line.byteLength > LINE_BYTES_MAX) throw malformed("has a chunk line that is too long");
    this.#held = end < 0 ? line : undefined;
    if (end >= 0) {
      if (line[line.byteLength - 2] !== CR) throw malformed("has a chunk line that does not end in CR LF");
      this.#readLine(latin1(line.subarray(0, line.byteLength - 2)));
    }
    return bytes.subarray(part.byteLength);
  }

  #readLine(line: string): void {
    if (this.#state === "chunk-end") {
      if (line !== "") throw malformed("has a chunk that is longer than it says");
      this.#state = "chunk-size";
    } else if (this.#state === "chunk-size") {
      const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line)?.[1];
      if (size === undefined) throw malformed("has a chunk without a size");
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? "trailer" : "chunk-data";
    } else if (line === "") {
      this.#finish(this.#reusable);
    } else {
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

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");

/** Index after the blank line, or -1. */
function endOfHead(bytes: Uint8Array, from: number): number {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf("\r\n\r\n", from, "latin1");
  return at < 0 ? -1 : at + 4;
}

function headersOf(lines: readonly string[]): Headers {
  const headers = new Headers();
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] as string;
    if (line === "") continue;
    const colon = line.indexOf(":");
    if (colon <= 0) throw malformed("has a header line without a name");
    try {
      headers.append(line.slice(0, colon), line.slice(colon + 1));
    } catch {
      throw malformed("has a header that no header may be");
    }
  }
  return headers;
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
