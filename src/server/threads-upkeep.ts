// Part of compose: what is done for threads while nobody asks: each job at once, and again so long after it ended. One that fails is counted and
// tried again at its next time; a job never runs twice at once, and none holds another up. What fails is told by its code alone.

import { type Abortable, type Cancel, Cancellation, type Clock, MillraceError } from "../base/index.ts";
import type { Monitor } from "../mechanisms/monitor/index.ts";
import { type RecoverOptions, type RetentionOptions, recoverDrafts, removeExpired } from "../threads/index.ts";
import type { Log } from "./log.ts";

export interface UpkeepJob {
  /** In the log and in metrics. */
  readonly name: string;
  readonly everyMs: number;
  /** @returns how many threads or drafts it changed. Rejects with the signal's reason when it is told to stop. */
  run(signal: Abortable): Promise<number>;
}

export interface UpkeepOptions {
  readonly clock: Clock;
  readonly monitor: Monitor;
  readonly log: Log;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Removes what is older than the policy of its tenant keeps. */
export const retentionJob = (options: Omit<RetentionOptions, "tenants"> & { tenants(): AsyncIterable<string> }): UpkeepJob => ({
  name: "retention",
  everyMs: HOUR_MS,
  run: (signal) => removeExpired({ ...options, tenants: options.tenants() }, signal),
});

/** Makes answers that a crash cut short messages of their threads. */
export const recoveryJob = (options: Omit<RecoverOptions, "tenants"> & { tenants(): AsyncIterable<string> }): UpkeepJob => ({
  name: "recovery",
  everyMs: MINUTE_MS,
  run: (signal) => recoverDrafts({ ...options, tenants: options.tenants() }, signal),
});

/** @returns ends all jobs, and resolves once none runs. */
export function startUpkeep(jobs: readonly UpkeepJob[], { clock, monitor, log }: UpkeepOptions): () => Promise<void> {
  const stop = new Cancellation();
  const changed = monitor.counter({
    name: "millrace_thread_upkeep_total",
    help: "Threads that were removed because they were old, and answers that were recovered, by job.",
    labels: ["job"] as const,
  });
  const failures = monitor.counter({
    name: "millrace_thread_upkeep_failures_total",
    help: "Runs of such a job that failed; it is run again at its next time.",
    labels: ["job"] as const,
  });
  const turn = async (job: UpkeepJob) => {
    try {
      const count = await job.run(stop);
      changed.add(count, job.name);
      if (count > 0) log.write("info", "thread-upkeep", { job: job.name, count });
    } catch (error) {
      if (stop.aborted) return;
      failures.add(1, job.name);
      log.write("warn", "thread-upkeep-failed", { job: job.name, code: MillraceError.is(error) ? error.code : "internal" });
    }
  };
  const ends = jobs.map((job) => startJob(() => turn(job), job.everyMs, clock, stop));
  return async () => {
    stop.abort();
    await Promise.all(ends.map((end) => end()));
  };
}

function startJob(turn: () => Promise<void>, everyMs: number, clock: Clock, stop: Abortable): () => Promise<void> {
  let cancel: Cancel | undefined;
  let running = Promise.resolve();
  const begin = () => {
    running = turn().then(() => {
      if (!stop.aborted) cancel = clock.schedule(everyMs, begin);
    });
  };
  begin();
  return () => {
    cancel?.();
    return running;
  };
}
