// Runs the program that appends to threads (thread-appender.ts), and kills it at a moment that is counted by what it has said.

import { join } from "node:path";

const PROGRAM = join(import.meta.dir, "thread-appender.ts");

/** A message that was said to be kept. */
export interface Acknowledged {
  readonly clientId: string;
  readonly thread: string;
  readonly sequence: number;
  /** Length of the disk's journal by then; 0 without one. */
  readonly journalBytes: number;
}

export interface AppenderRun {
  readonly path: string;
  /** A whole number: the name of the run, from which its messages follow. */
  readonly run: number;
  /** After as many acknowledgements it is killed; 0: when its file is opened, "starting": before. Undefined: it is left to end. */
  readonly killAfter?: number | "starting";
  /** Needed where it is left to end. */
  readonly messagesPerWriter?: number;
  /** At the same time; of one, each message has a commit to itself. Default 12. */
  readonly writers?: number;
  /** A file that the disk keeps a journal in. */
  readonly journal?: string;
  readonly env?: Record<string, string>;
}

/** @returns what it said was kept, also what it said while it was killed */
export async function runAppender(options: AppenderRun): Promise<{ acknowledged: Acknowledged[]; signal: unknown }> {
  const { path, run, killAfter, messagesPerWriter = "", journal = "", writers = 12, env = {} } = options;
  const child = Bun.spawn([process.execPath, PROGRAM, path, `${run}`, `${messagesPerWriter}`, journal, `${writers}`], {
    ...{ stdin: "ignore", stdout: "pipe", stderr: "inherit" },
    env: { ...process.env, ...env },
  });
  if (killAfter === "starting") child.kill("SIGKILL");
  const lines: string[] = [];
  let rest = "";
  for await (const bytes of child.stdout) {
    const begun = (rest + Buffer.from(bytes).toString()).split("\n");
    rest = begun.pop() ?? ""; // At the end: a line that the kill may have cut.
    lines.push(...begun);
    if (typeof killAfter === "number" && lines.length > killAfter) child.kill("SIGKILL");
  }
  await child.exited;
  return { acknowledged: lines.slice(1).map(acknowledgedIn), signal: child.signalCode };
}

function acknowledgedIn(line: string): Acknowledged {
  const [clientId = "", thread = "", sequence = "", journalBytes = "0"] = line.split(" ");
  return { clientId, thread, sequence: Number(sequence), journalBytes: Number(journalBytes) };
}
