// HTTP/1.1 toward upstreams: as many connections as there are requests at once, kept open and used again, newest first.
// Beside `fetch` it has a limit on connecting, no ceiling of 64 kept connections, and no second thread between.
// Deliberately no HTTP/2, no proxies (HTTPS_PROXY is not read), no redirects, and no retries but one: when a kept
// connection turns out to have been closed by the other side, another carries the request.

import { MillraceError } from "../../base/index.ts";
import type { Connection } from "./connection.ts";
import { ConnectionPool, type ConnectionPoolOptions } from "./connection-pool.ts";
import { Connector } from "./connector.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
import { StaleConnection } from "./wire-exchange.ts";

export type HttpTransportOptions = ConnectionPoolOptions;

export interface HttpTransport {
  readonly send: Transport;
  /** Closes kept connections. Requests under way go on; their connections are closed after them. */
  close(): void;
}

/** @throws `option_invalid` for limits that bound nothing. */
export function httpTransport(options: HttpTransportOptions): HttpTransport {
  const pool = new ConnectionPool(options);
  const connector = new Connector();
  const send: Transport = (request) => {
    const call = new HttpCall(pool, connector);
    return Object.assign(call, { response: call.run(request) });
  };
  return { send, close: () => pool.close() };
}

/** One request, wherever it is: waiting for a connection or on one. */
class HttpCall {
  readonly #pool: ConnectionPool;
  readonly #connector: Connector;
  /** Ends what is under way now. */
  #stop: ((reason: unknown) => void) | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  constructor(pool: ConnectionPool, connector: Connector) {
    this.#pool = pool;
    this.#connector = connector;
  }

  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = { reason };
    this.#stop?.(reason);
  }

  async run(request: TransportRequest): Promise<TransportResponse> {
    const url = new URL(request.url);
    const head = headOf(request, url);
    const kept = this.#pool.take(url.origin);
    if (kept) {
      try {
        request.onConnected?.();
        return await this.#sendOn(kept, request, url, head, true);
      } catch (error) {
        if (!(error instanceof StaleConnection)) throw error;
      }
    }
    if (this.#aborted) throw this.#aborted.reason;
    const attempt = this.#connector.connect(url);
    this.#stop = attempt.giveUp;
    const fresh = await attempt.connection;
    if (!kept) request.onConnected?.();
    return this.#sendOn(fresh, request, url, head, false);
  }

  #sendOn(
    connection: Connection,
    request: TransportRequest,
    { origin }: URL,
    head: Uint8Array,
    isReused: boolean,
  ): Promise<TransportResponse> {
    if (this.#aborted) {
      connection.destroy();
      return Promise.reject(this.#aborted.reason);
    }
    const exchange = connection.send(request, head, isReused, (idle) => this.#pool.keep(origin, idle));
    this.#stop = (reason) => exchange.abort(reason);
    return exchange.response;
  }
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What `Headers` holds too: no line break, and nothing that would become one when it is cut to a byte. */
const NO_FIELD_VALUE = /[\0\r\n\u0100-\uffff]/;
const OWN_FIELDS = /^(?:host|content-length|transfer-encoding)$/i;

/** Refuses what would make a second header, or a second request, out of one (RFC 9112, section 11.2). */
function headOf({ method, headers, body }: TransportRequest, url: URL): Uint8Array {
  if (!TOKEN.test(method)) throw unsendable("The method");
  let head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n`;
  for (const [name, value] of headers) {
    if (!TOKEN.test(name) || OWN_FIELDS.test(name)) throw unsendable("The name of a header");
    if (NO_FIELD_VALUE.test(value)) throw unsendable(`The value of the header \`${name}\``);
    head += `${name}: ${value}\r\n`;
  }
  if (body) head += `content-length: ${body.byteLength}\r\n`;
  return Buffer.from(`${head}\r\n`, "latin1");
}

const unsendable = (what: string): MillraceError => new MillraceError("option_invalid", `${what} may not be sent as it is.`);
