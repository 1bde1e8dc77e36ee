// Heads as they are passed on (RFC 9110, section 7.6): everything the sender wrote, without what belongs to its connection
// alone; how the body is delimited, who asked and through whom is written anew. What came from outside about that is
// dropped, unless the one before is trusted.

import { STATUS_CODES } from "node:http";
import type { Field, RequestHead } from "./request-head.ts";

const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
const WRITTEN_ANEW = ["host", "content-length", "expect", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via"];
/** Other words for the same, which nobody here writes. */
const CLAIMS = [
  "forwarded",
  "x-real-ip",
  "x-forwarded-port",
  "x-forwarded-server",
  "x-forwarded-prefix",
  "x-original-url",
  "x-rewrite-url",
];
const DROPPED_FROM_REQUEST: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...WRITTEN_ANEW]);
const DROPPED_CLAIMS: ReadonlySet<string> = new Set(CLAIMS);
const DROPPED_FROM_ANSWER: ReadonlySet<string> = new Set([...HOP_BY_HOP, "content-length", "via"]);

export interface Way {
  /** Address of the one who asked. */
  readonly peer: string;
  /** What `via` calls this front door. */
  readonly pseudonym: string;
  /** Believe what came about who asked before. */
  readonly trustsProxy: boolean;
}

/** The request's head for an app server, whichever it is: `Host` stays what the client asked for. */
export function forwardHead(head: RequestHead, { peer, pseudonym, trustsProxy }: Way): string {
  const { connectionNames } = head;
  let text = `${head.method} ${head.target} HTTP/1.1\r\n${head.host === "" ? "" : `host: ${head.host}\r\n`}`;
  for (const [name, value] of head.fields) {
    if (DROPPED_FROM_REQUEST.has(name) || (!trustsProxy && DROPPED_CLAIMS.has(name))) continue;
    if (connectionNames.length > 0 && connectionNames.includes(name)) continue;
    text += `${name}: ${value}\r\n`;
  }
  const before = (name: string) => (trustsProxy ? listOf(head, name) : "");
  const via = listOf(head, "via");
  text += `x-forwarded-for: ${joined(before("x-forwarded-for"), peer)}\r\n`;
  text += `x-forwarded-host: ${before("x-forwarded-host") || head.host}\r\n`;
  text += `x-forwarded-proto: ${before("x-forwarded-proto") || "http"}\r\n`;
  text += `via: ${joined(via, `1.1 ${pseudonym}`)}\r\n`;
  if (head.length === undefined) text += "transfer-encoding: chunked\r\n";
  else if (head.length > 0 || head.get("content-length") !== null) text += `content-length: ${head.length}\r\n`;
  return `${text}\r\n`;
}

export interface AnswerHead {
  readonly status: number;
  readonly fields: Iterable<Field>;
  /** What the body is delimited by, for the client. */
  readonly framing: "none" | "length" | "chunked" | "close";
  readonly length: number | undefined;
  readonly closes: boolean;
  readonly pseudonym: string;
}

export function answerHead({ status, fields, framing, length, closes, pseudonym }: AnswerHead): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
  let via = "";
  let told: string | undefined;
  const options = connectionOptions(fields);
  for (const [name, value] of fields) {
    if (name === "via") via = joined(via, value);
    if (name === "content-length") told = value;
    if (DROPPED_FROM_ANSWER.has(name) || options.includes(name)) continue;
    text += `${name}: ${value}\r\n`;
  }
  text += `via: ${joined(via, `1.1 ${pseudonym}`)}\r\n`;
  // A head without its body (HEAD, 304) still tells how long that would be.
  if (framing === "none" && told !== undefined && status !== 204) text += `content-length: ${told}\r\n`;
  else if (framing === "length") text += `content-length: ${length}\r\n`;
  else if (framing === "chunked") text += "transfer-encoding: chunked\r\n";
  if (closes) text += "connection: close\r\n";
  return `${text}\r\n`;
}

function listOf(head: RequestHead, wanted: string): string {
  let list = "";
  for (const [name, value] of head.fields) if (name === wanted) list = joined(list, value);
  return list;
}

const joined = (list: string, value: string): string => (list === "" ? value : `${list}, ${value}`);

const NONE: readonly string[] = [];

function connectionOptions(fields: Iterable<Field>): readonly string[] {
  let options = NONE;
  for (const [name, value] of fields) {
    if (name !== "connection" || /^(?:keep-alive|close)$/i.test(value)) continue;
    options = [...options, ...value.split(",").map((option) => option.trim().toLowerCase())];
  }
  return options;
}
