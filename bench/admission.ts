// Claim: however many times its capacity is asked for, the queue keeps an upstream doing useful work, keeps a flooding
// tenant to its share and batch work out of the way of interactive calls, and settles at once after a step in demand.
// A simulation of discrete events on a virtual clock, drawn from a seed: no figure depends on the machine.
// The upstream serves so many at once; some more wait inside it, unseen; beyond those it answers 429.

import { type Random, seededRandom } from "../src/base/index.ts";
import { AdaptiveLimit, AdmissionQueue, type Priority, type Usage } from "../src/mechanisms/queue/index.ts";
import { EventClock } from "./kit/event-clock.ts";
import { benchmark, type Report } from "./kit/report.ts";
import { percent, percentile, times } from "./kit/statistics.ts";

const SEATS = 32;
/** Requests that wait inside the upstream before it refuses. */
const BACKLOG = 8;
const MEDIAN_TOKENS = 1000;
const MS_PER_TOKEN = 8;
const SPREAD = 0.6;
const MEAN_TOKENS = MEDIAN_TOKENS * Math.exp(SPREAD ** 2 / 2);
const MEAN_SERVICE_MS = MEAN_TOKENS * MS_PER_TOKEN;
const MEDIAN_SERVICE_MS = MEDIAN_TOKENS * MS_PER_TOKEN;
const CAPACITY_PER_MS = SEATS / MEAN_SERVICE_MS;
/** Given to every call beyond the time that it takes itself. */
const PATIENCE_MS = 20_000;
const BARS: readonly (readonly [number, number])[] = [
  [2, 0.95],
  [5, 0.92],
  [10, 0.9],
];

interface Call {
  readonly tenant: string;
  readonly user: string;
  readonly priority: Priority;
  readonly tokens: number;
  readonly askedMs: number;
  readonly deadlineMs: number;
}

interface Answer {
  readonly call: Call;
  readonly tookMs: number;
}

/** `undefined`: refused with 429. */
type Upstream = (call: Call) => Promise<Usage | undefined>;
type Door = (call: Call, upstream: Upstream) => Promise<boolean>;

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

type Subject = (clock: EventClock) => Door;

const ours: Subject = (clock) => {
  const queue = new AdmissionQueue({
    seats: new AdaptiveLimit({ floor: 4, ceiling: 200, step: 1, clock }),
    tokens: new AdaptiveLimit({ floor: 10_000, ceiling: 1_000_000, clock }),
    waitingTokensMax: 1_000_000,
    clock,
    random: seededRandom(7),
  });
  return async (call, upstream) => {
    // The estimate is the real amount, wrong by half at most: the gateway learns it from past answers.
    const tokens = Math.round(call.tokens * (0.75 + (call.tokens % 100) / 200));
    const admission = await queue.admit({ ...call, tokens, neededMs: tokens * MS_PER_TOKEN });
    if (admission.kind !== "admitted") return false;
    const usage = await upstream(call);
    admission.finish(usage ?? { tokens: 0, pushedBack: {} });
    return usage !== undefined;
  };
};

/** First come, first served, so many at once; nobody is refused and nobody leaves, as with p-queue. */
const firstCome =
  (atOnce: number, leavesLate: boolean): Subject =>
  (clock) => {
    let busy = 0;
    const line: (() => void)[] = [];
    return async (call, upstream) => {
      if (busy < atOnce) busy++;
      else await new Promise<void>((resolve) => line.push(resolve));
      const isLate = leavesLate && clock.monotonic() >= call.deadlineMs;
      const usage = isLate ? undefined : await upstream(call);
      const next = line.shift();
      if (next) next();
      else busy--;
      return usage !== undefined;
    };
  };

/** So many at once and so many in line; one more is refused. */
const fixedLimit =
  (atOnce: number, inLine: number): Subject =>
  () => {
    let busy = 0;
    const line: (() => void)[] = [];
    return async (call, upstream) => {
      if (busy >= atOnce && line.length >= inLine) return false;
      if (busy < atOnce) busy++;
      else await new Promise<void>((resolve) => line.push(resolve));
      const usage = await upstream(call);
      const next = line.shift();
      if (next) next();
      else busy--;
      return usage !== undefined;
    };
  };

/** Millrace first. What the others are told about the upstream's seats, the first has to find out. */
const subjects: Readonly<Record<string, Subject>> = {
  Millrace: ours,
  "no queue": () => async (call, upstream) => (await upstream(call)) !== undefined,
  "FIFO, late ones leave at their turn": firstCome(SEATS, true),
  "FIFO as in p-queue": firstCome(SEATS, false),
  "fixed limit, right, 500 in line": fixedLimit(SEATS, 500),
  "fixed limit, half, 50 in line": fixedLimit(SEATS / 2, 50),
};

function tokensFrom(random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return Math.round(Math.min(8000, Math.max(50, MEDIAN_TOKENS * Math.exp(SPREAD * normal))));
}

interface Flow {
  readonly tenant: string;
  readonly users: number;
  readonly priority: Priority;
  /** Calls a millisecond at a time, drawn by chance; or one after the other, with the pause in between. */
  readonly rate?: (nowMs: number) => number;
  readonly pauseMs?: number;
}

/** Plays the flows through a door. @returns what was answered, in time or not. */
async function play(subject: Subject, flows: readonly Flow[], forMs: number): Promise<Answer[]> {
  const clock = new EventClock();
  const door = subject(clock);
  const upstream = upstreamOn(clock);
  const answers: Answer[] = [];
  const start = async (flow: Flow, random: Random) => {
    const tokens = tokensFrom(random);
    const askedMs = clock.monotonic();
    const deadlineMs = askedMs + tokens * MS_PER_TOKEN + PATIENCE_MS;
    const user = `${random.below(flow.users)}`;
    const call: Call = { tenant: flow.tenant, user, priority: flow.priority, tokens, askedMs, deadlineMs };
    if (await door(call, upstream)) answers.push({ call, tookMs: clock.monotonic() - askedMs });
  };
  for (const [index, flow] of flows.entries()) {
    const random = seededRandom(100 + index);
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
  await clock.runUntil(forMs);
  return answers;
}

/** Tokens answered in time a millisecond, of those asked for or answered in the span. */
function goodput(answers: readonly Answer[], fromMs: number, toMs: number): number {
  let tokens = 0;
  for (const { call, tookMs } of answers) {
    const endedMs = call.askedMs + tookMs;
    if (endedMs >= fromMs && endedMs < toMs && endedMs <= call.deadlineMs) tokens += call.tokens;
  }
  return tokens / (toMs - fromMs);
}

const overload = (factor: number): Flow[] =>
  [0, 1, 2, 3].map((tenant) => ({
    tenant: `tenant ${tenant}`,
    users: 5,
    priority: "normal",
    rate: () => (factor * CAPACITY_PER_MS) / 4,
  }));

async function goodputs(report: Report, forMs: number): Promise<void> {
  const warmMs = forMs / 5;
  const factors = [0.6, 0.8, 0.9, 1, 1.1, 2, 5, 10];
  const found = new Map<string, number[]>();
  for (const [name, subject] of Object.entries(subjects)) {
    const row: number[] = [];
    for (const factor of factors) row.push(goodput(await play(subject, overload(factor), forMs), warmMs, forMs));
    found.set(name, row);
  }
  const best = Math.max(...[...found.values()].flat());
  report.table([
    ["goodput, of the best of all points", ...factors.map((factor) => `${factor}x`)],
    ...[...found].map(([name, row]) => [name, ...row.map((value) => tenths(value / best))]),
  ]);
  for (const [factor, bar] of BARS) {
    const share = (found.get("Millrace")?.[factors.indexOf(factor)] ?? 0) / best;
    report.bar(`goodput at ${factor}x capacity at least ${percent(bar)} of the best point of all`, tenths(share), share >= bar);
  }
}

const tenths = (share: number): string => `${(100 * share).toFixed(1)} %`;

const p95Of = (answers: readonly Answer[], tenant: string, fromMs: number): number =>
  percentile(
    answers.filter(({ call }) => call.tenant === tenant && call.askedMs >= fromMs).map(({ tookMs }) => tookMs),
    0.95,
  );

/** Two rows of one form: somebody beside a flood, against the same alone. */
async function beside(report: Report, forMs: number): Promise<void> {
  const light: Flow = { tenant: "light", users: 1, priority: "normal", pauseMs: 1000 };
  const flood: Flow = { tenant: "flood", users: 50, priority: "normal", rate: () => 5 * CAPACITY_PER_MS };
  const interactive: Flow = { tenant: "people", users: 20, priority: "high", rate: () => 0.3 * CAPACITY_PER_MS };
  const batch: Flow = { tenant: "people's batch", users: 5, priority: "low", rate: () => 5 * CAPACITY_PER_MS };
  const fromMs = forMs / 5;
  const ratioOf = async (subject: Subject, flow: Flow, other: Flow): Promise<number> => {
    const alone = p95Of(await play(subject, [flow], forMs), flow.tenant, fromMs);
    return p95Of(await play(subject, [flow, other], forMs), flow.tenant, fromMs) / alone;
  };
  const rows = [["p95 beside a flood of 5x capacity, against alone", "one call at a time", "interactive beside batch"]];
  let own = [Number.NaN, Number.NaN];
  for (const [name, subject] of Object.entries(subjects)) {
    const ratios = [await ratioOf(subject, light, flood), await ratioOf(subject, interactive, batch)];
    if (name === "Millrace") own = ratios;
    rows.push([name, ...ratios.map((ratio) => (Number.isNaN(ratio) ? "none answered" : times(ratio)))]);
  }
  report.table(rows);
  const [fair = Number.NaN, interactiveRatio = Number.NaN] = own;
  report.bar("a tenant's p95 beside another's flood with 50 keys at most 2x its own alone", times(fair), fair <= 2);
  report.bar("interactive p95 at 5x batch overload at most 1.5x unloaded", times(interactiveRatio), interactiveRatio <= 1.5);
}

/** Demand steps from 0.8 to 1.4 times the capacity. Settled: from then on goodput stays at 90 % of what it is in the end. */
async function step(report: Report): Promise<void> {
  const stepMs = 40 * MEDIAN_SERVICE_MS;
  const endMs = stepMs + 60 * MEDIAN_SERVICE_MS;
  const span = MEDIAN_SERVICE_MS;
  const flow: Flow = {
    tenant: "all",
    users: 20,
    priority: "normal",
    rate: (nowMs) => (nowMs < stepMs ? 0.8 : 1.4) * CAPACITY_PER_MS,
  };
  const rows = [["after a step from 0.8x to 1.4x", "settled after, median service times", "least goodput later, of the final"]];
  let own = { settled: Number.NaN, least: Number.NaN };
  for (const [name, subject] of Object.entries(subjects)) {
    const answers = await play(subject, [flow], endMs);
    const before = goodput(answers, stepMs / 2, stepMs);
    const final = Math.max(before, goodput(answers, endMs - 20 * span, endMs));
    // A sliding mean over three service times: single ones scatter with the length of answers.
    const at = (turn: number) => goodput(answers, stepMs + turn * span, stepMs + (turn + 3) * span) / final;
    const turns = Array.from({ length: 57 }, (_, turn) => at(turn));
    const settled = turns.findLastIndex((share) => share < 0.9) + 1;
    const least = Math.min(...turns.slice(3));
    if (name === "Millrace") own = { settled, least };
    rows.push([name, settled >= turns.length ? "never" : `${settled}`, tenths(least)]);
  }
  report.table(rows);
  report.bar("settled within 3 median service times, no collapse", `${own.settled}, ${tenths(own.least)}`, own.settled <= 3);
}

await benchmark({
  claim: `Admission before an upstream of ${SEATS} seats: calls of ${MEDIAN_TOKENS} tokens in the median (${MEDIAN_SERVICE_MS / 1000} s), each to be answered
within its own time and ${PATIENCE_MS / 1000} s. Simulated on virtual time from a seed; Millrace is not told the number of seats, and its estimates are wrong by up to a quarter.`,
  needs: [],
  async run(_rig, report) {
    const forMs = (report.quick ? 100 : 400) * MEDIAN_SERVICE_MS;
    await goodputs(report, forMs);
    await beside(report, forMs);
    await step(report);
  },
});
