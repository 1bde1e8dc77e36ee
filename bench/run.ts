// Runs the benchmarks: each `bench/*.ts` but this one is one claim, a program of its own that prints a table and
// leaves with an error when it misses its bar. Their parts (peers, load generators) live in folders below.
// `npm run bench` runs all, `npm run bench -- NAME…` some, `npm run bench -- --list` names them. `--quick` is short and
// rough. `--write` puts what they print into docs/benchmarks.md, in place of what the page says of the same ones.

import { cpus, totalmem } from "node:os";
import { basename, join } from "node:path";

/** Programs beside the benchmarks: this one, and the proxy that others are compared with. */
const NO_BENCHES = ["run", "bare-proxy"];
const PAGE = join(import.meta.dir, "..", "docs", "benchmarks.md");

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

/** Shows what the benchmark prints as it prints it. */
async function measure(name: string, quick: boolean): Promise<{ reached: boolean; output: string }> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, `${name}.ts`)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...(quick ? { MILLRACE_BENCH_QUICK: "1" } : {}) },
  });
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    process.stdout.write(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  return { reached: (await child.exited) === 0, output: output.trim() };
}

const INTRODUCTION =
  "What `npm run bench -- --write` printed; nothing here is typed by hand. Every ratio is of one run on one machine: compare ratios, not figures. " +
  "Each section can be had alone with the command it names. A bar that was missed says so.";

function sectionOf(name: string, output: string, quick: boolean): string {
  const command = `npm run bench -- ${quick ? "--quick " : ""}${name}`;
  return `## ${name}\n\n\`${command}\`, ${machine()}, ${new Date().toISOString().slice(0, 10)}\n\n\`\`\`text\n${output}\n\`\`\``;
}

/** The page's sections as they stand, by name. */
async function sectionsWritten(): Promise<Map<string, string>> {
  const page = Bun.file(PAGE);
  const [, ...sections] = (await page.exists()) ? (await page.text()).split(/^(?=## )/m) : [];
  return new Map(sections.map((section) => [/^## (.*)$/m.exec(section)?.[1] ?? "", section.trim()]));
}

async function write(outputs: ReadonlyMap<string, string>, quick: boolean): Promise<void> {
  const sections = await sectionsWritten();
  for (const [name, output] of outputs) sections.set(name, sectionOf(name, output, quick));
  const inOrder = benchNames().flatMap((name) => sections.get(name) ?? []);
  await Bun.write(PAGE, `${["# Benchmarks", INTRODUCTION, ...inOrder].join("\n\n")}\n`);
}

async function main(chosen: readonly string[], quick: boolean, writes: boolean): Promise<number> {
  const unknown = chosen.filter((name) => !benchNames().includes(name));
  if (unknown.length > 0) {
    say(`No benchmark "${unknown.join('", "')}". Choose from: ${benchNames().join(", ")}.`);
    return 2;
  }
  const names = chosen.length > 0 ? chosen : benchNames();
  const missed: string[] = [];
  const outputs = new Map<string, string>();
  say(`Machine: ${machine()}`);
  for (const [index, name] of names.entries()) {
    say(`\n[${index + 1}/${names.length}] ${name}`);
    const { reached, output } = await measure(name, quick);
    if (!reached) missed.push(name);
    outputs.set(name, output);
  }
  if (writes) await write(outputs, quick);
  say(missed.length === 0 ? "\nEvery bar was reached." : `\nMissed its bar, or failed: ${missed.join(", ")}.`);
  return missed.length === 0 ? 0 : 1;
}

const args = process.argv.slice(2);
const chosen = args.filter((argument) => argument !== "--quick" && argument !== "--write");
if (args.includes("--list")) say(benchNames().join("\n"));
else process.exitCode = await main(chosen, args.includes("--quick"), args.includes("--write"));
