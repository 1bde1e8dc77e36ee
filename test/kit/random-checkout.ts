// A small checkout to which anything happens that happens to checkouts, and questions to a workspace whose answers are compared with the disk's and
// git's own. For a test of some thousand operations and a benchmark of a million. Everything follows from one seed but the file system's times.

import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Random, systemClock } from "../../src/base/index.ts";
import { Workspace } from "../../src/workspace/index.ts";

const FOLDERS = ["src", "src/core", "src/core/deep", "lib", "lib/a b", "docs", "generated", "tmp"];
const NAMES = ["alpha.ts", "beta.ts", "gamma.py", "delta.js", "epsilon.md", "zeta.log", "eta.tsx", "package.json"];
const RULES = ["generated/\n", "*.log\n", "generated/\n*.log\n!lib/zeta.log\n", "tmp/*\n!tmp/alpha.ts\n", ""];
const BRANCHES = ["main", "one", "two"];
const WORDS = ["pool", "socket", "render", "shard", "ledger"];
const IMPORTED = ["./alpha", "../lib/beta", "own", "own/zeta", "@/core/delta.js", "react"];
const IDENTITY = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"];
/** Enough for the kernel's queue of events to overflow when nobody reads it fast enough. */
const STORM_RENAMES = 20_000;

/** Of a million operations, how many each is about. */
const SHARES: readonly (readonly [name: string, weight: number])[] = [
  ["edit", 400],
  ["same size", 150],
  ["forged time", 100],
  ["create", 80],
  ["remove", 60],
  ["rename", 60],
  ["rename folder", 20],
  ["remove folder", 10],
  ["new tree", 20],
  ["link out", 10],
  ["rules", 10],
  ["branch", 5],
  ["stash", 3],
  ["reset", 3],
  ["commit", 3],
  ["kill watcher", 0.5],
  ["storm", 0.05],
];
const WEIGHTS = SHARES.reduce((sum, [, weight]) => sum + weight, 0);

export interface Tally {
  operations: number;
  answers: number;
  /** What was asked and how the answer differed, the first few. */
  readonly stale: string[];
  staleCount: number;
  readonly kinds: Map<string, number>;
  watcherLosses: number;
}

const STALE_TOLD_MAX = 10;
/** One in so many operations is followed by the question. */
const EVERY = { list: 40, grep: 40, map: 500, reopen: 5000 } as const;

export class RandomCheckout {
  readonly folder = mkdtempSync(join(tmpdir(), "millrace-random-"));
  readonly tally: Tally = { operations: 0, answers: 0, stale: [], staleCount: 0, kinds: new Map(), watcherLosses: 0 };
  readonly #random: Random;
  readonly #outside = mkdtempSync(join(tmpdir(), "millrace-outside-"));
  #workspace: Workspace;
  #watchWorker: Worker | undefined;
  #touched: string[] = [];

  constructor(random: Random) {
    this.#random = random;
    writeFileSync(join(this.#outside, "secret.ts"), "export const secret = 1;\n");
    this.#git("init", "-q", "-b", "main");
    for (const folder of FOLDERS) for (const name of NAMES) this.#write(`${folder}/${name}`, this.#text());
    this.#write(".gitignore", RULES[0] ?? "");
    this.#commit();
    for (const branch of BRANCHES.slice(1)) {
      this.#git("checkout", "-q", "-b", branch);
      for (let each = 0; each < 10; each++) this.#write(this.#place(), this.#text());
      this.#commit();
    }
    this.#workspace = this.#open();
  }

  /** One operation, and questions about what it touched. */
  async step(): Promise<void> {
    const kind = this.#kind();
    this.#touched = [];
    this.#change(kind);
    const { tally } = this;
    tally.operations++;
    tally.kinds.set(kind, (tally.kinds.get(kind) ?? 0) + 1);
    for (const path of this.#touched.slice(-4)) this.#checkRead(path);
    this.#checkRead(this.#place());
    if (this.#below(EVERY.list) === 0) await this.#checkList();
    if (this.#below(EVERY.grep) === 0) await this.#checkGrep();
    if (this.#below(EVERY.map) === 0) await this.#checkMap();
    if (this.#below(EVERY.reopen) === 0) await this.#reopen();
  }

  async close(): Promise<void> {
    await this.#workspace.close();
    for (const folder of [this.folder, this.#outside]) rmSync(folder, { recursive: true, force: true });
  }

  #open(): Workspace {
    return new Workspace({
      folder: this.folder,
      clock: systemClock,
      workersMax: 1,
      isWatched: true,
      startWatchWorker: (start) => {
        this.#watchWorker = start();
        return this.#watchWorker;
      },
    });
  }

  async #reopen(): Promise<void> {
    await this.#workspace.close();
    this.#workspace = this.#open();
  }

  #change(kind: string): void {
    const place = this.#place();
    try {
      this.#apply(kind, place);
    } catch (error) {
      // What is not there cannot be changed; git refuses what would lose changes.
      if (!(error instanceof Error) || !/ENOENT|EEXIST|ENOTDIR|EISDIR|ENOTEMPTY|EINVAL|git /.test(error.message)) throw error;
    }
    this.#touched.push(place);
  }

  #apply(kind: string, place: string): void {
    const whole = join(this.folder, place);
    if (kind === "edit") appendFileSync(whole, this.#line());
    else if (kind === "same size") this.#rewrite(whole);
    else if (kind === "forged time") {
      const { atime, mtime } = statSync(whole);
      this.#rewrite(whole);
      utimesSync(whole, atime, mtime);
    } else if (kind === "create") this.#write(place, this.#text());
    else if (kind === "remove") rmSync(whole);
    else if (kind === "rename") this.#rename(place, this.#place());
    else if (kind === "rename folder") this.#rename(this.#folder(), `${this.#folder()}/moved`);
    else if (kind === "remove folder") rmSync(join(this.folder, this.#folder()), { recursive: true, force: true });
    else if (kind === "new tree") for (const name of NAMES) this.#write(`${this.#folder()}/moved/${name}`, this.#text());
    else if (kind === "link out") {
      rmSync(whole, { force: true });
      symlinkSync(join(this.#outside, "secret.ts"), whole);
    } else if (kind === "rules") this.#write(".gitignore", this.#one(RULES));
    else this.#applyRare(kind);
  }

  #applyRare(kind: string): void {
    if (kind === "branch") this.#git("checkout", "-q", "-f", this.#one(BRANCHES));
    else if (kind === "stash") this.#git("stash", this.#below(2) === 0 ? "push" : "pop", "-q");
    else if (kind === "reset") this.#git("reset", "-q", "--hard");
    else if (kind === "commit") this.#commit();
    else if (kind === "kill watcher") this.#watchWorker?.terminate();
    else for (let each = 0; each < STORM_RENAMES; each++) this.#rename(`src/storm-${each % 2}`, `src/storm-${(each + 1) % 2}`);
  }

  /** As many characters, others than before. */
  #rewrite(whole: string): void {
    const before = readFileSync(whole, "latin1");
    const digit = String(this.#below(10));
    writeFileSync(whole, before.replace(/\d/g, digit), "latin1");
  }

  #rename(from: string, to: string): void {
    if (from.startsWith("src/storm") && !existsSync(join(this.folder, from))) this.#write(from, "storm\n");
    mkdirSync(dirname(join(this.folder, to)), { recursive: true });
    renameSync(join(this.folder, from), join(this.folder, to));
    this.#touched.push(from, to);
  }

  #checkRead(path: string): void {
    const truth = this.#truth(path);
    const told = attempt(() => Buffer.from(this.#workspace.read(path)).toString("latin1"));
    this.#compare(`read ${path}`, told, truth);
  }

  async #checkList(): Promise<void> {
    this.#compare("list", (await this.#workspace.paths()).join("\n"), this.#list().join("\n"));
    const found = await this.#workspace.glob("**/*.ts");
    this.#compare(
      "glob",
      found.join("\n"),
      this.#list()
        .filter((path) => path.endsWith(".ts"))
        .join("\n"),
    );
  }

  async #checkGrep(): Promise<void> {
    const word = this.#one(WORDS);
    const { matches } = await this.#workspace.grep({ pattern: word, isLiteral: true, matchesMax: 100_000 });
    const truth = this.#list().flatMap((path) =>
      (this.#truth(path) ?? "")
        .split("\n")
        .flatMap((line, index) => (line.includes(word) ? [`${path}:${index + 1}:${line}`] : [])),
    );
    this.#compare(`grep ${word}`, matches.map(({ path, line, text }) => `${path}:${line}:${text}`).join("\n"), truth.join("\n"));
  }

  async #checkMap(): Promise<void> {
    const order = { query: `${this.#one(WORDS)} of the ${this.#one(WORDS)}`, focus: [this.#place()], budget: 512 };
    const fresh = new Workspace({ folder: this.folder, clock: systemClock, workersMax: 1 });
    const told = JSON.stringify(await this.#workspace.map(order));
    this.#compare("map", told, JSON.stringify(await fresh.map(order)));
    this.#compare("graph", JSON.stringify(await this.#workspace.graph()), JSON.stringify(await fresh.graph()));
    const name = `${this.#one(WORDS)}${this.#below(10)}`;
    const references = async (workspace: Workspace) => JSON.stringify(await workspace.references(name, 1000));
    this.#compare(`references of ${name}`, await references(this.#workspace), await references(fresh));
    await fresh.close();
    const { watcher } = this.#workspace.stats();
    this.tally.watcherLosses = Math.max(this.tally.watcherLosses, (watcher?.starts ?? 1) - 1);
  }

  #compare(what: string, told: string | undefined, truth: string | undefined): void {
    this.tally.answers++;
    if (told === truth) return;
    this.tally.staleCount++;
    if (this.tally.stale.length < STALE_TOLD_MAX)
      this.tally.stale.push(`after ${this.tally.operations} operations, ${what}: ${shown(told)} instead of ${shown(truth)}`);
  }

  /** A regular file's text; undefined: there is none, or it is a link, and those that are made here lead out. */
  #truth(path: string): string | undefined {
    const whole = join(this.folder, path);
    return attempt(() => (lstatSync(whole).isFile() ? readFileSync(whole, "latin1") : undefined));
  }

  #list(): string[] {
    const printed = this.#git("ls-files", "-co", "--exclude-standard", "--deduplicate", "-z");
    const paths = new Set(printed.split("\0").filter((path) => path !== ""));
    return [...paths].filter((path) => lstatSync(join(this.folder, path), { throwIfNoEntry: false })).sort();
  }

  #commit(): void {
    this.#git("add", "-A");
    this.#git("commit", "-q", "--allow-empty", "-m", "Change");
  }

  #git(...args: readonly string[]): string {
    const { exitCode, stdout, stderr } = Bun.spawnSync(["git", ...IDENTITY, "-C", this.folder, ...args]);
    if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr.toString()}`);
    return stdout.toString();
  }

  #write(path: string, content: string): void {
    const whole = join(this.folder, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, content);
  }

  #kind(): string {
    let left = this.#random.next() * WEIGHTS;
    for (const [name, weight] of SHARES) {
      left -= weight;
      if (left < 0) return name;
    }
    return "edit";
  }

  #text(): string {
    if (this.#below(10) === 0) return `{ "name": "own", "exports": { ".": "./${this.#one(NAMES)}", "./*": "./core/*.ts" } }\n`;
    return Array.from({ length: 1 + this.#below(5) }, () => this.#line()).join("");
  }

  #line(): string {
    if (this.#below(8) === 0) return `import "${this.#one(IMPORTED)}";\n`;
    return `export function ${this.#one(WORDS)}${this.#below(10)}() { return ${this.#one(WORDS)}${this.#below(10)}; }\n`;
  }

  #place(): string {
    return `${this.#folder()}/${this.#below(8) === 0 ? "moved/" : ""}${this.#one(NAMES)}`;
  }

  #folder(): string {
    return this.#one(FOLDERS);
  }

  #one<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T;
  }

  #below(end: number): number {
    return Math.floor(this.#random.next() * end);
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

const shown = (text: string | undefined): string => (text === undefined ? "nothing" : JSON.stringify(text.slice(0, 200)));
