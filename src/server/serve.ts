// Starts a server from a configuration and stops it again.

import { type Clock, systemClock } from "../base/index.ts";
import { loopbackGuard } from "../gateway/index.ts";
import { Askers } from "./askers.ts";
import { type ComposeOptions, type Composition, compose } from "./compose.ts";
import type { Config } from "./config.ts";
import { httpHandler } from "./http.ts";
import { type Listener, listen } from "./listen.ts";
import { loadReport } from "./load.ts";
import { apiHandler } from "./routes/api.ts";
import { ApiRate } from "./routes/api-rate.ts";
import { pages } from "./routes/pages.ts";
import { recordHandlers } from "./routes/records-api.ts";
import { threadHandlers } from "./routes/threads-api.ts";
import { workspaceHandlers } from "./routes/workspaces-api.ts";

export interface ServeOptions {
  readonly version: string;
  /** Default: stderr. */
  readonly logTo?: ComposeOptions["logTo"];
  /** Default: the system's. */
  readonly clock?: Clock;
}

export interface RunningServer {
  readonly url: string;
  /** Tells those who ask regularly at `/readyz`, accepts no more, lets calls finish within `limits.shutdownMs`, closes stores. */
  stop(): Promise<void>;
}

/** Longer than front doors take from one question to the next. */
const LEAVE_MS = 2500;
const MIB = 1024 * 1024;

/** Rejects when the address cannot be listened on or a store cannot be opened. */
export async function startServer(config: Config, { version, logTo, clock = systemClock }: ServeOptions): Promise<RunningServer> {
  const stderr = (text: string) => void process.stderr.write(text);
  const composition = await compose(config, { clock, logTo: logTo ?? stderr });
  const { gateway, observation, log } = composition;
  const draining = () => listener?.draining === true;
  const leaving = () => listener?.leaving === true;
  const leave = new AbortController();
  const askers = new Askers(clock, LEAVE_MS);
  const load = loadReport({ clock, openCalls: () => gateway.openCalls, callsMax: config.limits.callsMax });
  const pagesAt = pages({ config, version, observation, gateway, leaving, load, askers });
  const api = apiOf(config, version, leave.signal, composition);
  let listener: Listener | undefined;
  try {
    listener = listen({
      host: config.host,
      port: config.port,
      clock,
      shutdownMs: config.limits.shutdownMs,
      takeLeave: () => askers.tellAll(),
      handle: httpHandler({
        clock,
        gateway,
        limits: config.limits,
        page: (...asked) => api?.(...asked) ?? pagesAt(...asked),
        guard: config.auth.required ? undefined : loopbackGuard,
        draining,
      }),
      report: (error) => observation.report(error, "no-call"),
    });
  } catch (error) {
    await composition.close();
    throw error;
  }
  const { url, stop } = listener;
  log.write("info", "listening", { url, version });
  return {
    url,
    async stop() {
      leave.abort();
      await stop();
      log.write("info", "stopped", { openCalls: gateway.openCalls });
      await composition.close();
    },
  };
}

/** Undefined when there is nothing to serve under /api. */
function apiOf(
  config: Config,
  version: string,
  leaving: AbortSignal,
  { threads, workspaces, projects, authenticate, clock, observation }: Composition,
) {
  if (!threads && !workspaces && !projects) return undefined;
  const { limits } = config;
  const report = (error: unknown) => observation.report(error, "no-call");
  const bodyBytesMax = 2 * config.threads.messageMib * MIB;
  return apiHandler({
    ...{ clock, version, authenticate },
    limits: { bodyBytesMax, bodyMs: limits.bodyMs },
    rate: new ApiRate({ clock, requestsPerMinute: config.threads.requestsPerMinute, streamsMax: config.threads.streamsMax }),
    keepAliveMs: limits.keepAliveMs,
    leaving,
    handlers: {
      ...(threads ? threadHandlers({ threads, clock }) : {}),
      ...(workspaces ? workspaceHandlers({ workspaces, report }) : {}),
      ...(projects ? recordHandlers({ projects, report }) : {}),
    },
    report,
  });
}
