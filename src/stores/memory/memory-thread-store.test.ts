// What the conformance suite cannot ask of every store of threads: this one's bound, and what it says when it is full.

import { expect, test } from "bun:test";
import type { NewMessage, ThreadWrite } from "../../ports/index.ts";
import { MemoryThreadStore } from "./memory-thread-store.ts";

const key = (id: string) => ({ tenant: "acme", id });
const message = (clientId: string): NewMessage => ({ clientId, role: "user", author: "ann", atMs: 1, content: [clientId] });

const put = (id: string, ...clientIds: string[]): ThreadWrite => ({
  kind: "put",
  key: key(id),
  create: { user: "ann", team: "core", createdMs: 1, visibility: "private" },
  messages: clientIds.map(message),
});

const full = expect.objectContaining({ code: "store_unavailable" });

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("a bound of %p is refused", (entriesMax) => {
  expect(() => new MemoryThreadStore({ entriesMax })).toThrow("entriesMax");
});

test("when it is full a batch is refused whole, and reads go on", async () => {
  const store = new MemoryThreadStore({ entriesMax: 5 });
  await store.write([put("a", "1", "2")]); // Two messages and a change.
  expect(store.write([put("b"), put("c", "1")])).rejects.toEqual(full);
  expect(await store.find(key("b"))).toBeUndefined();
  await store.write([put("a", "3")]);
  expect(store.write([put("b")])).rejects.toEqual(full);
  expect(store.write([{ kind: "draft", key: key("a"), draft: "d", from: 0, text: "x", atMs: 1 }])).rejects.toEqual(full);
  expect((await store.messages(key("a"), { after: 0, limit: 9 })).messages).toHaveLength(3);
});

test("a deletion is taken when it is full, and makes room", async () => {
  const store = new MemoryThreadStore({ entriesMax: 7 });
  await store.write([put("a", "1", "2", "3", "4")]);
  await store.write([{ kind: "draft", key: key("a"), draft: "d", from: 0, text: "x", atMs: 1 }]);
  await store.write([{ kind: "draft", key: key("a"), draft: "d", from: 1, text: "y", atMs: 1 }]);
  expect(store.write([put("b", "1")])).rejects.toEqual(full);
  const [deleted] = await store.write([{ kind: "delete", key: key("a"), atMs: 2 }]);
  expect(deleted?.kind).toBe("written");
  // Of seven, the changes of the thread that is gone hold two.
  await store.write([put("b", "1", "2", "3", "4")]);
  expect(store.write([put("b")])).rejects.toEqual(full);
});
