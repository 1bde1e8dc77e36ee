// What stands beside Millrace's queue: none, first come first served, the package p-queue, fixed limits.

import { join } from "node:path";
import { priorities } from "../../src/mechanisms/queue/index.ts";
import { SEATS, type Subject } from "./admission-world.ts";
import { installed } from "./installed.ts";
import { say } from "./report.ts";

const P_QUEUE_VERSION = "10.0.0";

/** First come, first served, so many at once; nobody is refused, and who is late leaves at his turn only. */
const firstCome: Subject = (clock) => {
  let busy = 0;
  const line: (() => void)[] = [];
  return async (call, upstream) => {
    if (busy < SEATS) busy++;
    else await new Promise<void>((resolve) => line.push(resolve));
    const isLate = clock.monotonic() >= call.deadlineMs;
    const usage = isLate ? undefined : await upstream(call);
    const next = line.shift();
    if (next) next();
    else busy--;
    return usage !== undefined;
  };
};

/** So many at once and so many in line; one more is refused. */
const fixedLimit =
  (atOnce: number, inLine: number): Subject =>
  () => {
    let busy = 0;
    const line: (() => void)[] = [];
    return async (call, upstream) => {
      if (busy >= atOnce && line.length >= inLine) return false;
      if (busy < atOnce) busy++;
      else await new Promise<void>((resolve) => line.push(resolve));
      const usage = await upstream(call);
      const next = line.shift();
      if (next) next();
      else busy--;
      return usage !== undefined;
    };
  };

/** The package itself, priorities and all: it uses no timers unless told to, so it runs on any clock. */
async function packaged(): Promise<Record<string, Subject>> {
  const found = await installed("queues", { dependencies: { "p-queue": P_QUEUE_VERSION } });
  if ("missing" in found) {
    say(`Skipped: p-queue: ${found.missing}`);
    return {};
  }
  const { default: PQueue } = await import(Bun.resolveSync("p-queue", join(found.folder, "package.json")));
  return {
    [`p-queue ${P_QUEUE_VERSION}`]: () => {
      const queue = new PQueue({ concurrency: SEATS });
      return async (call, upstream) => {
        const priority = priorities.length - priorities.indexOf(call.priority);
        return (await queue.add(() => upstream(call), { priority })) !== undefined;
      };
    },
  };
}

/** All but the first are told how many seats the upstream has; the last is told half of it. */
export async function admissionPeers(): Promise<Record<string, Subject>> {
  return {
    "no queue": () => async (call, upstream) => (await upstream(call)) !== undefined,
    "FIFO, late ones leave at their turn": firstCome,
    ...(await packaged()),
    "fixed limit, right, 32 in line": fixedLimit(SEATS, SEATS),
    "fixed limit, right, 500 in line": fixedLimit(SEATS, 500),
    "fixed limit, half, 16 in line": fixedLimit(SEATS / 2, SEATS / 2),
  };
}
