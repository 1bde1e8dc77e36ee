// Claim: one core carries 1,000 paced streams at once, cuts none and holds none of their frames back.
// Every proxy is offered the same streams; the model server's own pace, asked directly, is in the same table.

import { DIFFERENT_TEXT, smallBody } from "./kit/bodies.ts";
import { FRAME_MS, FRAMES, startModelServer } from "./kit/model-server.ts";
import { direct, type Peer, startBare, startHaproxy, startMillrace, startNginx } from "./kit/peers.ts";
import { usageDuring } from "./kit/process-usage.ts";
import { benchmark, type Report } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { medianOf, rounds, sumOf } from "./kit/rounds.ts";
import { milliseconds, percent, whole } from "./kit/statistics.ts";
import { sampleStreams, streamLoad } from "./kit/stream-load.ts";
import { warmUp } from "./kit/warm-up.ts";

const STREAMS = 1000;
/** Every frame of these is counted, all of them open at once and without other load. */
const VERIFIED = 300;
const GAP_OVER_DIRECT_MS_MAX = 10;
const CORE_MAX = 0.75;
const RESIDENT_MB_MAX = 200;
const MB_PER_MIB = 1.048576;

async function run(rig: Rig, report: Report): Promise<void> {
  const upstream = (await startModelServer(rig)).stream;
  const seconds = report.quick ? 8 : 15;
  const measure = (peer: Peer) => ({
    name: peer.name,
    measure: async () => {
      const work = streamLoad(rig, peer, STREAMS, seconds);
      if (peer.pid === 0) return { ...(await work), core: 0, residentMb: 0 };
      const { result, usage } = await usageDuring(peer.pid, work, 2000);
      return { ...result, core: usage.core, residentMb: usage.residentMibMax * MB_PER_MIB };
    },
  });
  const base = direct(upstream);
  const millrace = await startMillrace(rig, upstream);
  const peers = [
    base,
    await startBare(rig, upstream),
    millrace,
    await startNginx(rig, upstream),
    await startHaproxy(rig, upstream),
  ];
  // A stream takes too long for compilers to see thousands of them; counting tokens takes most of the same way.
  const counting = peers.slice(1).map((peer) => ({ ...peer, url: `${peer.url}/count_tokens` }));
  await warmUp(rig, counting, smallBody({ text: DIFFERENT_TEXT }));
  const results = await rounds(peers.map(measure), report.quick ? 1 : 3);
  const of = (name: string, figure: (result: Awaited<ReturnType<ReturnType<typeof measure>["measure"]>>) => number) =>
    medianOf(results, name, figure);
  const gap = (name: string) => of(name, ({ sample }) => sample.gapP99Ms);
  const cut = (name: string) => sumOf(results, name, ({ load, sample }) => load.errors + sample.broken);
  const framesPerSecond = (name: string) => of(name, ({ load }) => load.requestsPerSecond * FRAMES);
  report.table([
    ["", "frames/s", "cut", "gap p50", "gap p99", "over direct", "first byte p50", "p99", "core", "RSS"],
    ...peers.map(({ name }) => [
      name,
      whole(framesPerSecond(name)),
      whole(cut(name)),
      milliseconds(of(name, ({ sample }) => sample.gapP50Ms)),
      milliseconds(gap(name)),
      name === base.name ? "-" : milliseconds(gap(name) - gap(base.name)),
      milliseconds(of(name, ({ sample }) => sample.firstByteP50Ms)),
      milliseconds(of(name, ({ sample }) => sample.firstByteP99Ms)),
      name === base.name ? "-" : percent(of(name, ({ core }) => core)),
      name === base.name ? "-" : `${whole(of(name, ({ residentMb }) => residentMb))} MB`,
    ]),
  ]);
  const verified = await sampleStreams(millrace, VERIFIED, 0);
  const cutCount = cut(millrace.name) + verified.broken;
  const counted = sumOf(results, millrace.name, ({ load, sample }) => load.requests + sample.whole) + verified.whole;
  const over = gap(millrace.name) - gap(base.name);
  const core = of(millrace.name, (result) => result.core);
  const resident = of(millrace.name, (result) => result.residentMb);
  report.bar(
    "no stream cut",
    `${whole(cutCount)} of ${whole(counted)}; every frame counted of ${VERIFIED} at once`,
    cutCount === 0,
  );
  report.bar(`p99 gap at most ${GAP_OVER_DIRECT_MS_MAX} ms over direct`, milliseconds(over), over <= GAP_OVER_DIRECT_MS_MAX);
  report.bar(`at most ${percent(CORE_MAX)} of the core`, percent(core), core <= CORE_MAX);
  report.bar(`at most ${RESIDENT_MB_MAX} MB RSS`, `${whole(resident)} MB`, resident <= RESIDENT_MB_MAX);
  await report.chart(
    "streams",
    `${whole(STREAMS)} paced streams on one core: share of the core`,
    peers
      .slice(1)
      .map(({ name }) => ({ name, value: of(name, (result) => result.core), text: percent(of(name, (result) => result.core)) })),
  );
}

await benchmark({
  claim: `${whole(STREAMS)} streams at once on one core, ${FRAMES} frames each, ${FRAME_MS} ms apart: ${whole((STREAMS * 1000) / FRAME_MS)} frames a second asked for.
The model server and the load share the other core; what they reach without a proxy is the row "direct".`,
  needs: ["nginx", "wrk", "haproxy"],
  run,
});
