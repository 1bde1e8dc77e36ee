// Conversations in PostgreSQL, shared by many servers. What an acknowledged write wrote is durable as the server is
// configured to be; all that is refused or lost on the way rejects with `store_unavailable`.
// Writes have connections of their own: no question, however slow, stands before them. Does not batch: `write` is called by
// one batcher a server (mechanisms/batch).

import type { Clock } from "../../base/index.ts";
import type {
  Found,
  MessagePage,
  Thread,
  ThreadChangeEvent,
  ThreadFilter,
  ThreadKey,
  ThreadLookup,
  ThreadPlace,
  ThreadStore,
  ThreadWrite,
  ThreadWritten,
} from "../../ports/index.ts";
import { CHANGES, type ChangeRow, changeOf } from "./feed.ts";
import { readMessages } from "./message-reader.ts";
import { migrate } from "./migrate.ts";
import { PostgresConnection, type PostgresConnectionOptions } from "./postgres-connection.ts";
import { encodeMessage } from "./record-row.ts";
import { SearchIndex } from "./search-index.ts";
import { searchThreads } from "./search-reader.ts";
import { findThread, listThreads, totalThreads } from "./thread-reader.ts";
import { ThreadWriter } from "./thread-writer.ts";

export interface PostgresThreadStoreOptions {
  /** postgres:// or postgresql:// with user, password and database. */
  url: string;
  clock: Clock;
  /** Schema of the database that holds all tables; made when it is not there. Default "millrace". */
  schema?: string;
  /** Connections for questions. Default 8. */
  readersMax?: number;
  /** Connections for writes; a large batch takes two. Default 3. */
  writersMax?: number;
  /** Default 5,000. */
  connectTimeoutMs?: number;
  /** How long a call may take, with its wait for a connection. Default 10,000. */
  statementTimeoutMs?: number;
  /** How many questions, and how many writes, may be under way or wait; more are refused at once. Default 1,000. */
  callsMax?: number;
  /** How long after a look for new messages to index the next is taken; 0: this server leaves that to others. Default 500. */
  indexEveryMs?: number;
  /** How long changes stay in the feed, at least; older ones go, once they are indexed. Default 604,800,000 (7 days). */
  changesKeptMs?: number;
}

const DEFAULTS = {
  schema: "millrace",
  readersMax: 8,
  writersMax: 3,
  connectTimeoutMs: 5000,
  statementTimeoutMs: 10_000,
  callsMax: 1000,
  indexEveryMs: 500,
  changesKeptMs: 7 * 24 * 3600 * 1000,
};

export class PostgresThreadStore implements ThreadStore {
  readonly #schema: string;
  readonly #reads: PostgresConnection;
  readonly #writes: PostgresConnection;
  readonly #indexing: PostgresConnection;
  readonly #writer: ThreadWriter;
  readonly #index: SearchIndex;
  readonly #isIndexing: boolean;
  #ready: Promise<void> | undefined;

  /** Does not connect: the first call does, so that a server may start while PostgreSQL is away. */
  constructor(options: PostgresThreadStoreOptions) {
    const { readersMax, writersMax, indexEveryMs, changesKeptMs, ...rest } = { ...DEFAULTS, ...options };
    const connect = (connectionsMax: number, settings: PostgresConnectionOptions["settings"] = {}) =>
      new PostgresConnection({ ...rest, connectionsMax, settings });
    this.#schema = rest.schema;
    this.#reads = connect(readersMax);
    // Keys are looked up one by one, also in a table that was empty when the statement was planned.
    const byKey = { enable_hashjoin: false, enable_mergejoin: false, random_page_cost: 0.1, seq_page_cost: 0.1 };
    this.#writes = connect(writersMax, byKey);
    this.#indexing = connect(1, byKey);
    this.#writer = new ThreadWriter(this.#writes, encodeMessage);
    this.#index = new SearchIndex(this.#indexing, rest.clock, indexEveryMs, changesKeptMs);
    this.#isIndexing = indexEveryMs > 0;
  }

  /** Makes the schema what this program needs. Any call does so first; a server calls it at its start, to hear of refusals. */
  ready(): Promise<void> {
    this.#ready ??= migrate(this.#writes, this.#schema).then(
      () => {
        if (this.#isIndexing) this.#index.start();
      },
      (error: unknown) => {
        this.#ready = undefined;
        throw error;
      },
    );
    return this.#ready;
  }

  async write(writes: readonly ThreadWrite[]): Promise<readonly ThreadWritten[]> {
    await this.ready();
    return this.#writer.write(writes);
  }

  async find(lookup: ThreadLookup): Promise<Found | undefined> {
    await this.ready();
    return findThread(this.#reads, lookup);
  }

  async messages(key: ThreadKey, page: { after: number; limit: number; backwards?: boolean }): Promise<MessagePage> {
    await this.ready();
    return readMessages(this.#reads, key, page);
  }

  async list(filter: ThreadFilter, page: { after?: ThreadPlace; limit: number }): Promise<readonly Thread[]> {
    await this.ready();
    return listThreads(this.#reads, filter, page);
  }

  async search(filter: ThreadFilter, words: string, page: { after?: number; limit: number }): ReturnType<ThreadStore["search"]> {
    await this.ready();
    return searchThreads(this.#reads, filter, words, page);
  }

  async changes(after: number, limit: number): Promise<readonly ThreadChangeEvent[]> {
    await this.ready();
    return (await this.#reads.query<ChangeRow>(CHANGES, [after, limit])).map(changeOf);
  }

  async totals(filter: ThreadFilter): ReturnType<ThreadStore["totals"]> {
    await this.ready();
    return totalThreads(this.#reads, filter);
  }

  /** Brings the search up to what is written now, without waiting for its time. */
  async catchUp(): Promise<void> {
    await this.ready();
    await this.#index.catchUp();
  }

  async close(): Promise<void> {
    await Promise.all([this.#index.stop(), this.#reads.close(), this.#writes.close(), this.#indexing.close()]);
  }
}
