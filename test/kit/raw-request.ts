// Takes HTTP/1.1 requests off a raw socket, byte by byte exact, for upstreams that misbehave below the level of an HTTP
// server. Knows Content-Length and chunked bodies; trailers are read and dropped. Trusts its peer: tests only.

import { concat, text } from "../../src/base/index.ts";

export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Headers;
  /** Decoded when it came in chunks; else byte for byte. */
  readonly body: Uint8Array;
}

export interface RawRequestParser {
  /** The head is complete from this push on. */
  readonly headSeen: boolean;
  /** Returns the requests that are whole with these bytes. */
  push(bytes: Uint8Array): RawRequest[];
}

interface Head {
  readonly method: string;
  readonly target: string;
  readonly headers: Headers;
}

export function rawRequestParser(): RawRequestParser {
  let parts: Uint8Array[] = [];
  let size = 0;
  // Bytes without which another look is useless: a long body is put together once, not at every packet.
  let needed = 0;
  let head: Head | undefined;
  return {
    get headSeen() {
      return head !== undefined;
    },
    push(bytes) {
      parts.push(Uint8Array.from(bytes));
      size += bytes.byteLength;
      const requests: RawRequest[] = [];
      if (size < needed) return requests;
      let rest = concat(parts, size);
      for (;;) {
        if (!head) {
          const end = Buffer.from(rest).indexOf("\r\n\r\n");
          if (end < 0) break;
          head = readHead(text(rest.subarray(0, end)));
          rest = rest.subarray(end + 4);
        }
        const read = readBody(head.headers, rest);
        if (!read) break;
        requests.push({ ...head, body: read.body });
        rest = rest.subarray(read.used);
        head = undefined;
      }
      parts = [rest];
      size = rest.byteLength;
      needed = Number(head?.headers.get("content-length") ?? 0);
      return requests;
    },
  };
}

function readHead(head: string): Head {
  const [first = "", ...lines] = head.split("\r\n");
  const [method = "", target = ""] = first.split(" ");
  const headers = new Headers();
  for (const line of lines) headers.append(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim());
  return { method, target, headers };
}

function readBody(headers: Headers, bytes: Uint8Array): { body: Uint8Array; used: number } | undefined {
  if (headers.get("transfer-encoding")?.includes("chunked")) return readChunks(bytes);
  const length = Number(headers.get("content-length") ?? 0);
  return bytes.byteLength < length ? undefined : { body: bytes.slice(0, length), used: length };
}

function readChunks(bytes: Uint8Array): { body: Uint8Array; used: number } | undefined {
  const buffer = Buffer.from(bytes);
  const parts: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const lineEnd = buffer.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(buffer.toString("latin1", at, lineEnd), 16);
    const start = lineEnd + 2;
    if (size === 0) {
      const end = buffer.indexOf("\r\n\r\n", lineEnd);
      return end < 0 ? undefined : { body: concat(parts), used: end + 4 };
    }
    if (start + size + 2 > buffer.byteLength) return undefined;
    parts.push(bytes.slice(start, start + size));
    at = start + size + 2;
  }
}
