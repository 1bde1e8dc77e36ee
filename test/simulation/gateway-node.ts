// One gateway: where a call goes, when, and over which connection, as the steps `route` and `admit` do it. What it holds of
// each mechanism is counted beside, for the mechanism to be compared with.

import { type Cancellation, MillraceError, type Random, seededRandom, type VirtualClock } from "../../src/base/index.ts";
import { Balancer, type Choice, type ChooseRequest, type Outcome } from "../../src/mechanisms/balancer/index.ts";
import { Pool } from "../../src/mechanisms/pool/index.ts";
import { AdaptiveLimit, AdmissionQueue, type Priority, type Usage } from "../../src/mechanisms/queue/index.ts";
import { between, happens, wholeBetween } from "./chance.ts";
import { type Journal, ROUNDING_MS } from "./journal.ts";
import { type Answer, type Connection, Failure, Late, type ModelServer } from "./model-server.ts";
import { type Admitted, WatchedQueue } from "./watched-queue.ts";

export interface Call {
  readonly id: string;
  readonly tenant: string;
  readonly user: string;
  readonly session: string | undefined;
  readonly parent: string | undefined;
  readonly priority: Priority;
  readonly tokens: number;
  readonly deadlineMs: number;
  readonly pinned: string | undefined;
}

export type Fate =
  | { readonly kind: "answered"; readonly by: string }
  | { readonly kind: "refused"; readonly retryAfterMs: number }
  /** `nobody`: no server may be asked. `replaced`: a retry stands in its place. */
  | { readonly kind: "failed" | "late" | "left" | "nobody" | "replaced" };

export interface GatewayOptions {
  readonly name: string;
  readonly servers: readonly ModelServer[];
  readonly connectionsMax: number;
  readonly uncheckedMsMax: number;
  readonly seatsMax: number;
  readonly clock: VirtualClock;
  readonly seed: number;
  readonly journal: Journal;
}

interface Way {
  readonly server: ModelServer;
  readonly queue: WatchedQueue;
  readonly pool: Pool<Connection>;
  /** Whether checks of its connections take time; those that do not are over between two events. */
  readonly areChecksSlow: boolean;
  borrowed: number;
  /** Since when callers wait for a connection and there is none, nor one being made. */
  idleSinceMs: number | undefined;
  chosen: number;
  chosenTokens: number;
}

export const TOKENS_MAX = 600;
const WAITING_MAX = 40;
const CHECK_MS_MAX = 200;
const BACKOFF_MS_MAX = 1000;
const FLOORS = { critical: 0.1, high: 0.1, normal: 0.1, low: 0.1 };
const HEALTH = { failuresMax: 3, ejectionMs: 1000, ejectionMsMax: 4000, windowMs: 2000, slowStartMs: 1000 };

export class GatewayNode {
  readonly #options: GatewayOptions;
  readonly #balancer: Balancer;
  readonly #ways = new Map<string, Way>();
  readonly #random: Random;
  #listed: ReadonlySet<string>;

  constructor(options: GatewayOptions) {
    const { servers, clock, seed } = options;
    this.#options = options;
    this.#random = seededRandom(seed);
    this.#listed = new Set(servers.map(({ name }) => name));
    this.#balancer = new Balancer({
      backends: servers.map(({ name }) => ({ name })),
      warmMs: 20_000,
      sessionsMax: 50,
      health: HEALTH,
      clock,
      random: seededRandom(seed + 1),
    });
    for (const [index, server] of servers.entries()) this.#ways.set(server.name, this.#wayTo(server, seed + 10 + index));
  }

  /** Takes servers out of the list, or into it again. */
  list(names: ReadonlySet<string>): void {
    this.#listed = names;
    this.#balancer.setBackends([...this.#ways.keys()].filter((name) => names.has(name)).map((name) => ({ name })));
  }

  probe(): void {
    for (const server of this.#options.servers) this.#balancer.probed(server.name, !server.has("is dead"));
  }

  async send(call: Call, signal: Cancellation): Promise<Fate> {
    const tried = new Set<string>();
    let fate: Fate = { kind: "nobody" };
    for (;;) {
      const choice = this.#choose(call, tried);
      if (!choice) return fate;
      const way = this.#ways.get(choice.backend) as Way;
      way.chosen++;
      way.chosenTokens += call.tokens;
      const attempt = await this.#attempt(call, way, signal);
      way.chosen--;
      way.chosenTokens -= call.tokens;
      choice.done(attempt.outcome);
      // A second time must do nothing.
      choice.done({ kind: "failed" });
      fate = attempt.fate;
      tried.add(choice.backend);
      const mayTry = call.pinned === undefined && tried.size < this.#listed.size;
      if (!mayTry || (fate.kind !== "refused" && fate.kind !== "failed")) return fate;
      if (attempt.outcome.kind !== "left" && !this.#balancer.mayRetry()) return fate;
      this.#options.journal.count("tried another");
    }
  }

  checkAtRest(): void {
    const { name, journal } = this.#options;
    const { backends } = this.#balancer.stats();
    const ejected = backends.filter(({ health }) => health === "ejected").length;
    journal.must(ejected <= backends.length / 2, () => `${name} left out ${ejected} of ${backends.length} servers`);
    if (ejected > 0) journal.count("a server left out");
    for (const backend of backends) {
      const way = this.#ways.get(backend.name) as Way;
      const isSame = backend.outstandingRequests === way.chosen && backend.outstandingTokens === way.chosenTokens;
      const has = `${backend.outstandingRequests} requests of ${backend.outstandingTokens} tokens`;
      journal.must(isSame, () => `${name} has ${has} at ${backend.name}, and ${way.chosen} of ${way.chosenTokens} are under way`);
    }
    for (const way of this.#ways.values()) {
      way.queue.checkAtRest();
      this.#checkPool(way);
    }
  }

  #checkPool(way: Way): void {
    const { name, connectionsMax, journal, clock } = this.#options;
    const { pool, borrowed, server, areChecksSlow } = way;
    const { size, idle, making, waiting } = pool.stats();
    const what = `${name}'s pool to ${server.name}`;
    journal.must(size + making <= connectionsMax, () => `${what} has ${size} and ${making} being made`);
    journal.must(idle + borrowed <= size, () => `${what} has ${size}: ${idle} idle, ${borrowed} lent`);
    journal.must(waiting === 0 || idle === 0 || areChecksSlow, () => `${waiting} wait for ${what} beside ${idle} idle`);
    if (waiting > 0) journal.count("waited for a connection");
    if (waiting === 0 || size + making > 0) way.idleSinceMs = undefined;
    else way.idleSinceMs ??= clock.monotonic();
    const idleMs = clock.monotonic() - (way.idleSinceMs ?? clock.monotonic());
    journal.must(idleMs < 1.3 * BACKOFF_MS_MAX, () => `${waiting} wait for ${what}, which has made none for ${idleMs} ms`);
  }

  /** Long after the last fault no server is left out. */
  checkInCalm(): void {
    const { name, journal } = this.#options;
    const out = this.#balancer.stats().backends.filter(({ health }) => health === "ejected" || health === "unhealthy");
    journal.must(out.length === 0, () => `${name} still leaves out ${out.map((backend) => backend.name)}`);
  }

  /** When all have had their answer: nothing is held, and everything that was made can be ended. */
  async checkAtEnd(): Promise<void> {
    const { name, journal, clock } = this.#options;
    this.checkAtRest();
    for (const { queue, pool, borrowed, server, chosen } of this.#ways.values()) {
      queue.checkAtEnd();
      const { waiting } = pool.stats();
      const isFree = borrowed === 0 && waiting === 0 && chosen === 0;
      journal.must(isFree, () => `${name} ends with ${borrowed} connections to ${server.name} lent, ${waiting} waiting for`);
      const left = pool.drain(clock.monotonic() + 1000);
      await clock.advance(0);
      journal.must((await left) === 0, () => `${name}'s pool to ${server.name} does not know that all came back`);
    }
    for (const [reason, count] of Object.entries(this.#balancer.stats().chosen)) {
      if (count > 0) journal.count(`chosen: ${reason}`);
    }
  }

  #wayTo(server: ModelServer, seed: number): Way {
    const { name, seatsMax, connectionsMax, uncheckedMsMax, clock, journal } = this.#options;
    const random = seededRandom(seed);
    const areChecksSlow = happens(random, 0.5);
    const tokensMax = wholeBetween(random, 3, 12) * TOKENS_MAX;
    const queue = new AdmissionQueue({
      seats: new AdaptiveLimit({ floor: 2, ceiling: seatsMax, initial: seatsMax, clock }),
      tokens: new AdaptiveLimit({ floor: TOKENS_MAX, ceiling: tokensMax, initial: tokensMax, clock }),
      waitingMax: WAITING_MAX,
      waitMsMax: 8000,
      targetMs: 200,
      intervalMs: 1000,
      floors: FLOORS,
      clock,
      random: seededRandom(seed + 100),
    });
    const pool = new Pool<Connection>({
      create: (signal) => server.connect(name, signal),
      destroy: (connection) => server.close(connection),
      validate: async (connection) => {
        if (areChecksSlow) await clock.sleep(between(random, 1, 1.2 * CHECK_MS_MAX));
        return connection.brokenAtMs > clock.monotonic();
      },
      isBroken: () => true,
      max: connectionsMax,
      min: happens(random, 0.3) ? 1 : 0,
      waitersMax: 8,
      createMsMax: 800,
      careMsMax: CHECK_MS_MAX,
      validateAfterIdleMs: uncheckedMsMax,
      idleMsMax: 2000,
      lifeMsMax: 6000,
      backoffMs: 100,
      backoffMsMax: BACKOFF_MS_MAX,
      clock,
      random: seededRandom(seed + 200),
    });
    const settings = { floors: FLOORS, waitingMax: WAITING_MAX, tokensMax: TOKENS_MAX, clock, journal };
    const watched = new WatchedQueue({ name: `${name}'s queue to ${server.name}`, queue, ...settings });
    return { server, queue: watched, pool, areChecksSlow, borrowed: 0, idleSinceMs: undefined, chosen: 0, chosenTokens: 0 };
  }

  #choose(call: Call, tried: ReadonlySet<string>): Choice | undefined {
    const { name, journal } = this.#options;
    const { session, parent, pinned, tokens, priority } = call;
    const request: ChooseRequest = {
      tokens,
      among: (backend) => !tried.has(backend),
      waitMs: (backend) => this.#ways.get(backend)?.queue.queue.expectedWaitMs(priority) ?? 0,
      ...(session !== undefined && { key: session }),
      ...(parent !== undefined && { parent }),
      ...(pinned !== undefined && { pinned }),
    };
    const choice = this.#balancer.choose(request);
    const able = this.#balancer.stats().backends.filter((backend) => !tried.has(backend.name));
    if (pinned !== undefined) {
      const isHome = choice?.backend === (this.#listed.has(pinned) ? pinned : undefined);
      journal.must(isHome, () => `${name} sent a call to ${choice?.backend} that only ${pinned} can continue, or did not`);
      return choice;
    }
    journal.must((choice === undefined) === (able.length === 0), () => `${name} chose ${choice?.backend} of ${able.length} able`);
    const chosen = able.find((backend) => backend.name === choice?.backend);
    journal.must(choice === undefined || chosen !== undefined, () => `${name} chose ${choice?.backend}, which is not able`);
    const isForced = able.every(({ health }) => health === "ejected");
    journal.must(chosen?.health !== "ejected" || isForced, () => `${name} chose ${choice?.backend}, which is left out`);
    return choice;
  }

  async #attempt(call: Call, way: Way, signal: Cancellation): Promise<{ fate: Fate; outcome: Outcome }> {
    const { tokens, priority, tenant, user, deadlineMs, id } = call;
    const isAtOnce = way.queue.queue.hasRoomFor(tokens);
    const request = { priority, tenant, user, tokens, deadlineMs, ...(isAtOnce ? {} : { id }) };
    try {
      const admission = await way.queue.admit(request, signal);
      if (admission.kind === "admitted") return await this.#exchange(call, way, signal, admission);
      const isReplaced = admission.kind === "shed" && admission.reason === "replaced";
      const retryAfterMs = 1000 * admission.retryAfterSeconds;
      return { fate: isReplaced ? { kind: "replaced" } : { kind: "refused", retryAfterMs }, outcome: { kind: "left" } };
    } catch (error) {
      this.#options.journal.must(error === "left", () => `a queue said: ${error}`);
      return { fate: { kind: "left" }, outcome: { kind: "left" } };
    }
  }

  async #exchange(call: Call, way: Way, signal: Cancellation, { finish }: Admitted): Promise<{ fate: Fate; outcome: Outcome }> {
    const { clock } = this.#options;
    const { deadlineMs, tenant, tokens } = call;
    const startedMs = clock.monotonic();
    let usage: Usage = { tokens: 0 };
    try {
      const answer = await way.pool.use((connection) => this.#ask(connection, call, way, signal), { signal, deadlineMs, tenant });
      if (answer.kind === "pushed back") {
        const told = answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs };
        usage = { tokens: 0, pushedBack: told };
        return {
          fate: { kind: "refused", retryAfterMs: answer.retryAfterMs ?? 1000 },
          outcome: { kind: "pushed_back", ...told },
        };
      }
      const { firstTokenMs } = answer;
      const real = Math.ceil(tokens * between(this.#random, 0.5, 1.5));
      usage = { tokens: real, firstTokenMs, latency: (clock.monotonic() - startedMs) / (20 + tokens) };
      return { fate: { kind: "answered", by: way.server.name }, outcome: { kind: "ok", firstTokenMs, uncachedTokens: tokens } };
    } catch (error) {
      return this.#endedBy(error, call);
    } finally {
      finish(usage);
    }
  }

  async #ask(connection: Connection, call: Call, way: Way, signal: Cancellation): Promise<Answer> {
    way.borrowed++;
    try {
      return await way.server.answer(connection, call, signal);
    } finally {
      way.borrowed--;
    }
  }

  #endedBy(error: unknown, { deadlineMs }: Call): { fate: Fate; outcome: Outcome } {
    const { clock, journal } = this.#options;
    if (error === "left") return { fate: { kind: "left" }, outcome: { kind: "left" } };
    const code = error instanceof MillraceError ? error.code : undefined;
    if (code !== undefined) journal.count(code);
    if (error instanceof Late || code === "pool_timeout") {
      journal.must(clock.monotonic() >= deadlineMs - ROUNDING_MS, () => `a caller was told that it is late before ${deadlineMs}`);
      return { fate: { kind: "late" }, outcome: { kind: "left" } };
    }
    if (code === "pool_full") return { fate: { kind: "refused", retryAfterMs: 1000 }, outcome: { kind: "left" } };
    const isKnown = error instanceof Failure || code === "pool_failing";
    journal.must(isKnown, () => `an attempt ended with: ${error}`);
    return { fate: { kind: "failed" }, outcome: { kind: "failed" } };
  }
}
