// One request on its way to an app server and its answer on the way back. Bodies pass as they come: neither side is read
// faster than the other takes. A request moves to another server only before a byte of its answer came, and only if
// nothing of it was sent, or it may be sent twice (RFC 9110, section 9.2.2) and its body is still at hand.

import type { Attempt, HeaderFields } from "../gateway/index.ts";
import type { Choice, Outcome } from "../mechanisms/balancer/index.ts";
import { answerHead, forwardHead, type Way } from "./forward-head.ts";
import type { FrontContext } from "./front-context.ts";
import { lastWords } from "./last-words.ts";
import type { Outbox } from "./outbox.ts";
import { type Refusal, refusal } from "./refusal.ts";
import type { RequestHead } from "./request-head.ts";
import type { ServerConnection, ServerUser } from "./server-connection.ts";
import { sessionKeyOf } from "./session-key.ts";

const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]);
/** Bytes of a request that are a token of it, and tokens of one that does not say how long it is. */
const BYTES_PER_TOKEN = 4;
const TOKENS_UNKNOWN = 1000;
/** More than models take: a body that says more of itself makes no server look fuller. */
const TOKENS_MAX = 250_000;
const LAST_CHUNK = "0\r\n\r\n";
/** The end of what was sent, enough to see whether an event is finished. */
const TAIL_BYTES = 4;

/** The client, as its exchange sees it. */
export interface ExchangeClient {
  readonly outbox: Pick<Outbox, "add">;
  readonly way: Way;
  /** @returns true when all of it left */
  flush(): boolean;
  /** There is a server now, another one, or it takes more of the body again. */
  pace(): void;
  /** The answer is whole. */
  finished(closes: boolean): void;
  /** The exchange ends with these pieces, and the connection after them. */
  finishStream(pieces: readonly (string | Uint8Array)[]): void;
  /** The exchange ends without a whole answer, and the client must see it. */
  cut(byReset: boolean): void;
  refuse(reason: Refusal): void;
}

export class Exchange implements ServerUser {
  readonly #front: FrontContext;
  readonly #client: ExchangeClient;
  readonly #head: RequestHead;
  readonly #key: string | undefined;
  readonly #tried: string[] = [];
  #choice: Choice | undefined;
  #attempt: Attempt<ServerConnection> | undefined;
  #server: ServerConnection | undefined;
  #isReused = false;
  /** Pieces of the body as they are framed: those not sent yet, and those that could be sent again. */
  #body: (string | Uint8Array)[] = [];
  #bodyBytes = 0;
  #isReplayable = true;
  #isRequestWhole = false;
  #status = 0;
  #isChunked = false;
  #isAnswerWhole = false;
  #isServerReusable = false;
  #closes = false;
  #isEventStream = false;
  #tail = "";
  #isOver = false;

  constructor(front: FrontContext, client: ExchangeClient, head: RequestHead) {
    this.#front = front;
    this.#client = client;
    this.#head = head;
    this.#key = sessionKeyOf(head);
  }

  get isConnecting(): boolean {
    return this.#server === undefined;
  }

  get isRequestWhole(): boolean {
    return this.#isRequestWhole;
  }

  get isAnswered(): boolean {
    return this.#status > 0;
  }

  start(): void {
    this.#dispatch();
  }

  /** A piece of the request's body. */
  requestData(bytes: Uint8Array): void {
    const pieces = this.#head.length === undefined ? chunkOf(bytes) : [bytes];
    this.#bodyBytes += bytes.byteLength;
    if (this.#server && this.#bodyBytes > this.#front.limits.replayBytesMax) this.#forgetBody();
    if (this.#server) for (const piece of pieces) this.#server.outbox.add(piece);
    if (this.#isReplayable) this.#body.push(...pieces);
  }

  requestEnd(): void {
    this.#isRequestWhole = true;
    if (this.#head.length !== undefined) return;
    this.#server?.outbox.add(LAST_CHUNK);
    if (this.#isReplayable) this.#body.push(LAST_CHUNK);
  }

  /** The server has what was sent so far, so it may get more. */
  get takesMore(): boolean {
    return this.#server !== undefined && !this.#server.outbox.isBlocked;
  }

  /** After the events of one read of the client. */
  flush(): void {
    this.#server?.outbox.flush();
  }

  serverDrained(): void {
    this.#client.pace();
  }

  /** From the parser. */
  head(status: number, fields: HeaderFields, length: number | undefined): void {
    this.#status = status;
    this.#forgetBody();
    const { method, isOld, keepsAlive } = this.#head;
    const isBodiless = method === "HEAD" || status === 204 || status === 304;
    const framing = isBodiless ? "none" : length !== undefined ? "length" : isOld ? "close" : "chunked";
    this.#isChunked = framing === "chunked";
    this.#closes = !keepsAlive || !this.#isRequestWhole || this.#front.isDraining;
    this.#isEventStream =
      this.#isChunked && status === 200 && !fields.has("content-encoding") && isEventStream(fields.get("content-type"));
    this.#client.outbox.add(
      answerHead({ status, fields, framing, length, closes: this.#closes, pseudonym: this.#front.pseudonym }),
    );
  }

  /** From the parser. */
  data(bytes: Uint8Array): void {
    const { outbox } = this.#client;
    if (!this.#isChunked) {
      outbox.add(bytes);
      return;
    }
    if (bytes.byteLength === 0) return;
    for (const piece of chunkOf(bytes)) outbox.add(piece);
    if (this.#isEventStream) this.#tail = (this.#tail + latin1(bytes.subarray(-TAIL_BYTES))).slice(-TAIL_BYTES);
  }

  /** From the parser. */
  end(isReusable: boolean): void {
    this.#isAnswerWhole = true;
    this.#isServerReusable = isReusable;
    if (this.#isChunked) this.#client.outbox.add(LAST_CHUNK);
  }

  /** After the events of one read of the server. */
  settle(): void {
    if (this.#isOver) return;
    const isTaken = this.#client.flush();
    if (this.#isAnswerWhole) this.#finish();
    else if (!isTaken) this.#server?.pause();
  }

  /** The client takes more of the answer again. */
  clientDrained(): void {
    this.#server?.resume();
  }

  /** The client is gone: so is the request. */
  clientLeft(): void {
    this.#end({ kind: "left" });
  }

  /** The wait for the server is over: to connect, to answer, or to go on. */
  expired(): void {
    if (this.isConnecting) this.#attempt?.abort(new Error("It took too long to connect."));
    else if (this.isAnswered) this.serverLost(false);
    else {
      this.#end({ kind: "failed" });
      this.#client.refuse(TOO_SLOW);
    }
  }

  serverLost(unread: boolean): void {
    if (this.#isOver) return;
    this.#server?.destroy();
    this.#server = undefined;
    if (this.isAnswered) {
      this.#end({ kind: "failed" });
      this.#front.counts.cut++;
      const words = this.#isEventStream ? lastWords(this.#head.target, this.#tail) : undefined;
      if (words) this.#client.finishStream([...chunkOf(words), LAST_CHUNK]);
      else this.#client.cut(this.#head.isOld);
      return;
    }
    const isSafe = IDEMPOTENT.has(this.#head.method) && this.#isReplayable;
    // A kept connection that was closed in order, as idle ones are, is no failure. Nobody can tell, though, whether the request
    // was read: the end of a killed server looks the same.
    if (isSafe && unread && this.#isReused) this.#reconnect();
    else this.#again(isSafe && this.#front.fleet.mayRetry());
  }

  #dispatch(): void {
    const { length } = this.#head;
    const tokens = length === undefined ? TOKENS_UNKNOWN : Math.min(TOKENS_MAX, 1 + Math.ceil(length / BYTES_PER_TOKEN));
    const { fleet } = this.#front;
    this.#choice = fleet.choose(this.#key, tokens, this.#tried);
    if (!this.#choice) {
      this.#isOver = true;
      this.#client.refuse(this.#tried.length > 0 ? UNREACHABLE : NO_SERVER);
      return;
    }
    const kept = fleet.take(this.#choice.backend);
    if (kept) this.#send(kept, true);
    else this.#connect(this.#choice.backend);
  }

  /** To the same server, on a connection of its own. */
  #reconnect(): void {
    if (this.#choice) this.#connect(this.#choice.backend);
    this.#client.pace();
  }

  #connect(backend: string): void {
    const attempt = this.#front.fleet.connect(backend);
    this.#attempt = attempt;
    attempt.connection.then(
      (server) => {
        if (this.#isOver || this.#attempt !== attempt) return this.#front.fleet.keep(backend, server);
        this.#send(server, false);
        this.flush();
        this.#client.pace();
      },
      () => {
        if (!this.#isOver && this.#attempt === attempt) this.#again(true);
      },
    );
  }

  #send(server: ServerConnection, isReused: boolean): void {
    this.#attempt = undefined;
    this.#server = server;
    this.#isReused = isReused;
    server.serve(this, this.#head.method !== "HEAD");
    server.outbox.add(forwardHead(this.#head, this.#client.way));
    for (const piece of this.#body) server.outbox.add(piece);
    if (this.#bodyBytes > this.#front.limits.replayBytesMax) this.#forgetBody();
  }

  /** This server failed before its answer began: another one, if that may be. What never left costs no retry budget. */
  #again(isAllowed: boolean): void {
    const { limits, counts } = this.#front;
    const failed = this.#choice;
    this.#choice = undefined;
    failed?.done({ kind: "failed" });
    if (failed) this.#tried.push(failed.backend);
    if (!isAllowed || this.#tried.length >= limits.triesMax) {
      this.#isOver = true;
      this.#client.refuse(UNREACHABLE);
      return;
    }
    counts.retries++;
    this.#dispatch();
    if (this.#isOver) return;
    this.flush();
    this.#client.pace();
  }

  #finish(): void {
    const server = this.#server;
    const choice = this.#choice;
    this.#server = undefined;
    if (server && choice && this.#isServerReusable && this.#isRequestWhole && !server.outbox.isBlocked) {
      server.release();
      this.#front.fleet.keep(choice.backend, server);
    } else {
      server?.destroy();
    }
    this.#end(outcomeOf(this.#status));
    this.#client.finished(this.#closes);
  }

  #end(outcome: Outcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#server?.destroy();
    this.#server = undefined;
    this.#attempt?.abort(new Error("Nobody waits for it any more."));
    this.#attempt = undefined;
    this.#choice?.done(outcome);
    this.#front.counts.answered(this.#status);
  }

  #forgetBody(): void {
    this.#isReplayable = false;
    this.#body = [];
  }
}

/** An app server that says 503 has enough; what else it says is about the request or about its upstreams. */
const outcomeOf = (status: number): Outcome => (status === 503 ? { kind: "pushed_back" } : { kind: "ok" });

const chunkOf = (bytes: Uint8Array): (string | Uint8Array)[] => [`${bytes.byteLength.toString(16)}\r\n`, bytes, "\r\n"];

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");

const isEventStream = (type: string | null): boolean => type !== null && /^text\/event-stream\s*(?:;|$)/i.test(type);

const NO_SERVER: Refusal = refusal(503, "no_server", "No app server can take requests now. Try again.", { retryAfterSeconds: 2 });
const UNREACHABLE: Refusal = refusal(502, "server_unreachable", "The app server failed before it answered. Try again.", {
  retryAfterSeconds: 1,
});
const TOO_SLOW: Refusal = refusal(504, "server_timeout", "The app server did not answer in time. Try again.", {
  retryAfterSeconds: 1,
});
