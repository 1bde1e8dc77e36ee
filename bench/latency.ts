// Claim: what Millrace adds to the latency of one request is close to what a bare proxy on the same runtime adds, in the
// middle and in the tail. The model server answers at once, so that nothing hides the proxy's own time.

import { DIFFERENT_TEXT, smallBody } from "./kit/bodies.ts";
import { startModelServer } from "./kit/model-server.ts";
import { direct, startBare, startHaproxy, startMillrace, startNginx, startPortkey } from "./kit/peers.ts";
import { benchmark, type Report } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { medianOf, rounds, sayErrors, sumOf } from "./kit/rounds.ts";
import { microseconds, times } from "./kit/statistics.ts";
import { warmUp } from "./kit/warm-up.ts";
import { wrk } from "./kit/wrk.ts";

const BARE_RATIO_MAX = 1.5;
const PORTKEY_SHARE_MAX = 1 / 5;
const BODY = smallBody({ temperature: 0, text: DIFFERENT_TEXT });

async function run(rig: Rig, report: Report): Promise<void> {
  const upstream = (await startModelServer(rig)).immediate;
  const base = direct(upstream);
  const bare = await startBare(rig, upstream);
  const millrace = await startMillrace(rig, upstream);
  const portkey = await startPortkey(rig, upstream);
  const others = [await startNginx(rig, upstream), await startHaproxy(rig, upstream), ...(portkey ? [portkey] : [])];
  const peers = [base, bare, millrace, ...others];
  await warmUp(rig, [bare, millrace, ...others], BODY);
  const results = await rounds(
    peers.map(({ name, url, headers }) => ({
      name,
      measure: () => wrk(rig, { url, headers, body: BODY, connections: 1, seconds: report.quick ? 1 : 4 }),
    })),
    report.quick ? 3 : 9,
  );
  const p50 = (name: string) => medianOf(results, name, (figures) => figures.p50Us);
  const p99 = (name: string) => medianOf(results, name, (figures) => figures.p99Us);
  const added50 = (name: string) => p50(name) - p50(base.name);
  const added99 = (name: string) => p99(name) - p99(base.name);
  report.table([
    ["", "p50", "p99", "added p50", "of bare", "added p99", "of bare"],
    ...peers.map(({ name }) => [
      name,
      microseconds(p50(name)),
      microseconds(p99(name)),
      ...(name === base.name
        ? ["-", "-", "-", "-"]
        : [
            microseconds(added50(name)),
            times(added50(name) / added50(bare.name)),
            microseconds(added99(name)),
            times(added99(name) / added99(bare.name)),
          ]),
    ]),
  ]);
  if (sayErrors(new Map(peers.map(({ name }) => [name, sumOf(results, name, (figures) => figures.errors)])))) report.missed++;
  for (const [what, added] of [
    ["p50", added50],
    ["p99", added99],
  ] as const) {
    const overBare = added(millrace.name) / added(bare.name);
    report.bar(`added ${what} at most ${BARE_RATIO_MAX}x the bare proxy's`, times(overBare), overBare <= BARE_RATIO_MAX);
    const ofPortkey = portkey ? added(millrace.name) / added(portkey.name) : undefined;
    report.bar(
      `added ${what} at most a fifth of Portkey's`,
      ofPortkey === undefined ? "no Portkey here" : times(ofPortkey),
      ofPortkey === undefined ? undefined : ofPortkey <= PORTKEY_SHARE_MAX,
    );
  }
  await report.chart(
    "latency",
    "Added latency of one request, p99, in microseconds",
    peers.slice(1).map(({ name }) => ({ name, value: added99(name), text: microseconds(added99(name)) })),
  );
}

await benchmark({
  claim: `Added latency on one connection: ${BODY.length} byte body, an upstream that answers at once, every request a different one.
Medians of rounds; "added" is over asking the model server directly.`,
  needs: ["nginx", "wrk", "haproxy", "node"],
  run,
});
