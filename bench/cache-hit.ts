// Claim: a repeated request is answered from memory faster than any upstream could, also when its body is long.

import { conversationBody } from "./kit/bodies.ts";
import { startModelServer } from "./kit/model-server.ts";
import { startBare, startMillrace } from "./kit/peers.ts";
import { usageDuring } from "./kit/process-usage.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { medianOf, rounds, sayErrors, sumOf } from "./kit/rounds.ts";
import { milliseconds, percent, whole } from "./kit/statistics.ts";
import { wrk } from "./kit/wrk.ts";

const HITS_PER_SECOND_MIN = 20_000;
const LARGE_P50_MS_MAX = 1.5;
const CONNECTIONS = 64;
const ANSWER_TEXT_BYTES = 2000;

async function run(rig: Rig, report: Report): Promise<void> {
  const upstream = (await startModelServer(rig, { textBytes: ANSWER_TEXT_BYTES })).immediate;
  const millrace = await startMillrace(rig, upstream);
  const bare = await startBare(rig, upstream);
  const small = conversationBody(2048, 4, { temperature: 0 });
  const large = conversationBody(500_000, 200, { temperature: 0 });
  const streamed = conversationBody(2048, 4, { temperature: 0, stream: true });
  for (const body of [small, large, streamed]) {
    const ask = () => fetch(millrace.url, { method: "POST", headers: millrace.headers, body });
    await (await ask()).bytes();
    const again = await ask();
    await again.bytes();
    const outcome = again.headers.get("x-millrace-cache");
    if (outcome === "hit") continue;
    say(`A repeated request of ${body.length} bytes was no hit but "${outcome}": nothing to measure.`);
    report.missed++;
    return;
  }
  const seconds = report.quick ? 2 : 5;
  const rows = [
    { name: "hit, 2 KB body", peer: millrace, body: small, connections: CONNECTIONS },
    { name: "hit, 2 KB body, as a stream", peer: millrace, body: streamed, connections: CONNECTIONS },
    { name: "bare proxy to a model that answers at once", peer: bare, body: small, connections: CONNECTIONS },
    { name: "hit, 500 KB body, one connection", peer: millrace, body: large, connections: 1 },
    { name: "bare proxy, 500 KB body, one connection", peer: bare, body: large, connections: 1 },
  ];
  const results = await rounds(
    rows.map(({ name, peer, body, connections }) => ({
      name,
      measure: async () => {
        const load = wrk(rig, { url: peer.url, headers: peer.headers, body, connections, seconds });
        const { result, usage } = await usageDuring(peer.pid, load, 300);
        return { ...result, core: usage.core };
      },
    })),
    report.quick ? 3 : 5,
  );
  const rate = (name: string) => medianOf(results, name, (figures) => figures.requestsPerSecond);
  const p50Ms = (name: string) => medianOf(results, name, (figures) => figures.p50Us) / 1000;
  report.table([
    ["", "answers/s", "p50", "p99", "core"],
    ...rows.map(({ name }) => [
      name,
      whole(rate(name)),
      milliseconds(p50Ms(name)),
      milliseconds(medianOf(results, name, (figures) => figures.p99Us) / 1000),
      percent(medianOf(results, name, (figures) => figures.core)),
    ]),
  ]);
  if (sayErrors(new Map(rows.map(({ name }) => [name, sumOf(results, name, (figures) => figures.errors)])))) report.missed++;
  const hits = rate("hit, 2 KB body");
  const largeP50 = p50Ms("hit, 500 KB body, one connection");
  report.bar(`at least ${whole(HITS_PER_SECOND_MIN)} hits a second with a 2 KB body`, whole(hits), hits >= HITS_PER_SECOND_MIN);
  report.bar(`p50 at most ${LARGE_P50_MS_MAX} ms with a 500 KB body`, milliseconds(largeP50), largeP50 <= LARGE_P50_MS_MAX);
}

await benchmark({
  claim: `Answers from cache on one core, authentication on. The 2 KB body on ${CONNECTIONS} connections; answers of ${ANSWER_TEXT_BYTES} bytes.`,
  needs: ["nginx", "wrk"],
  run,
});
