// Conformance of the thread store: the feed of changes, which tells each write that changed something once, in an order that
// somebody who follows it never has to go back in.

import type { ThreadChangeEvent, ThreadStore } from "../index.ts";
import { ALL, counted, draft, keep, keyOf, message, put, remove, type ThreadStoreCase, threadOf } from "./thread-store-case.ts";
import { equal } from "./verify.ts";

const WRITERS = 6;
const WRITES = 15;
const LIMIT = 7;

const said = ({ key, kind, version, from, to }: ThreadChangeEvent) =>
  [key.id, kind, version, from <= to ? `${from}-${to}` : "none"].join(" ");

/** All that comes after a position, page by page; each later than the one before. */
async function after(store: ThreadStore, position: number): Promise<ThreadChangeEvent[]> {
  const all: ThreadChangeEvent[] = [];
  for (let last = position; ; last = all.at(-1)?.position ?? last) {
    const page = await store.changes(last, LIMIT);
    if (page.length === 0) return all;
    if (page.length > LIMIT) throw new Error(`a page of ${LIMIT} holds ${page.length} changes`);
    for (const change of page) {
      if (change.position <= (all.at(-1)?.position ?? position)) throw new Error(`${change.position} comes late`);
      all.push(change);
    }
  }
}

/** Follows the feed while many write to several threads through all of the stores. */
async function follow(stores: readonly ThreadStore[]): Promise<void> {
  const [store] = stores as [ThreadStore];
  let isWriting = true;
  const write = async () => {
    const writers = counted(WRITERS, async (writer) => {
      const own = stores[writer % stores.length] as ThreadStore;
      for (let round = 0; round < WRITES; round++) {
        const two = [message(`${writer}.${round}.0`), message(`${writer}.${round}.1`)];
        await keep(own, put(`t${writer % 3}`, two), put(`u${writer}`, two.slice(1), { change: { title: String(round) } }));
      }
    });
    await Promise.all(writers);
    isWriting = false;
  };
  const followed: ThreadChangeEvent[] = [];
  const read = async () => {
    while (isWriting) followed.push(...(await after(store, followed.at(-1)?.position ?? 0)));
    followed.push(...(await after(store, followed.at(-1)?.position ?? 0)));
  };
  await Promise.all([write().finally(() => (isWriting = false)), read()]);
  equal(followed, await after(store, 0), "what was followed is all there is");
  const ids = [...counted(3, (index) => `t${index}`), ...counted(WRITERS, (index) => `u${index}`)];
  for (const id of ids) {
    const own = followed.filter(({ key }) => key.id === id).toSorted((one, other) => one.version - other.version);
    const { version, messages } = await threadOf(store, id);
    equal(
      own.map((each) => each.version),
      counted(version, (index) => index + 1),
      `versions of ${id}`,
    );
    const sequences = own.flatMap(({ from, to }) => counted(to - from + 1, (index) => from + index));
    equal(
      sequences,
      counted(messages, (index) => index + 1),
      `messages of ${id}`,
    );
  }
  equal(followed.length, WRITERS * WRITES * 2, "changes");
}

export const changeCases: readonly ThreadStoreCase[] = [
  {
    name: "each write that changed something is told once, with what is new",
    async run({ open }) {
      const store = await open();
      equal(await store.changes(0, 5), [], "nothing yet");
      const share = { id: "s", tokenHash: "h", by: "ann", createdMs: 1 };
      await keep(store, put("t", [message("1"), message("2")]), put("u"));
      await keep(store, put("t", [message("2"), message("3")]), put("t", [], { change: { title: "T" } }));
      // Nothing that changes a thread.
      await store.write([
        put("t", [message("1")]),
        put("t", [], { change: { title: "T" } }),
        put("t", [], { ifVersion: 1 }),
        put(""),
      ]);
      await keep(store, draft("t", "d", 0, "x"), put("u", []), { kind: "share", key: keyOf("t"), share });
      await keep(store, { kind: "share", key: keyOf("t"), share }, put("t", [message("4")], { ends: ["d"] }), remove("t"));
      await store.write([put("t", [message("5")]), remove("t"), put("u", [message("1")])]);
      const changes = await after(store, 0);
      const expected = ["t put 1 1-2", "u put 1 none", "t put 2 3-3", "t put 3 none", "t share 4 none", "t put 5 4-4"];
      equal(changes.map(said), [...expected, "t delete 6 none", "u put 2 1-1"], "changes");
      equal(
        changes.every(({ key }) => key.tenant === "acme"),
        true,
        "their tenant",
      );
      for (const [index, { position }] of changes.entries()) {
        equal(await after(store, position), changes.slice(index + 1), `after change ${index}`);
      }
      equal(await store.changes(0, ALL), changes, "on one page");
      equal(await store.changes(Number.MAX_SAFE_INTEGER, 5), [], "after all positions");
    },
  },
  {
    name: "who follows the changes of many writers misses none",
    async run({ open }) {
      await follow([await open()]);
    },
  },
  {
    name: "who follows the changes of many writers through several stores misses none",
    needs: "sharesData",
    async run({ open }) {
      await follow([await open(), await open(), await open()]);
    },
  },
];
