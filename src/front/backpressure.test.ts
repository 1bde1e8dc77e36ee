// Neither side is read faster than the other takes, whatever the kernel accepts of each write, and every byte arrives once
// and in order. The sockets are stand-ins that take as much as the test lets them.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { VirtualClock } from "../base/index.ts";
import { ClientConnection } from "./client-connection.ts";
import type { FrontContext } from "./front-context.ts";
import { FrontCounts } from "./front-counts.ts";
import { frontLimits } from "./front-limits.ts";
import { ServerConnection } from "./server-connection.ts";
import { Sweep } from "./sweep.ts";

class StandIn {
  readonly remoteAddress = "::ffff:127.0.0.1";
  data: unknown;
  /** Bytes that it takes before it is full. */
  room = 0;
  isPaused = false;
  isEnded = false;
  readonly #written: Buffer[] = [];

  write(bytes: Uint8Array): number {
    const taken = Math.min(this.room, bytes.byteLength);
    this.#written.push(Buffer.from(bytes.subarray(0, taken)));
    this.room -= taken;
    return taken;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  shutdown(): void {
    this.isEnded = true;
  }
  terminate(): void {
    this.isEnded = true;
  }
  end(): void {
    this.isEnded = true;
  }
  setNoDelay(): void {}

  get written(): string {
    return Buffer.concat(this.#written).toString("latin1");
  }
}

function pair() {
  const near = new StandIn();
  const far = new StandIn();
  const server = new ServerConnection(far as unknown as Bun.Socket<ServerConnection>);
  const kept: ServerConnection[] = [server];
  const outcomes: unknown[] = [];
  const context: FrontContext = {
    limits: frontLimits,
    sweep: new Sweep(new VirtualClock(), 250),
    counts: new FrontCounts(),
    ...{ pseudonym: "millrace-test", trustsProxy: false, isDraining: false },
    fleet: {
      servers: [],
      choose: () => ({ backend: "http://a", reason: "home", done: (outcome) => outcomes.push(outcome) }),
      mayRetry: () => true,
      take: () => kept.pop(),
      keep: (_, connection) => kept.push(connection),
      connect: () => ({ connection: new Promise(() => {}), abort: () => {} }),
    },
  };
  const client = new ClientConnection(near as unknown as Bun.Socket<ClientConnection>, context);
  return { near, far, client, server, kept, outcomes };
}

const isPaused = (socket: StandIn): boolean => socket.isPaused;
const bodyOf = (message: string): string => message.slice(message.indexOf("\r\n\r\n") + 4);

/** Undoes chunked coding. */
function plain(coded: string): string {
  let [text, at] = ["", 0];
  for (;;) {
    const end = coded.indexOf("\r\n", at);
    const size = Number.parseInt(coded.slice(at, end), 16);
    if (size === 0) return coded.slice(end) === "\r\n\r\n" ? text : `wrong end ${coded.slice(end)}`;
    text += coded.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
}

const pieces = fc.array(fc.string({ minLength: 1, maxLength: 50, unit: "binary-ascii" }), { maxLength: 20 });
const rooms = fc.infiniteStream(fc.nat(120));

test("an answer: the server is paused while the client has not taken all", () => {
  fc.assert(
    fc.property(pieces, rooms, fc.boolean(), (parts, grants, isChunked) => {
      const { near, far, client, server, kept, outcomes } = pair();
      far.room = 10_000;
      client.onData(Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
      const all = parts.join("");
      const head = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${all.length}`;
      const wire = parts.map((part) => (isChunked ? `${part.length.toString(16)}\r\n${part}\r\n` : part));
      const sent = [`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`, ...wire, ...(isChunked ? ["0\r\n\r\n"] : [])];
      for (const part of sent) {
        while (far.isPaused) {
          near.room = grants.next().value;
          client.onDrain();
        }
        server.onData(Buffer.from(part, "latin1"));
        // Once the answer is whole the connection belongs to others.
        if (kept.length === 0) expect(isPaused(far)).toBe(client.outbox.isBlocked);
      }
      near.room = 100_000;
      client.onDrain();
      expect(isChunked ? plain(bodyOf(near.written)) : bodyOf(near.written)).toBe(all);
      expect([outcomes.length, kept.length]).toEqual([1, 1]);
      expect([far.isPaused, near.isPaused]).toEqual([false, false]);
    }),
  );
});

test("a body: the client is paused while the server has not taken all", () => {
  fc.assert(
    fc.property(pieces, rooms, fc.boolean(), (parts, grants, isChunked) => {
      const { near, far, client, server } = pair();
      near.room = 10_000;
      const all = parts.join("");
      const head = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${all.length}`;
      const wire = parts.map((part) => (isChunked ? `${part.length.toString(16)}\r\n${part}\r\n` : part));
      for (const part of [`POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n`, ...wire, ...(isChunked ? ["0\r\n\r\n"] : [])]) {
        while (near.isPaused) {
          far.room = grants.next().value;
          server.onDrain();
        }
        client.onData(Buffer.from(part, "latin1"));
      }
      far.room = 100_000;
      server.onDrain();
      expect(isChunked ? plain(bodyOf(far.written)) : bodyOf(far.written)).toBe(all);
      expect(near.isPaused).toBe(false);
    }),
  );
});

test("requests behind the one that is answered wait with their socket, and go one by one", () => {
  const { near, far, client, server } = pair();
  [near.room, far.room] = [10_000, 10_000];
  client.onData(Buffer.from("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HT"));
  expect(near.isPaused).toBe(true);
  expect(far.written).not.toContain("/2");
  server.onData(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"));
  // There is still something ahead of it.
  expect([near.isPaused, far.written.includes("/2")]).toEqual([true, true]);
  server.onData(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"));
  expect([near.isPaused, far.written.includes("/3")]).toEqual([false, false]);
  client.onData(Buffer.from("TP/1.1\r\nHost: a\r\n\r\n"));
  expect(far.written).toContain("/3");
});

test("an answer before the body is whole: the connection says that it closes, and does", () => {
  const { near, far, client, server, kept } = pair();
  [near.room, far.room] = [10_000, 10_000];
  client.onData(Buffer.from("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbegin"));
  server.onData(Buffer.from("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"));
  expect(near.written).toContain("connection: close\r\n");
  expect([near.isEnded, far.isEnded, kept.length]).toEqual([true, true, 0]);
});

test("a server that says more than its answer is not asked again, and nobody is given what it said", () => {
  const { near, far, client, server, kept } = pair();
  [near.room, far.room] = [10_000, 10_000];
  client.onData(Buffer.from("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"));
  server.onData(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"));
  expect(near.written).not.toContain("poison");
  expect([far.isEnded, kept.length]).toEqual([true, 0]);
});
