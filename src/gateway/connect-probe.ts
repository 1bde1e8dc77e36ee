// A limit on connecting, which `fetch` does not have. An origin that did not answer lately is also connected to by a
// bare socket, at the same time as the request: until that socket is up, the connect limit counts.
// Costs one short connection to a cold origin at a time, nothing to a warm one. Says nothing about TLS or HTTP.

import { type Clock, MillraceError } from "../base/index.ts";

export interface ConnectProbe {
  /** Undefined for an origin that answered within the last 10 s; else settles once it accepts or refuses a connection. */
  cold(baseUrl: string): Promise<void> | undefined;
  /** The origin answered a request just now. */
  answered(baseUrl: string): void;
}

const WARM_MS = 10_000;
const ORIGINS_MAX = 1000;

/** @param connect opens and at once closes a connection; rejects when it is refused. */
export function connectProbe(clock: Clock, connect: (host: string, port: number) => Promise<void>): ConnectProbe {
  const warmUntil = new Map<string, number>();
  const pending = new Map<string, Promise<void>>();
  return {
    cold(baseUrl) {
      if (clock.monotonic() < (warmUntil.get(baseUrl) ?? 0)) return undefined;
      const url = new URL(baseUrl);
      const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
      let probe = pending.get(baseUrl);
      if (!probe) {
        probe = connect(url.hostname.replace(/^\[|\]$/g, ""), port).finally(() => pending.delete(baseUrl));
        pending.set(baseUrl, probe);
      }
      return probe;
    },
    answered(baseUrl) {
      if (warmUntil.size >= ORIGINS_MAX) warmUntil.clear();
      warmUntil.set(baseUrl, clock.monotonic() + WARM_MS);
    },
  };
}

/** Opens a TCP connection and closes it. Rejects with `upstream_unreachable`. */
export async function connectOnce(host: string, port: number): Promise<void> {
  const failed = (cause: unknown) => new MillraceError("upstream_unreachable", `No connection to port ${port}.`, { cause });
  const socket = await Bun.connect({ hostname: host, port, socket: { data() {} } }).catch((cause: unknown) => {
    throw failed(cause);
  });
  socket.end();
}
