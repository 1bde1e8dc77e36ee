// A connection between a client and a server that can be cut at the worst moment: a named command reaches the server, is
// carried out, and its answer is lost with the connection.

import { connect, createServer, type Server, type Socket } from "node:net";

export class AnswerSwallower {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #command: string | undefined;
  #port = 0;
  #swallowed = 0;

  private constructor(target: number) {
    this.#server = createServer((client) => this.#join(client, connect(target, "127.0.0.1")));
  }

  static async start(target: number): Promise<AnswerSwallower> {
    const swallower = new AnswerSwallower(target);
    await new Promise<void>((resolve) => swallower.#server.listen(0, "127.0.0.1", resolve));
    const address = swallower.#server.address();
    swallower.#port = typeof address === "object" && address !== null ? address.port : 0;
    return swallower;
  }

  get port(): number {
    return this.#port;
  }

  get swallowed(): number {
    return this.#swallowed;
  }

  /** The next command with this text in it is the last of its connection. */
  swallowAnswerTo(command: string): void {
    this.#command = command;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket, server: Socket): void {
    let isCut = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", () => {}); // The other end is told by `close`.
      socket.on("close", () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on("data", (data) => {
      if (this.#command !== undefined && data.includes(this.#command)) {
        this.#command = undefined;
        isCut = true;
      }
      server.write(data);
    });
    server.on("data", (data) => {
      if (!isCut) return void client.write(data);
      this.#swallowed++;
      client.destroy();
    });
  }
}
