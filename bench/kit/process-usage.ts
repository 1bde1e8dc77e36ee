// What a process uses, read from /proc: processor time and memory, all its threads counted.

import { readFileSync } from "node:fs";

/** Ticks a second of /proc/PID/stat: fixed at 100 in Linux's interface to programs (proc(5), USER_HZ). */
const TICKS_PER_SECOND = 100;
const MIB = 1024 * 1024;

/** Seconds of processor time since the process began. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name, in parentheses, may hold blanks: count fields from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory in MiB. */
export function residentMib(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return (Number(kibibytes) * 1024) / MIB;
}

export interface Usage {
  /** Share of one core, 0 to 1. */
  readonly core: number;
  readonly residentMibMax: number;
}

const SAMPLE_MS = 100;

/** Watches a process while `work` runs, leaving out the first `skipMs`, in which connections are opened. */
export async function usageDuring<T>(pid: number, work: Promise<T>, skipMs = 0): Promise<{ result: T; usage: Usage }> {
  let residentMibMax = 0;
  let done = false;
  const finished = work.finally(() => {
    done = true;
  });
  await Promise.race([Bun.sleep(skipMs), finished.catch(() => {})]);
  const from = { at: performance.now(), seconds: processorSeconds(pid) };
  while (!done) {
    residentMibMax = Math.max(residentMibMax, residentMib(pid));
    await Promise.race([Bun.sleep(SAMPLE_MS), finished.catch(() => {})]);
  }
  const core = (processorSeconds(pid) - from.seconds) / ((performance.now() - from.at) / 1000);
  return { result: await finished, usage: { core, residentMibMax } };
}
