// Claim: on one core Millrace, with authentication, metrics and the cache key on, serves at least three quarters of the
// requests a second of a bare proxy on the same runtime, and many times those of a gateway with comparable features.

import { DIFFERENT_TEXT, smallBody } from "./kit/bodies.ts";
import { startModelServer } from "./kit/model-server.ts";
import { type Peer, startBare, startHaproxy, startMillrace, startNginx, startPortkey } from "./kit/peers.ts";
import { usageDuring } from "./kit/process-usage.ts";
import { benchmark, type Report } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { medianOf, rounds, sayErrors, sumOf } from "./kit/rounds.ts";
import { milliseconds, percent, times, whole } from "./kit/statistics.ts";
import { warmUp } from "./kit/warm-up.ts";
import { type Figures, wrk } from "./kit/wrk.ts";

const CONNECTIONS = 400;
const BARE_SHARE_MIN = 0.75;
const PORTKEY_RATIO_MIN = 8;

interface Measured extends Figures {
  readonly core: number;
  readonly residentMib: number;
}

const DETERMINISTIC = smallBody({ temperature: 0, text: DIFFERENT_TEXT });
const UNCACHED = smallBody({ text: DIFFERENT_TEXT });

async function run(rig: Rig, report: Report): Promise<void> {
  const upstream = (await startModelServer(rig)).after20Ms;
  const seconds = report.quick ? 2 : 6;
  const measure = (peer: Peer, body: string, name = peer.name) => ({
    name,
    measure: async (): Promise<Measured> => {
      const load = wrk(rig, { url: peer.url, headers: peer.headers, body, connections: CONNECTIONS, seconds });
      const { result, usage } = await usageDuring(peer.pid, load, 500);
      return { ...result, core: usage.core, residentMib: usage.residentMibMax };
    },
  });
  const bare = await startBare(rig, upstream);
  const millrace = await startMillrace(rig, upstream);
  const logging = await startMillrace(rig, upstream, { name: "Millrace, a log line a call", config: { log: { level: "info" } } });
  const portkey = await startPortkey(rig, upstream);
  const uncached = "Millrace, not deterministic";
  const jitted = [bare, millrace, logging, ...(portkey ? [portkey] : [])];
  await warmUp(rig, jitted, DETERMINISTIC);
  await warmUp(rig, [millrace], UNCACHED);
  const contenders = [
    measure(bare, DETERMINISTIC),
    measure(millrace, DETERMINISTIC),
    measure(millrace, UNCACHED, uncached),
    measure(logging, DETERMINISTIC),
    measure(await startNginx(rig, upstream), DETERMINISTIC),
    measure(await startHaproxy(rig, upstream), DETERMINISTIC),
    ...(portkey ? [measure(portkey, DETERMINISTIC)] : []),
  ];
  const results = await rounds(contenders, report.quick ? 3 : 5);
  const rate = (name: string) => medianOf(results, name, (figures) => figures.requestsPerSecond);
  // Where load and model server are slower than a proxy, only its use of the core tells what it could do.
  const perCore = (name: string) => medianOf(results, name, (figures) => figures.requestsPerSecond / figures.core);
  const names = contenders.map(({ name }) => name);
  report.table([
    ["", "requests/s", "of bare", "core", "per full core", "of bare", "p50", "p99", "RSS"],
    ...names.map((name) => [
      name,
      whole(rate(name)),
      percent(rate(name) / rate(bare.name)),
      percent(medianOf(results, name, (figures) => figures.core)),
      whole(perCore(name)),
      percent(perCore(name) / perCore(bare.name)),
      milliseconds(medianOf(results, name, (figures) => figures.p50Us) / 1000),
      milliseconds(medianOf(results, name, (figures) => figures.p99Us) / 1000),
      `${whole(medianOf(results, name, (figures) => figures.residentMib))} MiB`,
    ]),
  ]);
  const failed = new Map(names.map((name) => [name, sumOf(results, name, (figures) => figures.errors)]));
  if (sayErrors(failed)) report.missed++;
  const share = rate(millrace.name) / rate(bare.name);
  const coreShare = perCore(millrace.name) / perCore(bare.name);
  const reached = Math.min(share, coreShare) >= BARE_SHARE_MIN;
  const claim = `at least ${percent(BARE_SHARE_MIN)} of the bare proxy's requests a second, and of those it would serve on a full core`;
  report.bar(claim, `${percent(share)}, ${percent(coreShare)}`, reached);
  const ratio = portkey ? rate(millrace.name) / rate(portkey.name) : undefined;
  report.bar(
    `at least ${PORTKEY_RATIO_MIN}x Portkey`,
    ratio === undefined ? "no Portkey here" : times(ratio),
    ratio === undefined ? undefined : ratio >= PORTKEY_RATIO_MIN,
  );
  await report.chart(
    "throughput",
    `Requests a second on one core, ${CONNECTIONS} connections, 20 ms upstream`,
    names.map((name) => ({ name, value: rate(name), text: whole(rate(name)) })),
  );
}

await benchmark({
  claim: `Requests a second on one core: ${DETERMINISTIC.length} byte body, upstream 20 ms, ${CONNECTIONS} connections.
Millrace with authentication, metrics and cache key: every request is a different one, so it is looked up, misses and is stored.`,
  needs: ["nginx", "wrk", "haproxy", "node"],
  run,
});
