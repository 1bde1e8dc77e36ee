// Part of compose: where threads are kept, and the one batcher that all writes to them go through, for the server and for commands alike.

import { join } from "node:path";
import { type Clock, MillraceError } from "../base/index.ts";
import { Batcher, type BatcherStats } from "../mechanisms/batch/index.ts";
import type { ThreadKey, ThreadStore, ThreadWrite, ThreadWritten } from "../ports/index.ts";
import { PostgresThreadStore } from "../stores/postgres/index.ts";
import { SqliteThreadStore } from "../stores/sqlite/index.ts";
import type { WriteThread, WriteThreads } from "../threads/index.ts";
import { folderOf } from "./compose-stores.ts";
import type { Config } from "./config.ts";

/** Beyond some hundred a commit costs as much as its rows; before that, as much as the disk's flush. */
const WRITES_PER_COMMIT = 256;
const WRITE_BYTES = 200;
const CLOSE_MS_MAX = 3000;

export interface OpenThreadStore {
  readonly store: ThreadStore;
  /** Rejects when it cannot be used: it is away, of a newer version, or another server has it. Others wait for it by themselves. */
  ready(): Promise<void>;
  readonly write: WriteThread;
  readonly writeAll: WriteThreads;
  /** Of the writes. */
  stats(): BatcherStats;
  /** Writes what waits. */
  close(): Promise<void>;
}

/** In one commit, in their order. */
interface Ranked {
  readonly writes: readonly ThreadWrite[];
  readonly rank: number;
}

export function openThreadStore(config: Config, clock: Clock): OpenThreadStore {
  const store = engineOf(config, clock);
  const batcher = new Batcher<Ranked, readonly ThreadWritten[]>({
    commit: async (ranked) => {
      const written = await store.write(ranked.flatMap(({ writes }) => writes));
      let end = 0;
      return ranked.map(({ writes }) => {
        end += writes.length;
        return written.slice(end - writes.length, end);
      });
    },
    bytesOf: ({ writes }) => writes.reduce((sum, write) => sum + bytesOf(write), 0),
    keyOf: ({ writes: [only, ...others] }) => (only && others.length === 0 ? nameOf(only.key) : undefined),
    rankOf: ({ rank }) => rank,
    itemsMax: WRITES_PER_COMMIT,
    clock,
  });
  return {
    store,
    ready: () => store.ready(),
    async write(write, rank) {
      const [written] = await batcher.add({ writes: [write], rank });
      if (!written) throw new MillraceError("store_corrupt", "The store did not say what became of a write.");
      return written;
    },
    writeAll: (writes, rank) => batcher.add({ writes, rank }),
    stats: () => batcher.stats(),
    async close() {
      await batcher.close(clock.monotonic() + CLOSE_MS_MAX);
      await store.close();
    },
  };
}

function engineOf(config: Config, clock: Clock): PostgresThreadStore | SqliteThreadStore {
  if (config.databaseUrl) return new PostgresThreadStore({ url: config.databaseUrl.reveal(), clock });
  return new SqliteThreadStore({ path: join(folderOf(config), "threads.db"), clock });
}

const nameOf = ({ tenant, id }: ThreadKey): string => `${tenant.length}:${tenant}${id}`;

/** About: what holds most of it is the text of messages. */
function bytesOf(write: ThreadWrite): number {
  if (write.kind === "draft") return WRITE_BYTES + write.text.length;
  if (write.kind !== "put") return WRITE_BYTES;
  return (write.messages ?? []).reduce((sum, { content }) => sum + JSON.stringify(content).length, WRITE_BYTES);
}
