// Against real servers: what they get, what comes back, and how many connections it takes.

import { describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, failureOf, turn } from "../../../test/kit/whole-answer.ts";
import { systemClock, utf8 } from "../../base/index.ts";
import { httpTransport } from "./http-transport.ts";

interface Server {
  readonly url: string;
  /** Distinct connections that requests came on. */
  readonly connections: () => number;
  close(): void | Promise<void>;
}

const BIG = "0123456789abcdef".repeat(131_072); // 2 MiB

/** Answers with the request's body under /echo, with a status under /204 and so on, with much under /big. */
function bunServer(): Server {
  const ports = new Set<number>();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(call, server) {
      ports.add(server.requestIP(call)?.port ?? 0);
      const { pathname } = new URL(call.url);
      if (/^\/\d+$/.test(pathname)) return new Response(null, { status: Number(pathname.slice(1)) });
      if (pathname === "/big") return new Response(new Blob([BIG]).stream());
      return new Response(await call.text(), { headers: { "x-asked": call.headers.get("x-ask") ?? "" } });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, connections: () => ports.size, close: () => server.stop(true) };
}

async function nodeServer(): Promise<Server> {
  let connections = 0;
  const server = http.createServer(async (call, answer) => {
    const parts: Buffer[] = [];
    for await (const part of call) parts.push(part as Buffer);
    const path = call.url ?? "";
    if (/^\/\d+$/.test(path)) answer.writeHead(Number(path.slice(1))).end();
    else if (path === "/big") answer.writeHead(200, { "transfer-encoding": "chunked" }).end(BIG);
    else answer.writeHead(200, { "x-asked": String(call.headers["x-ask"] ?? "") }).end(Buffer.concat(parts));
  });
  server.on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`, connections: () => connections, close };
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function nginx(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-nginx-"));
  chmodSync(folder, 0o755); // Started by root, it reads as another user.
  const port = await freePort();
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`);
  const locations = [204, 304, 404].map((status) => `location = /${status} { return ${status}; }`);
  writeFileSync(join(folder, "big"), BIG);
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; pid ${folder}/pid; error_log stderr crit; events { worker_connections 2048; }
    http { access_log off; ${paths.join(" ")} server { listen 127.0.0.1:${port} backlog=1024; root ${folder};
    add_header x-connection $connection always; add_header x-asked $http_x_ask; keepalive_requests 100000;
    ${locations.join(" ")} location = /echo { return 200 $http_x_body; } } }`,
  );
  const child = Bun.spawn(["nginx", "-e", "stderr", "-c", join(folder, "nginx.conf")], { stdout: "ignore", stderr: "ignore" });
  const { send, close } = httpTransport({ clock: systemClock });
  const url = `http://127.0.0.1:${port}`;
  while (child.exitCode === null && (await failureOf(ask(send, `${url}/204`))) !== "fulfilled") await turn();
  close();
  return {
    url,
    connections: () => 0,
    async close() {
      child.kill();
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const servers: [string, () => Server | Promise<Server>][] = [
  ["Bun.serve", bunServer],
  ["node:http", nodeServer],
];

describe.each(servers)("with %s", (_name, start) => {
  test("one connection serves request after request, of every shape", async () => {
    const server = await start();
    const { send, close } = httpTransport({ clock: systemClock });
    for (let round = 0; round < 3; round++) {
      const echoed = await ask(send, `${server.url}/echo?a=b`, { body: utf8("hällo"), headers: [["x-ask", "yes"]] });
      expect([echoed.status, echoed.text, echoed.headers.get("x-asked")]).toEqual([200, "hällo", "yes"]);
      expect((await ask(send, `${server.url}/204`)).body.byteLength).toBe(0);
      expect((await ask(send, `${server.url}/304`)).status).toBe(304);
      expect((await ask(send, `${server.url}/echo`, { method: "HEAD" })).body.byteLength).toBe(0);
      expect((await ask(send, `${server.url}/503`)).status).toBe(503);
      expect((await ask(send, `${server.url}/big`)).text).toBe(BIG);
      expect((await ask(send, `${server.url}/echo`, { body: new Uint8Array(0), method: "POST" })).text).toBe("");
    }
    expect(server.connections()).toBe(1);
    close();
    await server.close();
  });

  test("500 at once each get their own answer, twice over the same connections", async () => {
    const server = await start();
    const { send, close } = httpTransport({ clock: systemClock });
    const wave = () =>
      Promise.all(
        Array.from({ length: 500 }, async (_, id) => (await ask(send, `${server.url}/echo`, { body: utf8(`${id}`) })).text),
      );
    const expected = Array.from({ length: 500 }, (_, id) => `${id}`);
    expect(await wave()).toEqual(expected);
    expect(await wave()).toEqual(expected);
    expect(server.connections()).toBeLessThanOrEqual(500);
    close();
    await server.close();
  });

  test("5 MB up and down arrive whole", async () => {
    const server = await start();
    const { send, close } = httpTransport({ clock: systemClock });
    const body = crypto.getRandomValues(new Uint8Array(65_536)).toHex();
    const five = utf8(body.repeat(40));
    expect(Buffer.from(five).equals((await ask(send, `${server.url}/echo`, { body: five })).body)).toBe(true);
    close();
    await server.close();
  });
});

describe.skipIf(Bun.which("nginx") === null)("with nginx (skipped where it is not on the PATH)", () => {
  test("one connection serves request after request, and hundreds at once are answered", async () => {
    const server = await nginx();
    const { send, close } = httpTransport({ clock: systemClock });
    const seen = new Set<string | null>();
    for (const path of ["/204", "/echo", "/404", "/big", "/echo", "/304"]) {
      const answer = await ask(send, server.url + path, { headers: [["x-body", "hello"]] });
      seen.add(answer.headers.get("x-connection"));
      if (path === "/echo") expect(answer.text).toBe("hello");
      if (path === "/big") expect(answer.text).toBe(BIG);
    }
    expect([...seen]).toHaveLength(1);
    const echo = async (_: unknown, id: number) =>
      (await ask(send, `${server.url}/echo`, { headers: [["x-body", `${id}`]] })).text;
    expect(await Promise.all(Array.from({ length: 500 }, echo))).toEqual(Array.from({ length: 500 }, (_, id) => `${id}`));
    close();
    await server.close();
  });
});
