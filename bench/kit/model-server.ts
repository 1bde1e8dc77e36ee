// A model server in C, so that the load's core has room: nginx with the echo module, which speaks enough of the Anthropic
// dialect for a gateway that reads answers. It reads the whole body first and answers every path alike.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "./report.ts";
import { CORE_OF_OTHERS, freePort, type Rig } from "./rig.ts";

/** Frames of a stream, one write each. The first opens the message, the last closes it. */
export const FRAMES = 64;
export const FRAME_MS = 20;
export const DELTAS = FRAMES - 2;

/** Addresses under which each server below can be had, as if there were several. */
export const REPLICAS = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"] as const;

export interface ModelServer {
  /** Answers as soon as the body is there. */
  readonly immediate: string;
  /** Answers after 20 ms. */
  readonly after20Ms: string;
  /** Answers after 2 s, with the body in its hands. */
  readonly after2Seconds: string;
  /** Answers with a stream of FRAMES writes, `frameMs` apart; to `count_tokens` at once. */
  readonly stream: string;
}

const USAGE = '"usage":{"input_tokens":10,"output_tokens":2}';

export interface ModelServerOptions {
  /** Length of the text in answers that are not streams. */
  readonly textBytes?: number;
  /** Default FRAME_MS. */
  readonly frameMs?: number;
}

export async function startModelServer(
  rig: Rig,
  { textBytes = 2, frameMs = FRAME_MS }: ModelServerOptions = {},
): Promise<ModelServer> {
  const ports = {
    immediate: await freePort(),
    after20Ms: await freePort(),
    after2Seconds: await freePort(),
    stream: await freePort(),
  };
  const message = `{"id":"msg_1","type":"message","role":"assistant","model":"claude-bench","content":[{"type":"text","text":"${"hi".repeat(
    textBytes / 2,
  )}"}],"stop_reason":"end_turn","stop_sequence":null,${USAGE}}`;
  const answer = (waitSeconds: number) => `default_type application/json; echo_read_request_body;
    ${waitSeconds > 0 ? `echo_sleep ${waitSeconds}; echo_flush;` : ""} echo -n '${message}';`;
  const config = await rig.write(
    "model-server.conf",
    `${nginxHead(rig, "model-server")}
    ${server(ports.immediate, answer(0))}
    ${server(ports.after20Ms, answer(0.02))}
    ${server(ports.after2Seconds, answer(2))}
    ${server(ports.stream, `default_type text/event-stream; echo_read_request_body; ${streamedFrames(frameMs)}`, answer(0))}
    }`,
  );
  await rig.start({ name: "model-server", core: CORE_OF_OTHERS, command: nginxCommand(rig, config), port: ports.immediate });
  const url = (port: number) => `http://127.0.0.1:${port}`;
  return {
    immediate: url(ports.immediate),
    after20Ms: url(ports.after20Ms),
    after2Seconds: url(ports.after2Seconds),
    stream: url(ports.stream),
  };
}

export const nginxCommand = (rig: Rig, config: string): string[] => [
  findProgram("nginx") ?? "nginx",
  ...["-p", rig.folder, "-e", rig.path("nginx-error.log"), "-c", config],
];

/** One process, nothing written, everything inside the rig's folder. Leaves the `http` block open. */
export function nginxHead(rig: Rig, name: string): string {
  const folder = (what: string) => rig.path(`${name}-${what}`);
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((what) => `${what}_temp_path ${folder(what)};`);
  return `${name === "model-server" ? `load_module ${echoModule()};` : ""}
    daemon off; master_process off; pid ${folder("pid")}; error_log ${folder("error.log")};
    worker_rlimit_nofile 16384;
    events { worker_connections 8192; multi_accept on; }
    http {
    access_log off; keepalive_requests 100000000; keepalive_timeout 600s; client_max_body_size 64m;
    client_body_buffer_size 4m; tcp_nodelay on; ${places.join(" ")}`;
}

/** @param counted the answer to `count_tokens`, where it is another one */
const server = (port: number, location: string, counted = location) =>
  `server { ${REPLICAS.map((host) => `listen ${host}:${port} backlog=4096;`).join(" ")} location / { ${location} } location /v1/messages/count_tokens { ${counted} } }`;

function echoModule(): string {
  const places = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/local/lib/nginx/modules"];
  const found = places.map((place) => join(place, "ngx_http_echo_module.so")).find((path) => existsSync(path));
  if (!found) throw new Error("nginx has no echo module here. Try: apt-get install libnginx-mod-http-echo");
  return found;
}

function streamedFrames(frameMs: number): string {
  const event = (type: string, fields: string) => `event: ${type}\ndata: {"type":"${type}"${fields}}\n\n`;
  const opening =
    event(
      "message_start",
      `,"message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-bench","content":[],"stop_reason":null,"stop_sequence":null,${USAGE}}`,
    ) + event("content_block_start", ',"index":0,"content_block":{"type":"text","text":""}');
  const deltas = Array.from({ length: DELTAS }, (_, at) =>
    event("content_block_delta", `,"index":0,"delta":{"type":"text_delta","text":"hello world ${at} "}`),
  );
  const closing =
    event("content_block_stop", ',"index":0') +
    event("message_delta", `,"delta":{"stop_reason":"end_turn","stop_sequence":null},${USAGE}`) +
    event("message_stop", "");
  return [opening, ...deltas, closing].map((frame) => `echo_sleep ${frameMs / 1000}; echo -n '${frame}'; echo_flush;`).join("\n");
}
