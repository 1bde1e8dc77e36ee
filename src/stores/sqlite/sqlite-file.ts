// Opens the SQLite file that key-value namespaces live in: private to its owner, WAL, a sync at every commit, and a
// version that this code knows. Each namespace has tables of its own, so that neither a scan, a sweep nor an eviction
// can reach another's rows. Does not read or write entries.

import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { MillraceError } from "../../base/index.ts";

/** What an entry costs beyond its key and value, in the accounting of bytesMax. */
export const ENTRY_OVERHEAD_BYTES = 64;

const APPLICATION_ID = 0x6d_69_6c_6c; // "mill", in the file's header: `file` and this code recognise it.
const SCHEMA_VERSION = 1;
/** Times that other processes may come between. */
const SWITCHES_MAX = 100;

/** Throws `store_unavailable` when the file cannot be opened, `store_corrupt` when it is not a file of this version. */
export function openSqliteFile(path: string, namespace: string, busyTimeoutMs: number): Database {
  return refusing(`The file ${path} cannot be used as a key-value store`, () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // SQLite gives its WAL the mode of the file. One that is there stays closed: closing it would let go of the locks that this
    // process has on it (POSIX).
    if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
    const database = new Database(path, { readwrite: true, create: true, strict: true });
    try {
      database.run(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
      // Before anything is written: the file may be somebody else's. In one transaction, since another process may be
      // making it ours at this moment.
      database.transaction(() => refuseForeign(database, path)).deferred();
      switchToWal(database);
      database.run("PRAGMA synchronous = FULL");
      database.transaction(() => prepare(database, path, namespace)).immediate();
    } catch (error) {
      database.close();
      throw error;
    }
    return database;
  });
}

/** The switch needs the file for itself, and is the one statement that does not wait for it; a transaction does. */
function switchToWal(database: Database): void {
  for (let attempt = 1; ; attempt++) {
    try {
      database.run("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      const isBusy = error instanceof SQLiteError && error.code?.startsWith("SQLITE_BUSY");
      if (!isBusy || attempt >= SWITCHES_MAX) throw error;
      database.transaction(() => {}).immediate();
    }
  }
}

/** Runs `work`; what SQLite or the file system throws becomes one of our errors, with `what` as its beginning. */
export function refusing<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (MillraceError.is(error)) throw error;
    const corrupt = error instanceof SQLiteError && (error.code === "SQLITE_NOTADB" || error.code?.startsWith("SQLITE_CORRUPT"));
    const reason = error instanceof Error ? error.message : String(error);
    throw new MillraceError(corrupt ? "store_corrupt" : "store_unavailable", `${what}: ${reason}.`, { cause: error });
  }
}

function prepare(database: Database, path: string, namespace: string): void {
  if (refuseForeign(database, path) === "empty") {
    database.run(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.run(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  }
  createNamespace(database, namespace);
}

function refuseForeign(database: Database, path: string): "empty" | "ours" {
  const [applicationId, version] = [pragma(database, "application_id"), pragma(database, "user_version")];
  const tables = database.query<{ count: number }, []>("SELECT count(*) AS count FROM sqlite_schema").get()?.count;
  if (applicationId === 0 && version === 0 && tables === 0) return "empty";
  if (applicationId !== APPLICATION_ID) {
    throw new MillraceError("store_corrupt", `The file ${path} is a database of something else; name another file.`);
  }
  if (version === SCHEMA_VERSION) return "ours";
  const advice = "use the Millrace that wrote it, or name another file";
  throw new MillraceError("store_corrupt", `The file ${path} has schema version ${version}, not ${SCHEMA_VERSION}; ${advice}.`);
}

// A table with row ids and an index on the key, not WITHOUT ROWID: with values of more than a few hundred bytes that
// keeps reads of one key several times faster and the file half as large. A later row has a higher id: the order of age.
function createNamespace(database: Database, namespace: string): void {
  const size = (row: string) => `length(${row}.key) + length(${row}.value) + ${ENTRY_OVERHEAD_BYTES}`;
  const account = `UPDATE usage SET bytes = bytes`;
  const whose = `WHERE namespace = '${namespace}'`;
  database.run("CREATE TABLE IF NOT EXISTS usage (namespace TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID, STRICT");
  database.run(`INSERT OR IGNORE INTO usage VALUES ('${namespace}', 0)`);
  database.run(`CREATE TABLE IF NOT EXISTS "entries:${namespace}"
    (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, end_ms REAL, value BLOB NOT NULL) STRICT`);
  database.run(`CREATE INDEX IF NOT EXISTS "ends:${namespace}" ON "entries:${namespace}" (end_ms) WHERE end_ms IS NOT NULL`);
  database.run(`CREATE TRIGGER IF NOT EXISTS "added:${namespace}" AFTER INSERT ON "entries:${namespace}"
    BEGIN ${account} + ${size("new")} ${whose}; END`);
  database.run(`CREATE TRIGGER IF NOT EXISTS "removed:${namespace}" AFTER DELETE ON "entries:${namespace}"
    BEGIN ${account} - (${size("old")}) ${whose}; END`);
}

function pragma(database: Database, name: string): number {
  return database.query<Record<string, number>, []>(`PRAGMA ${name}`).get()?.[name] ?? 0;
}
