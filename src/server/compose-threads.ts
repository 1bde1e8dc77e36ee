// Part of compose: threads as they are served, who takes down the turns that pass, and what is done for threads while nobody asks.

import { type Clock, type IdSource, MillraceError, systemRandom } from "../base/index.ts";
import type { BeginTurn } from "../gateway/index.ts";
import type { Monitor } from "../mechanisms/monitor/index.ts";
import type { Channel } from "../ports/index.ts";
import { MemoryChannel } from "../stores/memory/index.ts";
import { RedisChannel } from "../stores/redis/index.ts";
import { Announcements, Live, notingTenants, Recorder, redactor, settler, Threads, tenantsOf } from "../threads/index.ts";
import { type OpenThreadStore, openThreadStore } from "./compose-thread-store.ts";
import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import { costs } from "./thread-costs.ts";
import { threadPolicies } from "./thread-policies.ts";
import { recoveryJob, retentionJob, startUpkeep } from "./threads-upkeep.ts";

/** What is recorded when the server stops, and cannot be written by then, is given up. */
const IDLE_MS_MAX = 2000;
const MIB = 1024 * 1024;

export interface OpenThreads {
  readonly threads: Threads;
  /** Undefined: of nobody is anything taken down. */
  readonly beginTurn: BeginTurn | undefined;
  close(): Promise<void>;
}

/** Undefined when threads are off. A store that is away is told in the log, and tried again with each call. */
export async function openThreads(
  config: Config,
  clock: Clock,
  ids: IdSource,
  monitor: Monitor,
  log: Log,
): Promise<OpenThreads | undefined> {
  const { enabled, messageMib, redact: secrets, whenAway } = config.threads;
  if (!enabled) return undefined;
  const opened = openThreadStore(config, clock);
  const { store } = opened;
  const readiness = opened.ready().catch((error: unknown) => {
    if (MillraceError.is(error)) log.write("warn", "threads-away", { code: error.code, message: error.message });
  });
  // A file is open in a moment; a server elsewhere may take long, and calls need not wait for it.
  if (!config.databaseUrl) await readiness;
  const channel = openChannel(config, clock);
  const announcements = new Announcements(channel, clock);
  const write = notingTenants(announcements.telling(opened.write));
  const writeAll = announcements.tellingAll(opened.writeAll);
  const policyOf = threadPolicies(config.threads);
  const messageBytesMax = messageMib * MIB;
  const common = { store, write, clock, ids, redact: redactor(secrets), policyOf };
  const recorder = new Recorder({
    ...common,
    writeAll,
    settled: settler(secrets),
    whenAway,
    costOf: costs(config.threads.prices),
  });
  watch(monitor, opened, recorder);
  const tenants = () => tenantsOf(store);
  const jobs = [
    retentionJob({ store, write, clock, policyOf, tenants }),
    recoveryJob({ store, write, clock, redact: common.redact, tenants }),
  ];
  const endUpkeep = startUpkeep(jobs, { clock, monitor, log });
  return {
    threads: new Threads({
      ...common,
      random: systemRandom,
      limits: { messageBytesMax, writeBytesMax: 2 * messageBytesMax },
      live: new Live({ store, announcements, clock }),
    }),
    beginTurn: records(config) ? (turn) => recorder.begin(turn) : undefined,
    async close() {
      await endUpkeep();
      await within(clock, IDLE_MS_MAX, recorder.idle());
      await opened.close();
      await channel.close();
    },
  };
}

/** Between servers where Redis is configured, so that each can show what passes another. */
const openChannel = ({ redisUrl }: Config, clock: Clock): Channel =>
  redisUrl ? new RedisChannel({ url: redisUrl.reveal(), clock, namespace: "millrace.threads" }) : new MemoryChannel();

/** Resolves when it is done, or when it took too long. */
async function within(clock: Clock, ms: number, done: Promise<void>): Promise<void> {
  const over = new AbortController();
  await Promise.race([done, clock.sleep(ms, over.signal).catch(() => {})]);
  over.abort();
}

const records = ({ threads: { record, tenants } }: Config): boolean =>
  [record, ...Object.values(tenants).map((policy) => policy.record)].some((what) => what !== undefined && what !== "off");

function watch(monitor: Monitor, { stats }: OpenThreadStore, recorder: Recorder): void {
  monitor.polledGauge({
    name: "millrace_thread_writes_waiting",
    help: "Writes to threads that wait for a commit.",
    read: (set) => set(stats().waiting),
  });
  monitor.polledCounter({
    name: "millrace_thread_writes_total",
    help: "Writes to threads that were committed.",
    read: (set) => set(stats().acknowledged),
  });
  monitor.polledCounter({
    name: "millrace_thread_commits_total",
    help: "Commits of writes to threads.",
    read: (set) => set(stats().commits),
  });
  monitor.polledGauge({
    name: "millrace_recording_turns",
    help: "Turns that were begun and are not yet written to their threads.",
    read: (set) => set(recorder.stats().turns),
  });
  monitor.polledGauge({
    name: "millrace_recording_bytes",
    help: "Bytes of turns that wait to be written.",
    read: (set) => set(recorder.stats().bytes),
  });
  monitor.polledCounter({
    name: "millrace_recorded_turns_total",
    help: "Turns that were recorded, that were refused because they could not be, and that passed unrecorded.",
    labels: ["result"],
    read: (set) => {
      const { recorded, refused, dropped } = recorder.stats();
      set(recorded, "recorded");
      set(refused, "refused");
      set(dropped, "dropped");
    },
  });
}
