// Part of compose: where threads are kept, and the one batcher that all writes to them go through.

import { join } from "node:path";
import { type Clock, type IdSource, systemRandom } from "../base/index.ts";
import { Batcher } from "../mechanisms/batch/index.ts";
import type { Monitor } from "../mechanisms/monitor/index.ts";
import type { ThreadStore, ThreadWrite, ThreadWritten } from "../ports/index.ts";
import { PostgresThreadStore } from "../stores/postgres/index.ts";
import { SqliteThreadStore } from "../stores/sqlite/index.ts";
import { redactor, Threads } from "../threads/index.ts";
import { folderOf } from "./compose-stores.ts";
import type { Config } from "./config.ts";

const MIB = 1024 * 1024;
/** Beyond some hundred a commit costs as much as its rows; before that, as much as the disk's flush. */
const WRITES_PER_COMMIT = 256;
const WRITE_BYTES = 200;

export interface OpenThreads {
  readonly threads: Threads;
  close(): Promise<void>;
}

interface Ranked {
  readonly write: ThreadWrite;
  readonly rank: number;
}

/** Undefined when threads are off. */
export function openThreads(config: Config, clock: Clock, ids: IdSource, monitor: Monitor): OpenThreads | undefined {
  const { enabled, visibility, links, linkDaysMax, messageMib } = config.threads;
  if (!enabled) return undefined;
  const store = openThreadStore(config, clock);
  const batcher = new Batcher<Ranked, ThreadWritten>({
    commit: (ranked) => store.write(ranked.map(({ write }) => write)),
    bytesOf: ({ write }) => bytesOf(write),
    keyOf: ({ write: { key } }) => `${key.tenant.length}:${key.tenant}${key.id}`,
    rankOf: ({ rank }) => rank,
    itemsMax: WRITES_PER_COMMIT,
    clock,
  });
  watchBatcher(monitor, batcher);
  const policy = { record: "off", visibility, links, linkDaysMax, retentionDays: undefined } as const;
  const messageBytesMax = messageMib * MIB;
  return {
    threads: new Threads({
      store,
      write: (write, rank) => batcher.add({ write, rank }),
      clock,
      random: systemRandom,
      ids,
      redact: redactor(),
      policyOf: () => policy,
      limits: { messageBytesMax, writeBytesMax: 2 * messageBytesMax },
    }),
    async close() {
      await batcher.close();
      await store.close();
    },
  };
}

function openThreadStore(config: Config, clock: Clock): ThreadStore {
  if (config.databaseUrl) return new PostgresThreadStore({ url: config.databaseUrl.reveal(), clock });
  return new SqliteThreadStore({ path: join(folderOf(config), "threads.db"), clock });
}

/** About: what holds most of it is the text of messages. */
function bytesOf(write: ThreadWrite): number {
  if (write.kind === "draft") return WRITE_BYTES + write.text.length;
  if (write.kind !== "put") return WRITE_BYTES;
  return (write.messages ?? []).reduce((sum, { content }) => sum + JSON.stringify(content).length, WRITE_BYTES);
}

function watchBatcher(monitor: Monitor, batcher: Batcher<Ranked, ThreadWritten>): void {
  monitor.polledGauge({
    name: "millrace_thread_writes_waiting",
    help: "Writes to threads that wait for a commit.",
    read: (set) => set(batcher.stats().waiting),
  });
}
