// Claim: the front door, with affinity on, serves at least a third of nginx's requests a second on one core, and carries
// 1,000 paced streams without losing a frame. Behind it is the model server instead of app servers: the door is measured.

import { smallBody } from "./kit/bodies.ts";
import { startHaproxyDoor, startMillraceDoor, startNginxDoor } from "./kit/doors.ts";
import { REPLICAS, startModelServer } from "./kit/model-server.ts";
import type { Peer } from "./kit/peers.ts";
import { usageDuring } from "./kit/process-usage.ts";
import { benchmark, type Report } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { medianOf, rounds, sayErrors, sumOf } from "./kit/rounds.ts";
import { milliseconds, percent, whole } from "./kit/statistics.ts";
import { sampleStreams, streamLoad } from "./kit/stream-load.ts";
import { warmUp } from "./kit/warm-up.ts";
import { type Figures, wrk } from "./kit/wrk.ts";

const CONNECTIONS = 200;
const SESSIONS = 2000;
const NGINX_SHARE_MIN = 1 / 3;
const STREAMS = 1000;

interface Measured extends Figures {
  readonly core: number;
  readonly residentMib: number;
}

type Start = (rig: Rig, upstream: string) => Promise<Peer>;
const DOORS: readonly Start[] = [startMillraceDoor, startNginxDoor, startHaproxyDoor];

async function measureRequests(rig: Rig, report: Report, upstream: string): Promise<void> {
  const body = smallBody();
  const seconds = report.quick ? 2 : 6;
  const peers: Peer[] = [];
  for (const start of DOORS) peers.push(await start(rig, upstream));
  const [millrace, nginx, haproxy] = peers as [Peer, Peer, Peer];
  await warmUp(rig, [millrace], body);
  const contenders = peers.map((peer) => ({
    name: peer.name,
    measure: async (): Promise<Measured> => {
      const load = wrk(rig, { url: peer.url, headers: peer.headers, body, connections: CONNECTIONS, seconds, numbers: SESSIONS });
      const { result, usage } = await usageDuring(peer.pid, load, 500);
      return { ...result, core: usage.core, residentMib: usage.residentMibMax };
    },
  }));
  const results = await rounds(contenders, report.quick ? 3 : 5);
  const rate = (name: string) => medianOf(results, name, (figures) => figures.requestsPerSecond);
  const perCore = (name: string) => medianOf(results, name, (figures) => figures.requestsPerSecond / figures.core);
  report.table([
    ["", "requests/s", "of nginx", "core", "per full core", "of nginx", "p50", "p99", "RSS"],
    ...peers.map(({ name }) => [
      name,
      whole(rate(name)),
      percent(rate(name) / rate(nginx.name)),
      percent(medianOf(results, name, (figures) => figures.core)),
      whole(perCore(name)),
      percent(perCore(name) / perCore(nginx.name)),
      milliseconds(medianOf(results, name, (figures) => figures.p50Us) / 1000),
      milliseconds(medianOf(results, name, (figures) => figures.p99Us) / 1000),
      `${whole(medianOf(results, name, (figures) => figures.residentMib))} MiB`,
    ]),
  ]);
  if (sayErrors(new Map(peers.map(({ name }) => [name, sumOf(results, name, (figures) => figures.errors)])))) report.missed++;
  const share = perCore(millrace.name) / perCore(nginx.name);
  report.bar(
    `requests a second on a full core at least ${percent(NGINX_SHARE_MIN)} of nginx's`,
    `${percent(share)} (${percent(perCore(millrace.name) / perCore(haproxy.name))} of HAProxy's)`,
    share >= NGINX_SHARE_MIN,
  );
  await report.chart(
    "front",
    `Requests a second through a front door on one core, ${SESSIONS} sessions over ${REPLICAS.length} servers`,
    peers.map(({ name }) => ({ name, value: rate(name), text: whole(rate(name)) })),
  );
}

async function measureStreams(rig: Rig, report: Report, upstream: string): Promise<void> {
  const seconds = report.quick ? 8 : 15;
  const peers: Peer[] = [];
  for (const start of DOORS) peers.push(await start(rig, upstream));
  const results = await rounds(
    peers.map((peer) => ({
      name: peer.name,
      measure: async () => {
        const { result, usage } = await usageDuring(peer.pid, streamLoad(rig, peer, STREAMS, seconds), 2000);
        return { ...result, core: usage.core, residentMib: usage.residentMibMax };
      },
    })),
    report.quick ? 1 : 3,
    report.quick ? 0 : 1,
  );
  const of = (name: string, figure: Parameters<typeof medianOf<NonNullable<ReturnType<typeof results.get>>[number]>>[2]) =>
    medianOf(results, name, figure);
  report.table([
    ["", "streams", "cut", "gap p50", "gap p99", "first byte p50", "core", "RSS"],
    ...peers.map(({ name }) => [
      name,
      whole(sumOf(results, name, ({ load, sample }) => load.requests + sample.whole)),
      whole(sumOf(results, name, ({ load, sample }) => load.errors + sample.broken)),
      milliseconds(of(name, ({ sample }) => sample.gapP50Ms)),
      milliseconds(of(name, ({ sample }) => sample.gapP99Ms)),
      milliseconds(of(name, ({ sample }) => sample.firstByteP50Ms)),
      percent(of(name, ({ core }) => core)),
      `${whole(of(name, ({ residentMib }) => residentMib))} MiB`,
    ]),
  ]);
  const [millrace] = peers as [Peer];
  const verified = await sampleStreams(millrace, STREAMS, 0);
  const cut = sumOf(results, millrace.name, ({ load, sample }) => load.errors + sample.broken) + verified.broken;
  report.bar(
    `no frame of ${whole(STREAMS)} streams at once lost`,
    `${whole(cut)} streams cut; every frame of ${whole(verified.whole)} at once counted, ${whole(verified.broken)} not whole`,
    cut === 0,
  );
}

async function run(rig: Rig, report: Report): Promise<void> {
  const { immediate, stream } = await startModelServer(rig);
  await measureRequests(rig, report, immediate);
  await measureStreams(rig, report, stream);
}

await benchmark({
  claim: `Front doors on one core over ${REPLICAS.length} servers, each session on its own: ${CONNECTIONS} connections, ${whole(SESSIONS)} sessions, a short body; then ${whole(STREAMS)} streams.
All add x-forwarded-* and via, and pass bodies on as they come. The servers answer at once and share the other core with the load.`,
  needs: ["nginx", "wrk", "haproxy"],
  run,
});
