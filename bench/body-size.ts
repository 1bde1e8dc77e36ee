// Claim: long conversations cost little time and are held once. The bodies are a coding assistant's: 200 messages of
// tool calls and results, most of it source text.

import { conversationBody } from "./kit/bodies.ts";
import { startModelServer } from "./kit/model-server.ts";
import { direct, startBare, startHaproxy, startMillrace, startNginx } from "./kit/peers.ts";
import { residentMib, usageDuring } from "./kit/process-usage.ts";
import { benchmark, type Report } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { medianOf, rounds, sayErrors, sumOf } from "./kit/rounds.ts";
import { fixed, milliseconds, times, whole } from "./kit/statistics.ts";
import { wrk } from "./kit/wrk.ts";

const MESSAGES = 200;
const SIZES = [
  { name: "0.5 MB", bytes: 500_000, addedMsMax: 1 },
  { name: "2 MB", bytes: 2_000_000, addedMsMax: 4 },
];
const HELD = 50;
/** Held once is 1; a copy of each body would make it 2. The rest is room for the runtime's own. */
const COPIES_MAX = 2;
const HELD_AFTER_MS = 1600;
const MIB = 1024 * 1024;

async function run(rig: Rig, report: Report): Promise<void> {
  const model = await startModelServer(rig);
  const base = direct(model.immediate);
  const bare = await startBare(rig, model.immediate);
  const millrace = await startMillrace(rig, model.immediate);
  const cached = await startMillrace(rig, model.immediate, { name: "Millrace, keyed" });
  const peers = [base, bare, millrace, cached, await startNginx(rig, model.immediate), await startHaproxy(rig, model.immediate)];
  for (const { name: size, bytes, addedMsMax } of SIZES) {
    const body = conversationBody(bytes, MESSAGES);
    // A key is computed for deterministic requests alone; the body differs so that each is a miss.
    const keyed = conversationBody(bytes, MESSAGES, { temperature: 0, text: "Request @@@@@@@@@@: find out why." });
    const results = await rounds(
      peers.map((peer) => ({
        name: peer.name,
        measure: () => wrk(rig, { ...peer, body: peer === cached ? keyed : body, connections: 1, seconds: report.quick ? 1 : 4 }),
      })),
      report.quick ? 3 : 7,
    );
    const p50 = (name: string) => medianOf(results, name, (figures) => figures.p50Us) / 1000;
    const p99 = (name: string) => medianOf(results, name, (figures) => figures.p99Us) / 1000;
    const added = (name: string) => p50(name) - p50(base.name);
    report.table([
      [`${size}, ${whole(body.length)} bytes`, "p50", "p99", "added p50", "of bare"],
      ...peers.map(({ name }) => [
        name,
        milliseconds(p50(name)),
        milliseconds(p99(name)),
        name === base.name ? "-" : milliseconds(added(name)),
        name === base.name ? "-" : times(added(name) / added(bare.name)),
      ]),
    ]);
    if (sayErrors(new Map(peers.map(({ name }) => [name, sumOf(results, name, (figures) => figures.errors)])))) report.missed++;
    report.bar(
      `${size}: added p50 at most ${addedMsMax} ms`,
      milliseconds(added(millrace.name)),
      added(millrace.name) <= addedMsMax,
    );
  }
  await held(rig, report, model.after2Seconds);
}

/** All bodies are with the upstream, which waits: what the proxy still holds is what it holds for the length of a call. */
async function held(rig: Rig, report: Report, upstream: string): Promise<void> {
  const body = conversationBody(2_000_000, MESSAGES);
  const sentMib = (HELD * body.length) / MIB;
  const rows: string[][] = [[`${HELD} bodies of 2 MB at once`, "RSS idle", "peak", "while they wait", "growth over bytes sent"]];
  const copies = new Map<string, number>();
  for (const peer of [await startBare(rig, upstream), await startMillrace(rig, upstream)]) {
    await wrk(rig, { ...peer, body, connections: 2, seconds: 5 });
    await Bun.sleep(2000);
    const idle = residentMib(peer.pid);
    const wave = usageDuring(peer.pid, wrk(rig, { ...peer, body, connections: HELD, seconds: 2 }));
    // By now every body has arrived, and none has been answered.
    await Bun.sleep(HELD_AFTER_MS);
    const waiting = residentMib(peer.pid);
    const { usage } = await wave;
    copies.set(peer.name, (waiting - idle) / sentMib);
    const figures = [idle, usage.residentMibMax, waiting].map((mib) => `${whole(mib)} MiB`);
    rows.push([peer.name, ...figures, fixed(copies.get(peer.name) ?? 0)]);
  }
  report.table(rows);
  const own = copies.get("Millrace") ?? Number.NaN;
  report.bar(`memory grows by less than ${COPIES_MAX}x the bytes sent`, fixed(own), own < COPIES_MAX);
}

await benchmark({
  claim: `Long bodies, ${MESSAGES} messages, one connection, an upstream that answers at once; then ${HELD} at once at an upstream that waits.`,
  needs: ["nginx", "wrk", "haproxy"],
  run,
});
