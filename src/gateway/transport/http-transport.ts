// HTTP/1.1 toward upstreams: as many connections as there are requests at once, kept open and used again, newest first.
// Beside `fetch` it has a limit on connecting, no ceiling of 64 kept connections, and no second thread between.
// Certificates are verified. Deliberately no HTTP/2, no proxies, no redirects, no retries but for a connection that
// the other side had closed while it was idle.

import { checkServerIdentity } from "node:tls";
import { type Clock, MillraceError } from "../../base/index.ts";
import { Connection, StaleConnection } from "./connection.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

export interface HttpTransportOptions {
  readonly clock: Clock;
  /** Kept connections per origin. Default 1,024; what is more is closed. */
  readonly idleMax?: number;
  /** How long an unused connection is kept. Default 30,000: less than upstreams keep theirs. */
  readonly idleMs?: number;
}

interface Kept {
  readonly connection: Connection;
  readonly since: number;
}

export interface HttpTransport {
  readonly send: Transport;
  /** Closes kept connections; requests under way go on. */
  close(): void;
}

const ORIGINS_MAX = 1000;

export function httpTransport({ clock, idleMax = 1024, idleMs = 30_000 }: HttpTransportOptions): HttpTransport {
  const origins = new Map<string, Kept[]>();
  const urls = new Map<string, URL>();

  const takeKept = (origin: string): Connection | undefined => {
    const kept = origins.get(origin);
    for (let last = kept?.pop(); last; last = kept?.pop()) {
      if (!last.connection.closed && clock.monotonic() - last.since < idleMs) return last.connection;
      last.connection.destroy();
    }
    return undefined;
  };
  const keep = (origin: string, connection: Connection): void => {
    const kept = origins.get(origin) ?? [];
    // The oldest stand in front: what nobody took for long goes.
    while (kept[0] && (kept[0].connection.closed || clock.monotonic() - kept[0].since >= idleMs))
      kept.shift()?.connection.destroy();
    if (kept.length >= idleMax || (kept.length === 0 && origins.size >= ORIGINS_MAX && !origins.has(origin))) {
      connection.destroy();
      return;
    }
    origins.set(origin, kept);
    kept.push({ connection, since: clock.monotonic() });
  };

  /** The same few addresses are asked for over and over. */
  const parsed = (address: string): URL => {
    const known = urls.get(address);
    if (known) return known;
    if (urls.size >= ORIGINS_MAX) urls.clear();
    const url = new URL(address);
    urls.set(address, url);
    return url;
  };
  const send: Transport = (request) => {
    const call = new HttpCall();
    const url = parsed(request.url);
    const keepIdle = (connection: Connection) => keep(url.origin, connection);
    return Object.assign(call, { response: call.run(request, url, () => takeKept(url.origin), keepIdle) });
  };
  return {
    send,
    close() {
      for (const kept of origins.values()) for (const { connection } of kept) connection.destroy();
      origins.clear();
    },
  };
}

/** One request, wherever it is: waiting for a connection or on one. */
class HttpCall {
  #connection: Connection | undefined;
  #aborted: { reason: unknown } | undefined;
  #giveUp: ((reason: unknown) => void) | undefined;

  abort(reason: unknown): void {
    this.#aborted ??= { reason };
    this.#giveUp?.(reason);
    this.#connection?.abort(reason);
  }

  async run(
    request: TransportRequest,
    url: URL,
    takeKept: () => Connection | undefined,
    onIdle: (connection: Connection) => void,
  ): Promise<TransportResponse> {
    const head = headOf(request, url);
    const idle = (connection: Connection) => {
      this.#connection = undefined; // From now on it is somebody else's.
      onIdle(connection);
    };
    for (let kept = takeKept(); kept; kept = takeKept()) {
      try {
        return await this.#sendOn(kept, request, head, true, idle);
      } catch (error) {
        if (!(error instanceof StaleConnection)) throw error;
      }
    }
    const fresh = await connect(url, (giveUp) => {
      this.#giveUp = giveUp;
    });
    this.#giveUp = undefined;
    return this.#sendOn(fresh, request, head, false, idle);
  }

  #sendOn(
    connection: Connection,
    request: TransportRequest,
    head: string,
    isReused: boolean,
    onIdle: (connection: Connection) => void,
  ): Promise<TransportResponse> {
    if (this.#aborted) {
      connection.destroy();
      return Promise.reject(this.#aborted.reason);
    }
    this.#connection = connection;
    request.onConnected?.();
    return connection.request(request, head, isReused, onIdle);
  }
}

function headOf({ method, headers, body }: TransportRequest, url: URL): string {
  let head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n`;
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
  if (body) head += `content-length: ${body.byteLength}\r\n`;
  return `${head}\r\n`;
}

/** @param onWaiting gets the function that ends the wait with a reason. */
function connect(url: URL, onWaiting: (giveUp: (reason: unknown) => void) => void): Promise<Connection> {
  const isTls = url.protocol === "https:";
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) => {
      reject(new MillraceError("upstream_unreachable", "The upstream refused or dropped the connection.", { cause }));
    };
    let left = false;
    onWaiting((reason) => {
      left = true;
      reject(reason);
    });
    const opened = (socket: Bun.Socket<Connection>) => {
      if (left) socket.terminate();
      else resolve(new Connection(socket));
    };
    const options = {
      hostname,
      port: Number(url.port || (isTls ? 443 : 80)),
      ...(isTls ? { tls: { serverName: hostname, rejectUnauthorized: true } } : {}),
      socket: {
        open(socket: Bun.Socket<Connection>) {
          if (!isTls) opened(socket);
        },
        handshake(socket: Bun.Socket<Connection>, isComplete: boolean, problem: Error | null) {
          const refusal = problem ?? (isComplete ? undefined : new Error("The TLS handshake failed."));
          const mismatch = refusal ?? checkServerIdentity(hostname, socket.getPeerCertificate());
          if (!mismatch) return opened(socket);
          socket.terminate();
          failed(mismatch);
        },
        data(socket: Bun.Socket<Connection>, bytes: Uint8Array) {
          socket.data?.onData(bytes);
        },
        drain(socket: Bun.Socket<Connection>) {
          socket.data?.onDrain();
        },
        close(socket: Bun.Socket<Connection>) {
          if (socket.data) socket.data.onClose();
          else failed(new Error("The connection was closed before it was open."));
        },
        end(socket: Bun.Socket<Connection>) {
          if (socket.data) socket.data.onEnd();
          else socket.end();
        },
        error(_socket: Bun.Socket<Connection>, error: Error) {
          failed(error);
        },
        connectError(_socket: Bun.Socket<Connection>, error: Error) {
          failed(error);
        },
      },
    };
    Bun.connect(options as Bun.TCPSocketConnectOptions<Connection>).catch(failed);
  });
}
