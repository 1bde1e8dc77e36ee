// Claim: a repository is analysed in a second, and after that a map is a matter of milliseconds: for another question, after a save, on another
// branch, and for a colleague. On the checkout that MILLRACE_REPOSITORY names, else on a generated one of the same shape; never on the checkout
// itself, but on a clone.

import { appendFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { settingsFor } from "../bin/launch.js";
import { systemClock } from "../src/base/index.ts";
import { openRecordStore } from "../src/server/index.ts";
import { Workspace } from "../src/workspace/index.ts";
import type { ColdMap } from "./kit/cold-map.ts";
import { generateRepository } from "./kit/generated-repository.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { milliseconds, percentile, whole } from "./kit/statistics.ts";

const BARS = {
  coldMs: 1000,
  coldMegabytes: 250,
  mapP50Ms: 10,
  mapP95Ms: 25,
  saveP95Ms: 40,
  recheckWatchedMs: 5,
  recheckMs: 120,
  oneCommitMs: 60,
  manyCommitsMs: 600,
  colleagueMs: 300,
} as const;
const BUDGET = 2048;
const MANY_COMMITS = 200;
const COLD_CHILD = join(import.meta.dir, "kit", "cold-map.ts");
const QUESTIONS = [
  "connection pool timeout",
  "migrate the schema",
  "join of adapter fields",
  "client query engine",
  "transaction fails",
];

function git(folder: string, ...args: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", "-C", folder, ...args]);
  if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr.toString()}`);
  return stdout.toString();
}

async function cold(folder: string, records?: string): Promise<ColdMap> {
  const args = [process.execPath, COLD_CHILD, folder, ...(records === undefined ? [] : [records])];
  const child = Bun.spawn(args, { stdout: "pipe", stderr: "inherit", env: { ...process.env, ...settingsFor("map") } });
  return JSON.parse(await new Response(child.stdout).text()) as ColdMap;
}

const median = (figures: readonly number[]): number => percentile([...figures], 0.5);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

async function repeated(times: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  for (let index = 0; index < times; index++) took.push(await timed(() => work(index)));
  return took;
}

async function run(rig: Rig, report: Report): Promise<void> {
  // Scanning has threads of its own: all cores are under test.
  Bun.spawnSync(["taskset", "-a", "-c", "-p", `0-${availableParallelism() - 1}`, String(process.pid)]);
  const folder = join(rig.folder, "checkout");
  const named = process.env.MILLRACE_REPOSITORY;
  if (named) git(rig.folder, "clone", "-q", "--shared", named, folder);
  else {
    Bun.spawnSync(["mkdir", folder]);
    await generateRepository(folder);
  }
  const runs = report.quick ? 3 : 9;
  const colds: ColdMap[] = [];
  for (let each = 0; each < runs; each++) colds.push(await cold(folder));
  const [first] = colds;
  const texts = new Set(colds.map(({ text }) => text));
  say(
    `${whole(first?.stats.files ?? 0)} source files${named ? "" : ", generated"}; ${texts.size === 1 ? "all processes gave the same map" : "MAPS DIFFER"}.`,
  );
  const stages = ["list", "read", "scan", "analyse"] as const;
  report.table([
    ["a process of its own, milliseconds", ...stages, "together", "memory"],
    ...colds
      .slice(0, 3)
      .map(({ stats, analysedMs, rssBytes }, index) => [
        `run ${index + 1}`,
        ...stages.map((stage) => whole(stats.stagesMs[stage])),
        whole(analysedMs),
        `${whole(rssBytes / 1e6)} MB`,
      ]),
  ]);
  const coldMs = median(colds.map(({ analysedMs }) => analysedMs));
  const coldMegabytes = median(colds.map(({ rssBytes }) => rssBytes)) / 1e6;
  report.bar(`cold analysis at most ${BARS.coldMs} ms, median`, milliseconds(coldMs), coldMs <= BARS.coldMs);
  report.bar(`its memory at most ${BARS.coldMegabytes} MB`, `${whole(coldMegabytes)} MB`, coldMegabytes <= BARS.coldMegabytes);
  report.bar(`maps of ${colds.length} processes byte-identical`, `${texts.size} different`, texts.size === 1);
  await warm(folder, rig, report);
}

async function warm(folder: string, rig: Rig, report: Report): Promise<void> {
  const records = join(rig.folder, "records");
  const store = openRecordStore(records);
  const workspace = new Workspace({ folder, clock: systemClock, store, isWatched: true });
  const sources = git(folder, "ls-files", "*.ts")
    .split("\n")
    .filter((path) => path !== "");
  const focusOf = (index: number) => [sources[(index * 37) % sources.length] ?? ""];
  let largest = 0;
  const ask = async (index: number) => {
    const query = QUESTIONS[index % QUESTIONS.length] ?? "";
    const { tokens } = await workspace.map({ query, focus: focusOf(index), budget: BUDGET });
    largest = Math.max(largest, tokens);
  };
  await repeated(30, ask);
  const times = report.quick ? 20 : 100;
  const bar = (claim: string, took: readonly number[], share: number, msMax: number) => {
    const ms = percentile([...took], share);
    report.bar(`${claim} at most ${msMax} ms`, milliseconds(ms), ms <= msMax);
  };
  const asked = await repeated(times, ask);
  // A list alone: what is known to be unchanged, and how long it takes to know it.
  const rechecked = await repeated(times, () => workspace.paths());
  const unwatched = new Workspace({ folder, clock: systemClock, store });
  const askUnwatched = () => unwatched.map({ query: QUESTIONS[0] ?? "", budget: BUDGET });
  await repeated(30, askUnwatched);
  const recheckedUnwatched = await repeated(times, askUnwatched);
  await unwatched.close();
  const graphMs = await timed(() => workspace.graph());
  const graphed = await repeated(times, (index) =>
    workspace.graph({ paths: focusOf(index), direction: "importers", depth: 1000 }),
  );
  const path = join(folder, sources[0] ?? "");
  const saved = await repeated(times, async (index) => {
    appendFileSync(path, `export const added${index} = ${index};\n`);
    await ask(index);
  });
  git(folder, "checkout", "-q", "--", ".");
  await ask(0);
  const commits = Number(git(folder, "rev-list", "--count", "--first-parent", "HEAD"));
  const head = git(folder, "rev-parse", "HEAD").trim();
  const switched = async (to: string) => {
    git(folder, "checkout", "-q", "--detach", to);
    const before = workspace.stats().parsed;
    const ms = await timed(() => ask(0));
    return { ms, parsed: workspace.stats().parsed - before };
  };
  const one = await switched(`${head}~1`);
  const many = await switched(`${head}~${Math.min(MANY_COMMITS, commits - 1)}`);
  const back = await switched(head);
  await workspace.close();
  await store.close();
  const colleague = await cold(folder, records);
  const bytes = statSync(join(records, "records.sqlite")).size;
  report.table([
    ["one process", "p50", "p95"],
    ...(
      [
        ["a map of a question and a file in focus, watched", asked],
        ["the list, watched", rechecked],
        ["a map, every file looked at again", recheckedUnwatched],
        ["what may break when a file changes, watched", graphed],
        ["a save, to the map that knows of it, watched", saved],
      ] as const
    ).map(([name, took]) => [name, milliseconds(percentile([...took], 0.5)), milliseconds(percentile([...took], 0.95))]),
  ]);
  say(`The graph of imports, first: ${milliseconds(graphMs)}.`);
  report.table([
    ["after a switch", "map", "files parsed"],
    ["one commit back", milliseconds(one.ms), whole(one.parsed)],
    [`${Math.min(MANY_COMMITS, commits - 1)} commits back`, milliseconds(many.ms), whole(many.parsed)],
    ["and to the first again", milliseconds(back.ms), whole(back.parsed)],
    ["another process with these records", milliseconds(colleague.analysedMs), whole(colleague.stats.parsed)],
  ]);
  bar("personalised map, warm, p50", asked, 0.5, BARS.mapP50Ms);
  bar("the same, p95", asked, 0.95, BARS.mapP95Ms);
  bar("save to a correct map, p95", saved, 0.95, BARS.saveP95Ms);
  bar("unchanged re-check with a watcher, p95", rechecked, 0.95, BARS.recheckWatchedMs);
  bar("the same without a watcher, and a map, p95", recheckedUnwatched, 0.95, BARS.recheckMs);
  report.bar(`maps of at most ${BUDGET} tokens`, `${whole(largest)} at most`, largest <= BUDGET);
  report.bar(`map one commit away at most ${BARS.oneCommitMs} ms`, milliseconds(one.ms), one.ms <= BARS.oneCommitMs);
  report.bar(
    `map ${MANY_COMMITS} commits away at most ${BARS.manyCommitsMs} ms`,
    milliseconds(many.ms),
    many.ms <= BARS.manyCommitsMs,
  );
  report.bar("files parsed when switching back: none", whole(back.parsed), back.parsed === 0);
  report.bar(
    `a colleague's first map: none parsed, at most ${BARS.colleagueMs} ms`,
    `${whole(colleague.stats.parsed)} parsed, ${milliseconds(colleague.analysedMs)}`,
    colleague.stats.parsed === 0 && colleague.analysedMs <= BARS.colleagueMs,
  );
  say(`Records as they are kept: ${(bytes / 1e6).toFixed(1)} MB.`);
}

await benchmark({
  claim: "Maps of a repository: the first one in a second, the others in milliseconds, each exact.",
  needs: ["git"],
  run,
});
