// The proxies that are compared, each on the core under test, each with what a caller must send it.
// A peer that cannot be had is undefined, and its name and the reason are said.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { installed } from "./installed.ts";
import { nginxCommand, nginxHead } from "./model-server.ts";
import { findProgram, say } from "./report.ts";
import { CORE_UNDER_TEST, freePort, type Rig, type Running } from "./rig.ts";

export interface Peer {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** 0 where there is no process: the model server itself. */
  readonly pid: number;
}

const MAIN = join(import.meta.dir, "..", "..", "src", "cli", "main.ts");
const BARE = join(import.meta.dir, "..", "bare-proxy.ts");

/** Bun allows 256 simultaneous fetches unless told otherwise; Millrace's launcher raises it, so the bare proxy gets it too. */
const FETCHES = { BUN_CONFIG_MAX_HTTP_REQUESTS: "65336" };
const REQUEST_HEADERS = { "content-type": "application/json", "anthropic-version": "2023-06-01" };
const WITH_KEY = { ...REQUEST_HEADERS, "x-api-key": "sk-bench" };
const PORTKEY = "1.15.2";

const messages = (port: number): string => `http://127.0.0.1:${port}/v1/messages`;
const peerOf = (running: Running, port: number, headers: Peer["headers"] = WITH_KEY): Peer => ({
  name: running.name,
  url: messages(port),
  headers,
  pid: running.pid,
});

export const direct = (upstream: string): Peer => ({ name: "direct", url: `${upstream}/v1/messages`, headers: WITH_KEY, pid: 0 });

export async function startBare(rig: Rig, upstream: string): Promise<Peer> {
  const port = await freePort();
  const command = [process.execPath, BARE, String(port), upstream];
  return peerOf(await rig.start({ name: "bare Bun", core: CORE_UNDER_TEST, command, port, env: FETCHES }), port);
}

export interface MillraceOptions {
  readonly name?: string;
  /** Merged over the configuration: authentication required, one upstream, metrics and cache on, no line a call, nothing recorded. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Further arguments of the runtime, such as those of its profiler. */
  readonly runtime?: readonly string[];
}

export async function startMillrace(rig: Rig, upstream: string, options: MillraceOptions = {}): Promise<Peer> {
  const { name = "Millrace", config = {}, runtime = profilerOf(name) } = options;
  const port = await freePort();
  const folder = name.replaceAll(/\W+/g, "-");
  const file = await rig.write(
    `${folder}.json`,
    JSON.stringify({
      upstreams: [{ name: "bench", dialect: "anthropic", baseUrl: upstream, models: ["*"], credential: "none" }],
      auth: { required: true },
      log: { level: "warn" },
      // Peers keep no conversations. What it costs is measured in recording.ts.
      threads: { record: "off" },
      ...config,
    }),
  );
  const place = ["--config", file, "--data", rig.path(`${folder}-data`)];
  const create = ["token", "create", "--user", "bench", "--team", "bench", ...place];
  const made = Bun.spawnSync([process.execPath, MAIN, ...create]);
  const token = made.stdout.toString().trim();
  if (token === "") throw new Error(`No token: ${made.stderr}`);
  const command = [process.execPath, ...runtime, MAIN, "serve", "--port", String(port), ...place];
  const running = await rig.start({ name, core: CORE_UNDER_TEST, command, port, env: FETCHES });
  return peerOf(running, port, { ...REQUEST_HEADERS, "x-api-key": token });
}

/** `--profile` writes a profile of Millrace's processor time into bench/out, to be opened in a browser's developer tools. */
function profilerOf(name: string): string[] {
  if (!process.argv.includes("--profile")) return [];
  const folder = join(import.meta.dir, "..", "out");
  mkdirSync(folder, { recursive: true });
  return ["--cpu-prof", `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name.replaceAll(/\W+/g, "-")}.cpuprofile`];
}

export async function startNginx(rig: Rig, upstream: string): Promise<Peer> {
  const port = await freePort();
  const config = await rig.write(
    "nginx-proxy.conf",
    `${nginxHead(rig, "nginx-proxy")}
    upstream model { server ${new URL(upstream).host}; keepalive 2048; keepalive_requests 100000000; }
    server { listen 127.0.0.1:${port} backlog=4096; location / {
      proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
    } } }`,
  );
  return peerOf(await rig.start({ name: "nginx", core: CORE_UNDER_TEST, command: nginxCommand(rig, config), port }), port);
}

export async function startHaproxy(rig: Rig, upstream: string): Promise<Peer> {
  const port = await freePort();
  const config = await rig.write(
    "haproxy.cfg",
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
  default_backend model
backend model
  http-reuse always
  server model ${new URL(upstream).host}
`,
  );
  const command = [findProgram("haproxy") ?? "haproxy", "-db", "-f", config];
  return peerOf(await rig.start({ name: "HAProxy", core: CORE_UNDER_TEST, command, port }), port);
}

/** Newer versions of `@hono/node-server` than 1.13.5 make every stream of it a 500. It has no authentication of its own. */
export async function startPortkey(rig: Rig, upstream: string): Promise<Peer | undefined> {
  const skip = (reason: string) => say(`Skipped: @portkey-ai/gateway ${PORTKEY}: ${reason}`);
  const node = findProgram("node");
  if (!node) return void skip("node is not on the PATH");
  const dependencies = { "@portkey-ai/gateway": PORTKEY };
  const found = await installed("portkey", { dependencies, overrides: { "@hono/node-server": "1.13.5" } });
  if ("missing" in found) return void skip(found.missing);
  const program = join(found.folder, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js");
  // It has no flag for its address and would listen on every one of this machine.
  const loopback = await rig.write(
    "loopback.cjs",
    `const { Server } = require("node:net");
const listen = Server.prototype.listen;
Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, port, "127.0.0.1", rest.find((argument) => typeof argument === "function"));
};`,
  );
  const port = await freePort();
  const command = [node, "--require", loopback, program, `--port=${port}`, "--headless"];
  const running = await rig.start({ name: "Portkey", core: CORE_UNDER_TEST, command, port, env: { NODE_ENV: "production" } });
  const target = { "x-portkey-provider": "anthropic", "x-portkey-custom-host": `${upstream}/v1` };
  return peerOf(running, port, { ...WITH_KEY, ...target });
}
