// What the conformance suite cannot ask of every store: the memory store's bounds, and expiry to the millisecond.

import { describe, expect, test } from "bun:test";
import { MillraceError, utf8, VirtualClock } from "../../base/index.ts";
import { ENTRY_OVERHEAD_BYTES, MemoryKeyValue } from "./memory-key-value.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

function make(limits: { entriesMax?: number; bytesMax?: number } = {}) {
  const clock = new VirtualClock();
  return { clock, store: new MemoryKeyValue({ clock, entriesMax: 100, bytesMax: 100_000, ...limits }) };
}

describe("bounds", () => {
  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("a limit of %p is refused", (limit) => {
    for (const limits of [{ entriesMax: limit }, { bytesMax: limit }]) expect(() => make(limits)).toThrow(MillraceError);
  });

  test("an entry too many is refused; replacing and deleting still work", async () => {
    const { store } = make({ entriesMax: 2 });
    await store.set("a", utf8("1"));
    await store.set("b", utf8("1"));
    await expect(store.set("c", utf8("1"))).rejects.toEqual(code("store_unavailable"));
    await store.set("b", utf8("2"));
    await store.delete("a");
    await store.set("c", utf8("3"));
    expect(await store.get("b")).toEqual(utf8("2"));
    expect(await store.get("a")).toBeUndefined();
  });

  test("bytes count keys, values and an overhead; the limit itself is reachable", async () => {
    const entryBytes = 2 + 100 + ENTRY_OVERHEAD_BYTES;
    const { store } = make({ bytesMax: entryBytes * 3 });
    for (const key of ["a", "b", "c"]) await store.set(key, new Uint8Array(100));
    await expect(store.set("d", new Uint8Array(0))).rejects.toEqual(code("store_unavailable"));
    await expect(store.set("c", new Uint8Array(101))).rejects.toEqual(code("store_unavailable"));
    expect((await store.get("c"))?.byteLength).toBe(100);
    await store.set("c", new Uint8Array(50));
    await store.set("b", new Uint8Array(150));
    await store.delete("a");
    await store.set("d", new Uint8Array(100));
    await expect(store.set("e", new Uint8Array(0))).rejects.toEqual(code("store_unavailable"));
  });

  test("expired entries make room, also when a shorter-lived one was replaced before", async () => {
    const { clock, store } = make({ entriesMax: 3 });
    await store.set("replaced", utf8("1"), { ttlMs: 10 });
    await store.set("replaced", utf8("1"));
    await store.set("short", utf8("1"), { ttlMs: 100 });
    await store.set("long", utf8("1"), { ttlMs: 1000 });
    await clock.advance(50);
    await expect(store.set("new", utf8("1"))).rejects.toEqual(code("store_unavailable"));
    await clock.advance(50);
    await store.set("new", utf8("1"));
    await expect(store.set("one more", utf8("1"))).rejects.toEqual(code("store_unavailable"));
    await clock.advance(900);
    await store.set("one more", utf8("1"));
  });
});

test("a value lives until the millisecond its time ends", async () => {
  const { clock, store } = make();
  await store.set("key", utf8("1"), { ttlMs: 1000 });
  await clock.advance(999);
  expect(await store.get("key")).toBeDefined();
  await clock.advance(1);
  expect(await store.get("key")).toBeUndefined();
});
