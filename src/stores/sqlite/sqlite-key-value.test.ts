// What the conformance suite cannot ask of every store: the SQLite store's bounds, its file, and other users of it.

import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError, utf8, VirtualClock } from "../../base/index.ts";
import { ENTRY_OVERHEAD_BYTES } from "./sqlite-file.ts";
import { SqliteKeyValue, type SqliteKeyValueOptions } from "./sqlite-key-value.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newPath = () => join(folder, "data", `${++files}.sqlite`);
const code = (expected: string) => expect.objectContaining({ code: expected });
const thrownBy = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
};

function make(options: Partial<SqliteKeyValueOptions> = {}) {
  const clock = new VirtualClock();
  const path = options.path ?? newPath();
  return { clock, path, store: new SqliteKeyValue({ path, namespace: "one", clock, bytesMax: 1_000_000, ...options }) };
}

async function keysOf(store: SqliteKeyValue): Promise<string[]> {
  return (await Array.fromAsync(store.scan(""))).sort();
}

describe("options", () => {
  test.each([
    { bytesMax: 0 },
    { bytesMax: Number.POSITIVE_INFINITY },
    { busyTimeoutMs: Number.NaN },
    { path: "" },
    { path: ":memory:" },
    { namespace: "" },
    { namespace: "a:b" },
    { namespace: `a"b` },
    { namespace: "Upper" },
    { namespace: "x".repeat(65) },
  ])("%p is refused", (options) => {
    expect(thrownBy(() => make(options))).toEqual(code("option_invalid"));
  });
});

describe("bounds", () => {
  const entryBytes = 1 + 100 + ENTRY_OVERHEAD_BYTES;

  test("refuses what does not fit, and keeps what was there", async () => {
    const { store } = make({ bytesMax: entryBytes * 3 });
    for (const key of ["a", "b", "c"]) await store.set(key, new Uint8Array(100));
    await expect(store.set("d", new Uint8Array(0))).rejects.toEqual(code("store_unavailable"));
    await expect(store.set("c", new Uint8Array(101))).rejects.toEqual(code("store_unavailable"));
    expect((await store.get("c"))?.byteLength).toBe(100);
    await store.delete("a");
    await store.set("d", new Uint8Array(100));
    expect(await keysOf(store)).toEqual(["b", "c", "d"]);
  });

  test("evicts what was written longest ago, where asked, and never more than needed", async () => {
    const { store } = make({ bytesMax: entryBytes * 3, whenFull: "evict-oldest" });
    for (const key of ["a", "b", "c"]) await store.set(key, new Uint8Array(100));
    await store.set("a", new Uint8Array(100));
    await store.set("d", new Uint8Array(100));
    expect(await keysOf(store)).toEqual(["a", "c", "d"]);
    await store.set("e", new Uint8Array(100 + entryBytes));
    expect(await keysOf(store)).toEqual(["d", "e"]);
    await expect(store.set("f", new Uint8Array(entryBytes * 3))).rejects.toEqual(code("store_unavailable"));
    expect(await keysOf(store)).toEqual(["d", "e"]);
  });

  test("expired entries go before living ones", async () => {
    const { clock, store } = make({ bytesMax: entryBytes * 12, whenFull: "evict-oldest" });
    await store.set("o", new Uint8Array(100));
    for (const key of "abcdefghij") await store.set(key, new Uint8Array(100), { ttlMs: 1000 });
    await store.set("p", new Uint8Array(100));
    await clock.advance(1000);
    await store.set("q", new Uint8Array(100 + entryBytes * 9));
    expect(await keysOf(store)).toEqual(["o", "p", "q"]);
  });

  test("each namespace has its own bound and is evicted from alone", async () => {
    const { path, store } = make({ bytesMax: entryBytes * 2 });
    const cache = make({ path, namespace: "cache", bytesMax: entryBytes, whenFull: "evict-oldest" }).store;
    for (const key of ["a", "b"]) await store.set(key, new Uint8Array(100));
    for (const key of ["a", "b", "c"]) await cache.set(key, new Uint8Array(100));
    expect(await keysOf(store)).toEqual(["a", "b"]);
    expect(await keysOf(cache)).toEqual(["c"]);
  });

  test("the count survives closing, sweeping, replacing and deleting", async () => {
    const { clock, path, store } = make({ bytesMax: entryBytes * 2 });
    for (let round = 0; round < 50; round++) {
      await store.set("a", new Uint8Array(round));
      await store.set("b", new Uint8Array(100), { ttlMs: 10 });
      await clock.advance(10);
      if (round % 2) await store.delete("a");
    }
    await store.close();
    const again = make({ path, bytesMax: entryBytes * 2 }).store;
    for (const key of ["a", "b"]) await again.set(key, new Uint8Array(100));
    await expect(again.set("c", new Uint8Array(0))).rejects.toEqual(code("store_unavailable"));
    await again.delete("a");
    await again.delete("b");
    await again.close();
    expect(new Database(path).query("SELECT bytes FROM usage").get()).toEqual({ bytes: 0 });
  });

  test("writes sweep expired rows, a few each, so that they do not pile up", async () => {
    const { clock, path, store } = make();
    for (let index = 0; index < 100; index++) await store.set(`old ${index}`, utf8("x"), { ttlMs: 1000 });
    await clock.advance(1000);
    for (let index = 0; index < 25; index++) await store.set("new", utf8("x"));
    await store.close();
    expect(new Database(path).query(`SELECT count(*) AS count FROM "entries:one"`).get()).toEqual({ count: 1 });
  });
});

describe("the file", () => {
  test("only its owner may read it, its WAL and its folder; closing leaves one file", async () => {
    const { path, store } = make();
    await store.set("key", utf8("value"));
    for (const file of [path, `${path}-wal`]) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "data")).mode & 0o777).toBe(0o700);
    await store.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  test("values end at the same moment after opening again", async () => {
    const { clock, path, store } = make();
    await store.set("key", utf8("value"), { ttlMs: 1000 });
    await store.close();
    const again = new SqliteKeyValue({ path, namespace: "one", clock, bytesMax: 1000 });
    await clock.advance(999);
    expect(await again.get("key")).toEqual(utf8("value"));
    await clock.advance(1);
    expect(await again.get("key")).toBeUndefined();
  });

  test("is refused when it is something else, of another version, no database or not to be opened", () => {
    const [foreign, newer, garbage] = [newPath(), newPath(), newPath()];
    new Database(foreign, { create: true }).run("CREATE TABLE theirs (id)");
    make({ path: newer });
    new Database(newer).run("PRAGMA user_version = 2");
    writeFileSync(garbage, "not a database, and long enough for a header ".repeat(100));
    for (const path of [foreign, newer, garbage]) expect(thrownBy(() => make({ path }))).toEqual(code("store_corrupt"));
    expect(new Database(foreign).query("PRAGMA journal_mode").get()).toEqual({ journal_mode: "delete" });
    for (const path of [folder, join(foreign, "below-a-file")]) {
      expect(thrownBy(() => make({ path }))).toEqual(code("store_unavailable"));
    }
  });

  test("while another writer holds it, writes are refused after busyTimeoutMs and reads go on", async () => {
    const { path, store } = make({ busyTimeoutMs: 1 });
    await store.set("key", utf8("value"));
    const other = new Database(path);
    other.run("BEGIN IMMEDIATE");
    for (const write of [store.set("key", utf8("x")), store.delete("key")]) {
      await expect(write).rejects.toEqual(code("store_unavailable"));
    }
    expect(await store.get("key")).toEqual(utf8("value"));
    other.run("ROLLBACK");
    await store.set("key", utf8("after"));
    expect(await store.get("key")).toEqual(utf8("after"));
  });

  test("errors say what the store is for, and hold no key or value", async () => {
    const { store } = make({ bytesMax: 100 });
    const error = await store.set("private-key", utf8("private-value".repeat(100))).catch((caught: unknown) => caught);
    expect(MillraceError.is(error, "store_unavailable")).toBe(true);
    expect(String(error)).not.toContain("private");
  });
});
