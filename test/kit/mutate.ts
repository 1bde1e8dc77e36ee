// Spoils valid requests for a fuzz test: bytes, types, depth, numbers, names and headers. The same random source gives
// the same request, so a case can be had again by its number.

import type { Random } from "../../src/base/index.ts";
import { concat, text, utf8 } from "../../src/base/index.ts";

type Json = unknown;

const VALUES: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  -0.0,
  2 ** 53,
  2 ** 64,
  "",
  " ",
  "x".repeat(300),
  "\u0000",
  "\ud800",
  "__proto__",
  "🧵".repeat(50),
  [],
  {},
  [[]],
  [null],
  { "": "" },
  { toString: 1, constructor: 2, __proto__: null },
];
/** Spelled as JSON.stringify never would. */
const RAW_NUMBERS = [
  "1e999",
  "-1e999",
  "0.0000000000000000000001",
  `1${"0".repeat(400)}`,
  "1E+2",
  "-0",
  "01",
  ".5",
  "0x10",
  "NaN",
];
const NAMES = [
  "__proto__",
  "constructor",
  "",
  "model",
  "stream",
  "messages",
  "x".repeat(200),
  "cache_control",
  "\u2028",
  "metadata",
];

const pick = <T>(random: Random, values: readonly T[]): T => values[random.below(values.length)] as T;

const anyValue = (random: Random): Json => structuredClone(pick(random, VALUES));

/** Up to three changes of the value of `body`, up to two of its bytes. One in six stays as it is, for what is odd around it. */
export function mutateBody(body: Json, random: Random): Uint8Array {
  if (random.below(6) === 0) return utf8(JSON.stringify(body));
  let value = structuredClone(body);
  const changes = 1 + random.below(3);
  for (let change = 0; change < changes; change++) if (random.below(3) > 0) value = mutateValue(value, random);
  let bytes: Uint8Array = utf8(JSON.stringify(value) ?? "");
  if (random.below(4) === 0) bytes = utf8(text(bytes).replace(/-?\d+(?:\.\d+)?/, pick(random, RAW_NUMBERS)));
  for (let change = random.below(3); change > 0; change--) bytes = mutateBytes(bytes, random);
  return bytes;
}

/** Replaces, removes, doubles, wraps or adds at a random place inside. */
function mutateValue(root: Json, random: Random): Json {
  if (typeof root !== "object" || root === null || random.below(6) === 0) return anyValue(random);
  const holder = root as Record<string, Json>;
  const names = Object.keys(holder);
  const name = names.length === 0 ? "added" : pick(random, names);
  switch (random.below(7)) {
    case 0:
      delete holder[name];
      break;
    case 1:
      holder[name] = anyValue(random);
      break;
    case 2:
      holder[name] = nested(holder[name], 1 + random.below(2000), random.below(2) === 0);
      break;
    case 3:
      Object.defineProperty(holder, pick(random, NAMES), {
        value: anyValue(random),
        enumerable: true,
        configurable: true,
        writable: true,
      });
      break;
    case 4:
      holder[name] = [holder[name], structuredClone(holder[name])];
      break;
    default:
      holder[name] = mutateValue(holder[name], random);
  }
  return holder;
}

function nested(value: Json, depth: number, inLists: boolean): Json {
  let wrapped = value;
  for (let level = 0; level < depth; level++) wrapped = inLists ? [wrapped] : { a: wrapped };
  return wrapped;
}

/** Flips, cuts, repeats or inserts bytes. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.byteLength + 1);
  const length = random.below(Math.min(64, bytes.byteLength - at + 1));
  switch (random.below(5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 2:
      return concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    case 3:
      return concat([bytes.subarray(0, at), random.bytes(length), bytes.subarray(at)]);
    default: {
      const flipped = Uint8Array.from(bytes);
      if (at < flipped.byteLength) flipped[at] = (flipped[at] as number) ^ (1 << random.below(8));
      return flipped;
    }
  }
}

const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  [
    "content-type",
    ["application/json", "text/plain", "application/json;;;", 'APPLICATION/JSON; charset="utf-8"', "", "x".repeat(2000)],
  ],
  ["content-encoding", ["gzip", "br", "zstd", "deflate", "identity", "gzip, br", "hasOwnProperty", ""]],
  [
    "authorization",
    ["Bearer", "Bearer ", "Basic Og==", `Bearer mr_${"A".repeat(43)}`, "Bearer a.b.c", "x".repeat(4000), "Bearer ey.ey.ey"],
  ],
  ["x-api-key", ["", " ", "key", "mr_", "x".repeat(4000), "ключ".normalize()]],
  ["x-millrace-cache", ["on", "off", "refresh", "yes", "", "ON", "on, off"]],
  ["x-millrace-session", ["", `s_${"0".repeat(48)}`, "x".repeat(4000), "../..", "%00"]],
  ["x-claude-code-session-id", ["", "a", "x".repeat(4000)]],
  ["anthropic-version", ["2023-06-01", "", "9999", "x".repeat(500)]],
  ["anthropic-beta", ["a,b,c", ",,,,", "x".repeat(4000)]],
  ["openai-beta", ["", "assistants=v2"]],
  ["accept-encoding", ["gzip", "br;q=1.0, *;q=0", ""]],
  ["expect", ["100-continue", "200-maybe"]],
  ["origin", ["http://localhost", "null", "https://evil.example", "http://127.0.0.1:1"]],
  ["sec-fetch-site", ["cross-site", "same-origin", "none"]],
  ["te", ["trailers", "gzip"]],
  ["upgrade", ["websocket", "h2c", "HTTP/3.0"]],
  ["x-forwarded-for", ["127.0.0.1", "a, b, c"]],
  ["range", ["bytes=0-1", "bytes=-"]],
  ["if-none-match", ["*", '"a"']],
  ["cookie", ["a=b; c=d", "=;=;"]],
];
const asciiOnly = (value: string): string => value.replace(/[^\t\x20-\x7e]/g, "?");

/** Up to four odd headers. */
export function oddHeaders(random: Random): [name: string, value: string][] {
  return Array.from({ length: random.below(5) }, () => {
    const [name, values] = pick(random, HEADERS);
    return [name, asciiOnly(pick(random, values))];
  });
}

const CONNECTION_HEADERS = [
  "Connection: close",
  "Connection: keep-alive, X-A, content-type, authorization",
  "Connection: ,, , ;;=",
  "Connection: upgrade",
  "Transfer-Encoding: gzip, chunked",
  "Content-Length: 18446744073709551616",
  "Host: 127.0.0.1\r\nHost: localhost",
  "X-Odd:\tvalue\t",
  "X-Latin: caf\u00e9",
  ": no name",
  "No Colon",
  "X-Space : before colon",
  " X-Folded: line",
];

export interface SpoiledRequest {
  readonly bytes: Uint8Array;
  /** The server may not be able to tell where the request ends. */
  readonly endless: boolean;
}

/** A whole request on the wire, now and then with a head that no client library would send. */
export function rawRequest(path: string, body: Uint8Array, random: Random): SpoiledRequest {
  const lines = [
    `${pick(random, ["POST", "POST", "POST", "POST", "POST", "POST", "GET", "PUT", "post", "OPTIONS"])} ${path} HTTP/1.1`,
  ];
  lines.push(
    `Host: ${pick(random, ["localhost", "localhost", "localhost:1", "127.0.0.1", "[::1]", "LOCALHOST", "evil.example", "", "a b"])}`,
  );
  for (const [name, value] of oddHeaders(random)) lines.push(`${name}: ${value}`);
  if (random.below(3) === 0) lines.push(pick(random, CONNECTION_HEADERS));
  const chunked = random.below(3) === 0;
  lines.push(
    chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.byteLength + pick(random, [0, 0, 0, 1, -1, 1000])}`,
  );
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  const framed = chunked ? chunks(body, random) : [body];
  const whole = concat([head, ...framed]);
  const endless = random.below(5) === 0;
  return { bytes: endless ? mutateBytes(whole, random) : whole, endless };
}

function chunks(body: Uint8Array, random: Random): Uint8Array[] {
  const size = 1 + random.below(200);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < body.byteLength; at += size) {
    const part = body.subarray(at, at + size);
    parts.push(utf8(`${part.byteLength.toString(16)}\r\n`), part, utf8("\r\n"));
  }
  return [...parts, utf8(pick(random, ["0\r\n\r\n", "0\r\nx-trailer: 1\r\n\r\n", "0;ext=1\r\n\r\n", "zz\r\n\r\n"]))];
}
