// Part of compose: where threads are kept, and the one batcher that all writes to them go through, for the server and for commands alike.

import { join } from "node:path";
import type { Clock } from "../base/index.ts";
import { Batcher, type BatcherStats } from "../mechanisms/batch/index.ts";
import type { ThreadStore, ThreadWrite, ThreadWritten } from "../ports/index.ts";
import { PostgresThreadStore } from "../stores/postgres/index.ts";
import { SqliteThreadStore } from "../stores/sqlite/index.ts";
import type { WriteThread } from "../threads/index.ts";
import { folderOf } from "./compose-stores.ts";
import type { Config } from "./config.ts";

/** Beyond some hundred a commit costs as much as its rows; before that, as much as the disk's flush. */
const WRITES_PER_COMMIT = 256;
const WRITE_BYTES = 200;

export interface OpenThreadStore {
  readonly store: ThreadStore;
  /** Rejects when it cannot be used: it is away, of a newer version, or another server has it. Others wait for it by themselves. */
  ready(): Promise<void>;
  readonly write: WriteThread;
  /** Of the writes. */
  stats(): BatcherStats;
  /** Writes what waits. */
  close(): Promise<void>;
}

interface Ranked {
  readonly write: ThreadWrite;
  readonly rank: number;
}

export function openThreadStore(config: Config, clock: Clock): OpenThreadStore {
  const store = engineOf(config, clock);
  const batcher = new Batcher<Ranked, ThreadWritten>({
    commit: (ranked) => store.write(ranked.map(({ write }) => write)),
    bytesOf: ({ write }) => bytesOf(write),
    keyOf: ({ write: { key } }) => `${key.tenant.length}:${key.tenant}${key.id}`,
    rankOf: ({ rank }) => rank,
    itemsMax: WRITES_PER_COMMIT,
    clock,
  });
  return {
    store,
    ready: () => store.ready(),
    write: (write, rank) => batcher.add({ write, rank }),
    stats: () => batcher.stats(),
    async close() {
      await batcher.close();
      await store.close();
    },
  };
}

function engineOf(config: Config, clock: Clock): PostgresThreadStore | SqliteThreadStore {
  if (config.databaseUrl) return new PostgresThreadStore({ url: config.databaseUrl.reveal(), clock });
  return new SqliteThreadStore({ path: join(folderOf(config), "threads.db"), clock });
}

/** About: what holds most of it is the text of messages. */
function bytesOf(write: ThreadWrite): number {
  if (write.kind === "draft") return WRITE_BYTES + write.text.length;
  if (write.kind !== "put") return WRITE_BYTES;
  return (write.messages ?? []).reduce((sum, { content }) => sum + JSON.stringify(content).length, WRITE_BYTES);
}
