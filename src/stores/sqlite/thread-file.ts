// Opens the SQLite file of threads: for the one writer, which brings its schema up to date and holds a lock beside it as
// long as it lives, or for reading alone. Refuses a file of something else, of a newer program, or that another server
// writes, and an SQLite that may corrupt it.
// Statements on these connections are made by `query`: one made by `prepare` keeps a closed file open until it is collected.

import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { MillraceError } from "../../base/index.ts";
import { refuseUnsafeSqlite } from "./sqlite-version.ts";
import { threadSteps } from "./thread-schema.ts";

const APPLICATION_ID = 0x6d_69_6c_74; // "milt", in the file's header.
/** Three messages of 2 KB fit a page of this size, one a page of 4 KB: it writes a third faster. */
const PAGE_BYTES = 8192;
const WRITER_CACHE_KB = 65_536;
const READER_CACHE_KB = 16_384;
/** After a reset the log is cut to this. */
const LOG_BYTES_MAX = 64 * 1024 * 1024;
const READER_BUSY_MS_MAX = 2000;

/** What keeps other servers away: freed by `close`, and by the end of the process, however it ends. */
export function lockThreadFile(path: string): Database {
  return failing(path, () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const lockPath = `${path}.lock`;
    create(lockPath);
    const lock = new Database(lockPath, { readwrite: true });
    try {
      lock.run("PRAGMA journal_mode = MEMORY"); // It takes no room, and leaves nothing behind.
      lock.run("BEGIN EXCLUSIVE");
      writeNothing(lock); // Throws where SQLite can only read: it has not taken the lock then, and says nothing.
      return lock;
    } catch (error) {
      lock.close();
      if (!(error instanceof SQLiteError) || !error.code?.startsWith("SQLITE_BUSY")) throw error;
      const advice = "stop it, name another file, or use PostgreSQL for many servers";
      throw new MillraceError("store_unavailable", `The threads in ${path} are in use by another server; ${advice}.`);
    }
  });
}

/** For whoever holds the lock. @param busyMsMax how long it waits for what else holds the file: a shell, a backup */
export function openThreadFile(path: string, busyMsMax: number): Database {
  return failing(path, () => {
    create(path);
    const database = new Database(path, { readwrite: true, create: true, strict: true });
    return orClosed(database, () => {
      refuseUnsafeSqlite(database.query<{ version: string }, []>("SELECT sqlite_version() AS version").get()?.version ?? "");
      database.run(`PRAGMA busy_timeout = ${busyMsMax}`);
      if (versionOf(database, path) === 0) database.run(`PRAGMA page_size = ${PAGE_BYTES}`);
      for (const pragma of [
        "journal_mode = WAL",
        "synchronous = FULL",
        "wal_autocheckpoint = 0",
        `journal_size_limit = ${LOG_BYTES_MAX}`,
        `cache_size = -${WRITER_CACHE_KB}`,
      ]) {
        database.run(`PRAGMA ${pragma}`);
      }
      database.transaction(() => migrate(database, path)).exclusive();
      database.run("BEGIN IMMEDIATE");
      writeNothing(database); // Throws where SQLite can only read.
      database.run("ROLLBACK");
    });
  });
}

/**
 * Once before a connection writes, so that what is seen is on disk. A server that was killed, or whose sync failed, may have
 * written to the log what is not: it would be taken for kept when it is sent again. A commit syncs all of the log; what a failed
 * sync has lost is written again by a checkpoint, into the file, which is left out when somebody reads for too long.
 */
export function settleLog(database: Database): void {
  database.transaction(() => {}).immediate(); // Waits for whoever holds the file, or throws.
  database.query("PRAGMA wal_checkpoint(TRUNCATE)").get();
  writeNothing(database);
}

/** A connection that can neither write nor checkpoint. The writer has opened the file before. */
export function openThreadReader(path: string): Database {
  return failing(path, () => {
    const database = new Database(path, { readonly: true, strict: true });
    return orClosed(database, () => {
      database.run(`PRAGMA busy_timeout = ${READER_BUSY_MS_MAX}`);
      database.run(`PRAGMA cache_size = -${READER_CACHE_KB}`);
      versionOf(database, path);
    });
  });
}

/** Runs `work`; what SQLite or the file system throws becomes `store_unavailable`, or `store_corrupt` for what is no database. */
export function failing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (MillraceError.is(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const isForeign = error instanceof SQLiteError && error.code === "SQLITE_NOTADB";
    throw new MillraceError(isForeign ? "store_corrupt" : "store_unavailable", `The threads in ${path}: ${reason}.`, {
      cause: error,
    });
  }
}

export function isCorrupt(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT");
}

/** Private to its owner, as SQLite then makes its log. Never opened again: to close it would free locks that this process has on it. */
function create(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
}

function orClosed(database: Database, prepare: () => void): Database {
  try {
    prepare();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Nothing new, that is, but it is a write. */
const writeNothing = (database: Database) => database.run(`PRAGMA user_version = ${threadSteps.length}`);

function migrate(database: Database, path: string): void {
  const from = versionOf(database, path);
  if (from === threadSteps.length) return;
  for (const statement of threadSteps.slice(from).flat()) database.run(statement);
  database.run(`PRAGMA application_id = ${APPLICATION_ID}`);
  database.run(`PRAGMA user_version = ${threadSteps.length}`);
}

/** 0: the file is new. Throws `store_corrupt` when it is not ours, or newer than this program. */
function versionOf(database: Database, path: string): number {
  const [applicationId, version] = [pragma(database, "application_id"), pragma(database, "user_version")];
  const tables = database.query<{ count: number }, []>("SELECT count(*) AS count FROM sqlite_schema").get()?.count;
  if (applicationId === 0 && version === 0 && tables === 0) return 0;
  if (applicationId !== APPLICATION_ID) {
    throw new MillraceError("store_corrupt", `The file ${path} is a database of something else; name another file.`);
  }
  if (version > threadSteps.length) {
    const advice = "use the Millrace that wrote it, or name another file";
    const known = `this Millrace knows ${threadSteps.length}`;
    throw new MillraceError("store_corrupt", `The threads in ${path} have schema version ${version}, and ${known}; ${advice}.`);
  }
  return version;
}

function pragma(database: Database, name: string): number {
  return database.query<Record<string, number>, []>(`PRAGMA ${name}`).get()?.[name] ?? 0;
}
