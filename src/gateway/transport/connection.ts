// One connection to an upstream and the request on it, if there is one. Bytes go from the socket's own callback straight
// to the exchange: a chunk costs no promise. Used again only after a whole, well-formed response.

import type { TransportRequest } from "./transport.ts";
import { type Wire, WireExchange } from "./wire-exchange.ts";

/** Up to this size head and body leave in one write. */
const ONE_WRITE_BYTES_MAX = 64 * 1024;
const NO_BYTES = new Uint8Array(0);

export class Connection implements Wire {
  readonly #socket: Bun.Socket<Connection>;
  /** Called once a response has ended whole and the connection may be used again. */
  #onIdle: ((connection: Connection) => void) | undefined;
  #exchange: WireExchange | undefined;
  #unsent: Uint8Array[] = [];
  #isPaused = false;
  #hungUp = false;
  /** True as soon as no further request may be sent on it. */
  closed = false;

  constructor(socket: Bun.Socket<Connection>) {
    this.#socket = socket;
    socket.data = this;
    socket.setNoDelay(true);
  }

  /** Sends. To be called only while there is no other request on it. */
  send(request: TransportRequest, head: Uint8Array, isReused: boolean, onIdle: (connection: Connection) => void): WireExchange {
    const exchange = new WireExchange(this, request.method !== "HEAD", isReused);
    if (this.closed) {
      exchange.closed(this.#hungUp);
      return exchange;
    }
    this.#onIdle = onIdle;
    this.#exchange = exchange;
    const { body = NO_BYTES } = request;
    if (head.byteLength + body.byteLength <= ONE_WRITE_BYTES_MAX) {
      this.#write(body.byteLength === 0 ? head : Buffer.concat([head, body]));
    } else {
      this.#write(head);
      this.#write(body);
    }
    return exchange;
  }

  pause(): void {
    if (this.#isPaused || this.closed) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  finished(isReusable: boolean): void {
    this.#exchange = undefined;
    if (isReusable && this.#unsent.length === 0 && !this.closed) {
      this.resume();
      this.#onIdle?.(this);
    } else {
      this.destroy();
    }
  }

  destroy(): void {
    this.#exchange = undefined;
    this.closed = true;
    this.#unsent = [];
    this.#socket.terminate();
  }

  onData(bytes: Uint8Array): void {
    if (this.#exchange) this.#exchange.push(bytes);
    else this.destroy(); // An upstream that speaks unasked is not to be asked again.
  }

  onDrain(): void {
    const waiting = this.#unsent;
    this.#unsent = [];
    for (const part of waiting) this.#write(part);
  }

  /** The other side sends no more. */
  onEnd(): void {
    this.#hungUp = true;
    this.closed = true;
    this.#socket.end();
  }

  onClose(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.closed = true;
    this.#unsent = [];
    exchange?.closed(this.#hungUp);
  }

  #write(bytes: Uint8Array): void {
    if (this.#unsent.length > 0) {
      this.#unsent.push(bytes);
      return;
    }
    const written = Math.max(0, this.#socket.write(bytes));
    if (written < bytes.byteLength) this.#unsent.push(bytes.subarray(written));
  }
}
