// Records in one SQLite file, in a namespace beside those of key-value; processes of one machine may share it.
// Invariants: a put is whole or not there; never over bytesMax: those kept longest ago go first. What was put last may be lost to a power cut
// (it can be computed again), the file is not damaged by one. SQLite works on the calling thread: about 5 us a record.

import type { Database } from "bun:sqlite";
import { MillraceError, utf8 } from "../../base/index.ts";
import { checkNamespace, checkRecords, type RecordStore } from "../../ports/index.ts";
import { ENTRY_OVERHEAD_BYTES, openSqliteFile, refusing } from "./sqlite-file.ts";

const BUSY_TIMEOUT_MS = 1000;
const FORGOTTEN_AT_ONCE = 64;
/** Of 4 KiB, that the log may have before it is moved into the file; whoever closes the file last moves it too. */
const WAL_PAGES = 8192;

export interface SqliteRecordStoreOptions {
  /** A file; it and its folder are created. */
  path: string;
  /** See checkNamespace in ports. */
  namespace: string;
  /** How many bytes of keys and records it may hold, with 64 more a record. */
  bytesMax: number;
  /** How long a call may block this thread while another process writes. Default 1,000. */
  busyTimeoutMs?: number;
}

export class SqliteRecordStore implements RecordStore {
  readonly #database: Database;
  readonly #bytesMax: number;
  readonly #statements: Statements;
  #isClosed = false;

  /** Throws `option_invalid`, and as `openSqliteFile`. */
  constructor({ path, namespace, bytesMax, busyTimeoutMs = BUSY_TIMEOUT_MS }: SqliteRecordStoreOptions) {
    checkNamespace(namespace);
    if (path === "" || path === ":memory:") {
      throw new MillraceError("option_invalid", "The SQLite store needs a file's path; in memory, use the memory store.");
    }
    for (const [name, value] of Object.entries({ bytesMax, busyTimeoutMs })) {
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new MillraceError("option_invalid", `The SQLite store needs ${name}: a whole number of at least 1.`);
    }
    this.#bytesMax = bytesMax;
    this.#database = openSqliteFile(path, namespace, busyTimeoutMs);
    this.#database.run("PRAGMA synchronous = NORMAL");
    // Each time it is moved into the file the disk is waited for: some ten milliseconds, while somebody waits for what is put.
    this.#database.run(`PRAGMA wal_autocheckpoint = ${WAL_PAGES}`);
    this.#statements = refusing("SQLite", () => prepare(this.#database, namespace));
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    checkRecords(keys);
    const found = new Map<string, Uint8Array>();
    this.#run(() =>
      this.#database
        .transaction(() => {
          for (const key of keys) {
            const row = this.#statements.get.get(utf8(key));
            if (row) found.set(key, row.value);
          }
        })
        .deferred(),
    );
    return found;
  }

  async put(records: ReadonlyMap<string, Uint8Array>): Promise<void> {
    checkRecords(records.keys(), records.values());
    const { add, usage, forget } = this.#statements;
    this.#run(() =>
      this.#database
        .transaction(() => {
          const before = usage.get()?.bytes ?? 0;
          for (const [key, value] of records) add.run(utf8(key), value);
          const after = usage.get()?.bytes ?? 0;
          if (after - before > this.#bytesMax) throw this.#tooMuch();
          for (let bytes = after; bytes > this.#bytesMax; bytes = usage.get()?.bytes ?? 0)
            forget.run(FORGOTTEN_AT_ONCE, this.#bytesMax);
        })
        .immediate(),
    );
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const statement of Object.values(this.#statements)) statement.finalize();
    this.#database.close();
  }

  #tooMuch(): MillraceError {
    return new MillraceError("store_unavailable", `The SQLite store of records holds ${this.#bytesMax} bytes; these are more.`);
  }

  #run<T>(work: () => T): T {
    if (this.#isClosed) throw new MillraceError("store_unavailable", "The SQLite store of records is closed.");
    return refusing("The SQLite store of records refused the operation", work);
  }
}

type Statements = ReturnType<typeof prepare>;

function prepare(database: Database, namespace: string) {
  const entries = `"entries:${namespace}"`;
  const bytes = `(SELECT bytes FROM usage WHERE namespace = '${namespace}')`;
  const size = `length(key) + length(value) + ${ENTRY_OVERHEAD_BYTES}`;
  return {
    get: database.query<{ value: Uint8Array }, [Uint8Array]>(`SELECT value FROM ${entries} WHERE key = ?`),
    add: database.query<never, [Uint8Array, Uint8Array]>(
      `INSERT INTO ${entries} (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`,
    ),
    usage: database.query<{ bytes: number }, []>(`SELECT ${bytes} AS bytes`),
    /** Of the oldest, as few as make room. */
    forget: database.query<never, [number, number]>(
      `DELETE FROM ${entries} WHERE id IN (SELECT id FROM (
         SELECT id, sum(${size}) OVER (ORDER BY id) - (${size}) AS gone FROM (SELECT * FROM ${entries} ORDER BY id LIMIT ?)
       ) WHERE gone < ${bytes} - ?)`,
    ),
  };
}
