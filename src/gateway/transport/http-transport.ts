// HTTP/1.1 toward upstreams: as many connections as there are requests at once, kept open and used again, newest first.
// Beside `fetch` it has a limit on connecting, no ceiling of 64 kept connections, and no second thread between.
// Deliberately no HTTP/2, no proxies (HTTPS_PROXY is not read), no redirects, and no retries but one: when a kept
// connection turns out to have been closed by the other side, another carries the request.

import { MillraceError } from "../../base/index.ts";
import { Connection } from "./connection.ts";
import { ConnectionPool, type ConnectionPoolOptions } from "./connection-pool.ts";
import { Connector } from "./connector.ts";
import { type Server, Servers } from "./servers.ts";
import type { Transport, TransportCall, TransportRequest, TransportResponse } from "./transport.ts";
import { StaleConnection } from "./wire-exchange.ts";

export type HttpTransportOptions = ConnectionPoolOptions;

export interface HttpTransport {
  readonly send: Transport;
  /** Closes kept connections. Requests under way go on; their connections are closed after them. */
  close(): void;
}

/** @throws `option_invalid` for limits that bound nothing. */
export function httpTransport(options: HttpTransportOptions): HttpTransport {
  const pool = new ConnectionPool<Connection>(options);
  const connector = new Connector((socket: Bun.Socket<Connection>) => new Connection(socket));
  const servers = new Servers();
  const send: Transport = (request) => new HttpCall(pool, connector, servers, request);
  return { send, close: () => pool.close() };
}

/** One request, wherever it is: waiting for a connection or on one. */
class HttpCall implements TransportCall {
  readonly response: Promise<TransportResponse>;
  readonly #pool: ConnectionPool<Connection>;
  readonly #connector: Connector<Connection>;
  /** Ends what is under way now. */
  #stop: { abort(reason: unknown): void } | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  constructor(pool: ConnectionPool<Connection>, connector: Connector<Connection>, servers: Servers, request: TransportRequest) {
    this.#pool = pool;
    this.#connector = connector;
    this.response = this.#run(request, servers);
  }

  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = { reason };
    this.#stop?.abort(reason);
  }

  #run(request: TransportRequest, servers: Servers): Promise<TransportResponse> {
    try {
      const { server, target } = servers.find(request.url);
      const head = headOf(request, server, target);
      const kept = this.#pool.take(server.origin);
      if (!kept) return this.#connect(request, server, head, false);
      request.onConnected?.();
      return this.#sendOn(kept, request, server, head, true).catch((error: unknown) => {
        if (error instanceof StaleConnection) return this.#connect(request, server, head, true);
        throw error;
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #connect(request: TransportRequest, server: Server, head: Uint8Array, isAgain: boolean): Promise<TransportResponse> {
    if (this.#aborted) throw this.#aborted.reason;
    const attempt = this.#connector.connect(server.url);
    this.#stop = attempt;
    const fresh = await attempt.connection;
    if (!isAgain) request.onConnected?.();
    return this.#sendOn(fresh, request, server, head, false);
  }

  #sendOn(
    connection: Connection,
    request: TransportRequest,
    { origin }: Server,
    head: Uint8Array,
    isReused: boolean,
  ): Promise<TransportResponse> {
    if (this.#aborted) {
      connection.destroy();
      return Promise.reject(this.#aborted.reason);
    }
    const exchange = connection.send(request, head, isReused, (idle) => this.#pool.keep(origin, idle));
    this.#stop = exchange;
    return exchange.response;
  }
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What `Headers` holds too: no line break, and nothing that would become one when it is cut to a byte. */
const NO_FIELD_VALUE = /[\0\r\n\u0100-\uffff]/;
const OWN_FIELDS = /^(?:host|content-length|transfer-encoding)$/i;

/** Refuses what would make a second header, or a second request, out of one (RFC 9112, section 11.2). */
function headOf({ method, headers, body }: TransportRequest, { host }: Server, target: string): Uint8Array {
  if (!TOKEN.test(method)) throw unsendable("The method");
  let head = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n`;
  for (const [name, value] of headers) {
    if (!TOKEN.test(name) || OWN_FIELDS.test(name)) throw unsendable("The name of a header");
    if (NO_FIELD_VALUE.test(value)) throw unsendable(`The value of the header \`${name}\``);
    head += `${name}: ${value}\r\n`;
  }
  if (body) head += `content-length: ${body.byteLength}\r\n`;
  return Buffer.from(`${head}\r\n`, "latin1");
}

const unsendable = (what: string): MillraceError => new MillraceError("option_invalid", `${what} may not be sent as it is.`);
