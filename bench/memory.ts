// Claim: memory comes back after a load of streams, and no round leaves more behind than the one before.
// The server is left alone between rounds: nothing asks it to collect garbage.

import { startModelServer } from "./kit/model-server.ts";
import { type Peer, startBare, startMillrace } from "./kit/peers.ts";
import { residentMib, usageDuring } from "./kit/process-usage.ts";
import { benchmark, type Report } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { percent, whole } from "./kit/statistics.ts";
import { streamLoad } from "./kit/stream-load.ts";

const STREAMS = 1000;
const ROUNDS = 3;
const OVER_IDLE_MAX = 0.2;
/** Two rounds never measure the same to the page. */
const GROWTH_MAX = 0.05;

interface Course {
  readonly idle: number;
  readonly peaks: readonly number[];
  readonly after: readonly number[];
  readonly errors: number;
}

async function course(rig: Rig, report: Report, peer: Peer): Promise<Course> {
  const load = (streams: number, seconds: number) => streamLoad(rig, peer, streams, seconds);
  const settled = async () => {
    await Bun.sleep(report.quick ? 10_000 : 30_000);
    return residentMib(peer.pid);
  };
  // Idle is a server that has served: what it compiles and keeps for its first calls is no growth.
  await load(20, 4);
  const idle = await settled();
  const peaks: number[] = [];
  const after: number[] = [];
  let errors = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { result, usage } = await usageDuring(peer.pid, load(STREAMS, report.quick ? 6 : 12));
    errors += result.load.errors + result.sample.broken;
    peaks.push(usage.residentMibMax);
    after.push(await settled());
  }
  return { idle, peaks, after, errors };
}

async function run(rig: Rig, report: Report): Promise<void> {
  const upstream = (await startModelServer(rig)).stream;
  const rows = [
    [
      "",
      "idle",
      ...Array.from({ length: ROUNDS }, (_, round) => [`peak ${round + 1}`, `after ${round + 1}`]).flat(),
      "over idle",
    ],
  ];
  const courses = new Map<string, Course>();
  for (const peer of [await startBare(rig, upstream), await startMillrace(rig, upstream)]) {
    const found = await course(rig, report, peer);
    courses.set(peer.name, found);
    const between = found.peaks.flatMap((peak, round) => [peak, found.after[round] ?? 0]);
    const over = (found.after.at(-1) ?? 0) / found.idle - 1;
    rows.push([peer.name, ...[found.idle, ...between].map((mib) => `${whole(mib)} MiB`), percent(over)]);
  }
  report.table(rows);
  const own = courses.get("Millrace");
  if (!own) return;
  const over = Math.max(...own.after) / own.idle - 1;
  const growth = (own.after.at(-1) ?? 0) / (own.after[0] ?? 1) - 1;
  report.bar("no stream cut", `${own.errors} cut`, own.errors === 0);
  report.bar(`back to within ${percent(OVER_IDLE_MAX)} of idle`, `${percent(over)} over`, over <= OVER_IDLE_MAX);
  report.bar(
    `no growth from round to round (less than ${percent(GROWTH_MAX)} from first to last)`,
    percent(growth),
    growth < GROWTH_MAX,
  );
}

await benchmark({
  claim: `Resident memory: idle, ${whole(STREAMS)} streams, idle again; ${ROUNDS} rounds.`,
  needs: ["nginx", "wrk"],
  run,
});
