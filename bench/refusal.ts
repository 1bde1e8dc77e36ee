// Claim: telling a caller that there is no room costs next to nothing, so that a crowd of them takes nothing from the others.
// Two calls hold the only seats at the upstream and one the only place in line; or a quota is used up. What follows is refused.

import { join } from "node:path";
import { conversationBody, smallBody } from "./kit/bodies.ts";
import { type Peer, startMillrace } from "./kit/peers.ts";
import { usageDuring } from "./kit/process-usage.ts";
import { benchmark, type Report } from "./kit/report.ts";
import { CORE_OF_OTHERS, CORE_UNDER_TEST, freePort, type Rig } from "./kit/rig.ts";
import { milliseconds, whole } from "./kit/statistics.ts";
import { type Figures, wrk } from "./kit/wrk.ts";

const REFUSAL_MS_MAX = 1;
const HELD_MS = 600_000;
const BODY_BYTES = 500_000;
const MESSAGES = 200;
const CONNECTIONS = 64;

interface Measured extends Figures {
  readonly core: number;
}

async function run(rig: Rig, report: Report): Promise<void> {
  const port = await freePort();
  const command = [process.execPath, join(import.meta.dir, "kit", "seated-model.ts"), ...[port, 4, 0, HELD_MS].map(String)];
  await rig.start({ name: "seated-model", core: CORE_OF_OTHERS, command, port });
  const upstream = `http://127.0.0.1:${port}`;
  const full = await startMillrace(rig, upstream, {
    name: "the line is full (503)",
    config: {
      upstreams: [{ name: "bench", dialect: "anthropic", baseUrl: upstream, models: ["*"], credential: "none", seatsMax: 2 }],
      admission: { waitingMax: 1, waitMsMax: HELD_MS },
    },
  });
  const spent = await startMillrace(rig, upstream, {
    name: "a quota is used up (429)",
    config: { budgets: { user: { concurrent: 1 } } },
  });
  const parsing = await startParsing(rig);
  const holding = new AbortController();
  const held = [...[full, full, full].map((peer) => hold(peer, holding.signal)), hold(spent, holding.signal)];
  const [seconds, warmSeconds] = report.quick ? [2, 2] : [8, 4];
  const rows: string[][] = [];
  const costs: { peer: Peer; size: string; costMs: number }[] = [];
  for (const peer of [parsing, full, spent]) {
    for (const [size, body] of [
      ["150 bytes", smallBody()],
      ["500 KB", conversationBody(BODY_BYTES, MESSAGES)],
    ] as const) {
      const headers = { ...peer.headers, "x-millrace-priority": "low" };
      const load = { url: peer.url, headers, body };
      await wrk(rig, { ...load, connections: CONNECTIONS, seconds: warmSeconds });
      const one = await wrk(rig, { ...load, connections: 1, seconds });
      const many = await measured(peer, wrk(rig, { ...load, connections: CONNECTIONS, seconds }));
      if (one.errors !== one.requests || many.errors !== many.requests) throw new Error("A call was served, or not answered.");
      const costMs = (1000 * many.core) / many.requestsPerSecond;
      costs.push({ peer, size, costMs });
      const timesMs = [one.p50Us / 1000, one.p99Us / 1000, costMs].map(milliseconds);
      rows.push([`${peer.name}, ${size}`, ...timesMs, whole(many.requestsPerSecond)]);
    }
  }
  holding.abort();
  await Promise.all(held);
  report.table([["refused because", "one caller: p50", "p99", "work each", `${CONNECTIONS} callers: refusals/s`], ...rows]);
  const floorOf = (size: string) => costs.find((cost) => cost.peer === parsing && cost.size === size)?.costMs ?? 0;
  const added = costs.filter(({ peer }) => peer !== parsing).map(({ size, costMs }) => costMs - floorOf(size));
  const worst = Math.max(...added);
  report.bar(
    `a refusal costs at most ${REFUSAL_MS_MAX} ms of work beyond reading and parsing what is asked`,
    milliseconds(worst),
    worst <= REFUSAL_MS_MAX,
  );
}

async function startParsing(rig: Rig): Promise<Peer> {
  const port = await freePort();
  const program = join(import.meta.dir, "kit", "parsing-server.ts");
  const name = "bare Bun, which reads and parses";
  const command = [process.execPath, program, String(port)];
  const { pid } = await rig.start({ name: "parsing-server", core: CORE_UNDER_TEST, command, port });
  return { name, url: `http://127.0.0.1:${port}/v1/messages`, headers: { "content-type": "application/json" }, pid };
}

async function measured(peer: Peer, load: Promise<Figures>): Promise<Measured> {
  const { result, usage } = await usageDuring(peer.pid, load, 500);
  return { ...result, core: usage.core };
}

/** Asks for what takes ten minutes; its caller leaves long before. */
async function hold(peer: Peer, signal: AbortSignal): Promise<void> {
  const { url, headers } = peer;
  await fetch(url, { method: "POST", headers, body: smallBody(), signal }).then(
    (answer) => answer.body?.cancel(),
    () => undefined,
  );
}

await benchmark({
  claim: `What refusing costs: the time one caller waits for it, and the work of ${CONNECTIONS} at once, each divided by the refusals.`,
  needs: ["wrk"],
  run,
});
