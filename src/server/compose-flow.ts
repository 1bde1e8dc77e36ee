// Part of compose: who goes next and where to. A line before each upstream, a balancer over the upstreams of each dialect,
// quotas for whoever has one, and the figures of all three.

import { type Clock, systemRandom } from "../base/index.ts";
import { type FlowOptions, type Identity, type NamedAccount, startProbes, type Upstream } from "../gateway/index.ts";
import { type BackendStats, Balancer, SharedSpills } from "../mechanisms/balancer/index.ts";
import { type BudgetLimits, Budgets, SharedBudgets, TokenEstimator } from "../mechanisms/limit/index.ts";
import type { Monitor } from "../mechanisms/monitor/index.ts";
import { AdaptiveLimit, AdmissionQueue, priorities, type QueueStats } from "../mechanisms/queue/index.ts";
import type { KeyValue } from "../ports/index.ts";
import { openBudgetLedger, openStore } from "./compose-stores.ts";
import type { Config } from "./config.ts";

const MIB = 1024 * 1024;
const SEATS_MIN = 2;
const TOKENS_MIN = 50_000;
/** As good as none: a limit that nobody configured is learned from the upstream's push-back alone. */
const TOKENS_MAX = 100_000_000_000;
const PROBE_MS_MAX = 30_000;

export interface OpenFlow {
  readonly options: FlowOptions;
  close(): Promise<void>;
}

export function openFlow(config: Config, upstreams: readonly Upstream[], clock: Clock, monitor: Monitor): OpenFlow {
  const queues = new Map(config.admission.enabled ? upstreams.map(({ name }) => [name, queueOf(config, name, clock)]) : []);
  const spills = config.redisUrl
    ? openStore(config, clock, { namespace: "spills", bytesMax: 64 * MIB, whenFull: "evict-oldest" })
    : undefined;
  const balancerOf = (dialect: Upstream["dialect"]) =>
    balancer(
      config,
      upstreams.filter((upstream) => upstream.dialect === dialect),
      clock,
      spills,
    );
  const balancers = { anthropic: balancerOf("anthropic"), openai: balancerOf("openai") };
  const budget = openBudget(config, clock);
  watchQueues(monitor, queues);
  watchBudgets(monitor, budget?.shared);
  watchBalancers(monitor, Object.values(balancers));
  const stopProbes = startProbes({
    clock,
    random: systemRandom,
    probes: upstreams.flatMap((upstream) => {
      const { probe } = settingsOf(config, upstream.name) ?? {};
      return probe ? [{ upstream, model: probe.model, everyMs: probe.seconds * 1000 }] : [];
    }),
    answerMsMax: PROBE_MS_MAX,
    found({ name, dialect }, isOk) {
      balancers[dialect].probed(name, isOk);
      if (balancers[dialect].isEjected(name)) queues.get(name)?.turnAway();
    },
  });
  return {
    options: { estimator: new TokenEstimator(), budget: budget?.options, queues, balancers },
    async close() {
      stopProbes();
      await budget?.close();
      await spills?.close();
    },
  };
}

function queueOf(config: Config, name: string, clock: Clock): AdmissionQueue {
  const { admission, limits } = config;
  const { seatsMax = limits.callsMax, tokensMax = TOKENS_MAX } = settingsOf(config, name) ?? {};
  // Wide open until the upstream pushes back: what nobody measured is no reason to make anybody wait.
  const limit = (floor: number, ceiling: number) =>
    new AdaptiveLimit({ floor: Math.min(floor, ceiling), ceiling, initial: ceiling, clock });
  return new AdmissionQueue({
    seats: limit(SEATS_MIN, seatsMax),
    tokens: limit(TOKENS_MIN, tokensMax),
    waitingMax: admission.waitingMax,
    waitingTokensMax: admission.waitingTokensMax,
    waitMsMax: admission.waitMsMax,
    weightOf: (tenant) => admission.tenantWeights[tenant] ?? 1,
    clock,
    random: systemRandom,
  });
}

/** The scripted model has none. */
const settingsOf = ({ upstreams }: Config, name: string) => upstreams.find((upstream) => upstream.name === name);

function balancer(config: Config, upstreams: readonly Upstream[], clock: Clock, store: KeyValue | undefined): Balancer {
  const { routing } = config;
  return new Balancer({
    backends: upstreams.map(({ name }) => ({ name, weight: settingsOf(config, name)?.weight ?? 1 })),
    epsilon: routing.epsilon,
    warmMs: routing.warmSeconds * 1000,
    retryShare: routing.retryShare,
    health: { ejectionMs: routing.ejectionSeconds * 1000 },
    ...(store ? { spills: new SharedSpills({ store, clock }) } : {}),
    clock,
    random: systemRandom,
  });
}

/** Undefined when nobody has a quota. */
function openBudget(config: Config, clock: Clock) {
  const { tenant, team, user, tenants, teams, users, awayShare } = config.budgets;
  const isUsed = [tenant, team, user, ...[tenants, teams, users].flatMap((single) => Object.values(single))].some(isLimited);
  if (!isUsed) return undefined;
  const accountsOf = (identity: Identity): readonly NamedAccount[] => {
    const teamName = `${identity.tenant}/${identity.team}`;
    const userName = `${identity.tenant}/${identity.user}`;
    return [
      { key: `tenant:${identity.tenant}`, name: `The tenant \`${identity.tenant}\``, limits: tenants[identity.tenant] ?? tenant },
      { key: `team:${teamName}`, name: `The team \`${identity.team}\``, limits: teams[teamName] ?? team },
      { key: `user:${userName}`, name: `The user \`${identity.user}\``, limits: users[userName] ?? user },
    ].filter(({ limits }) => isLimited(limits));
  };
  const ledger = openBudgetLedger(config, clock);
  const shared = ledger && new SharedBudgets({ ledger, awayShare, clock });
  return {
    shared,
    options: { budgets: shared ?? new Budgets({ clock }), random: systemRandom, accountsOf },
    async close() {
      await shared?.close();
      await ledger?.close();
    },
  };
}

const isLimited = (limits: BudgetLimits): boolean => Object.values(limits).some((limit) => limit !== undefined);

function watchQueues(monitor: Monitor, queues: ReadonlyMap<string, AdmissionQueue>): void {
  const each = (read: (stats: QueueStats, name: string) => void) => {
    for (const [name, queue] of queues) read(queue.stats(), name);
  };
  monitor.polledGauge({
    name: "millrace_waiting_calls",
    help: "Calls in line before an upstream.",
    labels: ["upstream", "priority"] as const,
    read: (set) =>
      each(({ waiting }, name) => {
        for (const priority of priorities) set(waiting[priority].count, name, priority);
      }),
  });
  monitor.polledGauge({
    name: "millrace_seats",
    help: "Calls at an upstream, and how many it may have at the moment.",
    labels: ["upstream", "kind"] as const,
    read: (set) =>
      each(({ inFlight, limits }, name) => {
        set(inFlight, name, "used");
        set(limits.seats, name, "limit");
      }),
  });
  monitor.polledGauge({
    name: "millrace_flight_tokens",
    help: "Tokens of the calls at an upstream, and how many it may have at the moment.",
    labels: ["upstream", "kind"] as const,
    read: (set) =>
      each(({ tokensInFlight, limits }, name) => {
        set(tokensInFlight, name, "used");
        set(limits.tokens, name, "limit");
      }),
  });
  monitor.polledCounter({
    name: "millrace_turned_away_total",
    help: "Calls that did not get to an upstream, by how they left its line.",
    labels: ["upstream", "how"] as const,
    read: (set) =>
      each(({ shed, expired, left }, name) => {
        for (const [reason, count] of Object.entries(shed)) set(count, name, reason);
        set(expired, name, "expired");
        set(left, name, "left");
      }),
  });
}

function watchBudgets(monitor: Monitor, shared: SharedBudgets | undefined): void {
  monitor.polledGauge({
    name: "millrace_budget_ledger_away",
    help: "1 while shared quotas are left alone because Redis does not answer.",
    read: (set) => set(shared?.stats().isAway ? 1 : 0),
  });
}

function watchBalancers(monitor: Monitor, balancers: readonly Balancer[]): void {
  const each = (read: (stats: BackendStats) => void) => {
    for (const balancer of balancers) for (const backend of balancer.stats().backends) read(backend);
  };
  monitor.polledGauge({
    name: "millrace_upstream_healthy",
    help: "0 while an upstream is left alone because it failed.",
    labels: ["upstream"] as const,
    read: (set) => each(({ name, health }) => set(health === "ejected" ? 0 : 1, name)),
  });
  monitor.polledGauge({
    name: "millrace_upstream_sessions",
    help: "Conversations that were last sent to an upstream, where there is a choice of several.",
    labels: ["upstream"] as const,
    read: (set) => each(({ name, sessions }) => set(sessions, name)),
  });
  monitor.polledCounter({
    name: "millrace_routed_total",
    help: "Choices among several upstreams, by what decided.",
    labels: ["why"] as const,
    read: (set) => {
      for (const balancer of balancers) for (const [why, count] of Object.entries(balancer.stats().chosen)) set(count, why);
    },
  });
}
