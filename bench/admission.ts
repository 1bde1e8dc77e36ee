// Claim: however many times its capacity is asked for, the queue keeps an upstream doing useful work, keeps a flooding
// tenant to its share and batch work out of the way of interactive calls, and settles at once after a step in demand.
// A simulation of discrete events on a virtual clock, drawn from a seed: no figure depends on the machine.
// The upstream serves so many at once; some more wait inside it, unseen; beyond those it answers 429.

import { join } from "node:path";
import { type Random, seededRandom } from "../src/base/index.ts";
import { AdaptiveLimit, AdmissionQueue, type Priority, priorities, type Usage } from "../src/mechanisms/queue/index.ts";
import { EventClock } from "./kit/event-clock.ts";
import { installed } from "./kit/installed.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import { median, percent, percentile, times, whole } from "./kit/statistics.ts";

const P_QUEUE_VERSION = "10.0.0";
const SEATS = 32;
/** Requests that wait inside the upstream before it refuses. */
const BACKLOG = 8;
const MEDIAN_TOKENS = 1000;
const TOKENS_MAX = 8000;
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

interface Fate {
  readonly call: Call;
  /** When it was answered; infinite when it never was. */
  endedMs: number;
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
    seats: new AdaptiveLimit({ floor: 4, ceiling: 200, clock }),
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

/** First come, first served, so many at once; nobody is refused, and who is late leaves at his turn only. */
const firstCome: Subject = (clock) => {
  let busy = 0;
  const line: (() => void)[] = [];
  return async (call, upstream) => {
    if (busy < SEATS) busy++;
    else await new Promise<void>((resolve) => line.push(resolve));
    const isLate = clock.monotonic() >= call.deadlineMs;
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

/** The package itself: it uses no timers unless told to, so it runs on any clock. */
async function packaged(): Promise<Record<string, Subject>> {
  const found = await installed("queues", { dependencies: { "p-queue": P_QUEUE_VERSION } });
  if ("missing" in found) {
    say(`Skipped: p-queue: ${found.missing}`);
    return {};
  }
  const { default: PQueue } = await import(Bun.resolveSync("p-queue", join(found.folder, "package.json")));
  return {
    [`p-queue ${P_QUEUE_VERSION}`]: () => {
      const queue = new PQueue({ concurrency: SEATS });
      return async (call, upstream) => {
        const priority = priorities.length - priorities.indexOf(call.priority);
        return (await queue.add(() => upstream(call), { priority })) !== undefined;
      };
    },
  };
}

/** Millrace first. What the others are told about the upstream's seats, the first has to find out. */
const subjects: Readonly<Record<string, Subject>> = {
  Millrace: ours,
  "no queue": () => async (call, upstream) => (await upstream(call)) !== undefined,
  "FIFO, late ones leave at their turn": firstCome,
  ...(await packaged()),
  "fixed limit, right, 500 in line": fixedLimit(SEATS, 500),
  "fixed limit, half, 50 in line": fixedLimit(SEATS / 2, 50),
};

function tokensFrom(random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return Math.round(Math.min(TOKENS_MAX, Math.max(50, MEDIAN_TOKENS * Math.exp(SPREAD * normal))));
}

interface Flow {
  readonly tenant: string;
  readonly users: number;
  readonly priority: Priority;
  /** Calls a millisecond at a time, drawn by chance; or one after the other, with the pause in between. */
  readonly rate?: (nowMs: number) => number;
  readonly pauseMs?: number;
}

/** Plays the flows through a door. @returns what became of every call asked for until `forMs`. */
async function play(subject: Subject, flows: readonly Flow[], forMs: number, seed = 0): Promise<Fate[]> {
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
    const fate: Fate = { call, endedMs: Number.POSITIVE_INFINITY };
    fates.push(fate);
    if (await door(call, upstream)) fate.endedMs = clock.monotonic();
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

const isInTime = ({ call, endedMs }: Fate): boolean => endedMs <= call.deadlineMs;

/**
 * The share of the upstream's seats that worked in the span for calls answered in time. Each token counts when it was
 * made: by the time of the last one, a short span would measure the length of the answers that happen to end in it.
 */
function goodput(fates: readonly Fate[], fromMs: number, toMs: number): number {
  let workedMs = 0;
  for (const fate of fates) {
    const { call, endedMs } = fate;
    if (isInTime(fate)) workedMs += Math.max(0, Math.min(toMs, endedMs) - Math.max(fromMs, endedMs - call.tokens * MS_PER_TOKEN));
  }
  return workedMs / (SEATS * (toMs - fromMs));
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

interface Treatment {
  /** Of the calls answered in time. */
  readonly p95Ms: number;
  readonly inTime: number;
}

function treatmentOf(fates: readonly Fate[], tenant: string, fromMs: number): Treatment {
  const own = fates.filter(({ call }) => call.tenant === tenant && call.askedMs >= fromMs);
  const served = own.filter(isInTime);
  const p95Ms = percentile(
    served.map(({ call, endedMs }) => endedMs - call.askedMs),
    0.95,
  );
  return { p95Ms, inTime: served.length / own.length };
}

/** Two columns of one form: somebody beside a flood, against the same alone. */
async function beside(report: Report, forMs: number): Promise<void> {
  const light: Flow = { tenant: "light", users: 1, priority: "normal", pauseMs: 1000 };
  const flood: Flow = { tenant: "flood", users: 50, priority: "normal", rate: () => 5 * CAPACITY_PER_MS };
  const interactive: Flow = { tenant: "people", users: 20, priority: "high", rate: () => 0.3 * CAPACITY_PER_MS };
  const batch: Flow = { tenant: "people's batch", users: 5, priority: "low", rate: () => 5 * CAPACITY_PER_MS };
  const fromMs = forMs / 5;
  const compare = async (subject: Subject, flow: Flow, other: Flow) => {
    const alone = treatmentOf(await play(subject, [flow], forMs), flow.tenant, fromMs);
    const { p95Ms, inTime } = treatmentOf(await play(subject, [flow, other], forMs), flow.tenant, fromMs);
    return { ratio: p95Ms / alone.p95Ms, inTime };
  };
  const rows = [
    [
      "beside a flood of 5x capacity: p95 against alone",
      "one call at a time",
      "in time",
      "interactive, flood is batch",
      "in time",
    ],
  ];
  for (const [name, subject] of Object.entries(subjects)) {
    const fair = await compare(subject, light, flood);
    const first = await compare(subject, interactive, batch);
    const cells = [fair, first].flatMap(({ ratio, inTime }) => [Number.isNaN(ratio) ? "none" : times(ratio), tenths(inTime)]);
    rows.push([name, ...cells]);
    if (name !== "Millrace") continue;
    report.bar("a tenant's p95 beside another's flood with 50 keys at most 2x its own alone", times(fair.ratio), fair.ratio <= 2);
    report.bar("interactive p95 at 5x batch overload at most 1.5x unloaded", times(first.ratio), first.ratio <= 1.5);
  }
  report.table(rows);
}

/** Two tenants that always have calls waiting, one asking for more than three times as much as the other. */
async function gap(report: Report, forMs: number): Promise<void> {
  const flows: Flow[] = [
    { tenant: "greedy", users: 50, priority: "normal", rate: () => 5 * CAPACITY_PER_MS },
    { tenant: "modest", users: 1, priority: "normal", rate: () => 1.5 * CAPACITY_PER_MS },
  ];
  const lengths = [1, 4, 16];
  const rows = [
    ["most tokens that one of two busy tenants was ever ahead, after", ...lengths.map((factor) => `${factor}x the time`)],
  ];
  for (const [name, subject] of Object.entries(subjects)) {
    const gaps: number[] = [];
    for (const factor of lengths) gaps.push(mostAhead(await play(subject, flows, factor * forMs), factor * forMs));
    rows.push([name, ...gaps.map(whole)]);
    if (name !== "Millrace") continue;
    const inFlight = 2 * (SEATS + BACKLOG) * TOKENS_MAX;
    const most = Math.max(...gaps);
    report.bar(
      `the gap stays under twice what can be in flight (${whole(inFlight)} tokens), however long`,
      whole(most),
      most <= inFlight,
    );
  }
  report.table(rows);
}

/** Between the tenants, in tokens answered. */
function mostAhead(fates: readonly Fate[], untilMs: number): number {
  let ahead = 0;
  let most = 0;
  const ended = fates.filter(({ endedMs }) => endedMs < untilMs).sort((one, other) => one.endedMs - other.endedMs);
  for (const { call } of ended) {
    ahead += call.tenant === "greedy" ? call.tokens : -call.tokens;
    most = Math.max(most, Math.abs(ahead));
  }
  return most;
}

/** Demand steps from 0.8 to 1.4 times the capacity. Settled: from then on goodput stays at 90 % of what it is in the end. */
async function step(report: Report, seeds: number): Promise<void> {
  const span = MEDIAN_SERVICE_MS;
  const stepMs = 40 * span;
  const endMs = stepMs + 60 * span;
  const rate = (nowMs: number) => (nowMs < stepMs ? 0.8 : 1.4) * CAPACITY_PER_MS;
  const flow: Flow = { tenant: "all", users: 20, priority: "normal", rate };
  const rows = [
    [
      `after a step from 0.8x to 1.4x, ${seeds} seeds: settled after, median service times`,
      "median",
      "worst",
      "least goodput later: median",
      "worst",
    ],
  ];
  for (const [name, subject] of Object.entries(subjects)) {
    const settled: number[] = [];
    const least: number[] = [];
    for (let seed = 0; seed < seeds; seed++) {
      const fates = await play(subject, [flow], endMs, seed);
      const final = Math.max(goodput(fates, stepMs / 2, stepMs), goodput(fates, endMs - 20 * span, endMs));
      const turns = Array.from(
        { length: 60 },
        (_, turn) => goodput(fates, stepMs + turn * span, stepMs + (turn + 1) * span) / final,
      );
      settled.push(turns.findLastIndex((share) => share < 0.9) + 1);
      least.push(Math.min(...turns.slice(3)));
    }
    const inTurns = (turn: number) => (turn >= 60 ? "never" : `${turn}`);
    rows.push([name, inTurns(median(settled)), inTurns(Math.max(...settled)), tenths(median(least)), tenths(Math.min(...least))]);
    if (name !== "Millrace") continue;
    const measured = `${median(settled)}, at worst ${Math.max(...settled)}; never under ${tenths(Math.min(...least))} later`;
    report.bar("settled within 3 median service times, no collapse", measured, median(settled) <= 3 && Math.min(...least) >= 0.5);
  }
  report.table(rows);
}

await benchmark({
  claim: `Admission before an upstream of ${SEATS} seats: calls of ${MEDIAN_TOKENS} tokens in the median (${MEDIAN_SERVICE_MS / 1000} s), each to be answered
within its own time and ${PATIENCE_MS / 1000} s. Simulated on virtual time from a seed; Millrace is not told the number of seats, and its estimates are wrong by up to a quarter.`,
  needs: [],
  async run(_rig, report) {
    const forMs = (report.quick ? 100 : 400) * MEDIAN_SERVICE_MS;
    await goodputs(report, forMs);
    await beside(report, forMs);
    await gap(report, forMs / 8);
    await step(report, report.quick ? 11 : 51);
  },
});
