// The only place that wires: stores into mechanisms, mechanisms into products, products into the server.

import { type Clock, type IdSource, systemClock, systemRandom, uuidv7Source } from "../base/index.ts";
import {
  type Authenticate,
  authenticate,
  createGateway,
  fetchTransport,
  type Gateway,
  httpTransport,
  jwtVerifier,
  loopbackGuard,
  scriptedModel,
  TokenStore,
  type Transport,
  type Upstream,
} from "../gateway/index.ts";
import type { Monitor } from "../mechanisms/monitor/index.ts";
import { openRecall } from "./compose-cache.ts";
import { openFlow } from "./compose-flow.ts";
import type { OpenProjects } from "./compose-projects.ts";
import { openStore } from "./compose-stores.ts";
import { type OpenThreads, openThreads } from "./compose-threads.ts";
import type { OpenWorkspaces } from "./compose-workspaces.ts";
import type { Config, JwtConfig } from "./config.ts";
import { createLog, type Log } from "./log.ts";
import { type Observation, observation } from "./observe.ts";

const MIB = 1024 * 1024;
const TOKENS_BYTES_MAX = 256 * MIB;
/** Load balancers cut silent connections from 60 s on. */
const OPEN_AFTER_MS = 45_000;

export interface Composition {
  readonly gateway: Gateway;
  readonly authenticate: Authenticate;
  /** Undefined when threads are off. */
  readonly threads: OpenThreads["threads"] | undefined;
  /** Undefined when none is configured. */
  readonly workspaces: OpenWorkspaces | undefined;
  readonly projects: OpenProjects | undefined;
  readonly clock: Clock;
  readonly observation: Observation;
  readonly log: Log;
  /** Writes what waits and closes stores; the gateway must be idle. */
  close(): Promise<void>;
}

export interface ComposeOptions {
  readonly clock?: Clock;
  /** Where log lines go. */
  readonly logTo: (text: string) => void;
}

export async function compose(config: Config, options: ComposeOptions): Promise<Composition> {
  const clock = options.clock ?? systemClock;
  const ids = uuidv7Source(clock, systemRandom);
  const log = createLog({ clock, level: config.log.level, format: config.log.format, out: options.logTo });
  const observed = observation(clock, log);
  const opened = await openTokenStore(config, clock, ids);
  const recall = config.cache.enabled ? openRecall(config, clock, observed.monitor) : undefined;
  const http = httpTransport({ clock });
  const upstreams = upstreamsOf(config, clock, http.send);
  const flow = openFlow(config, upstreams, clock, observed.monitor);
  const known = authenticate({ required: config.auth.required, tokens: opened.tokens, ...jwtOf(config.auth.jwt, clock) });
  const conversations = await openThreads(config, clock, ids, observed.monitor, log);
  const workspaces = config.workspaces.length > 0 ? await workspacesOf(config, clock, observed.monitor, log) : undefined;
  const projects = config.projects.length > 0 ? await projectsOf(config, clock, observed.monitor) : undefined;
  const gateway = createGateway({
    clock,
    ids,
    upstreams,
    limits: { ...config.limits, openAfterMs: OPEN_AFTER_MS },
    identify: {
      authenticate: known,
      ...(config.auth.required ? {} : { guard: loopbackGuard }),
    },
    recall: recall?.options,
    flow: flow.options,
    observe: observed.observe,
    report: observed.report,
    beginTurn: conversations?.beginTurn,
  });
  observed.monitor.polledGauge({
    name: "millrace_open_calls",
    help: "Calls that have not ended, streams among them.",
    read: (set) => set(gateway.openCalls),
  });
  return {
    gateway,
    authenticate: known,
    threads: conversations?.threads,
    workspaces,
    projects,
    clock,
    observation: observed,
    log,
    async close() {
      observed.stop();
      http.close();
      await recall?.close();
      await flow.close();
      await conversations?.close();
      await workspaces?.close();
      await projects?.close();
      await opened.close();
      log.flush();
    },
  };
}

/** Loaded by those alone who have any. */
async function workspacesOf(config: Config, clock: Clock, monitor: Monitor, log: Log): Promise<OpenWorkspaces> {
  const { openWorkspaces } = await import("./compose-workspaces.ts");
  return openWorkspaces(config, clock, monitor, log);
}

/** As `workspacesOf`. */
async function projectsOf(config: Config, clock: Clock, monitor: Monitor): Promise<OpenProjects> {
  const { openProjects } = await import("./compose-projects.ts");
  return openProjects(config, clock, monitor);
}

/** Tokens live in Redis when it is configured, so that every server knows them; else in a SQLite file of the data folder. */
export async function openTokenStore(
  config: Config,
  clock: Clock = systemClock,
  ids: IdSource = uuidv7Source(clock, systemRandom),
): Promise<{ tokens: TokenStore; close(): Promise<void> }> {
  const store = openStore(config, clock, { namespace: "tokens", bytesMax: TOKENS_BYTES_MAX, whenFull: "refuse" });
  const cacheLifeMs = config.auth.tokenCacheSeconds * 1000;
  return { tokens: new TokenStore({ store, clock, random: systemRandom, ids, cacheLifeMs }), close: () => store.close() };
}

function jwtOf(jwt: JwtConfig | undefined, clock: Clock) {
  if (!jwt) return {};
  const { key, issuer, audience, claims, clockToleranceSeconds, algorithms } = jwt;
  const source =
    key.kind === "secret" ? { secret: key.secret } : key.kind === "publicKey" ? { publicKey: key.pem } : { jwksUrl: key.url };
  const allowed = algorithms ? { algorithms } : {};
  return { jwt: jwtVerifier({ ...source, ...allowed, issuer, audience, claims, clockToleranceSeconds, clock, fetch }) };
}

function upstreamsOf(config: Config, clock: Clock, transport: Transport): Upstream[] {
  const configured = config.upstreams.map(
    ({ name, dialect, baseUrl, models, aliases, credential, headers, affinity }): Upstream => ({
      ...{ name, dialect, baseUrl, models, aliases, credential, headers, affinity },
      transport,
    }),
  );
  if (!config.scripted.enabled) return configured;
  const model = scriptedModel({ clock, random: systemRandom, pace: config.scripted.pace });
  const scripted = (dialect: Upstream["dialect"], baseUrl: string): Upstream => ({
    ...{ name: "scripted", dialect, baseUrl, models: ["*"], aliases: {}, credential: { kind: "none" }, headers: {} },
    affinity: "session",
    transport: fetchTransport(model),
  });
  return [...configured, scripted("anthropic", "http://scripted.invalid"), scripted("openai", "http://scripted.invalid/v1")];
}
