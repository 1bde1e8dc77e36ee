// Part of compose: where threads are kept, the one batcher that all writes to them go through, and who takes down the turns that pass.

import { join } from "node:path";
import { type Clock, type IdSource, systemRandom } from "../base/index.ts";
import { answerText, type BeginTurn, type DialectName, type Endpoint } from "../gateway/index.ts";
import { Batcher } from "../mechanisms/batch/index.ts";
import type { Monitor } from "../mechanisms/monitor/index.ts";
import type { Channel, ThreadStore, ThreadWrite, ThreadWritten } from "../ports/index.ts";
import { MemoryChannel } from "../stores/memory/index.ts";
import { PostgresThreadStore } from "../stores/postgres/index.ts";
import { RedisChannel } from "../stores/redis/index.ts";
import { SqliteThreadStore } from "../stores/sqlite/index.ts";
import {
  announcing,
  Live,
  notingTenants,
  Recorder,
  redactor,
  type TextOf,
  type ThreadPolicy,
  Threads,
  type WriteThread,
} from "../threads/index.ts";
import { folderOf } from "./compose-stores.ts";
import type { Config } from "./config.ts";

const MIB = 1024 * 1024;
/** Beyond some hundred a commit costs as much as its rows; before that, as much as the disk's flush. */
const WRITES_PER_COMMIT = 256;
const WRITE_BYTES = 200;

export interface OpenThreads {
  readonly threads: Threads;
  readonly beginTurn: BeginTurn;
  close(): Promise<void>;
}

interface Ranked {
  readonly write: ThreadWrite;
  readonly rank: number;
}

/** Undefined when threads are off. */
export function openThreads(config: Config, clock: Clock, ids: IdSource, monitor: Monitor): OpenThreads | undefined {
  const { enabled, messageMib, redact: secrets, whenAway } = config.threads;
  if (!enabled) return undefined;
  const store = openThreadStore(config, clock);
  const channel = openChannel(config, clock);
  const batcher = new Batcher<Ranked, ThreadWritten>({
    commit: (ranked) => store.write(ranked.map(({ write }) => write)),
    bytesOf: ({ write }) => bytesOf(write),
    keyOf: ({ write: { key } }) => `${key.tenant.length}:${key.tenant}${key.id}`,
    rankOf: ({ rank }) => rank,
    itemsMax: WRITES_PER_COMMIT,
    clock,
  });
  const write: WriteThread = notingTenants(announcing((order, rank) => batcher.add({ write: order, rank }), channel));
  const policyOf = policies(config);
  const messageBytesMax = messageMib * MIB;
  const common = { store, write, clock, ids, redact: redactor(secrets), policyOf };
  const recorder = new Recorder({ ...common, whenAway });
  watch(monitor, batcher, recorder);
  return {
    threads: new Threads({
      ...common,
      random: systemRandom,
      limits: { messageBytesMax, writeBytesMax: 2 * messageBytesMax },
      live: new Live({ store, channel, clock, textOf }),
      textOf,
    }),
    beginTurn: (turn) => recorder.begin(turn),
    async close() {
      await recorder.idle();
      await batcher.close();
      await channel.close();
      await store.close();
    },
  };
}

function openThreadStore(config: Config, clock: Clock): ThreadStore {
  if (config.databaseUrl) return new PostgresThreadStore({ url: config.databaseUrl.reveal(), clock });
  return new SqliteThreadStore({ path: join(folderOf(config), "threads.db"), clock });
}

/** Between servers where Redis is configured, so that each can show what passes another. */
const openChannel = ({ redisUrl }: Config, clock: Clock): Channel =>
  redisUrl ? new RedisChannel({ url: redisUrl.reveal(), clock, namespace: "millrace.threads" }) : new MemoryChannel();

/** What all have, and tenants of their own. */
function policies({ threads }: Config): (tenant: string) => ThreadPolicy {
  const { record, visibility, links, linkDaysMax, retentionDays, tenants } = threads;
  const ofAll: ThreadPolicy = { record, visibility, links, linkDaysMax, retentionDays };
  const own = new Map(Object.entries(tenants).map(([tenant, policy]) => [tenant, { ...ofAll, ...policy } as ThreadPolicy]));
  return (tenant) => own.get(tenant) ?? ofAll;
}

/** Drafts say themselves which model API they are in. */
const textOf: TextOf = (dialect, endpoint, bytes) => answerText(dialect as DialectName, endpoint as Endpoint, bytes);

/** About: what holds most of it is the text of messages. */
function bytesOf(write: ThreadWrite): number {
  if (write.kind === "draft") return WRITE_BYTES + write.text.length;
  if (write.kind !== "put") return WRITE_BYTES;
  return (write.messages ?? []).reduce((sum, { content }) => sum + JSON.stringify(content).length, WRITE_BYTES);
}

function watch(monitor: Monitor, batcher: Batcher<Ranked, ThreadWritten>, recorder: Recorder): void {
  monitor.polledGauge({
    name: "millrace_thread_writes_waiting",
    help: "Writes to threads that wait for a commit.",
    read: (set) => set(batcher.stats().waiting),
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
