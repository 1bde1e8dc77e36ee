// Claim: recording never delays a client. A thousand assistants stream at once through a server that records all of them, and beside it through
// one that records nothing; afterwards every turn must be in its thread, whole.

import { join } from "node:path";
import type { WireMessage, WireMessagePage } from "../src/wire/index.ts";
import type { AgentsOrder, AgentsResult } from "./kit/agents.ts";
import { DELTAS, startModelServer } from "./kit/model-server.ts";
import { type Peer, startMillrace } from "./kit/peers.ts";
import { usageDuring } from "./kit/process-usage.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import { CORE_OF_OTHERS, type Rig } from "./kit/rig.ts";
import { medianOf, rounds, sumOf } from "./kit/rounds.ts";
import { fixed, milliseconds, percent, whole } from "./kit/statistics.ts";

const AGENTS = 1000;
/** As fast as models speak: about 60 tokens a second in frames of six. */
const FRAME_MS = 100;
const FRAMES = DELTAS + 2;
const HISTORY_BYTES = 50_000;
const ADDED_P99_MS_MAX = 5;
const OPERATIONS_SHARE_MAX = 0.1;
const AGENTS_PROGRAM = join(import.meta.dir, "kit", "agents.ts");

let round = 0;

async function talk({ url, headers }: Peer, agents: number, seconds: number): Promise<AgentsResult> {
  const order: AgentsOrder = {
    ...{ url, headers, agents, seconds, round: `round${round++}` },
    ...{ spreadMs: FRAMES * FRAME_MS, historyBytes: HISTORY_BYTES },
  };
  const command = ["taskset", "-c", String(CORE_OF_OTHERS), process.execPath, AGENTS_PROGRAM, JSON.stringify(order)];
  const env = { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: "65336" };
  const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "inherit"], env });
  return JSON.parse(await new Response(child.stdout).text()) as AgentsResult;
}

async function metric({ url, headers }: Peer, series: string): Promise<number> {
  const text = await (await fetch(new URL("/metrics", url), { headers })).text();
  const line = text.split("\n").find((found) => found.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

/** How many turns of these conversations their threads hold whole. */
async function turnsKept({ url, headers }: Peer, { conversations }: AgentsResult): Promise<number> {
  let kept = 0;
  for (const { thread, turns } of conversations) {
    const answers: WireMessage[] = [];
    for (let after: number | undefined = 0; after !== undefined; ) {
      const path = `/api/threads/${thread}/messages?limit=200&after=${after}`;
      const page = (await (await fetch(new URL(path, url), { headers })).json()) as WireMessagePage;
      answers.push(...(page.messages as WireMessage[]).filter(({ role, mark }) => role === "assistant" && !mark));
      after = page.next;
    }
    kept += Math.min(turns, answers.filter(isWhole).length);
  }
  return kept;
}

const isWhole = ({ content }: WireMessage): boolean =>
  String((content[0] as { text?: string } | undefined)?.text).split("hello world").length - 1 === DELTAS;

async function run(rig: Rig, report: Report): Promise<void> {
  const upstream = (await startModelServer(rig, { frameMs: FRAME_MS })).stream;
  const seconds = report.quick ? 10 : 25;
  const off = await startMillrace(rig, upstream, { name: "not recorded" });
  const full = await startMillrace(rig, upstream, {
    name: "recorded",
    config: { threads: { record: "full", requestsPerMinute: 1_000_000 } },
  });
  const kept: { turns: number; of: number }[] = [];
  const measured = async (peer: Peer) => {
    const writes = () => Promise.all(["commits", "writes"].map((what) => metric(peer, `millrace_thread_${what}_total`)));
    const [commits = 0, written = 0] = await writes();
    const { result, usage } = await usageDuring(peer.pid, talk(peer, AGENTS, seconds), 2000);
    while ((await metric(peer, "millrace_recording_turns")) > 0) await Bun.sleep(20);
    const [commitsNow = 0, writtenNow = 0] = await writes();
    if (peer === full) kept.push({ turns: await turnsKept(peer, result), of: result.whole });
    return { ...result, core: usage.core, commits: commitsNow - commits, written: writtenNow - written };
  };
  const results = await rounds(
    [off, full].map((peer) => ({ name: peer.name, measure: () => measured(peer) })),
    report.quick ? 1 : 3,
  );
  type Result = Awaited<ReturnType<typeof measured>>;
  const of = (peer: Peer, figure: (result: Result) => number) => medianOf(results, peer.name, figure);
  const sum = (peer: Peer, figure: (result: Result) => number) => sumOf(results, peer.name, figure);
  report.table([
    ["", "turns", "broken", "first byte p50", "p99", "core", "commits a turn", "writes a turn"],
    ...[off, full].map((peer) => [
      peer.name,
      whole(sum(peer, (result) => result.whole)),
      whole(sum(peer, (result) => result.broken)),
      milliseconds(of(peer, (result) => result.firstByteP50Ms)),
      milliseconds(of(peer, (result) => result.firstByteP99Ms)),
      percent(of(peer, (result) => result.core)),
      fixed(of(peer, ({ commits, whole: turns }) => commits / turns)),
      fixed(of(peer, ({ written, whole: turns }) => written / turns)),
    ]),
  ]);
  const added = of(full, (result) => result.firstByteP99Ms) - of(off, (result) => result.firstByteP99Ms);
  report.bar(`p99 to first byte at most ${ADDED_P99_MS_MAX} ms later`, milliseconds(added), added <= ADDED_P99_MS_MAX);
  const [turns, total] = [kept.reduce((all, each) => all + each.turns, 0), kept.reduce((all, each) => all + each.of, 0)];
  const broken = sum(full, (result) => result.broken);
  report.bar(
    "all turns present and whole",
    `${whole(turns)} of ${whole(total)}, ${whole(broken)} broken`,
    turns === total && broken === 0,
  );
  const operations = of(full, ({ commits, whole: each }) => commits / each) / FRAMES;
  say(`One write an event would be ${FRAMES} operations a turn.`);
  report.bar(
    `database operations a turn at most ${percent(OPERATIONS_SHARE_MAX)} of that`,
    `${fixed(100 * operations, 1)} % (commits)`,
    operations <= OPERATIONS_SHARE_MAX,
  );
}

await benchmark({
  claim: `${whole(AGENTS)} assistants at once, each in a conversation of ${whole((2 * HISTORY_BYTES) / 1000)} KB and more; answers of ${FRAMES} frames, ${FRAME_MS} ms apart.
Server on one core, model and assistants on the other; SQLite, synchronous=FULL.`,
  needs: ["nginx"],
  run,
});
