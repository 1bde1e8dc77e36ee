// The guard of a server without authentication: only this machine may call it, and only on purpose. A page in the
// user's browser can reach 127.0.0.1, either by a name of its own that resolves there (DNS rebinding: a foreign Host)
// or openly (a foreign Origin, or Sec-Fetch-Site). Hosts are matched as text, never resolved or normalised: a browser
// has already written 0x7f.1 as 127.0.0.1 before it sends it.

import type { Refusal } from "./refusal.ts";

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const NAME = "(?:[a-z0-9_-]{1,63}\\.)*localhost\\.?";
const HOST = `(?:${NAME}|127\\.${OCTET}\\.${OCTET}\\.${OCTET}|\\[::1\\])(?::\\d{0,5})?`;
const LOOPBACK_HOST = new RegExp(`^${HOST}$`, "i");
const LOOPBACK_ORIGIN = new RegExp(`^https?://${HOST}$`, "i");
const CHARACTERS_MAX = 300;

/**
 * True for `localhost`, names under it, 127.0.0.0/8 and `[::1]`, with or without a port, and for a bare `::1` as in a
 * listening address. False for `0.0.0.0` and `::`, which listen to everyone.
 */
export function isLoopbackHost(host: string): boolean {
  return host.length <= CHARACTERS_MAX && (host === "::1" || LOOPBACK_HOST.test(host));
}

/** Why this request may not come in, or undefined when it may. */
export function loopbackGuard(headers: Headers): Refusal | undefined {
  if (!isLoopbackHost(headers.get("host") ?? "")) {
    return barred(
      "Millrace runs without authentication and answers only on localhost. To serve others, configure auth and create tokens.",
    );
  }
  if (!isForwardedFromHere(headers.get("x-forwarded-for"))) {
    return barred(
      "Millrace runs without authentication and answers this machine only, also through a proxy. To serve others, configure auth and create tokens.",
    );
  }
  const origin = headers.get("origin");
  if (origin !== null && !(origin.length <= CHARACTERS_MAX && LOOPBACK_ORIGIN.test(origin))) {
    return barred("Millrace runs without authentication and refuses requests from web pages of other origins.");
  }
  if (headers.get("sec-fetch-site")?.toLowerCase() === "cross-site") {
    return barred("Millrace runs without authentication and refuses requests that another site made.");
  }
  return undefined;
}

/** What a proxy on this machine says of the one who asked; none is said to be this machine. */
const isForwardedFromHere = (addresses: string | null): boolean =>
  addresses === null || addresses.split(",").every((address) => isLoopbackHost(address.trim()));

const barred = (message: string): Refusal => ({ refused: "permission", message });
