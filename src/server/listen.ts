// Listens, and stops gracefully: take leave, accept no more, let calls finish up to a limit, then cut what is left.

import type { Clock } from "../base/index.ts";

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly shutdownMs: number;
  /** What is to be done after it was said to stop and before it accepts no more. */
  readonly takeLeave: () => Promise<void>;
  readonly handle: (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response>;
  readonly report: (error: unknown) => void;
}

export interface Listener {
  readonly url: string;
  /** True from the beginning of `stop`. */
  readonly leaving: boolean;
  /** True once it accepts no more. */
  readonly draining: boolean;
  stop(): Promise<void>;
}

/** For connections without a call: an idle or half-sent one is closed after this. */
const CONNECTION_IDLE_SECONDS = 120;

export function listen(options: ListenOptions): Listener {
  const { host, port, clock, shutdownMs, takeLeave, handle, report } = options;
  let leaving = false;
  let draining = false;
  const server = Bun.serve({
    hostname: host,
    port,
    idleTimeout: CONNECTION_IDLE_SECONDS,
    // Ours is checked before a byte is read, and answered in the caller's dialect.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    fetch: handle,
    error(error) {
      report(error);
      return Response.json({ error: { code: "internal", message: "Millrace failed to serve this request." } }, { status: 500 });
    },
  });
  return {
    url: server.url.href.replace(/\/$/, ""),
    get leaving() {
      return leaving;
    },
    get draining() {
      return draining;
    },
    async stop() {
      leaving = true;
      await takeLeave();
      draining = true;
      const given = new AbortController();
      const finished = server.stop(false);
      await Promise.race([finished, clock.sleep(shutdownMs, given.signal).catch(() => {})]);
      given.abort();
      await server.stop(true);
    },
  };
}
