// The file of the search index. It can be made again from the threads at any time: one that is missing, broken, of another
// version or of other threads is begun anew, and is then fed from the first change on.

import { Database } from "bun:sqlite";
import { closeSync, existsSync, openSync, renameSync, rmSync } from "node:fs";

/** Raised whenever words, marks or tables become others. */
const VERSION = 3;
const READER_BUSY_MS = 1000;

export const indexPathOf = (path: string): string => `${path}.search`;

const TABLES = [
  "CREATE TABLE progress (one INTEGER PRIMARY KEY CHECK (one = 1), identity TEXT NOT NULL, position INTEGER NOT NULL)",
  // With which marks the messages of a thread are there.
  "CREATE TABLE indexed (thread INTEGER PRIMARY KEY, marks TEXT NOT NULL)",
  // Words without places or texts. What this tokenizer would split in another way than we is split before (thread-words.ts).
  `CREATE VIRTUAL TABLE word USING fts5 (words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii')`,
  // Gathered in memory before it is written: with less, a transaction leaves many parts that have to be merged.
  `INSERT INTO word (word, rank) VALUES ('hashsize', ${16 * 1024 * 1024})`,
  `PRAGMA user_version = ${VERSION}`,
];

/** For the one that feeds it. @param lastPosition of the feed: an index that is further is of a file that is gone */
export function openIndex(path: string, identity: string, lastPosition: number): Database {
  const there = existsSync(path) ? openWhole(path, identity, lastPosition) : undefined;
  if (there) return there;
  removeIndex(path);
  makeIndex(`${path}.new`, identity);
  renameSync(`${path}.new`, path);
  return connected(path);
}

function openWhole(path: string, identity: string, lastPosition: number): Database | undefined {
  let database: Database | undefined;
  try {
    database = connected(path);
    const { position } = database.query<{ position: number }, []>("SELECT position FROM progress").get() ?? { position: 0 };
    if (versionOf(database) === VERSION && identityOf(database) === identity && position <= lastPosition) return database;
  } catch {
    // Whatever is wrong with it, a new one is right.
  }
  database?.close();
  return undefined;
}

/** Beside its place: a search that comes meanwhile finds no index, and never half of one. */
function makeIndex(path: string, identity: string): void {
  removeIndex(path);
  const database = connected(path);
  database.transaction(() => {
    for (const statement of TABLES) database.run(statement);
    database.run("INSERT INTO progress VALUES (1, ?, 0)", [identity]);
  })();
  database.close(true); // Empties the log into the file.
}

export function removeIndex(path: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(path + end, { force: true });
}

export function openIndexReader(path: string): Database {
  const database = new Database(path, { readonly: true, strict: true });
  // For the moment in which its feeder opens it.
  database.run(`PRAGMA busy_timeout = ${READER_BUSY_MS}`);
  return database;
}

function connected(path: string): Database {
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
  const database = new Database(path, { readwrite: true, create: true, strict: true });
  database.run("PRAGMA journal_mode = WAL");
  // A power cut may cost the last entries: the position goes back with them.
  database.run("PRAGMA synchronous = NORMAL");
  database.run("PRAGMA cache_size = -32768");
  return database;
}

const versionOf = (database: Database) => database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version;
const identityOf = (database: Database) =>
  database.query<{ identity: string }, []>("SELECT identity FROM progress").get()?.identity;
