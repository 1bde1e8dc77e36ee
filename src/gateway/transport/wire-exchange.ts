// One request's answer on a connection: from the socket's bytes, through the parser, into the reader's sink. What the
// reader is not ready for waits here, and the connection is paused meanwhile.
// Invariant: the sink gets every byte once and in order, one write at a time, and none after a failure or an abort.

import { MillraceError } from "../../base/index.ts";
import type { HeaderFields } from "../header-fields.ts";
import type { Sink } from "../sink.ts";
import { type ResponseEvents, ResponseParser } from "./response-parser.ts";
import type { TransportResponse } from "./transport.ts";

/** What may come before there is a reader: beyond this the connection is paused. */
const EARLY_BYTES_MAX = 256 * 1024;

/** A kept connection was closed in order without a byte of an answer, as idle ones are: another may be tried. */
export class StaleConnection extends Error {}

/** The connection, as its exchange sees it. */
export interface Wire {
  pause(): void;
  resume(): void;
  /** The response is whole; from here on the connection belongs to others. */
  finished(isReusable: boolean): void;
  destroy(): void;
}

export class WireExchange implements ResponseEvents {
  /** Rejects with `StaleConnection`, `upstream_cut` or the reason of `abort`. */
  readonly response: Promise<TransportResponse>;
  readonly #wire: Wire;
  readonly #isReused: boolean;
  readonly #parser: ResponseParser;
  #resolve: (response: TransportResponse) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #sink: Sink | undefined;
  #settle: { resolve: () => void; reject: (reason: unknown) => void } | undefined;
  /** Nobody takes bytes now: there is no reader yet, or it asked to wait. */
  #isHeld = true;
  #queue: Uint8Array[] = [];
  /** How many of the queue the reader has. */
  #taken = 0;
  #queuedBytes = 0;
  /** No more comes from the wire. */
  #ending: { readonly failure?: unknown } | undefined;
  #isAborted = false;

  constructor(wire: Wire, hasBody: boolean, isReused: boolean) {
    this.#wire = wire;
    this.#isReused = isReused;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#parser = new ResponseParser(this, hasBody);
  }

  push(bytes: Uint8Array): void {
    try {
      this.#parser.push(bytes);
    } catch (error) {
      this.#wire.destroy();
      this.#cut(error);
    }
  }

  /** @param hungUp the other side closed in order; a reset may mean that the request was at work already. */
  closed(hungUp: boolean): void {
    if (this.#ending) return;
    try {
      if (!hungUp) throw new MillraceError("upstream_cut", "The upstream reset the connection.");
      if (this.#isReused && !this.#parser.begun) throw new StaleConnection();
      this.#parser.close();
    } catch (error) {
      this.#cut(error);
    }
  }

  /** Ends it at once: what still waits for the reader is dropped. Without effect when all was handed on. */
  abort(reason: unknown): void {
    if (!this.#ending) this.#wire.destroy();
    this.#isAborted = true;
    this.#queue = [];
    this.#ending = { failure: reason ?? new MillraceError("upstream_cut", "The request ended without a reason.") };
    this.#isHeld = this.#sink === undefined;
    this.#reject(this.#ending.failure);
    this.#settleAtEnd();
  }

  /** From the parser. */
  head(status: number, headers: HeaderFields, length: number | undefined): void {
    this.#resolve({ status, headers, length, pipe: (sink) => this.#pipe(sink) });
  }

  /** From the parser. */
  data(bytes: Uint8Array): void {
    if (this.#ending) return;
    if (!this.#isHeld) {
      this.#write(bytes);
      return;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.byteLength;
    if (this.#queuedBytes > EARLY_BYTES_MAX) this.#wire.pause();
  }

  /** From the parser. */
  end(isReusable: boolean): void {
    if (this.#ending) return;
    this.#ending = {};
    this.#wire.finished(isReusable);
    this.#settleAtEnd();
  }

  /** A body that is here already needs no promise. */
  #pipe(sink: Sink): void | Promise<void> {
    this.#sink = sink;
    this.#release();
    if (this.#ending && !("failure" in this.#ending) && !this.#isHeld) return;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#settleAtEnd();
    });
  }

  #write(bytes: Uint8Array): void {
    try {
      const waiting = this.#sink?.write(bytes);
      if (waiting) this.#hold(waiting);
    } catch (error) {
      this.abort(error);
    }
  }

  /** The reader is slow: the connection waits, and so does what the parser still has of this read. */
  #hold(waiting: Promise<void>): void {
    this.#isHeld = !this.#isAborted;
    if (!this.#ending) this.#wire.pause();
    waiting.then(
      () => this.#release(),
      (error: unknown) => this.abort(error),
    );
  }

  /** The reader takes more: first what waits, then what comes. */
  #release(): void {
    this.#isHeld = false;
    while (this.#taken < this.#queue.length && !this.#isHeld) this.#write(this.#queue[this.#taken++] as Uint8Array);
    if (this.#isHeld) return;
    this.#queue = [];
    this.#taken = 0;
    this.#queuedBytes = 0;
    if (!this.#ending) this.#wire.resume();
    this.#settleAtEnd();
  }

  /** The response broke off: its reader still gets what came before. */
  #cut(failure: unknown): void {
    if (this.#ending) return;
    this.#ending = { failure };
    this.#reject(failure);
    this.#settleAtEnd();
  }

  #settleAtEnd(): void {
    if (!this.#ending || this.#isHeld || !this.#settle) return;
    if ("failure" in this.#ending) this.#settle.reject(this.#ending.failure);
    else this.#settle.resolve();
  }
}
