// Claim: over HTTP a verified file costs a tenth of a millisecond, a map of thousands of files some milliseconds, and no analysis holds up the
// server. Beside: a server that reads the disk for each request. On the repository that MILLRACE_REPOSITORY names, else on a generated one.

import { join } from "node:path";
import { generateRepository } from "./kit/generated-repository.ts";
import { KeepAliveClient } from "./kit/keep-alive-client.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import { CORE_UNDER_TEST, freePort, type Rig } from "./kit/rig.ts";
import { milliseconds, percentile, whole } from "./kit/statistics.ts";

const BARS = { fileP50Ms: 0.1, fileP99Ms: 1, mapP50Ms: 10, mapP95Ms: 25, heldUpMs: 50 } as const;
const MAIN = join(import.meta.dir, "..", "src", "cli", "main.ts");
const QUESTIONS = ["connection pool timeout", "migrate the schema", "join of adapter fields", "client query engine"];
const FILES = 200;

const PLAIN = `
  const [folder, port] = process.argv.slice(-2);
  Bun.serve({ hostname: "127.0.0.1", port: Number(port), async fetch(request) {
    return new Response(await Bun.file(folder + "/" + new URL(request.url).searchParams.get("path")).bytes());
  } });`;

function git(folder: string, ...args: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", "-C", folder, ...args]);
  if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr.toString()}`);
  return stdout.toString().trim();
}

interface Timed {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly worst: number;
}

async function timed(times: number, ask: (index: number) => Promise<unknown>): Promise<Timed> {
  for (let index = 0; index < times / 4; index++) await ask(index);
  const took: number[] = [];
  for (let index = 0; index < times; index++) {
    const startedMs = performance.now();
    await ask(index);
    took.push(performance.now() - startedMs);
  }
  const at = (share: number) => percentile(took, share);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), worst: at(1) };
}

async function run(rig: Rig, report: Report): Promise<void> {
  const folder = rig.path("checkout");
  const named = process.env.MILLRACE_REPOSITORY;
  if (named) git(rig.folder, "clone", "-q", "--shared", named, folder);
  else {
    Bun.spawnSync(["mkdir", folder]);
    await generateRepository(folder);
  }
  const [port, plainPort] = [await freePort(), await freePort()];
  const config = await rig.write(
    "millrace.config.json",
    JSON.stringify({
      ...{ port, dataDir: "data", log: { level: "warn" } },
      threads: { enabled: false, requestsPerMinute: 10_000_000 },
      workspaces: [{ id: "app", path: folder }],
    }),
  );
  const serve = [process.execPath, MAIN, "serve", "--config", config];
  await rig.start({ name: "millrace", core: CORE_UNDER_TEST, command: serve, port });
  const plain = [process.execPath, await rig.write("plain.ts", PLAIN), folder, String(plainPort)];
  await rig.start({ name: "plain", core: CORE_UNDER_TEST, command: plain, port: plainPort });

  const client = await KeepAliveClient.connect(`http://127.0.0.1:${port}`);
  const other = await KeepAliveClient.connect(`http://127.0.0.1:${port}`);
  const peer = await KeepAliveClient.connect(`http://127.0.0.1:${plainPort}`);
  const paths = git(folder, "ls-files", "*.ts").split("\n").slice(0, FILES).map(encodeURIComponent);
  const path = (index: number) => paths[index % paths.length] ?? "";
  const file = (from: KeepAliveClient) => (index: number) => from.get(`/api/workspaces/app/file?path=${path(index)}`);
  const map = (index: number) =>
    client.get(
      `/api/workspaces/app/map?query=${encodeURIComponent(QUESTIONS[index % QUESTIONS.length] ?? "")}&focus=${path(index)}`,
    );

  // While the first map is made, which takes all that there is of a core, others go on reading.
  let isMade = false;
  const first = map(0).finally(() => {
    isMade = true;
  });
  const meanwhile: number[] = [];
  for (let index = 0; !isMade; index++) {
    const startedMs = performance.now();
    await file(other)(index);
    meanwhile.push(performance.now() - startedMs);
  }
  await first;

  const times = report.quick ? 500 : 5000;
  const files = await timed(times, file(client));
  const read = await timed(times, (index) => peer.get(`/?path=${path(index)}`));
  const maps = await timed(report.quick ? 40 : 200, map);
  const globs = await timed(times / 10, () => client.get("/api/workspaces/app/glob?pattern=**/*.ts&limit=1000"));
  const commit = git(folder, "rev-parse", "HEAD");
  const byCommit = await timed(report.quick ? 40 : 200, (index) =>
    client.get(
      `/api/assets/repomap?repository=app&commit=${commit}&query=${encodeURIComponent(QUESTIONS[index % QUESTIONS.length] ?? "")}`,
    ),
  );
  for (const each of [client, other, peer]) each.close();

  const row = (name: string, { p50, p95, p99 }: Timed) => [name, ...[p50, p95, p99].map(milliseconds)];
  say(
    `${whole(Number(git(folder, "ls-files").split("\n").length))} files${named ? "" : ", generated"}. One connection, one request after the other.`,
  );
  report.table([
    ["over HTTP", "p50", "p95", "p99"],
    row("file, verified by a stat", files),
    row("file, by a plain server, from the disk each time", read),
    row("map for a question and a file in focus, every file looked at", maps),
    row("glob, 1,000 paths", globs),
    row("map of a commit", byCommit),
  ]);
  const bar = (claim: string, ms: number, msMax: number) =>
    report.bar(`${claim} at most ${msMax} ms`, milliseconds(ms), ms <= msMax);
  bar("file p50", files.p50, BARS.fileP50Ms);
  bar("file p99", files.p99, BARS.fileP99Ms);
  bar("map p50", maps.p50, BARS.mapP50Ms);
  bar("map p95", maps.p95, BARS.mapP95Ms);
  bar(`file p99 while the first map is made (${whole(meanwhile.length)} reads)`, percentile(meanwhile, 0.99), BARS.heldUpMs);
}

await benchmark({
  claim: "Workspaces over HTTP: files at memory speed, maps in milliseconds, and the server is never held up.",
  needs: ["git"],
  run,
});
