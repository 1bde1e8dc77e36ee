// Whom the transport trusts over https. No byte of a request may reach a peer whose certificate does not hold; whom a
// process trusts is decided when it starts, so what must be accepted is asked by a process of its own.

import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { authority, type Issued, selfSigned } from "../../../test/kit/certificates.ts";
import { askApart } from "../../../test/kit/transport-client.ts";
import { ask, failureOf, request, until } from "../../../test/kit/whole-answer.ts";
import { systemClock } from "../../base/index.ts";
import { httpTransport } from "./http-transport.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const { send } = httpTransport({ clock: systemClock });
const trusted = authority("Trusted");
const folder = mkdtempSync(join(tmpdir(), "millrace-tls-"));
const trust = { NODE_EXTRA_CA_CERTS: join(folder, "authority.pem") };
writeFileSync(trust.NODE_EXTRA_CA_CERTS, trusted.cert);

const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
  rmSync(folder, { recursive: true, force: true });
});

interface TlsServer {
  readonly port: number;
  /** Request bytes that came, decrypted. */
  readonly got: () => number;
  readonly connections: () => number;
  readonly open: () => number;
  /** Server names asked for; false where none was. */
  readonly names: (string | false)[];
}

type Answer = (socket: net.Socket, bytes: Buffer) => void;

async function listening(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close());
  return (server.address() as net.AddressInfo).port;
}

async function tlsServer(
  issued: Issued,
  answer: Answer = (socket) => socket.write(OK),
  more: tls.TlsOptions = {},
): Promise<TlsServer> {
  const names: (string | false)[] = [];
  let [got, connections, open] = [0, 0, 0];
  const server = tls.createServer({ ...issued, ...more }, (socket) => {
    const { servername } = socket as unknown as { servername: string | false };
    names.push(servername);
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      got += bytes.byteLength;
      answer(socket, bytes);
    });
  });
  server.on("tlsClientError", () => {});
  server.on("connection", (socket: net.Socket) => {
    connections += 1;
    open += 1;
    socket.on("close", () => (open -= 1));
  });
  return { port: await listening(server), got: () => got, connections: () => connections, open: () => open, names };
}

/** A server on a raw socket; its open connections. */
async function rawServer(serve: Answer): Promise<{ port: number; open: () => number }> {
  let open = 0;
  const server = net.createServer((socket) => {
    open += 1;
    socket.on("close", () => (open -= 1)).on("error", () => {});
    serve(socket, Buffer.alloc(0));
  });
  return { port: await listening(server), open: () => open };
}

const LOCAL = ["localhost", "127.0.0.1"];

describe("refused, without a byte of the request", () => {
  test("a certificate that signed itself, and one of an authority nobody knows", async () => {
    for (const issued of [selfSigned({ names: LOCAL }), trusted.issue({ names: LOCAL })]) {
      const server = await tlsServer(issued);
      const told: string[] = [];
      for (const host of LOCAL) {
        const asked = ask(send, `https://${host}:${server.port}/`, { onConnected: () => told.push(host) });
        expect(await failureOf(asked)).toBe("upstream_unreachable");
      }
      expect([server.got(), told]).toEqual([0, []]);
      await until(() => server.open() === 0);
    }
  });

  test("also by a process that trusts the authority: other names, other times, other signers", async () => {
    const wrong: [string, Issued][] = [
      ["localhost", trusted.issue({ names: ["elsewhere.example"] })],
      ["localhost", trusted.issue({ names: ["127.0.0.1"] })],
      ["127.0.0.1", trusted.issue({ names: ["localhost"] })],
      ["127.0.0.1", trusted.issue({ names: ["127.0.0.2"] })],
      ["localhost", trusted.issue({ names: LOCAL, days: [-9, -2] })],
      ["localhost", trusted.issue({ names: LOCAL, days: [2, 9] })],
      ["localhost", authority("Trusted").issue({ names: LOCAL })],
      ["localhost", selfSigned({ names: LOCAL })],
    ];
    const servers = await Promise.all(wrong.map(([, issued]) => tlsServer(issued)));
    const urls = wrong.map(([host], index) => `https://${host}:${servers[index]?.port}/`);
    // Nor does the switch that makes other clients careless change anything.
    const outcomes = await askApart(urls, { ...trust, NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    expect(outcomes.map(({ code }) => code)).toEqual(wrong.map(() => "upstream_unreachable"));
    expect(servers.map((server) => [server.connections(), server.got()])).toEqual(wrong.map(() => [1, 0]));
  });

  test("a server that does not speak TLS, breaks off, or talks nonsense: at once", async () => {
    const answers: Answer[] = [
      (socket) => socket.on("data", () => socket.write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")),
      (socket) => socket.write("220 mail.example ESMTP ready\r\n"),
      (socket) => socket.end(),
      (socket) => socket.on("data", () => socket.end()),
      (socket) => socket.on("data", () => socket.resetAndDestroy()),
    ];
    for (const answer of answers) {
      const server = await rawServer(answer);
      expect(await failureOf(ask(send, `https://127.0.0.1:${server.port}/`))).toBe("upstream_unreachable");
      await until(() => server.open() === 0);
    }
  });

  test("a server of which only TLS 1.1 is to be had", async () => {
    const server = await tlsServer(trusted.issue({ names: LOCAL }), undefined, { maxVersion: "TLSv1.1", minVersion: "TLSv1" });
    expect(await askApart([`https://localhost:${server.port}/`], trust)).toMatchObject([{ code: "upstream_unreachable" }]);
  });
});

test("a handshake that never ends is given up by the caller, and its socket closed", async () => {
  const asked = Promise.withResolvers<void>();
  const server = await rawServer((socket) => socket.on("data", () => asked.resolve()));
  const told: string[] = [];
  const call = send(request(`https://127.0.0.1:${server.port}/`, { onConnected: () => told.push("connected") }));
  const failure = failureOf(call.response);
  await asked.promise;
  call.abort("too long");
  expect(await failure).toBe("too long");
  await until(() => server.open() === 0);
  expect(told).toEqual([]);
});

describe("with NODE_EXTRA_CA_CERTS", () => {
  test("an authority of one's own is trusted, by name and by address; only names are asked for as such", async () => {
    const server = await tlsServer(trusted.issue({ names: LOCAL }));
    const url = (host: string) => `https://${host}:${server.port}/`;
    const outcomes = await askApart([url("localhost"), url("localhost"), url("127.0.0.1")], trust);
    expect(outcomes).toEqual([1, 2, 3].map(() => ({ status: 200, text: "ok" })));
    expect(server.names).toEqual(["localhost", false]);
    expect(server.connections()).toBe(2);
  });

  test("large answers arrive whole, and one that goes until the close ends with it", async () => {
    const body = "0123456789abcdef".repeat(65_536);
    const issued = trusted.issue({ names: LOCAL });
    const sized = await tlsServer(issued, (socket) =>
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
    );
    const closing = await tlsServer(issued, (socket) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${body}`));
    const outcomes = await askApart(
      [sized, closing].map(({ port }) => `https://localhost:${port}/`),
      trust,
    );
    expect(outcomes.map(({ text }) => text === body)).toEqual([true, true]);
  });

  test("large requests arrive whole, on a server that takes its time", async () => {
    let left = 8_000_000;
    const server = await tlsServer(trusted.issue({ names: LOCAL }), (socket, bytes) => {
      left -= bytes.toString("latin1").split("\r\n\r\n").at(-1)?.length ?? 0;
      if (left === 0) socket.write(OK);
      socket.pause();
      setImmediate(() => socket.resume());
    });
    expect(await askApart([`https://localhost:${server.port}/?bytes=${left}`], trust)).toEqual([{ status: 200, text: "ok" }]);
  });

  test("a proxy in the environment is not asked", async () => {
    let asked = 0;
    const proxy = await rawServer((socket) => {
      asked += 1;
      socket.destroy();
    });
    const server = await tlsServer(trusted.issue({ names: LOCAL }));
    const address = `http://127.0.0.1:${proxy.port}`;
    const environment = {
      ...trust,
      HTTPS_PROXY: address,
      https_proxy: address,
      HTTP_PROXY: address,
      http_proxy: address,
      NO_PROXY: "",
    };
    expect(await askApart([`https://localhost:${server.port}/`], environment)).toEqual([{ status: 200, text: "ok" }]);
    expect(asked).toBe(0);
  });
});
