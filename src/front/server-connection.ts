// One connection to an app server and the answer that is read from it. Bytes go from the socket's own callback through the
// parser to the exchange. Used again only after a whole, well-formed answer to a whole request.

import { type ResponseEvents, ResponseParser, type SocketUser } from "../gateway/index.ts";
import { Outbox } from "./outbox.ts";

/** Who is being answered. */
export interface ServerUser extends ResponseEvents {
  /** After the events of one read: nothing more comes for now. */
  settle(): void;
  /** The server takes more of the body again. */
  serverDrained(): void;
  /** The answer will not become whole. @param unread the server closed in order, and not a byte of an answer came */
  serverLost(unread: boolean): void;
}

export class ServerConnection implements SocketUser {
  readonly #socket: Bun.Socket<ServerConnection>;
  readonly outbox: Outbox;
  #user: ServerUser | undefined;
  #parser: ResponseParser | undefined;
  #isPaused = false;
  #hungUp = false;
  /** True as soon as no further request may be sent on it. */
  closed = false;

  constructor(socket: Bun.Socket<ServerConnection>) {
    this.#socket = socket;
    this.outbox = new Outbox(socket);
    socket.data = this;
    socket.setNoDelay(true);
  }

  /** From here on its answers are this one's. @param hasBody false for HEAD */
  serve(user: ServerUser, hasBody: boolean): void {
    this.#user = user;
    this.#parser = new ResponseParser(user, hasBody);
  }

  /** The answer is whole: others may have the connection. */
  release(): void {
    this.#user = undefined;
    this.resume();
  }

  pause(): void {
    if (this.#isPaused || this.closed) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.closed) this.#socket.resume();
  }

  destroy(): void {
    this.#user = undefined;
    this.closed = true;
    this.#socket.terminate();
  }

  onData(bytes: Uint8Array): void {
    const user = this.#user;
    // A server that speaks unasked is not to be asked again.
    if (!user) {
      this.destroy();
      return;
    }
    try {
      this.#parser?.push(bytes);
    } catch {
      this.destroy();
      user.serverLost(false);
      return;
    }
    user.settle();
  }

  onDrain(): void {
    if (this.outbox.drain()) this.#user?.serverDrained();
  }

  onEnd(): void {
    this.#hungUp = true;
    this.closed = true;
    this.#socket.end();
  }

  onClose(): void {
    const user = this.#user;
    this.#user = undefined;
    this.closed = true;
    if (!user) return;
    try {
      if (this.#hungUp) this.#parser?.close();
      else throw new Error("The server reset the connection.");
    } catch {
      user.serverLost(this.#hungUp && this.#parser?.begun !== true);
      return;
    }
    user.settle();
  }
}
