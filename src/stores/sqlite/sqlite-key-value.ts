// Key-value in one SQLite file: survives the process, and is shared by processes of one machine.
// Invariants: an acknowledged write is on disk; a namespace never holds more than bytesMax. When it would, expired
// entries go first; then, by `whenFull`, the oldest-written go or the write is refused and nothing changes.
// SQLite works on the calling thread: each call holds it for the length of one small transaction, and at most for
// busyTimeoutMs while another process writes. The WAL and free pages come on top of bytesMax.
// Expiry: see forward-clock.ts. Over a restart the wall clock is believed, whatever it says.

import type { Database } from "bun:sqlite";
import { type Clock, MillraceError, utf8 } from "../../base/index.ts";
import { checkKey, checkNamespace, checkPrefix, checkValue, type KeyValue } from "../../ports/index.ts";
import { ForwardClock } from "./forward-clock.ts";
import { ENTRY_OVERHEAD_BYTES, openSqliteFile, refusing } from "./sqlite-file.ts";

const SWEPT_PER_WRITE_MAX = 4;
const SWEPT_WHEN_FULL = 64;
const KEYS_PER_PAGE = 256;
const BUSY_TIMEOUT_MS = 1000;
const AFTER_UTF8 = 0xff; // A byte that UTF-8 never holds, so higher than what any key has after the prefix.
/** Keeps a leading byte order mark, which is a character of the key like any other. */
const keyText = new TextDecoder("utf-8", { ignoreBOM: true });

export interface SqliteKeyValueOptions {
  /** A file; it and its folder are created. Namespaces and processes may share it. */
  path: string;
  /** See checkNamespace in ports. */
  namespace: string;
  clock: Clock;
  /** How many bytes of keys and values the namespace may hold, with 64 more an entry. */
  bytesMax: number;
  /** `refuse` (the default) answers `store_unavailable`; `evict-oldest` forgets what was written longest ago. */
  whenFull?: "refuse" | "evict-oldest";
  /** How long a call may block this thread while another process writes. Default 1,000. */
  busyTimeoutMs?: number;
}

export class SqliteKeyValue implements KeyValue {
  readonly #database: Database;
  readonly #clock: ForwardClock;
  readonly #bytesMax: number;
  readonly #evictsOldest: boolean;
  readonly #statements: Statements;
  #closed = false;

  constructor(options: SqliteKeyValueOptions) {
    const { path, namespace, bytesMax, busyTimeoutMs = BUSY_TIMEOUT_MS } = options;
    checkNamespace(namespace);
    if (path === "" || path === ":memory:") {
      throw new MillraceError("option_invalid", "The SQLite store needs a file's path; in memory, use the memory store.");
    }
    for (const [name, value] of Object.entries({ bytesMax, busyTimeoutMs })) {
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new MillraceError("option_invalid", `The SQLite store needs ${name}: a whole number of at least 1.`);
    }
    this.#bytesMax = bytesMax;
    this.#evictsOldest = options.whenFull === "evict-oldest";
    this.#clock = new ForwardClock(options.clock);
    this.#database = openSqliteFile(path, namespace, busyTimeoutMs);
    this.#statements = refusing("SQLite", () => prepareStatements(this.#database, namespace));
  }

  get(key: string): ReturnType<KeyValue["get"]> {
    try {
      checkKey(key);
      return this.#run(() => this.#statements.get.get(utf8(key), this.#clock.now())?.value);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async set(key: string, value: Uint8Array, options: { ttlMs?: number } = {}): Promise<void> {
    checkKey(key);
    checkValue(value, options.ttlMs);
    const keyBytes = utf8(key);
    const sizeBytes = keyBytes.byteLength + value.byteLength + ENTRY_OVERHEAD_BYTES;
    const { sweep, remove, insert } = this.#statements;
    this.#run(() => {
      if (sizeBytes > this.#bytesMax) throw this.#full();
      const nowMs = this.#clock.now();
      this.#database
        .transaction(() => {
          sweep.run(nowMs, SWEPT_PER_WRITE_MAX);
          remove.run(keyBytes);
          this.#makeRoom(this.#bytesMax - sizeBytes, nowMs);
          insert.run(keyBytes, options.ttlMs === undefined ? null : nowMs + options.ttlMs, value);
        })
        .immediate();
    });
  }

  async delete(key: string): Promise<boolean> {
    checkKey(key);
    return this.#run(() => {
      const removed = this.#statements.remove.get(utf8(key));
      return removed !== null && (removed.end_ms === null || removed.end_ms > this.#clock.now());
    });
  }

  async *scan(prefix: string): AsyncGenerator<string, void, undefined> {
    checkPrefix(prefix);
    const start = utf8(prefix);
    const end = new Uint8Array([...start, AFTER_UTF8]);
    // By pages, so that no statement stays open, and holds the WAL, while the reader of the keys does other things.
    for (let after: Uint8Array | undefined = start, page = this.#page(start, end, true); after; ) {
      for (const { key } of page) yield keyText.decode(key);
      after = page.length === KEYS_PER_PAGE ? page.at(-1)?.key : undefined;
      if (after) page = this.#page(after, end, false);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const statement of Object.values(this.#statements)) statement.finalize();
    this.#database.close();
  }

  #page(start: Uint8Array, end: Uint8Array, includingStart: boolean): { key: Uint8Array }[] {
    return this.#run(() => this.#statements.page.all(start, end, includingStart ? 1 : 0, this.#clock.now(), KEYS_PER_PAGE));
  }

  /** Deletes until the namespace holds at most `bytesLeftMax`: work in proportion to the room one value needs. */
  #makeRoom(bytesLeftMax: number, nowMs: number): void {
    const { usage, sweep, evict } = this.#statements;
    while ((usage.get()?.bytes ?? 0) > bytesLeftMax) {
      if (sweep.run(nowMs, SWEPT_WHEN_FULL).changes > 0) continue;
      if (!this.#evictsOldest || evict.run(1).changes === 0) throw this.#full();
    }
  }

  #full(): MillraceError {
    return new MillraceError("store_unavailable", `The SQLite store is full (${this.#bytesMax} bytes); the value was not kept.`);
  }

  #run<T>(work: () => T): T {
    if (this.#closed) throw new MillraceError("store_unavailable", "The SQLite store is closed.");
    return refusing("The SQLite store refused the operation", work);
  }
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(database: Database, namespace: string) {
  const entries = `"entries:${namespace}"`;
  const live = "(end_ms IS NULL OR end_ms > ?)";
  return {
    get: database.query<{ value: Uint8Array }, [Uint8Array, number]>(`SELECT value FROM ${entries} WHERE key = ? AND ${live}`),
    insert: database.query<never, [Uint8Array, number | null, Uint8Array]>(
      `INSERT INTO ${entries} (key, end_ms, value) VALUES (?, ?, ?)`,
    ),
    remove: database.query<{ end_ms: number | null }, [Uint8Array]>(`DELETE FROM ${entries} WHERE key = ? RETURNING end_ms`),
    page: database.query<{ key: Uint8Array }, [Uint8Array, Uint8Array, number, number, number]>(
      `SELECT key FROM ${entries} WHERE key >= ?1 AND key < ?2 AND (?3 OR key > ?1) AND (end_ms IS NULL OR end_ms > ?4)
       ORDER BY key LIMIT ?5`,
    ),
    sweep: database.query<never, [number, number]>(
      `DELETE FROM ${entries} WHERE id IN (SELECT id FROM ${entries} WHERE end_ms <= ? ORDER BY end_ms LIMIT ?)`,
    ),
    evict: database.query<never, [number]>(`DELETE FROM ${entries} WHERE id IN (SELECT id FROM ${entries} ORDER BY id LIMIT ?)`),
    usage: database.query<{ bytes: number }, []>(`SELECT bytes FROM usage WHERE namespace = '${namespace}'`),
  };
}
