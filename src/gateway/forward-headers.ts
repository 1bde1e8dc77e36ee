// Which headers cross the gateway (RFC 9110, sections 7.6.1 and 11): everything the sender wrote, except what belongs
// to one connection, what names Millrace itself, and credentials that are not meant for the other side.

import type { HeaderFields } from "./header-fields.ts";
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
/** Written anew for each message, or consumed here. */
const OWN_REQUEST = ["host", "content-length", "content-encoding", "expect", "accept-encoding"];
const MILLRACE_REQUEST = ["x-millrace-cache", "x-millrace-priority", "x-millrace-deadline-ms", "x-millrace-session"];
const CREDENTIALS = ["authorization", "x-api-key", "cookie"];
const DROPPED_FROM_REQUEST: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...OWN_REQUEST, ...MILLRACE_REQUEST]);
const CREDENTIAL_NAMES: ReadonlySet<string> = new Set(CREDENTIALS);
const DROPPED_FROM_RESPONSE: ReadonlySet<string> = new Set([...HOP_BY_HOP, "content-length"]);

type HeaderPair = readonly [name: string, value: string];

/** Headers for the upstream. The answer is asked for uncompressed, since its events are watched as they pass. */
export function requestHeaders(from: Headers, upstream: Upstream, identity: Identity): HeaderPair[] {
  const pairs: HeaderPair[] = [["accept-encoding", "identity"]];
  const { credential, headers: added } = upstream;
  const named = connectionOptions(from);
  const passes = (name: string, value: string): boolean => {
    if (DROPPED_FROM_REQUEST.has(name) || named.includes(name) || Object.hasOwn(added, name)) return false;
    if (!CREDENTIAL_NAMES.has(name)) return true;
    return credential.kind === "passthrough" && (identity.kind === "passthrough" || !isOwnCredential(value));
  };
  from.forEach((value, name) => {
    if (passes(name, value)) pairs.push([name, value]);
  });
  if (credential.kind === "env") pairs.push(signature(upstream.dialect, credential.secret.reveal()));
  for (const name in added) pairs.push([name, added[name]?.reveal() ?? ""]);
  return pairs;
}

/** An upstream's headers, as the client gets them. */
export function responseHeaders(headers: HeaderFields): HeaderFields {
  const named = connectionOptions(headers);
  return headers.filter((name) => !DROPPED_FROM_RESPONSE.has(name) && !named.includes(name));
}

/** Names of further headers that belong to the connection only (RFC 9110, section 7.6.1). */
function connectionOptions(headers: Pick<Headers, "get">): readonly string[] {
  const options = headers.get("connection");
  if (options === null || /^(keep-alive|close)$/i.test(options)) return NONE;
  const names = options.split(",").map((option) => option.trim().toLowerCase());
  return names.filter((name) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name));
}

const NONE: readonly string[] = [];

/** A Millrace token or a JWT that let the caller in here is nobody else's to see. */
function isOwnCredential(value: string): boolean {
  const credential = value.replace(/^bearer\s+/i, "");
  return isMillraceToken(credential) || looksLikeJwt(credential);
}

/** Anthropic's OAuth tokens go where every other bearer token goes; its API keys have a header of their own. */
function signature(dialect: Upstream["dialect"], key: string): HeaderPair {
  if (dialect === "anthropic" && !key.startsWith("sk-ant-oat")) return ["x-api-key", key];
  return ["authorization", `Bearer ${key}`];
}
