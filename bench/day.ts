// Claim: of a developer's day hardly anything is read or analysed twice. A thousand tool calls as an assistant makes them, in 22 tasks: maps, finds,
// searches, lists and reads around a few files, edits between them, and branches switched; counted by the kernel, against calls that cache nothing.

import { appendFileSync, readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { seededRandom, systemClock } from "../src/base/index.ts";
import { Workspace } from "../src/workspace/index.ts";
import { generateRepository } from "./kit/generated-repository.ts";
import { benchmark, type Report, say } from "./kit/report.ts";
import type { Rig } from "./kit/rig.ts";
import { percent, whole } from "./kit/statistics.ts";

const TASKS = 22;
const READS_SAVED_MIN = 0.9;
const ANALYSES_SAVED_MIN = 0.95;
const FOCUS_FILES = 5;
const COMMITS_BACK = 30;
const WORDS = ["config", "error", "client", "schema", "parse", "timeout", "query", "result", "adapter", "version"];

function git(folder: string, ...args: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", "-C", folder, ...args]);
  if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr.toString()}`);
  return stdout.toString();
}

/** Bytes that this process has read, whatever from, all threads together. */
const bytesRead = (): number => Number(/^rchar: (\d+)/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);

/** One developer, and what as many calls would cost without a cache. */
class Developer {
  readonly uncached = { bytes: 0, parsed: 0 };
  calls = 0;
  analyses = 0;
  readonly #folder: string;
  readonly #workspace: Workspace;
  readonly #random = seededRandom(5);
  #all: readonly string[] = [];

  constructor(folder: string, workspace: Workspace) {
    this.#folder = folder;
    this.#workspace = workspace;
  }

  /** About fifty calls. */
  async task(number: number): Promise<void> {
    if (number % 4 === 3)
      git(this.#folder, "checkout", "-q", "--detach", `HEAD~${1 + Math.floor(this.#random.next() * COMMITS_BACK)}`);
    if (number % 4 === 0 && number > 0) git(this.#folder, "checkout", "-q", "--detach", "first");
    await this.#list("**");
    const sources = this.#all.filter((path) => /\.[jt]sx?$/.test(path));
    const focus = Array.from({ length: FOCUS_FILES }, () => this.#one(sources));
    await this.#map(`${this.#one(WORDS)} of the ${this.#one(WORDS)}`, []);
    for (let round = 0; round < 4; round++) {
      await this.#list("*.md");
      await this.#grep(this.#one(WORDS));
      await this.#grep(this.#one(WORDS));
      for (const path of focus) this.#read(path);
      await this.#map(`${this.#one(WORDS)} ${this.#one(WORDS)}`, focus.slice(0, 2));
      const edited = this.#one(focus);
      appendFileSync(join(this.#folder, edited), `export const edit${number}n${round} = ${round};\n`);
      this.#read(edited);
      this.#read(this.#one(sources));
    }
    git(this.#folder, "checkout", "-q", "--", ".");
  }

  async #list(pattern: string): Promise<void> {
    this.calls++;
    const found = await this.#workspace.glob(pattern);
    if (pattern === "**") this.#all = found;
  }

  async #grep(word: string): Promise<void> {
    this.calls++;
    await this.#workspace.grep({ pattern: word, isLiteral: true, matchesMax: 50 });
    this.uncached.bytes += this.#bytesOf(this.#all);
  }

  async #map(query: string, focus: readonly string[]): Promise<void> {
    this.calls++;
    this.analyses++;
    await this.#workspace.map({ query, focus, budget: 2048 });
    const { files } = this.#workspace.stats();
    this.uncached.parsed += files;
    this.uncached.bytes += this.#bytesOf(this.#all.filter((path) => /\.(?:[cm]?[jt]sx?|py|go|rs|java)$/.test(path)));
  }

  #read(path: string): void {
    this.calls++;
    this.#workspace.read(path);
    this.uncached.bytes += this.#bytesOf([path]);
  }

  #bytesOf(paths: readonly string[]): number {
    return paths.reduce((sum, path) => sum + (statSync(join(this.#folder, path), { throwIfNoEntry: false })?.size ?? 0), 0);
  }

  #one<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random.next() * from.length)] as T;
  }
}

async function run(rig: Rig, report: Report): Promise<void> {
  Bun.spawnSync(["taskset", "-a", "-c", "-p", `0-${availableParallelism() - 1}`, String(process.pid)]);
  const folder = join(rig.folder, "checkout");
  const named = process.env.MILLRACE_REPOSITORY;
  if (named) git(rig.folder, "clone", "-q", "--shared", named, folder);
  else {
    Bun.spawnSync(["mkdir", folder]);
    await generateRepository(folder);
  }
  git(folder, "tag", "first");
  const workspace = new Workspace({ folder, clock: systemClock, isWatched: true });
  const developer = new Developer(folder, workspace);
  const before = bytesRead();
  for (let task = 0; task < TASKS; task++) await developer.task(task);
  const read = bytesRead() - before;
  const { parsed, files } = workspace.stats();
  await workspace.close();
  const { uncached, calls, analyses } = developer;
  report.table([
    [`${whole(calls)} calls, ${whole(files)} source files`, "cached", "nothing cached"],
    ["megabytes read, by the kernel's count", whole(read / 1e6), whole(uncached.bytes / 1e6)],
    [`files parsed, for ${whole(analyses)} maps`, whole(parsed), whole(uncached.parsed)],
  ]);
  const bar = (claim: string, saved: number, least: number) =>
    report.bar(`${claim} saved: at least ${percent(least)}`, percent(saved), saved >= least);
  bar("reads of files", 1 - read / uncached.bytes, READS_SAVED_MIN);
  bar("analyses of files", 1 - parsed / uncached.parsed, ANALYSES_SAVED_MIN);
  say("Read by a call that caches nothing: the file, or all files that a search or a map is about.");
}

await benchmark({
  claim: "A developer's day of a thousand calls: what was read and parsed before is not again.",
  needs: ["git"],
  run,
});
