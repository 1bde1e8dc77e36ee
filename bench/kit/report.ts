// What a benchmark says and how it ends: which machine and versions, tables, bars that are reached or missed, a chart.
// `benchmark` is the frame of every program in bench/: it checks the PATH first and ends with code 1 when a bar is missed.

import { availableParallelism, cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { type Bar, barChart } from "./bar-chart.ts";
import { Rig } from "./rig.ts";

const INSTALL = "apt-get install nginx-light libnginx-mod-http-echo wrk haproxy";
const OUT = join(import.meta.dir, "..", "out");

export const say = (line = ""): void => void process.stdout.write(`${line}\n`);

export class Report {
  /** `--quick`: a short run, for finding out whether everything works rather than for figures. */
  readonly quick = process.argv.includes("--quick") || process.env.MILLRACE_BENCH_QUICK === "1";
  missed = 0;

  /** The first row is the head; columns but the first are numbers and go to the right. */
  table(rows: readonly (readonly string[])[]): void {
    const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    const lines = rows.map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  "),
    );
    say();
    lines.splice(1, 0, widths.map((width) => "-".repeat(width)).join("  "));
    for (const line of lines) say(line.trimEnd());
    say();
  }

  /** @param reached undefined: could not be measured, which is said and is not a miss. */
  bar(claim: string, measured: string, reached: boolean | undefined): void {
    if (reached === false) this.missed++;
    say(`${reached === undefined ? "skipped" : reached ? "reached" : "MISSED "}  ${claim}: ${measured}`);
  }

  async chart(name: string, title: string, bars: readonly Bar[]): Promise<void> {
    await Bun.write(join(OUT, `${name}.svg`), barChart(title, bars));
    say(`Chart: bench/out/${name}.svg`);
  }
}

export interface Benchmark {
  readonly claim: string;
  /** Programs of the PATH without which nothing can be measured. */
  readonly needs: readonly string[];
  run(rig: Rig, report: Report): Promise<void>;
}

export async function benchmark({ claim, needs, run }: Benchmark): Promise<void> {
  const missing = ["taskset", ...needs].filter((program) => findProgram(program) === undefined);
  say(claim);
  if (missing.length > 0 || availableParallelism() < 2) {
    say(missing.length > 0 ? `Missing on the PATH: ${missing.join(", ")}. Try: ${INSTALL}` : "Needs two processor cores.");
    process.exit(1);
  }
  const rig = new Rig();
  const report = new Report();
  const interrupted = () => void rig.close().finally(() => process.exit(130));
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    say(`${[machine(), ...needs.map(versionOf)].join(", ")}; ${new Date().toISOString().slice(0, 10)}`);
    if (report.quick) say("A quick run: the figures are rough.");
    await run(rig, report);
  } finally {
    await rig.close();
  }
  process.exit(report.missed > 0 ? 1 : 0);
}

/** Debian keeps servers in folders that are not on every user's PATH. */
export function findProgram(name: string): string | undefined {
  return Bun.which(name, { PATH: `${process.env.PATH}:/usr/sbin:/sbin:/usr/local/sbin` }) ?? undefined;
}

function machine(): string {
  const processors = cpus();
  const model = processors[0]?.model ?? "unknown processor";
  return `${processors.length} x ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}; Bun ${Bun.version}`;
}

const VERSION_FLAGS: Readonly<Record<string, string>> = { node: "--version" };

function versionOf(program: string): string {
  const { stdout, stderr } = Bun.spawnSync([findProgram(program) ?? program, VERSION_FLAGS[program] ?? "-v"]);
  const version = /\d+\.\d+[\w.]*/.exec(`${stdout}${stderr}`)?.[0] ?? "of unknown version";
  return `${program} ${version}`;
}
