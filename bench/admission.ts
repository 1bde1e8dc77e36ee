// Claim: however many times its capacity is asked for, the queue keeps an upstream doing useful work, keeps a flooding
// tenant to its share and batch work out of the way of interactive calls, and settles at once after a step in demand.
// Simulated (kit/admission-world.ts); only the speed of the queue alone is this machine's.

import { Cancellation, seededRandom } from "../src/base/index.ts";
import { AdaptiveLimit, type AdaptiveLimitOptions, AdmissionQueue } from "../src/mechanisms/queue/index.ts";
import { admissionPeers } from "./kit/admission-peers.ts";
import {
  BACKLOG,
  CAPACITY_PER_MS,
  type Fate,
  type Flow,
  goodput,
  isInTime,
  MEDIAN_SERVICE_MS,
  MEDIAN_TOKENS,
  MS_PER_TOKEN,
  PATIENCE_MS,
  play,
  SEATS,
  type Subject,
  TOKENS_MAX,
} from "./kit/admission-world.ts";
import { benchmark, type Report } from "./kit/report.ts";
import { median, milliseconds, percent, percentile, times, whole } from "./kit/statistics.ts";

const BARS: readonly (readonly [number, number])[] = [
  [2, 0.95],
  [5, 0.92],
  [10, 0.9],
];
const OPERATIONS_PER_SECOND_MIN = 2e6;

const ours =
  (seats: AdaptiveLimitOptions, tokens: AdaptiveLimitOptions): Subject =>
  (clock) => {
    const queue = new AdmissionQueue({
      seats: new AdaptiveLimit({ ...seats, clock }),
      tokens: new AdaptiveLimit({ ...tokens, clock }),
      waitingTokensMax: 1_000_000,
      clock,
      random: seededRandom(7),
    });
    return async (call, upstream) => {
      // The estimate is wrong by a quarter at most: the gateway learns it from past answers.
      const tokens = Math.round(call.tokens * (0.75 + (call.tokens % 100) / 200));
      const admission = await queue.admit({ ...call, tokens, neededMs: tokens * MS_PER_TOKEN });
      if (admission.kind !== "admitted") return false;
      const usage = await upstream(call);
      admission.finish(usage ?? { tokens: 0, pushedBack: {} });
      return usage !== undefined;
    };
  };

/** Millrace first. What the others are told of the upstream's seats, it has to find out. */
const subjects: Readonly<Record<string, Subject>> = {
  Millrace: ours({ floor: 4, ceiling: 200 }, { floor: 10_000, ceiling: 1_000_000 }),
  "Millrace, limits wide open at first": ours(
    { floor: 1, ceiling: 10_000, initial: 10_000 },
    { floor: 10_000, ceiling: 50_000_000, initial: 50_000_000 },
  ),
  ...(await admissionPeers()),
};

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
  let own: number[] | undefined;
  for (const [name, subject] of Object.entries(subjects)) {
    const fair = await compare(subject, light, flood);
    const first = await compare(subject, interactive, batch);
    const cells = [fair, first].flatMap(({ ratio, inTime }) => [Number.isNaN(ratio) ? "none" : times(ratio), tenths(inTime)]);
    rows.push([name, ...cells]);
    own ??= [fair.ratio, first.ratio];
  }
  report.table(rows);
  const [fair = Number.NaN, first = Number.NaN] = own ?? [];
  report.bar("a tenant's p95 beside another's flood with 50 keys at most 2x its own alone", times(fair), fair <= 2);
  report.bar("interactive p95 at 5x batch overload at most 1.5x unloaded", times(first), first <= 1.5);
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
  let own: number | undefined;
  for (const [name, subject] of Object.entries(subjects)) {
    const gaps: number[] = [];
    for (const factor of lengths) gaps.push(mostAhead(await play(subject, flows, factor * forMs), factor * forMs));
    rows.push([name, ...gaps.map(whole)]);
    own ??= Math.max(...gaps);
  }
  report.table(rows);
  const inFlight = 2 * (SEATS + BACKLOG) * TOKENS_MAX;
  const claim = `the gap stays under twice what can be in flight (${whole(inFlight)} tokens), however long`;
  report.bar(claim, whole(own ?? Number.NaN), (own ?? Number.NaN) <= inFlight);
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

const seconds = (ms: number): string => (Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : "never");

/** How long callers are left in doubt. */
async function doubt(report: Report, forMs: number): Promise<void> {
  const rows = [["at 5x capacity, in the median and the 95th percentile", "refused after", "p95", "served after", "p95"]];
  for (const [name, subject] of Object.entries(subjects)) {
    const fates = (await play(subject, overload(5), forMs)).filter(({ call }) => call.askedMs > forMs / 5);
    const refused = fates.filter(({ endedMs }) => endedMs === Number.POSITIVE_INFINITY);
    const told = refused.map(({ call, refusedMs }) => refusedMs - call.askedMs);
    const served = fates.filter(isInTime).map(({ call, endedMs }) => endedMs - call.askedMs - call.tokens * MS_PER_TOKEN);
    rows.push([
      name,
      ...[told, served].flatMap((waits) =>
        waits.length === 0 ? ["none", "none"] : [0.5, 0.95].map((share) => seconds(percentile(waits, share))),
      ),
    ]);
  }
  report.table(rows);
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
  let own: { median: number; worst: number; least: number } | undefined;
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
    own ??= { median: median(settled), worst: Math.max(...settled), least: Math.min(...least) };
  }
  report.table(rows);
  if (!own) return;
  const measured = `${own.median}, at worst ${own.worst}; never under ${tenths(own.least)} later`;
  report.bar("settled within 3 median service times, no collapse", measured, own.median <= 3 && own.least >= 0.5);
}

/** The queue alone, where nothing waits, as a gateway holds it on its hot path; and a thousand callers that leave at once. */
async function speed(report: Report, operations: number): Promise<void> {
  const make = (seats: number) =>
    new AdmissionQueue({
      seats: new AdaptiveLimit({ floor: 1, ceiling: seats, initial: seats }),
      tokens: new AdaptiveLimit({ floor: 1000, ceiling: 50_000_000 }),
    });
  const [tenant, user, deadlineMs] = ["a", "b", Number.MAX_VALUE];
  const idle = make(10_000);
  const round = (count: number) => {
    for (let turn = 0; turn < count; turn++) {
      const admission = idle.admit({ priority: "normal", tenant, user, tokens: 1000 + (turn % 100), deadlineMs });
      if (!(admission instanceof Promise) && admission.kind === "admitted") admission.finish({ tokens: 900, firstTokenMs: 300 });
    }
  };
  round(operations / 5);
  const startedAt = performance.now();
  round(operations);
  const rate = (operations / (performance.now() - startedAt)) * 1000;
  const claim = `at least ${whole(OPERATIONS_PER_SECOND_MIN)} times let in and finished a second, nothing waiting`;
  report.bar(claim, whole(rate), rate >= OPERATIONS_PER_SECOND_MIN);
  const full = make(1);
  const callers = Array.from({ length: 1000 }, (_, index) => {
    const cancellation = new Cancellation();
    return {
      cancellation,
      admission: full.admit({ priority: "normal", tenant, user: `${index}`, tokens: 1000 + index, deadlineMs }, cancellation),
    };
  });
  const leftAt = performance.now();
  for (const { cancellation } of callers) cancellation.abort();
  const tookMs = performance.now() - leftAt;
  await Promise.allSettled(callers.map(({ admission }) => admission));
  report.table([
    ["1,000 callers that wait leave at once", "in all"],
    ["Millrace", milliseconds(tookMs)],
  ]);
}

await benchmark({
  claim: `Admission before an upstream of ${SEATS} seats: calls of ${MEDIAN_TOKENS} tokens in the median (${MEDIAN_SERVICE_MS / 1000} s), each to be answered
within its own time and ${PATIENCE_MS / 1000} s. Simulated on virtual time from a seed; Millrace is not told the number of seats, and its estimates are wrong by up to a quarter.`,
  needs: [],
  async run(_rig, report) {
    const forMs = (report.quick ? 100 : 400) * MEDIAN_SERVICE_MS;
    await goodputs(report, forMs);
    await beside(report, forMs);
    await doubt(report, forMs);
    await gap(report, forMs / 8);
    await step(report, report.quick ? 11 : 51);
    await speed(report, report.quick ? 500_000 : 2_000_000);
  },
});
