// The app servers: which there are, which of them take requests, which gets the next one, and the connections to them.
// Servers are known by their origin, and placed by rendezvous: front doors with the same list choose alike without talking.
// A poll takes a server out that says so, and back in; it never lets one back in that failed its requests.

import { type Cancel, type Clock, MillraceError, type Random } from "../base/index.ts";
import { type Attempt, ConnectionPool, Connector, type HttpTransport, httpTransport, type Transport } from "../gateway/index.ts";
import { Balancer, type BalancerOptions, type Choice, type ServerWish, scoreServer } from "../mechanisms/balancer/index.ts";
import { type Readiness, readinessOf } from "./readiness.ts";
import { ServerConnection } from "./server-connection.ts";

export interface FleetOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly servers: readonly URL[];
  /** What servers know this front door by when it asks them; its own. */
  readonly agent: string;
  /** Servers of this region are preferred for new sessions. */
  readonly wish?: ServerWish;
  /** Between two questions to a server, milliseconds; each is put off by up to a quarter. Default 1,000. */
  readonly pollMs?: number;
  /** From its return to its full share of new sessions, milliseconds. Default 30,000. */
  readonly slowStartMs?: number;
  /** How servers are asked whether they are ready. Default: over HTTP. */
  readonly asks?: Transport;
  readonly balancer?: Pick<BalancerOptions, "health" | "epsilon" | "retryShare">;
}

interface Server {
  readonly url: URL;
  readiness: Readiness | undefined;
  /** It said that it goes, and was not ready again since: it gets nothing, also when nobody answers there any more. */
  isLeaving: boolean;
  /** Since when it takes requests again; minus infinity for one that always did. */
  returnedAt: number;
  /** Tenths of its full share. */
  share: number;
  cancelPoll: Cancel;
}

const SHARES = 10;
/** What a busy server has to answer a poll, milliseconds, however often it is polled. */
const ANSWER_MS = 1000;

export class Fleet {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #agent: string;
  readonly #pollMs: number;
  readonly #slowStartMs: number;
  readonly #servers = new Map<string, Server>();
  readonly #balancer: Balancer;
  readonly #pool: ConnectionPool<ServerConnection>;
  readonly #connector = new Connector((socket: Bun.Socket<ServerConnection>) => new ServerConnection(socket));
  readonly #asking: HttpTransport | undefined;
  readonly #asks: Transport;
  #isClosed = false;

  constructor({
    clock,
    random,
    servers,
    agent,
    wish = {},
    pollMs = 1000,
    slowStartMs = 30_000,
    asks,
    balancer = {},
  }: FleetOptions) {
    for (const [name, ms] of Object.entries({ pollMs, slowStartMs })) {
      if (!(Number.isFinite(ms) && ms > 0)) throw new MillraceError("option_invalid", `\`${name}\` must be over 0 and finite.`);
    }
    this.#clock = clock;
    this.#random = random;
    // A server that stops waits until it has told those who ask regularly.
    this.#agent = `${agent} (every ${Math.ceil(pollMs)} ms)`;
    this.#pollMs = pollMs;
    this.#slowStartMs = slowStartMs;
    this.#pool = new ConnectionPool<ServerConnection>({ clock });
    this.#asking = asks ? undefined : httpTransport({ clock });
    this.#asks = asks ?? (this.#asking as HttpTransport).send;
    const scoreOf = (name: string): number | undefined => {
      const readiness = this.#servers.get(name)?.readiness;
      return readiness?.kind === "ready" && readiness.load ? scoreServer(readiness.load, wish) : undefined;
    };
    this.#balancer = new Balancer({ clock, random, backends: [], scoreOf, ...balancer });
    for (const url of servers) this.#add(url, Number.NEGATIVE_INFINITY);
    this.#share();
  }

  /** Those that stay keep their state and their sessions; requests on those that left may end. */
  setServers(urls: readonly URL[]): void {
    const origins = new Set(urls.map(({ origin }) => origin));
    for (const [origin, server] of this.#servers) {
      if (origins.has(origin)) continue;
      server.cancelPoll();
      this.#servers.delete(origin);
    }
    for (const url of urls) this.#add(url, this.#clock.monotonic());
    this.#share();
  }

  /** @param tried origins that are not asked again. Undefined when none can take it. */
  choose(key: string | undefined, tokens: number, tried: readonly string[]): Choice | undefined {
    const among = (origin: string) => !tried.includes(origin) && this.#servers.get(origin)?.isLeaving === false;
    return this.#balancer.choose({ tokens, among, ...(key === undefined ? {} : { key }) });
  }

  mayRetry(): boolean {
    return this.#balancer.mayRetry();
  }

  take(origin: string): ServerConnection | undefined {
    return this.#pool.take(origin);
  }

  keep(origin: string, connection: ServerConnection): void {
    if (this.#servers.has(origin)) this.#pool.keep(origin, connection);
    else connection.destroy();
  }

  connect(origin: string): Attempt<ServerConnection> {
    return this.#connector.connect(this.#servers.get(origin)?.url ?? new URL(origin));
  }

  /** Servers and what is known of them, for metrics and the page of readiness. */
  get servers(): { readonly origin: string; readonly state: string; readonly openRequests: number }[] {
    const stats = new Map(this.#balancer.stats().backends.map((backend) => [backend.name, backend]));
    return [...this.#servers].map(([origin, { readiness }]) => {
      const { health = "healthy", outstandingRequests = 0 } = stats.get(origin) ?? {};
      const state = readiness?.kind === "ready" ? health : (readiness?.kind ?? "unknown");
      return { origin, state, openRequests: outstandingRequests };
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const { cancelPoll } of this.#servers.values()) cancelPoll();
    this.#pool.close();
    this.#asking?.close();
  }

  #add(url: URL, returnedAt: number): void {
    if (this.#servers.has(url.origin)) return;
    const server: Server = { url, readiness: undefined, isLeaving: false, returnedAt, share: SHARES, cancelPoll: () => {} };
    this.#servers.set(url.origin, server);
    server.cancelPoll = this.#clock.schedule(0, () => void this.#poll(server));
  }

  async #poll(server: Server): Promise<void> {
    const { origin } = server.url;
    const isHere = () => !this.#isClosed && this.#servers.get(origin) === server;
    const readiness = await readinessOf(server.url, {
      clock: this.#clock,
      send: this.#asks,
      timeoutMs: Math.max(this.#pollMs, ANSWER_MS),
      agent: this.#agent,
    });
    if (!isHere()) return;
    const wasAway = server.readiness !== undefined && server.readiness.kind !== "ready";
    if (readiness.kind === "ready" && wasAway) server.returnedAt = this.#clock.monotonic();
    server.readiness = readiness;
    if (readiness.kind !== "unreachable") server.isLeaving = readiness.kind === "draining";
    // One that said that it goes does not fail by being gone: back again, it is taken back at once.
    if (!server.isLeaving) this.#balancer.probed(origin, readiness.kind === "ready");
    this.#share();
    const waitMs = this.#pollMs * (0.75 + 0.5 * this.#random.next());
    server.cancelPoll = this.#clock.schedule(waitMs, () => void this.#poll(server));
  }

  /** A server that came back gets its share of new sessions step by step: its caches are cold. */
  #share(): void {
    const now = this.#clock.monotonic();
    for (const server of this.#servers.values()) {
      const grown = (now - server.returnedAt) / this.#slowStartMs;
      server.share = Math.max(1, Math.min(SHARES, Math.floor(grown * SHARES)));
    }
    this.#balancer.setBackends([...this.#servers].map(([name, { share }]) => ({ name, weight: share / SHARES })));
  }
}
