// Between an assistant and whatever answers it: hands on lines of JSON-RPC both ways. When the other side is lost, another one is found, told how the
// conversation began, and asked again what is owed: nothing that is asked here changes anything. What several of them were lost over is answered with an error.

import type { Duplex, Readable, Writable } from "node:stream";
import { type Clock, MillraceError } from "../../base/index.ts";

export interface RelayOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly clock: Clock;
  /** Another side to speak to. Rejects when there is none. */
  readonly reach: () => Promise<Duplex>;
  /** When it is to end though the assistant is there. */
  readonly ended: Promise<unknown>;
}

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly requestId?: string | number };
}

/** Longer ones are no calls of tools. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;
/** Without an answer in between. */
const LOSSES_MAX = 5;
/** For one question. */
const LOSSES_MAX_OF_ONE = 3;
/** For answers that are owed when the assistant has left. */
const LEAVING_MS_MAX = 10_000;
const LF = 10;
/** JSON-RPC's range for errors of implementations. */
const LOST = -32_000;
interface Owed {
  readonly line: Buffer;
  readonly isHello: boolean;
  /** Sides that were lost meanwhile. */
  readonly losses: number;
}

/** What begins a conversation, and is said to every new side. */
const HELLO = new Set(["initialize", "notifications/initialized"]);

/** Resolves when the input ended and what was asked is answered. Rejects as `reach`, and with `workspace_failed` when side after side is lost. */
export function relay(options: RelayOptions): Promise<void> {
  return new Relay(options).done;
}

class Relay {
  readonly #options: RelayOptions;
  readonly #done = Promise.withResolvers<void>();
  readonly #hello = new Map<string, Buffer>();
  /** By id, what was asked. */
  readonly #owed = new Map<string | number, Owed>();
  /** Answers to what was said again, which the assistant has had. */
  readonly #unheard = new Set<string | number>();
  readonly #waiting: Buffer[] = [];
  #peer: Duplex | undefined;
  #losses = 0;
  #isLeaving = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    const { input, output } = options;
    const leave = () => this.#leave();
    onLines(input, (line) => this.#fromAssistant(line), leave);
    // Not before there is somebody to hear it.
    input.pause();
    output.on("error", () => this.#cut());
    void options.ended.then(leave);
    this.#begin();
  }

  get done(): Promise<void> {
    return this.#done.promise;
  }

  #begin(): void {
    this.#options.reach().then((peer) => this.#take(peer), this.#done.reject);
  }

  #take(peer: Duplex): void {
    this.#peer = peer;
    peer.on("error", () => peer.destroy());
    onLines(
      peer,
      (line) => this.#fromPeer(line),
      () => peer.destroy(),
    );
    peer.once("close", () => this.#lost(peer));
    for (const line of this.#hello.values()) {
      const { id } = messageIn(line);
      if (id !== undefined && !this.#owed.has(id)) this.#unheard.add(id);
      peer.write(line);
    }
    for (const line of this.#waiting.splice(0)) peer.write(line);
    this.#options.input.resume();
    this.#endIfDone();
  }

  #fromAssistant(line: Buffer): void {
    const { id, method, params } = messageIn(line);
    if (id !== undefined && method !== undefined) this.#owed.set(id, { line, isHello: HELLO.has(method), losses: 0 });
    // Nothing is owed for it any more.
    if (method === "notifications/cancelled" && params?.requestId !== undefined) this.#owed.delete(params.requestId);
    if (method !== undefined && HELLO.has(method)) this.#hello.set(method, line);
    if (this.#peer) this.#peer.write(line);
    else if (method === undefined || !HELLO.has(method)) this.#waiting.push(line);
  }

  #fromPeer(line: Buffer): void {
    const { id, method } = messageIn(line);
    if (id === undefined || method !== undefined) {
      this.#options.output.write(line);
      return;
    }
    this.#losses = 0;
    if (!this.#unheard.delete(id)) this.#options.output.write(line);
    this.#owed.delete(id);
    this.#endIfDone();
  }

  #lost(gone: Duplex): void {
    if (gone !== this.#peer) return;
    this.#peer = undefined;
    this.#unheard.clear();
    if (this.#isLeaving) {
      this.#done.resolve();
      return;
    }
    this.#options.input.pause();
    for (const [id, owed] of this.#owed) {
      // How it began is said to every side in any case.
      if (owed.isHello) continue;
      if (owed.losses + 1 === LOSSES_MAX_OF_ONE) {
        this.#owed.delete(id);
        const error = {
          code: LOST,
          message: "The process that answers was lost over this again and again. Ask for less, or try later.",
        };
        this.#options.output.write(`${JSON.stringify({ jsonrpc: "2.0", id, error })}\n`);
      } else {
        this.#owed.set(id, { ...owed, losses: owed.losses + 1 });
        if (!this.#waiting.includes(owed.line)) this.#waiting.push(owed.line);
      }
    }
    this.#losses++;
    if (this.#losses <= LOSSES_MAX) this.#begin();
    else
      this.#done.reject(
        new MillraceError("workspace_failed", "What answers ends again and again. Try --alone, and millrace doctor."),
      );
  }

  #leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    const cancel = this.#options.clock.schedule(LEAVING_MS_MAX, () => this.#cut());
    this.#done.promise.then(cancel, cancel);
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#isLeaving && this.#owed.size === 0) this.#peer?.end();
  }

  /** At once. */
  #cut(): void {
    this.#isLeaving = true;
    this.#done.resolve();
    this.#peer?.destroy();
  }
}

function messageIn(line: Buffer): Message {
  try {
    const message: unknown = JSON.parse(line.toString());
    return typeof message === "object" && message !== null ? (message as Message) : {};
  } catch {
    return {};
  }
}

/** Whole lines with their ends; what a stream ends with is no line. @param ended called once or more */
function onLines(stream: Readable, take: (line: Buffer) => void, ended: () => void): void {
  let held: Buffer[] = [];
  let heldBytes = 0;
  stream.on("data", (chunk: Buffer) => {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      const line = Buffer.concat([...held, chunk.subarray(from, end + 1)]);
      [held, heldBytes] = [[], 0];
      from = end + 1;
      take(line);
    }
    held.push(chunk.subarray(from));
    heldBytes += chunk.length - from;
    if (heldBytes > LINE_BYTES_MAX) stream.destroy();
  });
  stream.once("end", ended);
  stream.once("close", ended);
}
