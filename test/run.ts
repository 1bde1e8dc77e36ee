// The whole proof: runs every stage, shows what failed and what was skipped and why, and closes with the counts.
// `npm test` runs all of it, `npm run check` the fast part; a stage's name runs that stage alone.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPackage } from "./kit/engines.ts";
import { readJunit } from "./runner/junit.ts";
import { chooseStages, type Stage } from "./runner/stages.ts";
import { closingLine, type Tally, tally } from "./runner/tally.ts";

const ROOT = join(import.meta.dir, "..");
const STAGE_MINUTES_MAX = 10;
const HEARTBEAT_MS = 30_000;
/** For a test that says nothing itself: roomy, because a busy machine must not turn into a red test. */
const TEST_MS_MAX = 30_000;

const say = (line: string) => process.stdout.write(`${line}\n`);

async function forwardLines(stream: ReadableStream<Uint8Array>, prefix: string): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) say(`${prefix} | ${line}`);
  }
  if (rest !== "") say(`${prefix} | ${rest}`);
}

/** Runs Bun with these arguments; true when it ended well and in time. */
async function runBun(name: string, args: string[], minutesMax = STAGE_MINUTES_MAX): Promise<boolean> {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  const child = Bun.spawn([process.execPath, ...args], { cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const heartbeat = setInterval(() => say(`${name} | still running, ${seconds()} s`), HEARTBEAT_MS);
  const limit = setTimeout(() => {
    say(`${name} | ended after ${seconds()} s: it may take ${minutesMax} minutes`);
    child.kill("SIGKILL");
  }, minutesMax * 60_000);
  await Promise.all([forwardLines(child.stdout, name), forwardLines(child.stderr, name)]);
  const code = await child.exited;
  clearInterval(heartbeat);
  clearTimeout(limit);
  return code === 0;
}

function testFiles(wanted: (path: string) => boolean): string[] {
  const tracked = new Bun.Glob("{src,test,bench,docs}/**/*.test.ts").scanSync({ cwd: ROOT });
  return [...tracked].filter(wanted).sort();
}

async function runTests(name: string, files: string[]): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-test-"));
  const report = join(folder, "junit.xml");
  try {
    const options = ["--only-failures", "--no-orphans", `--timeout=${TEST_MS_MAX}`];
    const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
    const ended = await runBun(name, ["test", ...options, ...reporter, ...files.map((file) => `./${file}`)]);
    const results = (await Bun.file(report).exists()) ? readJunit(await Bun.file(report).text()) : [];
    const sum = tally(files, results);
    if (!ended && sum.failures.length === 0) sum.failures.push(`${name} (bun test failed outside of a test: see above)`);
    return sum;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runStage(stage: Stage): Promise<Tally> {
  if ("files" in stage) {
    const files = testFiles(stage.files);
    return files.length === 0 ? { passed: 0, failures: [], skips: [] } : runTests(stage.name, files);
  }
  const [script = "", ...args] = stage.command;
  const passed = await runBun(stage.name, [join(ROOT, script), ...args], stage.minutesMax);
  return passed ? { passed: 1, failures: [], skips: [] } : { passed: 0, failures: [`${stage.name} (see above)`], skips: [] };
}

async function main(): Promise<void> {
  const chosen = chooseStages(process.argv.slice(2));
  const total: Tally = { passed: 0, failures: [], skips: [] };
  // Many files' tests need it, and look for it on the PATH when they are loaded.
  if (Bun.which("git") === null) say(await installPackage("git"));
  for (const [index, stage] of chosen.entries()) {
    say(`[${index + 1}/${chosen.length}] ${stage.name}`);
    const startedAt = performance.now();
    const sum = await runStage(stage);
    say(`${stage.name} | ${closingLine(sum)} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    total.passed += sum.passed;
    total.failures.push(...sum.failures);
    total.skips.push(...sum.skips);
  }
  if (total.skips.length > 0) say(`\nSkipped:\n${total.skips.map((skip) => `  ${skip}`).join("\n")}`);
  if (total.failures.length > 0) say(`\nFailed:\n${total.failures.map((failure) => `  ${failure}`).join("\n")}`);
  say(`\n${closingLine(total)}`);
  process.exitCode = total.failures.length > 0 || total.passed === 0 ? 1 : 0;
}

try {
  await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
