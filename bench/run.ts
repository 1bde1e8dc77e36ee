// Runs the benchmarks: each `bench/*.ts` but this one is one claim, a program of its own that prints a table and
// leaves with an error when it misses its bar. Their parts (peers, load generators) live in folders below.
// `npm run bench` runs all, `npm run bench -- NAME…` some, `npm run bench -- --list` names them; `--quick` is short and rough.

import { cpus, totalmem } from "node:os";
import { basename, join } from "node:path";

/** Programs beside the benchmarks: this one, and the proxy that others are compared with. */
const NO_BENCHES = ["run", "bare-proxy"];

const say = (line: string) => process.stdout.write(`${line}\n`);

function benchNames(): string[] {
  const files = [...new Bun.Glob("*.ts").scanSync({ cwd: import.meta.dir })];
  return files
    .map((file) => basename(file, ".ts"))
    .filter((name) => !NO_BENCHES.includes(name) && !name.endsWith(".test"))
    .sort();
}

function machine(): string {
  const processors = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${processors.length} x ${processors[0]?.model ?? "unknown processor"}, ${memory}, ${process.platform} ${process.arch}, Bun ${Bun.version}`;
}

async function main(names: string[], quick: boolean): Promise<number> {
  const known = benchNames();
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    say(`No benchmark "${unknown.join('", "')}". Choose from: ${known.join(", ")}.`);
    return 2;
  }
  const chosen = names.length > 0 ? names : known;
  const missed: string[] = [];
  say(`Machine: ${machine()}`);
  for (const [index, name] of chosen.entries()) {
    say(`\n[${index + 1}/${chosen.length}] ${name}`);
    const child = Bun.spawn([process.execPath, join(import.meta.dir, `${name}.ts`)], {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...(quick ? { MILLRACE_BENCH_QUICK: "1" } : {}) },
    });
    if ((await child.exited) !== 0) missed.push(name);
  }
  say(missed.length === 0 ? "\nEvery bar was reached." : `\nMissed its bar, or failed: ${missed.join(", ")}.`);
  return missed.length === 0 ? 0 : 1;
}

const args = process.argv.slice(2);
const names = args.filter((argument) => argument !== "--quick");
if (args.includes("--list")) say(benchNames().join("\n"));
else process.exitCode = await main(names, args.includes("--quick"));
