// Front doors that are compared: each on the core under test, over the same servers, a session always to the same one.

import { join } from "node:path";
import { nginxCommand, nginxHead, REPLICAS } from "./model-server.ts";
import type { Peer } from "./peers.ts";
import { findProgram } from "./report.ts";
import { CORE_UNDER_TEST, freePort, type Rig } from "./rig.ts";
import { NUMBER } from "./wrk.ts";

const MAIN = join(import.meta.dir, "..", "..", "src", "cli", "main.ts");
export const SESSION_HEADER = "x-claude-code-session-id";

/** As an assistant sends them. With NUMBER a request belongs to one of many sessions. */
export const SESSION_HEADERS = {
  "content-type": "application/json",
  "anthropic-version": "2023-06-01",
  "anthropic-beta": "context-1m-2025-08-07,interleaved-thinking-2025-05-14",
  "user-agent": "claude-cli/2.1.0 (external, cli)",
  "x-api-key": "sk-bench",
  [SESSION_HEADER]: `5d3f8a2c-7a1e-4f0b-9c55-44${NUMBER}`,
};

const peerOf = (running: { name: string; pid: number }, port: number): Peer => ({
  name: running.name,
  url: `http://127.0.0.1:${port}/v1/messages`,
  headers: SESSION_HEADERS,
  pid: running.pid,
});

/** The model server's replicas, as servers. @param url of one of them */
const serversOf = (url: string): string[] => REPLICAS.map((host) => `${host}:${new URL(url).port}`);

export async function startMillraceDoor(rig: Rig, upstream: string): Promise<Peer> {
  const port = await freePort();
  const servers = serversOf(upstream).flatMap((server) => ["--server", `http://${server}`]);
  const command = [process.execPath, MAIN, "front", "--port", String(port), ...servers];
  return peerOf(await rig.start({ name: "Millrace front", core: CORE_UNDER_TEST, command, port }), port);
}

export async function startNginxDoor(rig: Rig, upstream: string): Promise<Peer> {
  const port = await freePort();
  const name = `nginx-door-${port}`;
  const servers = serversOf(upstream).map((server) => `server ${server};`);
  const config = await rig.write(
    `${name}.conf`,
    `${nginxHead(rig, name)}
    upstream servers { hash $http_${SESSION_HEADER.replaceAll("-", "_")} consistent; ${servers.join(" ")} keepalive 2048; keepalive_requests 100000000; }
    server { listen 127.0.0.1:${port} backlog=4096; location / {
      proxy_pass http://servers; proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering off;
      proxy_set_header Connection ""; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto http; proxy_set_header X-Forwarded-Host $host; proxy_set_header Via "1.1 nginx";
    } } }`,
  );
  return peerOf(await rig.start({ name: "nginx", core: CORE_UNDER_TEST, command: nginxCommand(rig, config), port }), port);
}

export async function startHaproxyDoor(rig: Rig, upstream: string): Promise<Peer> {
  const port = await freePort();
  const servers = serversOf(upstream).map((server, index) => `  server s${index} ${server}`);
  const config = await rig.write(
    `haproxy-door-${port}.cfg`,
    `global
  nbthread 1
  maxconn 8000
  tune.bufsize 65536
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  option http-no-delay
frontend front
  bind 127.0.0.1:${port} backlog 4096
  option forwardfor
  http-request set-header x-forwarded-proto http
  http-request set-header x-forwarded-host %[req.hdr(host)]
  http-request set-header via "1.1 haproxy"
  default_backend servers
backend servers
  http-reuse always
  balance hdr(${SESSION_HEADER})
  hash-type consistent
  hash-balance-factor 125
${servers.join("\n")}
`,
  );
  const command = [findProgram("haproxy") ?? "haproxy", "-db", "-f", config];
  return peerOf(await rig.start({ name: "HAProxy", core: CORE_UNDER_TEST, command, port }), port);
}
