// The file of threads: whose it is, of which version, and who may have it.

import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { MillraceError } from "../../base/index.ts";
import { BUSY_MS, create, keyOf, scratchPaths } from "./testing.ts";
import { lockThreadFile, openThreadFile, openThreadReader } from "./thread-file.ts";
import { ThreadReader } from "./thread-reader.ts";
import { threadSteps } from "./thread-schema.ts";
import { ThreadWriter } from "./thread-writer.ts";

const paths = scratchPaths();
afterAll(paths.remove);

function newPath(): string {
  const path = paths.next();
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
  } catch (error) {
    return MillraceError.is(error) ? error.code : String(error);
  }
  return undefined;
};

test("a new file is private, syncs at every commit, and never checkpoints by itself", () => {
  const path = newPath();
  const database = openThreadFile(path, BUSY_MS);
  const pragma = (name: string) => Object.values(database.query(`PRAGMA ${name}`).get() ?? {})[0];
  expect(["journal_mode", "synchronous", "wal_autocheckpoint", "user_version"].map(pragma)).toEqual([
    "wal",
    2,
    0,
    threadSteps.length,
  ]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
});

test("opening again keeps what is there", () => {
  const path = newPath();
  const first = openThreadFile(path, BUSY_MS);
  new ThreadWriter(first).write([{ kind: "put", key: keyOf("t"), create: create({ title: "kept" }) }]);
  first.close();
  expect(openThreadFile(path, BUSY_MS).query("SELECT title FROM thread").all()).toEqual([{ title: "kept" }]);
});

test("a step that fails leaves the file as it was", () => {
  const path = newPath();
  const before = new Database(path, { create: true });
  before.run("CREATE TABLE name (theirs)");
  before.run(`PRAGMA application_id = ${0x6d_69_6c_74}`);
  before.close();
  expect(codeOf(() => openThreadFile(path, BUSY_MS))).toBe("store_unavailable");
  expect(new Database(path).query("SELECT name FROM sqlite_schema").all()).toEqual([{ name: "name" }]);
});

test("a newer schema, a foreign database and what is none are refused and left alone", () => {
  const [newer, foreign, garbage] = [newPath(), newPath(), newPath()];
  const made = openThreadFile(newer, BUSY_MS);
  made.run(`PRAGMA user_version = ${threadSteps.length + 1}`);
  made.close();
  new Database(foreign, { create: true }).run("CREATE TABLE theirs (id)");
  writeFileSync(garbage, "not a database, and long enough for a header ".repeat(100));
  for (const path of [newer, foreign, garbage]) expect(codeOf(() => openThreadFile(path, BUSY_MS))).toBe("store_corrupt");
  expect(new Database(foreign).query("PRAGMA journal_mode").get()).toEqual({ journal_mode: "delete" });
  expect(new Database(newer).query("PRAGMA user_version").get()).toEqual({ user_version: threadSteps.length + 1 });
});

test("one has the lock at a time", () => {
  const path = newPath();
  const lock = lockThreadFile(path);
  expect(() => lockThreadFile(path)).toThrow("in use by another server");
  lock.close();
  lockThreadFile(path).close();
});

test("a closed connection has let go of the file, whatever was prepared on it", () => {
  const path = newPath();
  const database = openThreadFile(path, BUSY_MS);
  const writer = new ThreadWriter(database);
  writer.write([{ kind: "put", key: keyOf("t"), create: create() }]);
  const reader = new ThreadReader(database);
  expect(reader.find(keyOf("t"))).toBeDefined();
  database.close();
  // This needs the file for itself.
  expect(new Database(path).query("PRAGMA journal_mode = DELETE").get()).toEqual({ journal_mode: "delete" });
  expect([writer, reader]).toHaveLength(2); // Nobody has collected them.
});

test("a reader cannot write", () => {
  const path = newPath();
  openThreadFile(path, BUSY_MS);
  expect(() => openThreadReader(path).run("DELETE FROM thread")).toThrow("readonly");
});
