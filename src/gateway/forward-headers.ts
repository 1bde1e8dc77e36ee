// Which headers cross the gateway (RFC 9110, sections 7.6.1 and 11): everything the sender wrote, except what belongs
// to one connection, what names Millrace itself, and credentials that are not meant for the other side.

import { isMillraceToken } from "./identity/credential.ts";
import type { Identity } from "./identity/identity.ts";
import { looksLikeJwt } from "./identity/jwt.ts";
import type { Upstream } from "./upstream.ts";

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
/** Set anew by the sender of each message, or consumed here. */
const REQUEST_ONLY_HERE = ["host", "content-length", "content-encoding", "expect", "accept-encoding"];
const MILLRACE_REQUEST = ["x-millrace-cache", "x-millrace-priority", "x-millrace-deadline-ms", "x-millrace-session"];
const CREDENTIALS = ["authorization", "x-api-key", "cookie"];
const DROPPED_FROM_REQUEST = [...HOP_BY_HOP, ...REQUEST_ONLY_HERE, ...MILLRACE_REQUEST];
const DROPPED_FROM_RESPONSE = [...HOP_BY_HOP, "content-length"];

/** Headers for the upstream. The answer is asked for uncompressed, since its events are watched as they pass. */
export function requestHeaders(from: Headers, upstream: Upstream, identity: Identity): Headers {
  const headers = withoutConnectionOptions(from);
  for (const name of DROPPED_FROM_REQUEST) headers.delete(name);
  headers.set("accept-encoding", "identity");
  if (upstream.credential.kind !== "passthrough") {
    for (const name of CREDENTIALS) headers.delete(name);
    if (upstream.credential.kind === "env") sign(headers, upstream.dialect, upstream.credential.secret.reveal());
  } else if (identity.kind !== "passthrough") {
    dropOwn(headers);
  }
  for (const [name, value] of Object.entries(upstream.headers)) headers.set(name, value.reveal());
  return headers;
}

/** Headers for the client. The runtime has already undone a content coding, if the upstream insisted on one. */
export function responseHeaders(from: Headers): Headers {
  const headers = withoutConnectionOptions(from);
  for (const name of DROPPED_FROM_RESPONSE) headers.delete(name);
  if (headers.has("content-encoding")) headers.delete("content-encoding");
  return headers;
}

function withoutConnectionOptions(from: Headers): Headers {
  const headers = new Headers(from);
  const options = headers.get("connection");
  if (options === null || /^\s*(keep-alive|close)\s*$/i.test(options)) return headers;
  for (const option of options.split(",")) {
    const name = option.trim();
    if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) headers.delete(name);
  }
  return headers;
}

/** A Millrace token or a JWT that let the caller in here is nobody else's to see. */
function dropOwn(headers: Headers): void {
  for (const name of ["authorization", "x-api-key"]) {
    const credential = headers.get(name)?.replace(/^bearer\s+/i, "") ?? "";
    if (isMillraceToken(credential) || looksLikeJwt(credential)) headers.delete(name);
  }
}

function sign(headers: Headers, dialect: Upstream["dialect"], key: string): void {
  // Anthropic's OAuth tokens go where every other bearer token goes; its API keys have a header of their own.
  if (dialect === "anthropic" && !key.startsWith("sk-ant-oat")) headers.set("x-api-key", key);
  else headers.set("authorization", `Bearer ${key}`);
}
