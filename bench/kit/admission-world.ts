// A small world for admission: callers by chance, an upstream with so many seats, and what became of every call.
// Discrete events on a virtual clock, drawn from a seed: no figure depends on the machine.
// The upstream serves so many at once; some more wait inside it, unseen; beyond those it answers 429.

import { type Random, seededRandom } from "../../src/base/index.ts";
import type { Priority, Usage } from "../../src/mechanisms/queue/index.ts";
import { EventClock } from "./event-clock.ts";

export const SEATS = 32;
/** Requests that wait inside the upstream before it refuses. */
export const BACKLOG = 8;
export const MEDIAN_TOKENS = 1000;
export const TOKENS_MAX = 8000;
export const MS_PER_TOKEN = 8;
const SPREAD = 0.6;
const MEAN_TOKENS = MEDIAN_TOKENS * Math.exp(SPREAD ** 2 / 2);
const MEAN_SERVICE_MS = MEAN_TOKENS * MS_PER_TOKEN;
export const MEDIAN_SERVICE_MS = MEDIAN_TOKENS * MS_PER_TOKEN;
export const CAPACITY_PER_MS = SEATS / MEAN_SERVICE_MS;
/** Given to every call beyond the time that it takes itself. */
export const PATIENCE_MS = 20_000;
export interface Call {
  readonly tenant: string;
  readonly user: string;
  readonly priority: Priority;
  readonly tokens: number;
  readonly askedMs: number;
  readonly deadlineMs: number;
}

export interface Fate {
  readonly call: Call;
  /** When it was answered; infinite when it never was. */
  endedMs: number;
  /** When it was refused; infinite when it never was. */
  refusedMs: number;
}

/** `undefined`: refused with 429. */
export type Upstream = (call: Call) => Promise<Usage | undefined>;
export type Door = (call: Call, upstream: Upstream) => Promise<boolean>;

function upstreamOn(clock: EventClock): Upstream {
  let busy = 0;
  const waiting: (() => void)[] = [];
  const random = seededRandom(3);
  return async (call) => {
    const startedMs = clock.monotonic();
    if (busy >= SEATS && waiting.length >= BACKLOG) {
      await clock.sleep(50);
      return undefined;
    }
    if (busy < SEATS) busy++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    const firstTokenMs = clock.monotonic() - startedMs + 200 + 200 * random.next();
    await clock.sleep(call.tokens * MS_PER_TOKEN);
    const next = waiting.shift();
    if (next) next();
    else busy--;
    return { tokens: call.tokens, firstTokenMs, latency: firstTokenMs };
  };
}

export type Subject = (clock: EventClock) => Door;

function tokensFrom(random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return Math.round(Math.min(TOKENS_MAX, Math.max(50, MEDIAN_TOKENS * Math.exp(SPREAD * normal))));
}

export interface Flow {
  readonly tenant: string;
  readonly users: number;
  readonly priority: Priority;
  /** Calls a millisecond at a time, drawn by chance; or one after the other, with the pause in between. */
  readonly rate?: (nowMs: number) => number;
  readonly pauseMs?: number;
}

/** Plays the flows through a door. @returns what became of every call asked for until `forMs`. */
export async function play(subject: Subject, flows: readonly Flow[], forMs: number, seed = 0): Promise<Fate[]> {
  const clock = new EventClock();
  const door = subject(clock);
  const upstream = upstreamOn(clock);
  const fates: Fate[] = [];
  const start = async (flow: Flow, random: Random) => {
    const tokens = tokensFrom(random);
    const askedMs = clock.monotonic();
    const deadlineMs = askedMs + tokens * MS_PER_TOKEN + PATIENCE_MS;
    const user = `${random.below(flow.users)}`;
    const call: Call = { tenant: flow.tenant, user, priority: flow.priority, tokens, askedMs, deadlineMs };
    const fate: Fate = { call, endedMs: Number.POSITIVE_INFINITY, refusedMs: Number.POSITIVE_INFINITY };
    fates.push(fate);
    if (await door(call, upstream)) fate.endedMs = clock.monotonic();
    else fate.refusedMs = clock.monotonic();
  };
  for (const [index, flow] of flows.entries()) {
    const random = seededRandom(100 + 1000 * seed + index);
    const { rate, pauseMs } = flow;
    const arrivals = async () => {
      while (rate && clock.monotonic() < forMs) {
        await clock.sleep(-Math.log(1 - random.next()) / rate(clock.monotonic()));
        void start(flow, random);
      }
      while (pauseMs !== undefined && clock.monotonic() < forMs) {
        await start(flow, random);
        await clock.sleep(pauseMs);
      }
    };
    void arrivals();
  }
  await clock.runUntil(forMs + PATIENCE_MS + TOKENS_MAX * MS_PER_TOKEN);
  return fates;
}

export const isInTime = ({ call, endedMs }: Fate): boolean => endedMs <= call.deadlineMs;

/**
 * The share of the upstream's seats that worked in the span for calls answered in time. Each token counts when it was
 * made: by the time of the last one, a short span would measure the length of the answers that happen to end in it.
 */
export function goodput(fates: readonly Fate[], fromMs: number, toMs: number): number {
  let workedMs = 0;
  for (const fate of fates) {
    const { call, endedMs } = fate;
    if (isInTime(fate)) workedMs += Math.max(0, Math.min(toMs, endedMs) - Math.max(fromMs, endedMs - call.tokens * MS_PER_TOKEN));
  }
  return workedMs / (SEATS * (toMs - fromMs));
}
