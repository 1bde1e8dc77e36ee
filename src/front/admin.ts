// The front door's own pages, on a port of their own so that they shadow none of the app servers': liveness, readiness,
// metrics.

import { type Clock, MillraceError } from "../base/index.ts";
import { Monitor } from "../mechanisms/monitor/index.ts";
import { METRICS_CONTENT_TYPE, metricsText } from "../server/index.ts";
import type { FrontContext } from "./front-context.ts";

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  readonly context: FrontContext;
  readonly clock: Clock;
  readonly connections: () => number;
}

export interface AdminServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Throws `config_invalid` when its port cannot be listened on. */
export function startAdmin(options: AdminOptions): AdminServer {
  try {
    return listen(options);
  } catch (cause) {
    const code = (cause as { code?: unknown } | null)?.code;
    const words = `port ${options.port} for the front door's own pages cannot be listened on (${typeof code === "string" ? code : "unknown reason"})`;
    throw new MillraceError("config_invalid", `${words}; choose another with --admin-port.`, { cause });
  }
}

function listen({ host, port, context, clock, connections }: AdminOptions): AdminServer {
  const monitor = new Monitor({ clock });
  register(monitor, context, connections);
  const pages: Readonly<Record<string, () => Response>> = {
    "/healthz": () => Response.json({ status: "ok" }),
    "/readyz": () => readiness(context),
    "/metrics": () => new Response(metricsText(monitor.snapshot()), { headers: { "content-type": METRICS_CONTENT_TYPE } }),
  };
  const server = Bun.serve({
    hostname: host,
    port,
    idleTimeout: 30,
    development: false,
    maxRequestBodySize: 1024,
    fetch({ method, url }) {
      const { pathname } = new URL(url);
      const page = Object.hasOwn(pages, pathname) ? pages[pathname] : undefined;
      if (!page)
        return Response.json(
          { error: { code: "not_found", message: "Only /healthz, /readyz and /metrics are here." } },
          { status: 404 },
        );
      return method === "GET" || method === "HEAD"
        ? page()
        : new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    },
  });
  return { url: server.url.href.replace(/\/$/, ""), stop: () => server.stop(true) };
}

/** States of a server that gets new requests; one that was not asked yet gets them too. */
const TAKING: readonly string[] = ["healthy", "returning", "unknown"];

/** Ready while it takes connections and one app server at least takes requests. */
function readiness({ fleet, isDraining }: FrontContext): Response {
  const { servers } = fleet;
  const ready = !isDraining && servers.some(({ state }) => TAKING.includes(state));
  return Response.json({ ready, servers }, { status: ready ? 200 : 503 });
}

function register(monitor: Monitor, { counts, fleet }: FrontContext, connections: () => number): void {
  const one = (read: () => number) => (set: (value: number) => void) => set(read());
  monitor.polledCounter({
    name: "millrace_front_requests_total",
    help: "Requests whose head was read.",
    read: one(() => counts.requests),
  });
  monitor.polledCounter({
    name: "millrace_front_answers_total",
    help: "Answers of app servers that were passed on, by class of status.",
    labels: ["status"],
    read: (set) => {
      for (const [status, value] of counts.answers) set(value, status);
    },
  });
  monitor.polledCounter({
    name: "millrace_front_refusals_total",
    help: "Answers of the front door itself, by code.",
    labels: ["code"],
    read: (set) => {
      for (const [code, value] of counts.refusals) set(value, code);
    },
  });
  monitor.polledCounter({
    name: "millrace_front_retries_total",
    help: "Requests that were sent to another server after one had failed.",
    read: one(() => counts.retries),
  });
  monitor.polledCounter({
    name: "millrace_front_cut_total",
    help: "Answers that broke off because their server was lost.",
    read: one(() => counts.cut),
  });
  monitor.polledGauge({ name: "millrace_front_connections", help: "Connections of clients.", read: one(connections) });
  monitor.polledGauge({
    name: "millrace_front_open_requests",
    help: "Requests that a server is answering, by server.",
    labels: ["server"],
    read: (set) => {
      for (const { origin, openRequests } of fleet.servers) set(openRequests, origin);
    },
  });
  monitor.polledGauge({
    name: "millrace_front_server_up",
    help: "1 while a server gets new requests, else 0.",
    labels: ["server"],
    read: (set) => {
      for (const { origin, state } of fleet.servers) set(TAKING.includes(state) ? 1 : 0, origin);
    },
  });
}
