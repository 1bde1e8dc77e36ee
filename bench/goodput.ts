// Claim: the whole server, offered many times what its upstream can do, still brings as many answers within their time as at
// its best, and refuses the rest early with an honest `retry-after`. The same load meets the queues that most would write.

import { join } from "node:path";
import { installed } from "./kit/installed.ts";
import type { OpenLoadOrder, OpenLoadResult } from "./kit/open-load.ts";
import { type Peer, startMillrace } from "./kit/peers.ts";
import { processorSeconds } from "./kit/process-usage.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import { CORE_OF_OTHERS, CORE_UNDER_TEST, freePort, type Rig } from "./kit/rig.ts";
import { milliseconds, percent, whole } from "./kit/statistics.ts";

const SEATS = 16;
const BACKLOG = 4;
const MEDIAN_MS = 100;
const SPREAD = 0.5;
/** Of a service time whose logarithm spreads so. */
const CAPACITY = SEATS / ((MEDIAN_MS / 1000) * Math.exp(SPREAD ** 2 / 2));
const DEADLINE_MS = 1000;
const TIMES = [0.8, 1, 2, 5, 10];
const BARS: Readonly<Record<number, number>> = { 2: 0.95, 5: 0.92, 10: 0.9 };
const P_QUEUE = "10.0.0";

async function startModel(rig: Rig): Promise<string> {
  const port = await freePort();
  const program = join(import.meta.dir, "kit", "seated-model.ts");
  const command = [process.execPath, program, ...[port, SEATS, BACKLOG, MEDIAN_MS].map(String)];
  await rig.start({ name: "seated-model", core: CORE_OF_OTHERS, command, port });
  return `http://127.0.0.1:${port}`;
}

interface Queued {
  readonly name: string;
  readonly atOnce: number;
  readonly inLine: number;
  readonly folder?: string;
}

async function startQueued(rig: Rig, upstream: string, { name, atOnce, inLine, folder }: Queued): Promise<Peer> {
  const port = await freePort();
  const program = join(import.meta.dir, "kit", "queued-proxy.ts");
  const command = [
    process.execPath,
    program,
    String(port),
    upstream,
    String(atOnce),
    String(inLine),
    ...(folder ? [folder] : []),
  ];
  const { pid } = await rig.start({ name: name.replaceAll(/\W+/g, "-"), core: CORE_UNDER_TEST, command, port });
  return { name, url: `http://127.0.0.1:${port}/v1/messages`, headers: {}, pid };
}

async function load(order: OpenLoadOrder): Promise<OpenLoadResult> {
  const program = join(import.meta.dir, "kit", "open-load.ts");
  const command = ["taskset", "-c", String(CORE_OF_OTHERS), process.execPath, program, JSON.stringify(order)];
  const env = { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: "65336" };
  const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "inherit"], env });
  return JSON.parse(await new Response(child.stdout).text()) as OpenLoadResult;
}

async function run(rig: Rig, report: Report): Promise<void> {
  const upstream = await startModel(rig);
  const queues = await installed("queues", { dependencies: { "p-queue": P_QUEUE } });
  if ("missing" in queues) say(`Skipped: p-queue: ${queues.missing}`);
  const makers: (() => Promise<Peer>)[] = [
    () => startMillrace(rig, upstream),
    () => startQueued(rig, upstream, { name: "FIFO", atOnce: SEATS, inLine: 1_000_000 }),
    ...("folder" in queues
      ? [
          () =>
            startQueued(rig, upstream, { name: `p-queue ${P_QUEUE}`, atOnce: SEATS, inLine: 1_000_000, folder: queues.folder }),
        ]
      : []),
    () => startQueued(rig, upstream, { name: "fixed limit, 64 in line", atOnce: SEATS, inLine: 64 }),
  ];
  const [warmSeconds, seconds] = report.quick ? [4, 6] : [8, 20];
  const rows: { name: string; times: number; result: OpenLoadResult; core: number }[] = [];
  for (const make of makers) {
    for (const times of TIMES) {
      // Each point finds its proxy as it is after a while at nine tenths of what can be done.
      const peer = await make();
      const before = processorSeconds(peer.pid);
      const { url } = peer;
      const headers = { ...peer.headers, "x-millrace-deadline-ms": String(DEADLINE_MS) };
      const rates = { warmRate: CAPACITY * Math.max(0.9, times), rate: CAPACITY * times };
      const result = await load({ url, headers, ...rates, warmSeconds, seconds, deadlineMs: DEADLINE_MS });
      const core = (processorSeconds(peer.pid) - before) / (warmSeconds + seconds);
      rows.push({ name: peer.name, times, result, core });
      await rig.end(peer.pid);
    }
  }
  const best = Math.max(...rows.map(({ result }) => result.goodput));
  report.table([
    ["", "offered", "goodput", "of the best", "p50", "p99", "refused", "after", "left late", "failed", "core"],
    ...rows.map(({ name, times, result, core }) => [
      name,
      `${times}x`,
      `${whole(result.goodput)}/s`,
      percent(result.goodput / best),
      result.good > 0 ? milliseconds(result.p50Ms) : "-",
      result.good > 0 ? milliseconds(result.p99Ms) : "-",
      whole(result.refused),
      result.refused > 0 ? milliseconds(result.refusalP50Ms) : "-",
      whole(result.late),
      whole(result.failed),
      percent(core),
    ]),
  ]);
  const ours = rows.filter(({ name }) => name === "Millrace");
  for (const { times, result } of ours) {
    const bar = BARS[times];
    if (bar === undefined) continue;
    const share = result.goodput / best;
    report.bar(`goodput at ${times}x capacity at least ${percent(bar)} of the best point of all`, percent(share), share >= bar);
  }
  const sum = (count: (result: OpenLoadResult) => number) => ours.reduce((total, { result }) => total + count(result), 0);
  const [refused, passedOn, honest] = [sum((each) => each.refused), sum((each) => each.passedOn), sum((each) => each.honest)];
  report.bar(
    "every refusal of its own says when to come back, 1 to 60 s",
    `${whole(honest)} of ${whole(refused - passedOn)}; ${whole(passedOn)} more were the model's`,
    honest === refused - passedOn,
  );
  await report.chart(
    "goodput",
    "Answers within their time at 10x capacity, of the best point",
    rows
      .filter(({ times }) => times === 10)
      .map(({ name, result }) => ({ name, value: result.goodput / best, text: percent(result.goodput / best) })),
  );
}

await benchmark({
  claim: `A server before an upstream of ${SEATS} seats (${MEDIAN_MS} ms a call in the median, so about ${whole(CAPACITY)} calls a second); every call is worth something for ${DEADLINE_MS} ms.
The queues beside are told the number of seats; Millrace is not.`,
  needs: [],
  run,
});
