// Where connections come from, or do not: addresses that refuse, swallow or do not exist, and names with two addresses.

import { expect, test } from "bun:test";
import net from "node:net";
import { blackHole, refusingAddress } from "../../../test/kit/unreachable.ts";
import { ask, failureOf, request, until } from "../../../test/kit/whole-answer.ts";
import { systemClock } from "../../base/index.ts";
import { Connection } from "./connection.ts";
import { Connector } from "./connector.ts";
import { httpTransport } from "./http-transport.ts";

const { send } = httpTransport({ clock: systemClock });
const make = (socket: Bun.Socket<Connection>) => new Connection(socket);
const isLinux = process.platform === "linux";

interface Listener {
  readonly port: number;
  readonly open: () => number;
  readonly accepted: () => number;
  close(): void;
}

/** Accepts, and answers any request with the address it came to. Undefined where the machine has no such address. */
async function listener(host: string, port = 0): Promise<Listener | undefined> {
  const sockets = new Set<net.Socket>();
  let accepted = 0;
  const server = net.createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", () =>
      socket.write(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${host.length}\r\n\r\n${host}`),
    );
  });
  const isUp = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false)).listen(port, host, () => resolve(true));
  });
  if (!isUp) return undefined;
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as net.AddressInfo).port, open: () => sockets.size, accepted: () => accepted, close };
}

const hasV6 = await listener("::1").then((found) => {
  found?.close();
  return found !== undefined;
});

test.skipIf(!isLinux)("an address that refuses is unreachable at once, and is not said to be connected", async () => {
  const { url, close } = refusingAddress();
  const told: string[] = [];
  expect(await failureOf(ask(send, url, { onConnected: () => told.push("connected") }))).toBe("upstream_unreachable");
  expect(told).toEqual([]);
  close();
});

test("so is a name that cannot exist", async () => {
  // No label is this long, so nobody has to be asked about it.
  expect(await failureOf(ask(send, `http://${"n".repeat(64)}.invalid`))).toBe("upstream_unreachable");
});

test.skipIf(!isLinux)("connecting that hangs goes on until the caller gives it up, whose reason is heard", async () => {
  const hole = await blackHole();
  const told: string[] = [];
  const call = send(request(hole.url, { onConnected: () => told.push("connected") }));
  const failure = failureOf(call.response);
  const other = await listener("127.0.0.1");
  await ask(send, `http://127.0.0.1:${other?.port}`);
  other?.close();
  expect(await Promise.race([failure, "still connecting"])).toBe("still connecting");
  call.abort("too long");
  expect(await failure).toBe("too long");
  expect(told).toEqual([]);
  hole.close();
});

test.skipIf(!isLinux)(
  "attempts given up unanswered are counted; beyond the limit calls fail at once, for that origin only",
  async () => {
    const hole = await blackHole();
    const connector = new Connector(make, 2);
    const url = new URL(hole.url);
    for (const reason of ["first", "second"]) {
      const attempt = connector.connect(url);
      const failure = failureOf(attempt.connection);
      attempt.abort(reason);
      expect(await failure).toBe(reason);
    }
    expect(await failureOf(connector.connect(url).connection)).toBe("upstream_unreachable");
    const other = await listener("127.0.0.1");
    (await connector.connect(new URL(`http://127.0.0.1:${other?.port}`)).connection).destroy();
    other?.close();
    hole.close();
  },
);

test("an attempt that is answered after it was given up is closed, and counts no more", async () => {
  const server = await listener("127.0.0.1");
  const connector = new Connector(make, 1);
  const url = new URL(`http://127.0.0.1:${server?.port}`);
  const attempt = connector.connect(url);
  const failure = failureOf(attempt.connection);
  attempt.abort("reason");
  expect(await failure).toBe("reason");
  expect(await failureOf(connector.connect(url).connection)).toBe("upstream_unreachable");
  await until(() => server?.accepted() === 1 && server.open() === 0);
  (await connector.connect(url).connection).destroy();
  server?.close();
});

test("localhost is reached by whichever of its addresses listens", async () => {
  for (const host of ["127.0.0.1", ...(hasV6 ? ["::1"] : [])]) {
    const server = await listener(host);
    expect((await ask(send, `http://localhost:${server?.port}/`)).text).toBe(host);
    server?.close();
  }
});

test.skipIf(!hasV6)("an IPv6 literal is an address (skipped without ::1)", async () => {
  const server = await listener("::1");
  expect((await ask(send, `http://[::1]:${server?.port}/`)).text).toBe("::1");
  server?.close();
});
