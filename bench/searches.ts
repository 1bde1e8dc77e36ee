// Claim: a file, a list and a search of a large checkout cost microseconds and milliseconds, and are what the disk, git and ripgrep say. In one process,
// watched, on the checkout that MILLRACE_REPOSITORY names, else on a generated one; beside it, git and ripgrep started for each question.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { rgPath } from "@vscode/ripgrep";
import { systemClock } from "../src/base/index.ts";
import { type GrepQuery, Workspace } from "../src/workspace/index.ts";
import { generateRepository } from "./kit/generated-repository.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { fixed, milliseconds, percentile, whole } from "./kit/statistics.ts";

const BARS = { readUs: 5, globMs: 2, literalMs: 15, regexMs: 25 } as const;
const GLOBS = ["**/*.ts", "packages/**/src/**", "**/{index,main}.*", "*.json", "**/test/**/input.*"];
/** As people ask for files, each another one. */
const NEW_GLOBS = ["js", "mjs", "cjs", "tsx", "json", "md", "txt", "yml", "snap", "jsx"].flatMap((ending) => [
  `**/*.${ending}`,
  `packages/**/*.${ending}`,
  `*.${ending}`,
  `**/test/**/*.${ending}`,
]);
const LITERALS = ["traverse", "export default", "TODO", "connection", "nothing has this"];
const REGEXES = [
  "function\\s+\\w+Error\\(",
  'import .* from "\\./\\w+"',
  "\\bclass [A-Z]\\w+ extends",
  "[0-9]{4}-[0-9]{2}",
  "(foo|bar)Baz",
];
const READS = 200_000;

function run(command: readonly string[], cwd: string): string {
  const { stdout } = Bun.spawnSync([...command], { cwd, stderr: "ignore", maxBuffer: 1e9 });
  return stdout.toString("latin1");
}

interface Timed {
  readonly p50: number;
  readonly p95: number;
}

async function timed(times: number, ask: (index: number) => unknown): Promise<Timed> {
  const took: number[] = [];
  for (let index = 0; index < times; index++) {
    const startedMs = performance.now();
    await ask(index);
    took.push(performance.now() - startedMs);
  }
  return { p50: percentile(took, 0.5), p95: percentile(took, 0.95) };
}

/** Sorted `path:line` of all matches. */
async function found(workspace: Workspace, query: GrepQuery): Promise<string> {
  const { matches } = await workspace.grep({ ...query, matchesMax: 100_000 });
  return matches
    .map(({ path, line }) => `${path}:${line}`)
    .sort()
    .join("\n");
}

function ripgrep(folder: string, { pattern, isLiteral }: GrepQuery): string {
  const flags = [
    "--line-number",
    "--no-heading",
    "--null",
    "--hidden",
    "--no-config",
    "--glob=!.git",
    ...(isLiteral ? ["-F"] : []),
  ];
  const printed = run([rgPath, ...flags, "-e", pattern, "."], folder);
  return [...printed.matchAll(/(?<=^|\n)(?:\.\/)?([^\0\n]+)\0(\d+):/g)]
    .map(([, path, line]) => `${path}:${line}`)
    .sort()
    .join("\n");
}

function gitFiles(folder: string, pattern: string): string {
  const anywhere = pattern.includes("/") ? pattern : `**/${pattern}`;
  // git has no braces.
  const choice = /\{(.*)\}/.exec(anywhere);
  const patterns = choice ? (choice[1] ?? "").split(",").map((each) => anywhere.replace(choice[0], each)) : [anywhere];
  const printed = run(
    ["git", "ls-files", "-co", "--exclude-standard", "-z", "--", ...patterns.map((each) => `:(glob)${each}`)],
    folder,
  );
  return [...new Set(printed.split("\0"))]
    .filter((path) => path !== "")
    .sort()
    .join("\n");
}

async function measure(rig: Rig, report: Report): Promise<void> {
  Bun.spawnSync(["taskset", "-a", "-c", "-p", `0-${availableParallelism() - 1}`, String(process.pid)]);
  const folder = join(rig.folder, "checkout");
  const named = process.env.MILLRACE_REPOSITORY;
  if (named) run(["git", "clone", "-q", "--shared", named, folder], rig.folder);
  else {
    Bun.spawnSync(["mkdir", folder]);
    await generateRepository(folder);
  }
  const workspace = new Workspace({ folder, clock: systemClock, isWatched: true });
  const paths = await workspace.paths();
  say(`${whole(paths.length)} files${named ? "" : ", generated"}.`);
  const times = report.quick ? 20 : 200;
  const one = <T>(from: readonly T[], index: number) => from[index % from.length] as T;
  const queries = (patterns: readonly string[], isLiteral: boolean) =>
    patterns.map((pattern): GrepQuery => ({ pattern, isLiteral }));
  const [literals, regexes] = [queries(LITERALS, true), queries(REGEXES, false)];

  const different: string[] = [];
  for (const query of [...literals, ...regexes])
    if ((await found(workspace, query)) !== ripgrep(folder, query)) different.push(query.pattern);
  for (const pattern of GLOBS)
    if ([...(await workspace.glob(pattern))].sort().join("\n") !== gitFiles(folder, pattern)) different.push(pattern);

  const globs = await timed(NEW_GLOBS.length, (index) => workspace.glob(one(NEW_GLOBS, index)));
  const held = await timed(times, (index) => workspace.glob(one(GLOBS, index)));
  const literal = await timed(times, (index) => workspace.grep({ ...one(literals, index), matchesMax: 100 }));
  const regex = await timed(times, (index) => workspace.grep({ ...one(regexes, index), matchesMax: 100 }));
  const all = await timed(Math.min(times, 40), (index) => workspace.grep({ ...one(literals, index), matchesMax: 100_000 }));
  const spawned = {
    glob: await timed(10, (index) => gitFiles(folder, one(GLOBS, index))),
    literal: await timed(10, (index) => ripgrep(folder, one(literals, index))),
    regex: await timed(10, (index) => ripgrep(folder, one(regexes, index))),
  };
  const read = reads(workspace, folder, paths);
  await workspace.close();

  const row = (name: string, mine: Timed, theirs?: Timed) => [
    ...[name, milliseconds(mine.p50), milliseconds(mine.p95)],
    theirs ? milliseconds(theirs.p50) : "-",
  ];
  report.table([
    ["", "p50", "p95", "git or ripgrep, started"],
    row("glob, a new pattern", globs, spawned.glob),
    row("glob, asked before", held),
    row("literal, the first 100 lines", literal, spawned.literal),
    row("regular expression, the first 100 lines", regex, spawned.regex),
    row("literal, all lines", all),
  ]);
  report.bar(
    "globs equal to git's, searches to ripgrep's",
    different.length === 0 ? `all ${GLOBS.length + literals.length + regexes.length}` : `not ${different.join(" ")}`,
    different.length === 0,
  );
  report.bar(`a file read again, verified, in process: at most ${BARS.readUs} us`, `${fixed(read, 1)} us`, read <= BARS.readUs);
  const bar = (claim: string, { p50 }: Timed, msMax: number) =>
    report.bar(`${claim}, p50 at most ${msMax} ms`, milliseconds(p50), p50 <= msMax);
  bar("glob", globs, BARS.globMs);
  bar("literal grep", literal, BARS.literalMs);
  bar("regular expression grep", regex, BARS.regexMs);
}

/** Microseconds of one verified read; what it gives is compared with the disk first. */
function reads(workspace: Workspace, folder: string, paths: readonly string[]): number {
  const files = paths.filter((path) => path.endsWith(".ts") || path.endsWith(".js")).slice(0, 500);
  for (const path of files)
    if (!readFileSync(join(folder, path)).equals(workspace.read(path))) throw new Error(`${path} is not what the disk has.`);
  let bytes = 0;
  const startedMs = performance.now();
  for (let index = 0; index < READS; index++) bytes += workspace.read(files[index % files.length] ?? "").byteLength;
  if (bytes === 0) throw new Error("Nothing was read.");
  return ((performance.now() - startedMs) * 1000) / READS;
}

await benchmark({
  claim: "Files, lists and searches of a large checkout at memory speed, and exact.",
  needs: ["git"],
  run: measure,
});
