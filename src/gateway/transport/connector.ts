// Opens connections to upstreams. For https there is no connection before the certificate and the host name were
// verified, so no byte of a request can leave earlier. Trusted are the runtime's authorities and NODE_EXTRA_CA_CERTS.
// Deliberately no proxies (HTTPS_PROXY is not read), no client certificates, no way to switch verification off.

import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import { MillraceError } from "../../base/index.ts";

/** What is made of an open socket, and told what happens on it. */
export interface SocketUser {
  onData(bytes: Uint8Array): void;
  onDrain(): void;
  /** The other side sends no more. */
  onEnd(): void;
  onClose(): void;
}

export interface Attempt<Connection> {
  /** Rejects with `upstream_unreachable`, or with the reason it was given up for. */
  readonly connection: Promise<Connection>;
  /** Without effect once there is one. */
  abort(reason: unknown): void;
}

type Socket<Connection> = Bun.Socket<Connection | undefined>;

/**
 * Attempts per origin that were given up while unanswered. The runtime offers no way to stop one, and the system goes on
 * with it for two minutes; when there are this many, further calls to that origin fail at once.
 */
const ABANDONED_MAX = 1024;

export class Connector<Connection extends SocketUser> {
  readonly #abandoned = new Map<string, number>();
  readonly #make: (socket: Bun.Socket<Connection>) => Connection;
  readonly #abandonedMax: number;

  constructor(make: (socket: Bun.Socket<Connection>) => Connection, abandonedMax = ABANDONED_MAX) {
    this.#make = make;
    this.#abandonedMax = abandonedMax;
  }

  connect(url: URL): Attempt<Connection> {
    const opening = new Opening(this.#make);
    const abandoned = this.#abandoned.get(url.origin) ?? 0;
    if (abandoned >= this.#abandonedMax) {
      opening.fail(new Error(`It has left ${abandoned} attempts to connect unanswered.`));
      return { connection: opening.connection, abort: () => {} };
    }
    const answered = opening.start(url);
    const abort = (reason: unknown) => {
      if (!opening.giveUp(reason)) return;
      this.#count(url.origin, 1);
      void answered.then(() => this.#count(url.origin, -1));
    };
    return { connection: opening.connection, abort };
  }

  #count(origin: string, change: number): void {
    const count = (this.#abandoned.get(origin) ?? 0) + change;
    if (count > 0) this.#abandoned.set(origin, count);
    else this.#abandoned.delete(origin);
  }
}

class Opening<Connection extends SocketUser> {
  readonly connection: Promise<Connection>;
  readonly #make: (socket: Bun.Socket<Connection>) => Connection;
  #resolve: (connection: Connection) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #socket: Socket<Connection> | undefined;
  #isOver = false;

  constructor(make: (socket: Bun.Socket<Connection>) => Connection) {
    this.#make = make;
    this.connection = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Resolves when the other side answered, either way. */
  async start(url: URL): Promise<void> {
    const isTls = url.protocol === "https:";
    const hostname = url.hostname.replace(/^\[|\]$/g, "");
    try {
      await Bun.connect<Connection | undefined>({
        hostname,
        port: Number(url.port || (isTls ? 443 : 80)),
        // An address is no server name (RFC 6066, section 3).
        ...(isTls ? { tls: { serverName: isIP(hostname) ? "" : hostname, rejectUnauthorized: true } } : {}),
        data: undefined,
        socket: this.#handlers(isTls, hostname),
      });
    } catch (cause) {
      this.fail(cause);
    }
  }

  fail(cause: unknown): void {
    this.#isOver = true;
    this.#reject(new MillraceError("upstream_unreachable", "The upstream refused or dropped the connection.", { cause }));
  }

  /** @returns true when the system goes on trying. */
  giveUp(reason: unknown): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#reject(reason);
    this.#socket?.terminate();
    return this.#socket === undefined;
  }

  #opened(socket: Socket<Connection>): void {
    this.#isOver = true;
    this.#resolve(this.#make(socket as Bun.Socket<Connection>));
  }

  #handlers(isTls: boolean, hostname: string): Bun.SocketHandler<Connection | undefined> {
    return {
      open: (socket) => {
        this.#socket = socket;
        if (this.#isOver) socket.terminate();
        else if (!isTls) this.#opened(socket);
      },
      handshake: (socket, isComplete, problem) => {
        // Only the first may let requests through. A renegotiation, for which there is no use here, ends the connection.
        const refusal = socket.data ? new Error("The upstream renegotiates.") : refusalOf(socket, hostname, isComplete, problem);
        if (!refusal && !this.#isOver) return this.#opened(socket);
        socket.terminate();
        this.fail(refusal);
      },
      data: (socket, bytes) => socket.data?.onData(bytes),
      drain: (socket) => socket.data?.onDrain(),
      end: (socket) => (socket.data ? socket.data.onEnd() : void socket.end()),
      close: (socket) => {
        if (socket.data) socket.data.onClose();
        else this.fail(new Error("The connection was closed before it was open."));
      },
      error: (_socket, error) => this.fail(error),
      connectError: (_socket, error) => this.fail(error),
    };
  }
}

/** Why this peer must not be talked to. Both are asked: the runtime's verdict on the chain, and whose certificate it is. */
function refusalOf(socket: Socket<unknown>, hostname: string, isComplete: boolean, problem: Error | null): Error | undefined {
  if (problem) return problem;
  if (!isComplete || !socket.authorized) return new Error("The TLS handshake failed.");
  return checkServerIdentity(hostname, socket.getPeerCertificate());
}
