// Addresses, taken apart. A gateway speaks to a few servers for ever: what a `URL` works out anew each time it is asked
// is kept for each, and a plain path is sent as it is.

import { MillraceError } from "../../base/index.ts";

export interface Server {
  readonly url: URL;
  readonly origin: string;
  readonly host: string;
}

/** Servers beyond these are worked out each time. */
const KEPT_MAX = 1000;
/** Nothing that a URL parser would write differently. */
const PLAIN_TARGET = /^\/[\w\-./~:@!$&()*+,;=?]*$/;

export class Servers {
  /** By origin, which is how nearly every address begins. */
  readonly #kept = new Map<string, Server>();

  /** The server and the request target. Throws `option_invalid` for what is no URL. */
  find(address: string): { server: Server; target: string } {
    const start = address.indexOf("/", address.indexOf("//") + 2);
    const kept = start < 0 ? undefined : this.#kept.get(address.slice(0, start));
    const plain = kept ? address.slice(start) : "";
    if (kept && PLAIN_TARGET.test(plain) && !plain.includes("/.")) return { server: kept, target: plain };
    if (!URL.canParse(address)) throw new MillraceError("option_invalid", "The address of the upstream is no URL.");
    const url = new URL(address);
    const server = { url, origin: url.origin, host: url.host };
    if (this.#kept.size < KEPT_MAX) this.#kept.set(server.origin, server);
    return { server, target: url.pathname + url.search };
  }
}
