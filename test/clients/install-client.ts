// Real assistants for `npm run test:clients`: the newest version of a client from npm, in a folder of the system's
// temporary one, kept there for the next run. For tests only: nothing of a client enters the repository or the package.
// Install scripts stay off; the program is the native one that the client's package for this platform brings.

import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError } from "../../src/base/index.ts";
import { runProgram } from "./run-program.ts";

const ROOT = join(tmpdir(), "millrace-clients");
const ASK_MS_MAX = 60_000;
const INSTALL_MS_MAX = 240_000;
const COMPLAINT_LENGTH_MAX = 200;

export interface ClientPackage {
  /** As people call it. */
  readonly title: string;
  readonly packageName: string;
  /** Where the packages for the platforms keep the program, seen from `node_modules`, as a glob. */
  readonly programs: string;
}

/** `title` names the tests: with the version, or as a skip with its reason. */
export interface InstalledClient {
  readonly title: string;
  /** Absolute path; undefined where the client cannot be had. */
  readonly program: string | undefined;
}

export async function installClient({ title, packageName, programs }: ClientPackage): Promise<InstalledClient> {
  try {
    const version = (await npm(["view", packageName, "version"], ASK_MS_MAX)).trim();
    const folder = join(ROOT, `${packageName.replace("/", "+")}@${version}`);
    if (!programIn(folder, programs)) await install(`${packageName}@${version}`, folder);
    const program = programIn(folder, programs);
    if (!program)
      throw new MillraceError(
        "engine_missing",
        `${packageName}@${version} brings no program for ${process.platform} ${process.arch}`,
      );
    return { title: `${title} ${version}`, program };
  } catch (error) {
    if (!MillraceError.is(error, "engine_missing")) throw error;
    return { title: `skipped: ${title} (${error.message})`, program: undefined };
  }
}

/** Two runs at once do not meet: the folder appears whole, from whichever is first. */
async function install(wanted: string, folder: string): Promise<void> {
  mkdirSync(ROOT, { recursive: true });
  const scratch = mkdtempSync(join(ROOT, "installing-"));
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
  try {
    // By its number: without it, npm takes an old release whose `engines` fit this Node.
    await npm(["install", "--prefix", scratch, ...flags, wanted], INSTALL_MS_MAX);
    renameSync(scratch, folder);
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    const isThere = ["ENOTEMPTY", "EEXIST"].includes(String((error as { code?: unknown }).code));
    if (!isThere) throw error;
  }
}

/** The most modest of the builds that npm found fitting: its name is the longest (`-baseline`). */
function programIn(folder: string, programs: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const found = new Bun.Glob(join("node_modules", programs)).scanSync({ cwd: folder, absolute: true });
  return [...found].sort((a, b) => b.length - a.length)[0];
}

/** What it printed. */
async function npm(args: string[], msMax: number): Promise<string> {
  const program = Bun.which("npm");
  if (program === null) throw new MillraceError("engine_missing", "npm is not on the PATH");
  const env = process.env as Record<string, string>;
  const { code, out, err } = await runProgram([program, ...args], { cwd: tmpdir(), env, msMax });
  if (code === 0) return out;
  const complaint = err.split("\n").find((line) => line.startsWith("npm error")) ?? "it did not end in time";
  throw new MillraceError("engine_missing", `npm ${args[0]}: ${complaint.slice(0, COMPLAINT_LENGTH_MAX)}`);
}
