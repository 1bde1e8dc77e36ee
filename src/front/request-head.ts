// Reads the head of an HTTP/1.1 request (RFC 9112, sections 3 and 5). Strict wherever two servers could read one head in two
// ways: one length or chunked and never both, one Host, names up to their colon, lines that end in CR LF and never go on in
// the next. What is not plainly right is refused, and the connection with it.

import { type Refusal, refusal } from "./refusal.ts";

export type Field = readonly [name: string, value: string];

const FIELDS_MAX = 200;
/** Fifteen digits are whole numbers still. */
const LENGTH = /^\d{1,15}$/;
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([!-"$-~]+) HTTP\/1\.([01])$/;
const OTHER_VERSION = /^[!-~]+ [!-~]+ HTTP\/(?!1\.[01]$)\d(?:\.\d)?$/;
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Controls but tabs, and line breaks that are no line break of HTTP. */
const NO_HEAD = /[^\t\r\n -~\u0080-\u00ff]|\r(?!\n)|(?<!\r)\n/;
const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=%]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const ABSOLUTE = /^https?:\/\/([^/?]+)([/?].*)?$/i;

export class RequestHead {
  readonly method: string;
  /** Path and query, as they came. */
  readonly target: string;
  readonly isOld: boolean;
  readonly host: string;
  /** Names in lower case, in the order in which they came. */
  readonly fields: readonly Field[];
  /** Bytes of the body; 0 where there is none, undefined where it comes in chunks. */
  readonly length: number | undefined;
  readonly keepsAlive: boolean;
  readonly expectsContinue: boolean;
  /** Header names that belong to this connection alone, besides the usual ones. */
  readonly connectionNames: readonly string[];

  constructor(of: Omit<RequestHead, "get">) {
    this.method = of.method;
    this.target = of.target;
    this.isOld = of.isOld;
    this.host = of.host;
    this.fields = of.fields;
    this.length = of.length;
    this.keepsAlive = of.keepsAlive;
    this.expectsContinue = of.expectsContinue;
    this.connectionNames = of.connectionNames;
  }

  /** The first of that name, which is in lower case; null where there is none. */
  get(name: string): string | null {
    for (const [known, value] of this.fields) if (known === name) return value;
    return null;
  }
}

/** @param text without the blank line, a character for each byte */
export function readHead(text: string): RequestHead | Refusal {
  if (NO_HEAD.test(text)) return invalid("has control characters or stray line breaks in its head");
  const lineEnd = text.indexOf("\r\n");
  const first = lineEnd < 0 ? text : text.slice(0, lineEnd);
  const line = REQUEST_LINE.exec(first);
  if (!line) return OTHER_VERSION.test(first) ? OTHER : invalid("does not begin like one of HTTP/1.1");
  const fields = lineEnd < 0 ? [] : fieldsOf(text, lineEnd + 2);
  if (!Array.isArray(fields)) return fields;
  const [, method = "", target = "", minor] = line;
  return headOf(method, target, minor === "0", fields);
}

function headOf(method: string, target: string, isOld: boolean, fields: readonly Field[]): RequestHead | Refusal {
  const special = new SpecialFields();
  for (const [name, value] of fields) if (!special.take(name, value)) return invalid(`gives \`${name}\` more than once`);
  const { host, length, coding, connection, expect } = special;
  const framed = bodyOf(length, coding, isOld);
  if (typeof framed === "object") return framed;
  if (expect !== undefined && expect.toLowerCase() !== "100-continue") return UNEXPECTED;
  if (host === undefined ? !isOld : !HOST.test(host)) return invalid("needs one `Host`");
  const place = placeOf(method, target, host);
  if ("status" in place) return place;
  const options = connection === undefined ? NONE : optionsOf(connection);
  return new RequestHead({
    ...{ method, target: place.target, isOld, host: place.host, fields, length: framed === CHUNKED ? undefined : framed },
    keepsAlive: isOld ? false : !options.includes("close"),
    expectsContinue: expect !== undefined && !isOld,
    connectionNames: options,
  });
}

/** The few fields that decide how the rest is read. All but `Connection` may come once only. */
class SpecialFields {
  host: string | undefined;
  length: string | undefined;
  coding: string | undefined;
  expect: string | undefined;
  connection: string | undefined;

  take(name: string, value: string): boolean {
    switch (name) {
      case "host":
        if (this.host !== undefined) return false;
        this.host = value;
        return true;
      case "content-length":
        if (this.length !== undefined) return false;
        this.length = value;
        return true;
      case "transfer-encoding":
        if (this.coding !== undefined) return false;
        this.coding = value;
        return true;
      case "expect":
        if (this.expect !== undefined) return false;
        this.expect = value;
        return true;
      case "connection":
        this.connection = this.connection === undefined ? value : `${this.connection},${value}`;
        return true;
      default:
        return true;
    }
  }
}

const CHUNKED = "chunked";

/** RFC 9112, section 6.3, without its leniencies. */
function bodyOf(length: string | undefined, coding: string | undefined, isOld: boolean): number | typeof CHUNKED | Refusal {
  if (coding === undefined) {
    if (length === undefined) return 0;
    return LENGTH.test(length) ? Number(length) : invalid("has a `Content-Length` that is no length");
  }
  if (length !== undefined) return invalid("has both `Content-Length` and `Transfer-Encoding`");
  if (isOld) return invalid("has `Transfer-Encoding` in HTTP/1.0");
  return coding.toLowerCase() === CHUNKED ? CHUNKED : UNKNOWN_CODING;
}

/** Where the request goes. An absolute target must name the host that `Host` names. */
function placeOf(method: string, target: string, host = ""): { target: string; host: string } | Refusal {
  if (method === "CONNECT" || method === "TRACE") return NO_METHOD;
  if (target.startsWith("/")) return { target, host };
  const [, authority = "", path = "/"] = ABSOLUTE.exec(target) ?? [];
  if (authority === "") return invalid("has a target that is no path");
  if (!HOST.test(authority) || (host !== "" && host.toLowerCase() !== authority.toLowerCase())) {
    return invalid("names two different hosts");
  }
  return { target: path.startsWith("/") ? path : `/${path}`, host: authority };
}

function fieldsOf(text: string, from: number): Field[] | Refusal {
  const fields: Field[] = [];
  for (let at = from; at <= text.length; ) {
    const feed = text.indexOf("\r\n", at);
    const end = feed < 0 ? text.length : feed;
    const colon = text.indexOf(":", at);
    const name = colon < 0 || colon >= end ? "" : text.slice(at, colon);
    if (!FIELD_NAME.test(name)) return invalid("has a header that no header may be");
    let start = colon + 1;
    let stop = end;
    while (start < stop && isBlank(text.charCodeAt(start))) start++;
    while (stop > start && isBlank(text.charCodeAt(stop - 1))) stop--;
    if (fields.push([name.toLowerCase(), text.slice(start, stop)]) > FIELDS_MAX) return TOO_MANY;
    at = end + 2;
  }
  return fields;
}

/** True where every line is a header line; trailers are read for their form only. */
export const areFields = (text: string): boolean => !NO_HEAD.test(text) && Array.isArray(fieldsOf(text, 0));

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

const optionsOf = (connection: string): string[] =>
  connection
    .toLowerCase()
    .split(",")
    .map((option) => option.trim());

const NONE: readonly string[] = [];

export const invalid = (what: string): Refusal =>
  refusal(400, "request_invalid", `The request ${what}. Send it as HTTP/1.1 asks.`);

const OTHER = refusal(505, "version_unsupported", "HTTP/1.1 is spoken here. Send the request again in it.");
const UNEXPECTED = refusal(417, "expectation_failed", "Only `Expect: 100-continue` is understood. Send the request without it.");
const UNKNOWN_CODING = refusal(501, "coding_unsupported", "Of transfer codings only chunked is understood.");
const NO_METHOD = refusal(405, "method_not_allowed", "CONNECT and TRACE are not served here.", {
  header: "allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
});
const TOO_MANY = refusal(431, "head_too_large", `A request may have ${FIELDS_MAX} headers at most.`);
