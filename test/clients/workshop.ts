// Where a client works: a folder with a fresh HOME, a small git repository with one file, and a Millrace of its own.
// A client is given a base URL, a key and what it needs to run unattended, and nothing of this machine but the PATH.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LaunchedMillrace, type LogLine, launchMillrace } from "./launched-millrace.ts";
import { type Ended, runProgram } from "./run-program.ts";

const TURN_MS_MAX = 120_000;

export const FILE_NAME = "sacks.txt";
/** Stands only in the file: who says it has read the file. */
export const FIRST_LINE = "the miller keeps 4711 sacks";
/** Long enough that a conversation which lost the file has clearly fewer tokens. */
const FILE_TEXT = `${FIRST_LINE}\n${"and every sack holds eighty pounds of flour\n".repeat(60)}`;

export interface Workshop {
  readonly url: string;
  /** The one file of the repository. */
  readonly file: string;
  token(): Promise<string>;
  /** Runs the client once, in the repository. */
  run(program: string, args: string[], env: Record<string, string>): Promise<Ended>;
  /** Stops Millrace. */
  log(): Promise<LogLine[]>;
}

export async function inWorkshop<T>(options: { authRequired: boolean }, work: (workshop: Workshop) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-workshop-"));
  const inside = (name: string) => join(folder, name);
  let millrace: LaunchedMillrace | undefined;
  let lines: LogLine[] | undefined;
  try {
    const surroundings = { PATH: process.env.PATH ?? "", HOME: inside("home"), TMPDIR: inside("tmp"), TERM: "dumb" };
    for (const name of ["home", "tmp", "repository"]) mkdirSync(inside(name));
    await makeRepository(inside("repository"), surroundings);
    const server = await launchMillrace(inside("millrace"), options);
    millrace = server;
    return await work({
      url: server.url,
      file: join(inside("repository"), FILE_NAME),
      token: server.token,
      run: (program, args, env) =>
        runProgram([program, ...args], { cwd: inside("repository"), env: { ...surroundings, ...env }, msMax: TURN_MS_MAX }),
      log: async () => {
        lines ??= await server.stop();
        return lines;
      },
    });
  } finally {
    if (lines === undefined) await millrace?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeRepository(cwd: string, env: Record<string, string>): Promise<void> {
  writeFileSync(join(cwd, FILE_NAME), FILE_TEXT);
  const author = ["-c", "user.name=miller", "-c", "user.email=miller@example.org"];
  for (const args of [
    ["init", "-q"],
    ["add", "."],
    [...author, "commit", "-q", "-m", "Count the sacks"],
  ]) {
    const { code, err } = await runProgram(["git", ...args], { cwd, env, msMax: TURN_MS_MAX });
    if (code !== 0) throw new Error(`git ${args[0]} failed: ${err}`);
  }
}
