// What the conformance suite cannot see of writing: clashing hashes, transactions that fail, counts of blobs, what is cached.

import type { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { BUSY_MS, keyOf, message, put, scratchPaths } from "./testing.ts";
import { ThreadBlobs } from "./thread-blobs.ts";
import { openThreadFile, openThreadReader } from "./thread-file.ts";
import { hashOf } from "./thread-hash.ts";
import { ThreadReader } from "./thread-reader.ts";
import { ThreadWriter } from "./thread-writer.ts";

const paths = scratchPaths();
afterAll(paths.remove);

function setUp() {
  const path = paths.next();
  mkdirSync(dirname(path), { recursive: true });
  const database = openThreadFile(path, BUSY_MS);
  return { path, database, writer: new ThreadWriter(database), reader: new ThreadReader(openThreadReader(path)) };
}

const texts = (reader: ThreadReader, id: string) =>
  reader
    .messages(keyOf(id), { after: 0, limit: 100 })
    .parsed()
    .messages.map((each) => ("corrupt" in each ? "corrupt" : each.clientId));

const count = (database: Database, table: string) => database.query(`SELECT count(*) AS count FROM ${table}`).get();

test("client ids whose hashes clash are two messages, and each is known again", () => {
  const { database, writer, reader } = setUp();
  writer.write([put("t", [message("a", "one")])]);
  database.run("UPDATE message SET client = ?", [hashOf("b")]);
  const again = put("t", [message("b", "two"), message("c", "three"), message("b", "two")]);
  expect(writer.write([again])).toEqual([{ kind: "written", version: 2, sequences: [2, 3, 2], isNew: false }]);
  expect(writer.write([again])).toEqual([{ kind: "written", version: 2, sequences: [2, 3, 2], isNew: false }]);
  expect(texts(reader, "t")).toEqual(["a", "b", "c"]);
});

test("chains whose hashes clash are told apart", () => {
  const { database, writer, reader } = setUp();
  writer.write([put("t", [message("a", "one", { chain: "x" }), message("b", "two", { chain: "y" })])]);
  database.run("UPDATE message SET chain = (SELECT chain FROM message WHERE sequence = 1)");
  expect(reader.find({ tenant: "acme", chains: ["x"] })?.sequence).toBe(1);
});

test("after a full disk nothing is half done, and memory says what the disk says", () => {
  const { database, writer, reader } = setUp();
  writer.write([put("t", [message("a", "one")])]);
  const pages = database.query<{ page_count: number }, []>("PRAGMA page_count").get()?.page_count ?? 0;
  database.run(`PRAGMA max_page_count = ${pages + 1}`);
  const large = crypto.getRandomValues(new Uint8Array(40_000)).toHex();
  expect(() => writer.write([put("new", []), put("t", [message("b", large)])])).toThrow("full");
  database.run("PRAGMA max_page_count = 1000000");
  expect(texts(reader, "t")).toEqual(["a"]);
  expect(reader.find(keyOf("new"))).toBeUndefined();
  expect(writer.write([put("t", [message("b", large)]), put("new", [])])).toMatchObject([{ sequences: [2] }, { isNew: true }]);
});

test("threads that fell out of memory are found again", () => {
  const { writer, reader } = setUp();
  const many = (start: number) => Array.from({ length: 4000 }, (_, index) => put(`t${start + index}`, []));
  writer.write([put("first", [message("a", "one")])]);
  for (const start of [0, 4000, 8000]) writer.write(many(start));
  expect(writer.write([put("first", [message("b", "two")])])).toMatchObject([{ version: 2, sequences: [2], isNew: false }]);
  expect(texts(reader, "first")).toEqual(["a", "b"]);
});

test("a deleted thread leaves no message, blob, share, draft or text behind", () => {
  const { database, writer, reader } = setUp();
  const key = keyOf("one");
  const large = "secret ".repeat(1000);
  writer.write([
    put("one", [message("a", large)], { title: "secret", session: "s" }),
    put("two", [message("a", large)]),
    { kind: "draft", key, draft: "d", from: 0, text: "secret", atMs: 1 },
    { kind: "share", key, share: { id: "s", tokenHash: "ff", by: "ann", createdMs: 1 } },
  ]);
  expect(writer.write([put("two", [message("a", large)])])).toMatchObject([{ version: 1, sequences: [1] }]);
  writer.write([{ kind: "delete", key, atMs: 2000 }]);
  expect(count(database, "message")).toEqual({ count: 1 });
  expect(count(database, "share")).toEqual({ count: 0 });
  expect(count(database, "draft")).toEqual({ count: 0 });
  expect(JSON.stringify(database.query("SELECT * FROM thread WHERE id = 'one'").get())).not.toContain("secret");
  expect(count(database, "blob_bytes")).toEqual({ count: 1 });
  expect(texts(reader, "two")).toEqual(["a"]);
  writer.write([{ kind: "delete", key: keyOf("two"), atMs: 2000 }]);
  expect(count(database, "blob_bytes")).toEqual({ count: 0 });
});

test("a blob is kept once a tenant, until nobody needs it", () => {
  const { database } = setUp();
  const blobs = new ThreadBlobs(database);
  const [one, two] = [1, 2].map((byte) => ({ hash: new Uint8Array(32).fill(byte), bytes: new Uint8Array([byte]) }));
  if (!one || !two) throw new Error("two blobs are needed");
  const both = blobs.keep(1, [one, two]);
  blobs.keep(1, [one]);
  blobs.keep(2, [one]);
  expect(count(database, "blob_bytes")).toEqual({ count: 3 });
  blobs.drop(1, both ?? new Uint8Array());
  expect(database.query("SELECT tenant, uses FROM blob ORDER BY tenant").all()).toEqual([
    { tenant: 1, uses: 1 },
    { tenant: 2, uses: 1 },
  ]);
  blobs.drop(1, one.hash);
  expect(count(database, "blob_bytes")).toEqual({ count: 1 });
});
