// What the conformance suite cannot ask of every store of threads: this one's workers, its file, and other users of it.

import { Database } from "bun:sqlite";
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { chmodSync, closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../../ports/index.ts";
import { SqliteThreadStore, type SqliteThreadStoreOptions } from "./sqlite-thread-store.ts";
import { create, keyOf, message, put, scratchPaths } from "./testing.ts";
import { threadSteps } from "./thread-schema.ts";

const WRITER = join(import.meta.dir, "../../../test/kit/sqlite-thread-writer.ts");
const CASE_MS_MAX = 60_000;
const PAGE_BYTES = 8192;

const paths = scratchPaths();
const opened: SqliteThreadStore[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
});
afterAll(paths.remove);

const code = (expected: string) => expect.objectContaining({ code: expected });
/** Not by `rejects`: that waits in a loop of its own, in which a worker's answer to this thread's lock does not come. */
const failureOf = (call: Promise<unknown>) => call.then(() => undefined).catch((error: unknown) => error);

function openAt(path: string, options: Partial<SqliteThreadStoreOptions> = {}): SqliteThreadStore {
  const store = new SqliteThreadStore({ path, readersMax: 1, ...options });
  opened.push(store);
  return store;
}

async function clientIds(store: SqliteThreadStore, id: string): Promise<string[]> {
  const { messages } = await store.messages(keyOf(id), { after: 0, limit: 100_000 });
  expect(messages.map(({ sequence }) => sequence)).toEqual(messages.map((_, index) => index + 1));
  return messages.map((each) => ("corrupt" in each ? "corrupt" : each.clientId));
}

test.each([{ path: "" }, { path: ":memory:" }, { readersMax: 0 }, { busyTimeoutMs: Number.POSITIVE_INFINITY }])(
  "%p is refused",
  (options) => {
    expect(() => new SqliteThreadStore({ path: "threads.sqlite", ...options })).toThrow("SQLite store needs");
  },
);

test("calls wait for the file to be open; after close they are refused, and the file is whole", async () => {
  const path = paths.next();
  const store = openAt(path);
  await store.write([put("t", [message("a", "one")])]);
  expect(await clientIds(store, "t")).toEqual(["a"]);
  await store.close();
  expect(await failureOf(store.write([]))).toEqual(code("store_unavailable"));
  expect(await failureOf(store.find(keyOf("t")))).toEqual(code("store_unavailable"));
  expect(existsSync(`${path}-wal`) ? readFileSync(`${path}-wal`).byteLength : 0).toBe(0);
  expect(new Database(path).query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
  expect(await clientIds(openAt(path), "t")).toEqual(["a"]);
});

test("a second server is refused and told why, until the first has closed", async () => {
  const path = paths.next();
  const [first, second] = [openAt(path), openAt(path)];
  const outcomes = await Promise.allSettled([first.ready(), second.ready()]);
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");
  expect(refused.map(({ reason }) => String(reason))).toEqual([expect.stringContaining("in use by another server")]);
  const [holder, other] = outcomes[0]?.status === "fulfilled" ? [first, second] : [second, first];
  expect(await failureOf(other.write([put("t", [])]))).toEqual(code("store_unavailable"));
  await holder.write([put("t", [message("a", "one")])]);
  await holder.close();
  await other.write([put("t", [message("b", "two")])]);
  expect(await clientIds(other, "t")).toEqual(["a", "b"]);
});

test("a file that cannot be used is refused, and taken once it can be", async () => {
  const path = paths.next();
  await openAt(path).ready();
  await opened.pop()?.close();
  const newer = new Database(path);
  const { user_version: version } = newer.query<{ user_version: number }, []>("PRAGMA user_version").get() ?? {};
  newer.run("PRAGMA user_version = 999");
  const store = openAt(path);
  expect(await failureOf(store.ready())).toEqual(code("store_corrupt"));
  newer.run(`PRAGMA user_version = ${version}`);
  newer.close();
  await store.write([put("t", [])]);
  expect((await store.find(keyOf("t")))?.thread.version).toBe(1);
});

test("drafts in a file of the first version are there after it was brought forward, and go on", async () => {
  const path = paths.next();
  const first = openAt(path);
  await first.write([put("t", []), put("u", [])]);
  await opened.pop()?.close();
  const file = new Database(path);
  for (const table of ["draft", "piece"]) file.run(`DROP TABLE ${table}`);
  file.run(threadSteps[0]?.find((statement) => statement.startsWith("CREATE TABLE draft")) ?? "");
  const add = file.query("INSERT INTO draft SELECT number, ?, ?, ?, ?, ? FROM thread WHERE id = ?");
  for (const row of [
    ["a", -1, 1, 10, '""', "t"],
    ["a", 0, 3, 20, '"one"', "t"],
    ["a", 3, 4, 30, '" two"', "t"],
    ["b", 0, 5, 15, '"other"', "t"],
    ["a", 0, 2, 12, '"of"', "u"],
  ]) {
    add.run(...row);
  }
  file.run("PRAGMA user_version = 1");
  file.close();
  const store = openAt(path);
  await store.write([{ kind: "draft", key: keyOf("t"), draft: "a", from: 7, text: "!", atMs: 40 }]);
  const draftsOf = async (id: string) => (await store.messages(keyOf(id), { after: 0, limit: 1 })).drafts;
  expect(await draftsOf("t")).toEqual([
    { id: "a", text: "one two!", startedMs: 10 },
    { id: "b", text: "other", startedMs: 15 },
  ]);
  await store.write([{ kind: "put", key: keyOf("t"), ends: ["a", "b"] }]);
  expect([await draftsOf("t"), await draftsOf("u")]).toEqual([[], [{ id: "a", text: "of", startedMs: 12 }]]);
  await store.write([{ kind: "put", key: keyOf("u"), ends: ["a"] }]);
  expect(new Database(path).query("SELECT count(*) AS count FROM piece").get()).toEqual({ count: 0 });
});

const isRoot = process.getuid?.() === 0;
const READ_ONLY = "a read-only file is refused, and taken once it is not";

test.skipIf(isRoot)(isRoot ? `skipped: ${READ_ONLY} (root writes to it all the same)` : READ_ONLY, async () => {
  const path = paths.next();
  await openAt(path).ready();
  await opened.pop()?.close();
  chmodSync(path, 0o400);
  const store = openAt(path);
  expect(await failureOf(store.ready())).toEqual(code("store_unavailable"));
  chmodSync(path, 0o600);
  await store.write([put("t", [])]);
});

test("while something else holds the file, writes are refused and reads go on; then all is well again", async () => {
  const path = paths.next();
  const store = openAt(path, { busyTimeoutMs: 10 });
  await store.write([put("t", [message("a", "one")])]);
  const other = new Database(path);
  other.run("BEGIN IMMEDIATE");
  expect(await failureOf(store.write([put("t", [message("b", "two")])]))).toEqual(code("store_unavailable"));
  expect(await clientIds(store, "t")).toEqual(["a"]);
  other.run("ROLLBACK");
  other.close();
  await store.write([put("t", [message("b", "two")])]);
  expect(await clientIds(store, "t")).toEqual(["a", "b"]);
});

test("what cannot be kept fails alone: content without end, numbers that are none, keys that would be others", async () => {
  const store = openAt(paths.next());
  let deep: Json = "bottom";
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  const writes = [
    put("a", [message("1", "", { content: [deep] })]),
    put("b", [message("1", "one")]),
    put("c", [message("1", "one", { atMs: Number.NaN })]),
    put("d\0", []),
    put("e", [], { title: "\ud800" }),
    put("f", []),
  ];
  const kinds = (await store.write(writes)).map(({ kind }) => kind);
  expect(kinds).toEqual(["invalid", "written", "invalid", "invalid", "invalid", "written"]);
  expect(await clientIds(store, "b")).toEqual(["1"]);
});

describe("damage", () => {
  async function damaged(where: (path: string) => { offset: number; bytes: Uint8Array }) {
    const path = paths.next();
    const store = openAt(path);
    const texts = Array.from({ length: 40 }, (_, index) =>
      message(`m${index}`, crypto.getRandomValues(new Uint8Array(900)).toHex()),
    );
    await store.write([put("t", texts), put("other", [message("a", "one")])]);
    await store.close();
    const { offset, bytes } = where(path);
    const file = openSync(path, "r+");
    writeSync(file, bytes, 0, bytes.byteLength, offset);
    closeSync(file);
    return openAt(path);
  }
  const pageOf = (path: string, sequence: number) => {
    const stored = readFileSync(path);
    const database = new Database(path);
    const row = database.query<{ record: Uint8Array }, [number]>("SELECT record FROM message WHERE sequence = ?").get(sequence);
    database.close();
    return stored.indexOf(Buffer.from(row?.record.slice(-400) ?? []));
  };

  test("of a record costs that message, which is named", async () => {
    const store = await damaged((path) => ({ offset: pageOf(path, 7) + 200, bytes: new Uint8Array([1, 2, 3]) }));
    const expected = Array.from({ length: 40 }, (_, index) => (index === 6 ? "corrupt" : `m${index}`));
    expect(await clientIds(store, "t")).toEqual(expected);
  });

  test("of a page costs the messages on it, and others can be written", async () => {
    const whole = (offset: number) => Math.floor(offset / PAGE_BYTES) * PAGE_BYTES;
    const store = await damaged((path) => ({ offset: whole(pageOf(path, 20)), bytes: new Uint8Array(PAGE_BYTES).fill(0xa5) }));
    const ids = await clientIds(store, "t");
    const lost = ids.filter((id) => id === "corrupt").length;
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(10);
    expect(await store.write([put("t", [message("new", "x")]), put("other", [message("b", "two")])])).toMatchObject([
      { kind: "written", sequences: [41] },
      { kind: "written", sequences: [2] },
    ]);
    expect((await clientIds(store, "t")).at(-1)).toBe("new");
  });
});

test(
  "killed while it writes, again and again: what was acknowledged is there once, in order",
  async () => {
    const path = paths.next();
    const acknowledged: string[] = [];
    for (let run = 0; run < 4; run++) {
      const child = Bun.spawn([process.execPath, WRITER, path, String(run)], { stdout: "pipe", stderr: "inherit" });
      let seen = "";
      for await (const bytes of child.stdout) {
        seen += Buffer.from(bytes).toString();
        if (seen.split("\n").length > 100 + run * 37) child.kill("SIGKILL");
      }
      acknowledged.push(...seen.split("\n").slice(0, -1));
    }
    const store = openAt(path);
    const kept = (await Promise.all(["t0", "t1", "t2"].map((id) => clientIds(store, id)))).flat();
    expect(new Set(kept).size).toBe(kept.length);
    expect(kept).toEqual(expect.arrayContaining(acknowledged));
    await store.close();
    expect(new Database(path).query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
  },
  CASE_MS_MAX,
);

test("a thread is listed while others write, at any depth", async () => {
  const store = openAt(paths.next());
  const ids = Array.from({ length: 120 }, (_, index) => `t${String(index).padStart(3, "0")}`);
  await store.write(
    ids.map((id, index) => ({ kind: "put", key: keyOf(id), create: create({ createdMs: Math.floor(index / 7) }) })),
  );
  const seen: string[] = [];
  for (let after: { activeMs: number; id: string } | undefined; ; ) {
    const page = await store.list(
      { tenant: "acme", viewer: { user: "ann", team: "core" } },
      { limit: 9, ...(after ? { after } : {}) },
    );
    seen.push(...page.map(({ id }) => id));
    const last = page.at(-1);
    if (!last) break;
    after = { activeMs: last.activeMs, id: last.id };
  }
  expect(seen).toEqual(ids.toReversed());
});
