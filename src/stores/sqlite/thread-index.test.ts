// The search index: fed from changes, made again when it is lost, and never showing what may not be seen.

import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ThreadFilter } from "../../ports/index.ts";
import { BUSY_MS, keyOf, message, put, scratchPaths } from "./testing.ts";
import { openThreadFile, openThreadReader } from "./thread-file.ts";
import { ThreadIndex } from "./thread-index.ts";
import { indexPathOf, removeIndex } from "./thread-index-file.ts";
import { ThreadReader } from "./thread-reader.ts";
import { ThreadSearch } from "./thread-search.ts";
import { ThreadWriter } from "./thread-writer.ts";

const INDEX_PAGE_BYTES = 4096;

const paths = scratchPaths();
afterAll(paths.remove);

const all: ThreadFilter = { tenant: "acme", viewer: undefined };
const seenBy = (user: string, team = "core"): ThreadFilter => ({ tenant: "acme", viewer: { user, team } });

function setUp(path = paths.next()) {
  mkdirSync(dirname(path), { recursive: true });
  const writer = new ThreadWriter(openThreadFile(path, BUSY_MS));
  const search = new ThreadSearch(path, new ThreadReader(openThreadReader(path)));
  const feed = (index = new ThreadIndex(path, openThreadReader(path))) => {
    while (index.catchUp());
    index.close();
  };
  const found = (filter: ThreadFilter, words: string) =>
    search.page(filter, words, { limit: 100 }).hits.map(({ thread, sequence }) => `${thread.id}/${sequence}`);
  return { path, writer, search, feed, found };
}

test("finds what was written, newest first, and goes on from where it was", () => {
  const { writer, feed, found, search } = setUp();
  expect(found(all, "one")).toEqual([]);
  writer.write([put("a", [message("1", "one two"), message("2", "two")])]);
  feed();
  writer.write([put("b", [message("1", "One, TWO: three")])]);
  feed();
  feed();
  expect(found(all, "two one")).toEqual(["b/1", "a/1"]);
  const first = search.page(all, "two", { limit: 2 });
  expect(first.hits.map(({ thread }) => thread.id)).toEqual(["b", "a"]);
  const rest = search.page(all, "two", { limit: 2, after: first.next ?? 0 });
  expect(rest.hits.map(({ sequence }) => sequence)).toEqual([1]);
  expect(rest.next).toBeUndefined();
});

test("is for its owner alone, as the threads are", () => {
  const { path, writer, feed } = setUp();
  writer.write([put("a", [message("1", "one")])]);
  feed();
  expect(statSync(indexPathOf(path)).mode & 0o777).toBe(0o600);
});

test("an index that is lost, broken or of other threads is made again", () => {
  const { path, writer, feed, found } = setUp();
  writer.write([put("a", [message("1", "one")]), put("b", [message("1", "one")])]);
  writer.write([{ kind: "delete", key: keyOf("b"), atMs: 2000 }]);
  feed();
  removeIndex(indexPathOf(path));
  expect(found(all, "one")).toEqual([]);
  feed();
  expect(found(all, "one")).toEqual(["a/1"]);
  removeIndex(indexPathOf(path));
  writeFileSync(indexPathOf(path), "no index at all ".repeat(1000));
  feed();
  expect(found(all, "one")).toEqual(["a/1"]);
  const other = setUp();
  other.writer.write([put("c", [message("1", "one")])]);
  new ThreadIndex(path, openThreadReader(other.path)).close();
  expect(found(all, "one")).toEqual([]);
  feed();
  expect(found(all, "one")).toEqual(["a/1"]);
});

test("a damaged index is told apart from damaged threads, and made again", () => {
  const { path, writer, feed, found, search } = setUp();
  writer.write([put("a", [message("1", "one uncommon")])]);
  feed();
  const index = new Database(indexPathOf(path));
  index.run("PRAGMA wal_checkpoint(TRUNCATE)");
  index.close();
  const bytes = readFileSync(indexPathOf(path));
  const page = Math.floor(bytes.indexOf("uncommon") / INDEX_PAGE_BYTES) * INDEX_PAGE_BYTES;
  writeFileSync(indexPathOf(path), bytes.fill(0xa5, page, page + INDEX_PAGE_BYTES));
  const failure = expect.objectContaining({ code: "store_corrupt" });
  let thrown: unknown;
  try {
    found(all, "one");
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toEqual(failure);
  search.close();
  removeIndex(indexPathOf(path));
  feed();
  expect(found(all, "one")).toEqual(["a/1"]);
});

test("rights hold at once when they shrink, and after feeding when they grow", () => {
  const { writer, feed, found } = setUp();
  const shown = (visibility: "private" | "team" | "organisation") =>
    writer.write([{ kind: "put", key: keyOf("a"), change: { visibility } }]);
  writer.write([put("a", [message("1", "one"), message("2", "one")], { visibility: "team" })]);
  feed();
  const mates = ["a/2", "a/1"];
  expect([found(seenBy("ann"), "one"), found(seenBy("bob"), "one"), found(seenBy("eve", "other"), "one")]).toEqual([
    mates,
    mates,
    [],
  ]);
  shown("private");
  expect([found(seenBy("ann"), "one"), found(seenBy("bob"), "one")]).toEqual([mates, []]);
  feed();
  expect([found(seenBy("ann"), "one"), found(seenBy("bob"), "one")]).toEqual([mates, []]);
  shown("organisation");
  feed();
  expect(found(seenBy("eve", "other"), "one")).toEqual(mates);
  expect(found({ ...seenBy("eve", "other"), user: "ann" }, "one")).toEqual(mates);
  expect(found({ ...seenBy("eve", "other"), user: "bob" }, "one")).toEqual([]);
  expect(found({ tenant: "other", viewer: { user: "ann", team: "core" } }, "one")).toEqual([]);
  expect(found({ tenant: "other", viewer: undefined }, "one")).toEqual([]);
});

test("what was deleted is not found, before and after feeding", () => {
  const { writer, feed, found } = setUp();
  writer.write([put("a", [message("1", "one")])]);
  feed();
  writer.write([{ kind: "delete", key: keyOf("a"), atMs: 2000 }]);
  expect(found(all, "one")).toEqual([]);
  feed();
  expect(found(all, "one")).toEqual([]);
});

test("signs around a word are not asked for", () => {
  const { writer, feed, found } = setUp();
  writer.write([put("a", [message("1", "one two")])]);
  feed();
  for (const words of ["-one", "^one", '"one', "one*", "(one) {two}", "one\n\ttwo one"])
    expect(found(all, words)).toEqual(["a/1"]);
});

test.each(['"', "one OR two", "one NEAR(two)", "words:one", "on*", "§any1", "a\0b", "'; DROP TABLE word; --", "𐐷".repeat(99)])(
  "%p is a question like any other",
  (words) => {
    const { writer, feed, found } = setUp();
    writer.write([put("a", [message("1", "one two")])]);
    feed();
    expect(found(all, words)).toEqual([]);
  },
);
