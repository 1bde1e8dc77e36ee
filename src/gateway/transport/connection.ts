// One connection to an upstream and the request on it, if there is one. Bytes are pushed from the socket's own callback
// through the parser into the reader's sink: a chunk costs no promise. Reused only after a whole, well-formed response.

import { MillraceError } from "../../base/index.ts";
import type { Sink } from "../sink.ts";
import { ResponseParser } from "./response-parser.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";

/** What came before its reader did: beyond this the socket is paused. */
const EARLY_BYTES_MAX = 256 * 1024;
/** Up to this size a body is copied behind its head, to leave in one write. */
const ONE_WRITE_BYTES_MAX = 64 * 1024;
const NO_BYTES = new Uint8Array(0);

type Socket = Bun.Socket<Connection>;

export class Connection {
  readonly #socket: Socket;
  /** Called once a response has ended whole and the connection may be used again. */
  #onIdle: ((connection: Connection) => void) | undefined;
  #exchange: WireExchange | undefined;
  #unsent: Uint8Array[] = [];
  #hungUp = false;
  closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.data = this;
    socket.setNoDelay(true);
  }

  /** Sends; resolves with the head of the response. Rejects with `StaleConnection` when the other side had already hung up. */
  request(
    request: TransportRequest,
    head: string,
    isReused: boolean,
    onIdle: (connection: Connection) => void,
  ): Promise<TransportResponse> {
    this.#onIdle = onIdle;
    return new Promise((resolve, reject) => {
      this.#exchange = new WireExchange(this, request.method !== "HEAD", isReused, resolve, reject);
      this.#send(head, request.body ?? NO_BYTES);
    });
  }

  /** @param head in Latin-1. A small body leaves in the same write. */
  #send(head: string, body: Uint8Array): void {
    const together = body.byteLength <= ONE_WRITE_BYTES_MAX ? body.byteLength : 0;
    const first = Buffer.allocUnsafe(head.length + together);
    first.write(head, 0, "latin1");
    if (together > 0) first.set(body, head.length);
    this.#write(first);
    if (together < body.byteLength) this.#write(body);
  }

  /** Ends the request from this side, if there is one, with this reason. */
  abort(reason: unknown): void {
    const exchange = this.#exchange;
    this.destroy();
    exchange?.fail(reason);
  }

  destroy(): void {
    this.#exchange = undefined;
    this.#close();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The response is whole. */
  finished(isReusable: boolean): void {
    this.#exchange = undefined;
    if (isReusable && this.#unsent.length === 0 && !this.closed) this.#onIdle?.(this);
    else this.#close();
  }

  onData(bytes: Uint8Array): void {
    if (this.#exchange) this.#exchange.push(bytes);
    else this.#close(); // An upstream that speaks unasked is not to be asked again.
  }

  onDrain(): void {
    const waiting = this.#unsent;
    this.#unsent = [];
    for (const part of waiting) this.#write(part);
  }

  /** The other side sends no more. */
  onEnd(): void {
    this.#hungUp = true;
    this.#socket.end();
  }

  onClose(): void {
    this.closed = true;
    this.#unsent = [];
    this.#exchange?.closed(this.#hungUp);
  }

  #write(bytes: Uint8Array): void {
    if (this.#unsent.length > 0) {
      this.#unsent.push(bytes);
      return;
    }
    const written = Math.max(0, this.#socket.write(bytes));
    if (written < bytes.byteLength) this.#unsent.push(bytes.subarray(written));
  }

  #close(): void {
    this.closed = true;
    this.#unsent = [];
    this.#socket.terminate();
  }
}

/** A kept connection was closed in order without a byte of an answer, as idle ones are: another may be tried. */
export class StaleConnection extends Error {}

class WireExchange {
  readonly #connection: Connection;
  readonly #isReused: boolean;
  readonly #reject: (reason: unknown) => void;
  readonly #parser: ResponseParser;
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #sink: Sink | undefined;
  #settle: { resolve: () => void; reject: (reason: unknown) => void } | undefined;
  #ended = false;
  #failure: unknown;
  #pausing: Promise<void> | undefined;

  constructor(
    connection: Connection,
    hasBody: boolean,
    isReused: boolean,
    resolve: (response: TransportResponse) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#connection = connection;
    this.#isReused = isReused;
    this.#reject = reject;
    const head = (status: number, headers: Headers, length: number | undefined) =>
      resolve({ status, headers, length, pipe: (sink) => this.#pipe(sink) });
    const data = (bytes: Uint8Array) => this.#data(bytes);
    const end = (isReusable: boolean) => this.#end(isReusable);
    this.#parser = new ResponseParser({ head, data, end }, hasBody);
  }

  push(bytes: Uint8Array): void {
    try {
      this.#parser.push(bytes);
    } catch (error) {
      this.#connection.destroy();
      this.fail(error);
    }
  }

  /** @param hungUp the other side closed in order; a reset may mean that the request was at work already. */
  closed(hungUp: boolean): void {
    try {
      if (this.#isReused && hungUp && !this.#parser.begun) throw new StaleConnection();
      this.#parser.close();
    } catch (error) {
      this.fail(error);
    }
  }

  #pipe(sink: Sink): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sink = sink;
      this.#settle = { resolve, reject };
      const early = this.#early;
      this.#early = [];
      for (const bytes of early) this.#data(bytes);
      if (this.#earlyBytes > EARLY_BYTES_MAX && !this.#pausing) this.#connection.resume();
      this.#maybeSettle();
    });
  }

  #data(bytes: Uint8Array): void {
    if (!this.#sink) {
      this.#early.push(bytes);
      this.#earlyBytes += bytes.byteLength;
      if (this.#earlyBytes > EARLY_BYTES_MAX) this.#connection.pause();
      return;
    }
    try {
      const waiting = this.#sink.write(bytes);
      if (waiting) this.#hold(waiting);
    } catch (error) {
      this.#connection.destroy();
      this.fail(error);
    }
  }

  /** The reader is slow: the socket waits. What the parser still has of this read goes to the sink all the same. */
  #hold(waiting: Promise<void>): void {
    this.#connection.pause();
    const held = this.#pausing ? Promise.all([this.#pausing, waiting]).then(() => {}) : waiting;
    this.#pausing = held;
    held.then(
      () => {
        if (this.#pausing !== held) return;
        this.#pausing = undefined;
        if (!this.#ended) this.#connection.resume();
        this.#maybeSettle();
      },
      (error: unknown) => {
        this.#connection.destroy();
        this.fail(error);
      },
    );
  }

  #end(isReusable: boolean): void {
    this.#ended = true;
    if (this.#pausing) this.#connection.resume();
    this.#connection.finished(isReusable);
    this.#maybeSettle();
  }

  fail(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = reason ?? new MillraceError("upstream_cut", "The request ended without a reason.");
    this.#reject(this.#failure);
    this.#maybeSettle();
  }

  /** The reader hears of the end after it took all that came before. */
  #maybeSettle(): void {
    if (!this.#ended || !this.#settle) return;
    if (this.#failure !== undefined) this.#settle.reject(this.#failure);
    else if (!this.#pausing) this.#settle.resolve();
  }
}
