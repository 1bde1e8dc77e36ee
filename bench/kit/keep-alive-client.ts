// One connection, one GET after the other, as bytes: costs about as little as a client can, so that what is measured is the server.

import type { Socket } from "bun";

const HEAD_END = Buffer.from("\r\n\r\n");

export class KeepAliveClient {
  readonly #socket: Socket;
  readonly #host: string;
  #received = Buffer.alloc(0);
  #settle: { resolve(body: Buffer): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
  }

  static async connect(url: string): Promise<KeepAliveClient> {
    const { hostname, port, host } = new URL(url);
    const events: { take(piece: Buffer): void; end(error: Error): void } = { take() {}, end() {} };
    const socket = await Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        data: (_, piece) => events.take(piece),
        close: () => events.end(new Error("The server closed the connection.")),
        error: (_, error) => events.end(error),
      },
    });
    const client = new KeepAliveClient(socket, host);
    events.take = (piece) => client.#take(piece);
    events.end = (error) => client.#settle?.reject(error);
    return client;
  }

  /** The body of a 200 with `content-length`; rejects for anything else. */
  get(path: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(`GET ${path} HTTP/1.1\r\nhost: ${this.#host}\r\n\r\n`);
    });
  }

  close(): void {
    this.#settle = undefined;
    this.#socket.end();
  }

  #take(piece: Buffer): void {
    this.#received = this.#received.byteLength === 0 ? Buffer.from(piece) : Buffer.concat([this.#received, piece]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.toString("latin1", 0, headEnd);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
    if (!head.startsWith("HTTP/1.1 200") || Number.isNaN(length)) {
      this.#settle?.reject(new Error(`${head}\n${this.#received.toString("utf8", headEnd, headEnd + 500)}`));
      return;
    }
    const end = headEnd + HEAD_END.byteLength + length;
    if (this.#received.byteLength < end) return;
    const body = this.#received.subarray(headEnd + HEAD_END.byteLength, end);
    this.#received = Buffer.alloc(0);
    this.#settle?.resolve(body);
  }
}
