// What a balancer is told, checked: every number bounded, every default stated.

import { type Clock, MillraceError, type Random, systemClock, systemRandom } from "../../base/index.ts";
import type { Backend } from "./backend.ts";
import type { Spills } from "./spills.ts";

export interface BalancerOptions {
  backends: readonly Backend[];
  /** A backend may have this share more than its own of the outstanding tokens before it counts as full. Default 0.25. */
  epsilon?: number;
  /** How long an idle prompt cache lives, milliseconds. Infinity: as long as it is known. Default 300,000. */
  warmMs?: number;
  /** Sessions remembered; the one unused longest is forgotten first. Default 100,000. */
  sessionsMax?: number;
  prefixes?: PrefixOptions;
  health?: HealthOptions;
  /** Retries at most, as a share of recent first attempts. Default 0.1. */
  retryShare?: number;
  /** Tokens that a backend reads a second, until its answers tell better. Default 5,000. */
  prefillTokensPerSecond?: number;
  /** Where other balancers tell of sessions that left their home. Default: nobody does. */
  spills?: Spills;
  /** How fit a backend is for a new session, higher is better (see `scoreServer`); undefined: unknown. Default: not asked. */
  scoreOf?: (name: string) => number | undefined;
  clock?: Clock;
  random?: Random;
}

export interface PrefixOptions {
  /** Hashes remembered. Default 200,000. */
  entriesMax?: number;
  /** How long a backend is thought to keep a beginning that is not used. Default: the balancer's `warmMs`. */
  warmMs?: number;
  /** Tokens of a cached beginning that one token of load of late, above another backend's, outweighs. Default 0.05. */
  beta?: number;
}

export interface HealthOptions {
  /** Failures in a row that eject a backend. Default 5. */
  failuresMax?: number;
  /** The first ejection; the n-th in short succession is n times as long. Default 30,000. */
  ejectionMs?: number;
  /** Default 300,000. */
  ejectionMsMax?: number;
  /** Window over which success and latency are compared with the peers'. Default 30,000. */
  windowMs?: number;
  /** Over which the share of new sessions grows back after an ejection. Default 30,000. */
  slowStartMs?: number;
}

export type CheckedOptions = Required<Omit<BalancerOptions, "prefixes" | "health" | "spills" | "scoreOf">> &
  Pick<BalancerOptions, "spills" | "scoreOf"> & { prefixes: Required<PrefixOptions>; health: Required<HealthOptions> };

/** Throws `option_invalid` for a number that bounds nothing or makes no sense. */
export function checkedOptions(options: BalancerOptions): CheckedOptions {
  const { backends, spills, scoreOf } = options;
  const warmMs = options.warmMs ?? 300_000;
  const checked: CheckedOptions = {
    backends,
    warmMs,
    epsilon: options.epsilon ?? 0.25,
    sessionsMax: options.sessionsMax ?? 100_000,
    retryShare: options.retryShare ?? 0.1,
    prefillTokensPerSecond: options.prefillTokensPerSecond ?? 5000,
    prefixes: { entriesMax: 200_000, warmMs, beta: 0.05, ...options.prefixes },
    health: {
      failuresMax: 5,
      ejectionMs: 30_000,
      ejectionMsMax: 300_000,
      windowMs: 30_000,
      slowStartMs: 30_000,
      ...options.health,
    },
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    ...(spills && { spills }),
    ...(scoreOf && { scoreOf }),
  };
  checkBackends(backends);
  checkNumbers(checked);
  return checked;
}

function checkNumbers({
  epsilon,
  warmMs,
  sessionsMax,
  retryShare,
  prefillTokensPerSecond,
  prefixes,
  health,
}: CheckedOptions): void {
  const wholes = { sessionsMax, "prefixes.entriesMax": prefixes.entriesMax, "health.failuresMax": health.failuresMax };
  for (const [name, value] of Object.entries(wholes)) {
    if (!Number.isSafeInteger(value) || value < 1) throw invalid(`\`${name}\` is a whole number of 1 or more.`);
  }
  const { failuresMax: _, ...times } = health;
  const finites = { epsilon, prefillTokensPerSecond, ...times };
  for (const [name, value] of Object.entries(finites)) {
    if (!(Number.isFinite(value) && value > 0)) throw invalid(`\`${name}\` is a finite number over 0.`);
  }
  if (!(warmMs > 0 && prefixes.warmMs > 0)) throw invalid("`warmMs` is a number over 0, or Infinity.");
  if (!(retryShare >= 0 && retryShare <= 1)) throw invalid("`retryShare` is a number from 0 to 1.");
  if (!(Number.isFinite(prefixes.beta) && prefixes.beta >= 0)) throw invalid("`prefixes.beta` is a finite number of 0 or more.");
}

const BACKENDS_MAX = 1000;

/** Throws `option_invalid` for a name given twice or empty, and for weights and capacities that are no positive numbers. */
export function checkBackends(backends: readonly Backend[]): void {
  if (backends.length > BACKENDS_MAX) throw invalid(`\`backends\` are ${BACKENDS_MAX} at most.`);
  const names = new Set<string>();
  for (const { name, weight = 1, capacity } of backends) {
    if (name === "" || names.has(name)) throw invalid(`backends have names of their own; "${name}" is empty or given twice.`);
    names.add(name);
    if (!(Number.isFinite(weight) && weight > 0)) throw invalid(`backend "${name}" needs a finite \`weight\` over 0.`);
    if (capacity !== undefined && !(Number.isFinite(capacity) && capacity > 0)) {
      throw invalid(`backend "${name}" needs a finite \`capacity\` over 0, or none.`);
    }
  }
}

const invalid = (what: string): MillraceError => new MillraceError("option_invalid", `A balancer's ${what}`);
