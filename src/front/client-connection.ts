// One client's connection: requests in, one after the other, answers out. It reads no faster than the app server takes,
// begins no request before the one before it is answered, and knows for each thing it waits for how long it may wait.

import { Exchange, type ExchangeClient } from "./exchange.ts";
import type { Way } from "./forward-head.ts";
import type { FrontContext } from "./front-context.ts";
import { Outbox } from "./outbox.ts";
import { type Refusal, refusal, refusalBytes } from "./refusal.ts";
import type { RequestHead } from "./request-head.ts";
import { type RequestEvents, RequestParser } from "./request-parser.ts";
import type { Timed } from "./sweep.ts";

type Phase = "idle" | "head" | "body" | "connect" | "answer" | "stream" | "send" | "linger";

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

export class ClientConnection implements RequestEvents, ExchangeClient, Timed {
  deadlineAt = Number.POSITIVE_INFINITY;
  readonly outbox: Outbox;
  readonly way: Way;
  readonly #socket: Bun.Socket<ClientConnection>;
  readonly #front: FrontContext;
  readonly #parser: RequestParser;
  #exchange: Exchange | undefined;
  #phase: Phase | undefined;
  /** What came behind the request that is being answered. */
  #ahead: Uint8Array[] = [];
  #isPaused = false;
  /** Nothing more is answered; `shut` once all is written. */
  #ending: "open" | "closing" | "shut" = "open";
  #withBody = true;

  constructor(socket: Bun.Socket<ClientConnection>, front: FrontContext) {
    this.#socket = socket;
    this.#front = front;
    this.outbox = new Outbox(socket);
    this.#parser = new RequestParser(this, front.limits);
    this.way = { peer: plainAddress(socket.remoteAddress), pseudonym: front.pseudonym, trustsProxy: front.trustsProxy };
    socket.setNoDelay(true);
    this.watch();
  }

  get isOpen(): boolean {
    return this.#ending === "open";
  }

  get isIdle(): boolean {
    return this.#exchange === undefined && this.isOpen;
  }

  onData(bytes: Uint8Array): void {
    if (this.#ending !== "open") return;
    if (this.#ahead.length > 0) this.#ahead.push(bytes);
    else this.#read(bytes);
    if (this.isOpen) this.pace();
  }

  onDrain(): void {
    if (!this.outbox.drain()) return;
    if (this.#ending === "closing") this.#shut();
    this.#exchange?.clientDrained();
    this.watch();
  }

  onClose(): void {
    this.#ending = "shut";
    this.#ahead = [];
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.clientLeft();
  }

  /** From the parser. */
  head(head: RequestHead): void {
    this.#front.counts.requests++;
    this.#withBody = head.method !== "HEAD";
    if (head.get("upgrade")?.toLowerCase() === "websocket") {
      this.refuse(NO_WEBSOCKETS);
      return;
    }
    if (head.get("via")?.includes(this.#front.pseudonym)) {
      this.refuse(LOOP);
      return;
    }
    const exchange = new Exchange(this.#front, this, head);
    this.#exchange = exchange;
    exchange.start();
    if (head.expectsContinue && head.length !== 0 && this.#exchange) this.outbox.add(CONTINUE);
  }

  /** From the parser. */
  data(bytes: Uint8Array): void {
    this.#exchange?.requestData(bytes);
  }

  /** From the parser. */
  end(): void {
    this.#exchange?.requestEnd();
  }

  /** From the parser: what comes is no request. */
  refused(reason: Refusal): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.clientLeft();
    if (exchange?.isAnswered) this.cut(false);
    else this.refuse(reason);
  }

  /** Answers in the front door's own words, and closes. */
  refuse(reason: Refusal): void {
    this.#exchange = undefined;
    this.#front.counts.refused(reason);
    this.outbox.add(refusalBytes(reason, this.#withBody));
    this.#close();
  }

  /** The exchange is over, its last words are these. */
  finishStream(pieces: readonly (string | Uint8Array)[]): void {
    this.#exchange = undefined;
    for (const piece of pieces) this.outbox.add(piece);
    this.#close();
  }

  /** The answer broke off, and the client must see it: no last chunk, or a reset where the end of the connection is the end. */
  cut(byReset: boolean): void {
    this.#exchange = undefined;
    if (!byReset) {
      this.#close();
      return;
    }
    this.outbox.flush();
    this.#ending = "shut";
    this.#socket.terminate();
  }

  /** The answer is whole. */
  finished(closes: boolean): void {
    this.#exchange = undefined;
    if (closes || this.#front.isDraining) {
      this.#close();
      return;
    }
    this.#parser.next();
    const ahead = this.#ahead;
    this.#ahead = [];
    for (const bytes of ahead) {
      if (this.#ahead.length > 0) this.#ahead.push(bytes);
      else this.#read(bytes);
    }
    if (this.isOpen) this.pace();
  }

  /** @returns true when all of it left. */
  flush(): boolean {
    const isTaken = this.outbox.flush();
    this.watch();
    return isTaken;
  }

  /** Reads on, or waits: for the answer before what is ahead, for a server, or until that takes more of the body. */
  pace(): void {
    const exchange = this.#exchange;
    const waits = this.#ahead.length > 0 || (exchange !== undefined && !exchange.isRequestWhole && !exchange.takesMore);
    if (waits !== this.#isPaused) {
      this.#isPaused = waits;
      if (waits) this.#socket.pause();
      else this.#socket.resume();
    }
    this.watch();
  }

  /** Closes it when it has no request, as at the end. */
  closeIfIdle(): void {
    if (this.isIdle) this.#close();
  }

  destroy(): void {
    this.#socket.terminate();
  }

  expire(): void {
    switch (this.#phase) {
      case "head":
        this.refuse(SLOW_HEAD);
        return;
      case "body":
        this.refused(SLOW_BODY);
        return;
      case "connect":
      case "answer":
      case "stream":
        this.#exchange?.expired();
        return;
      default:
        this.destroy();
    }
  }

  /** What is waited for now, and how long. */
  watch(): void {
    const phase = this.#phaseNow();
    // A head, and a connection to a server, have their time as a whole; all else from one piece to the next.
    if (phase === this.#phase && (phase === "head" || phase === "connect" || phase === "linger")) return;
    this.#phase = phase;
    this.deadlineAt = this.#front.sweep.now + this.#front.limits[`${phase}Ms`];
  }

  #read(bytes: Uint8Array): void {
    const used = this.#parser.push(bytes);
    if (this.#ending !== "open") return;
    if (used < bytes.byteLength) this.#ahead.push(bytes.subarray(used));
    this.outbox.flush();
    this.#exchange?.flush();
  }

  #phaseNow(): Phase {
    if (this.outbox.isBlocked) return "send";
    if (this.#ending !== "open") return "linger";
    const exchange = this.#exchange;
    if (!exchange) return this.#parser.isInHead ? "head" : "idle";
    if (exchange.isConnecting) return "connect";
    if (!exchange.isRequestWhole && !this.#isPaused) return "body";
    return exchange.isAnswered ? "stream" : "answer";
  }

  #close(): void {
    this.#ending = "closing";
    this.#ahead = [];
    this.#parser.stop();
    if (this.outbox.flush()) this.#shut();
    this.watch();
  }

  /** Half of it: closing all at once while the client still sends would take the answer from it (RFC 9112, section 9.6). */
  #shut(): void {
    this.#ending = "shut";
    if (this.#isPaused) this.#socket.resume();
    this.#isPaused = false;
    this.#socket.shutdown();
  }
}

/** IPv4 as IPv4, also on a socket that takes both. */
const plainAddress = (address: string): string => (address.startsWith("::ffff:") ? address.slice(7) : address);

const NO_WEBSOCKETS = refusal(426, "upgrade_required", "WebSockets are not served here: send the request as POST.", {
  header: "upgrade: HTTP/1.1",
});
const LOOP = refusal(508, "loop_detected", "This front door is among its own servers. Point it at app servers.");
const SLOW_HEAD = refusal(408, "head_timeout", "The request's head did not arrive in time. Send it again.");
const SLOW_BODY = refusal(408, "body_timeout", "The request's body did not arrive in time. Send it again.");
