// Conformance of the thread store: the order of listings, and that pages join whatever is written between them.

import type { Thread, ThreadPlace, ThreadStore } from "../index.ts";
import {
  beginning,
  counted,
  draft,
  EVERYTHING,
  idsOf,
  keep,
  keyOf,
  listed,
  message,
  placeOf,
  put,
  remove,
  TENANT,
  type ThreadStoreCase,
  threadOf,
} from "./thread-store-case.ts";
import { equal } from "./verify.ts";

const COUNT = 40;
const idOf = (index: number) => `t${String(index).padStart(3, "0")}`;
const at = (id: string, createdMs: number) => put(id, [], { create: beginning({ createdMs }) });

/** While others write, from the newest on. Each page begins where the one before ended. */
async function pagesWhile(store: ThreadStore, between: (page: number) => Promise<void>): Promise<Thread[]> {
  const all: Thread[] = [];
  for (let page = 0, after: ThreadPlace | undefined; ; page++) {
    const threads = await store.list(EVERYTHING, { limit: 3, ...(after ? { after } : {}) });
    const last = threads.at(-1);
    if (last === undefined) return all;
    all.push(...threads);
    after = placeOf(last);
    await between(page);
  }
}

export const listingCases: readonly ThreadStoreCase[] = [
  {
    name: "threads are listed by their time, of those as old the greater id first, and pages join at every size",
    async run({ open }) {
      const store = await open();
      const threads = counted(COUNT, (index) => ({ id: idOf(index), createdMs: 1000 + ((index * 7) % 4) }));
      await keep(store, ...threads.map(({ id, createdMs }) => at(id, createdMs)));
      const ordered = threads.toSorted((one, other) => other.createdMs - one.createdMs || (one.id < other.id ? 1 : -1));
      for (const limit of [1, 7, COUNT - 1, COUNT, COUNT + 1]) {
        equal(idsOf(await listed(store, EVERYTHING, limit)), idsOf(ordered.map(({ id }) => keyOf(id))), `pages of ${limit}`);
        const viewer = { user: "ann", team: "core" };
        equal(idsOf(await listed(store, { tenant: TENANT, viewer }, limit)).length, COUNT, `pages of ${limit} for their owner`);
      }
      equal(await store.list(EVERYTHING, { limit: 5, after: { activeMs: 0, id: "" } }), [], "before all times");
      const newest = await store.list(EVERYTHING, { limit: 1, after: { activeMs: 2 ** 45, id: "none" } });
      equal(idsOf(newest), [ordered[0]?.id], "after a place that is no thread's");
    },
  },
  {
    name: "a thread moves to the top with a new message, and nothing else moves it",
    async run({ open }) {
      const store = await open();
      await keep(store, at("a", 3000), at("b", 2000), at("c", 1000));
      await keep(store, put("b", [message("1", "x", { atMs: 4000 })]));
      equal(idsOf(await listed(store)), ["b", "a", "c"], "after a message");
      const share = { id: "s", tokenHash: "h", by: "ann", createdMs: 9000 };
      await keep(store, put("c", [], { change: { title: "new" } }), { kind: "share", key: keyOf("c"), share });
      await keep(store, draft("c", "d", 0, "x", 9000), put("a", [message("2", "late", { atMs: 1 })]), put("b", [message("1")]));
      equal(idsOf(await listed(store)), ["b", "a", "c"], "after a title, a share, a draft, an old message and one again");
      equal((await listed(store))[1], await threadOf(store, "a"), "a listing shows what a look-up does");
    },
  },
  {
    name: "ids of any characters are listed once each, in one order, at every size of pages",
    async run({ open }) {
      const store = await open();
      const ids = [
        "a",
        "A",
        "b",
        "é",
        "e\u0301",
        "ﬀ",
        "\uffff",
        "😀",
        "\u{10ffff}",
        "\ue000",
        "%",
        "_",
        "'",
        "\\",
        "~",
        " ",
        "0",
        "10",
        "9",
      ];
      await keep(store, ...ids.map((id) => at(id, 1000)));
      const whole = idsOf(await listed(store));
      equal(whole.toSorted(), ids.toSorted(), "all of them");
      for (const limit of [1, 2, 5]) equal(idsOf(await listed(store, EVERYTHING, limit)), whole, `pages of ${limit}`);
    },
  },
  {
    name: "pages join without gap or repeat while threads begin, move up and go",
    async run({ open }) {
      const store = await open();
      await keep(store, ...counted(COUNT, (index) => at(idOf(index), 1000 + index)));
      const touched = new Set<string>();
      const all = await pagesWhile(store, async (page) => {
        // One that was shown, one that was not yet, one that is new, and the one at whose place the next page begins.
        const [shown, waiting, gone] = [COUNT - 1 - page, page, COUNT - 3 * (page + 1)].map((index) => idOf(Math.max(0, index)));
        for (const id of [shown, waiting, gone]) if (id !== undefined) touched.add(id);
        const up = (id = "", message_ = `${page}`) => put(id, [message(message_, "x", { atMs: 5000 + page })]);
        if (page < 8) await store.write([up(shown), up(waiting), at(`new${page}`, 6000 + page), remove(gone ?? "")]);
      });
      const seen = idsOf(all);
      equal(new Set(seen).size, seen.length, "none twice");
      const untouched = counted(COUNT, (index) => idOf(COUNT - 1 - index)).filter((id) => !touched.has(id));
      equal(
        seen.filter((id) => !touched.has(id)),
        untouched,
        "those that stayed, in their order",
      );
      equal(untouched.length > 10, true, "some stayed");
    },
  },
  {
    name: "pages join while others write at the same time",
    async run({ open, sharesData }) {
      const store = await open();
      const other = sharesData ? await open() : store;
      await keep(store, ...counted(COUNT, (index) => at(idOf(index), 1000 + index)));
      let isListing = true;
      const write = async () => {
        for (let round = 0; isListing; round++) {
          // Every second thread moves to the top, again and again.
          const id = idOf((round * 2) % COUNT);
          await keep(other, put(id, [message(String(round), "x", { atMs: 5000 + round })]), at(`new${round}`, 9000 + round));
        }
      };
      const read = async () => {
        for (let round = 0; round < 5; round++) {
          const seen = idsOf(await pagesWhile(store, async () => {}));
          equal(new Set(seen).size, seen.length, "none twice");
          const stayed = seen.filter((id) => id.startsWith("t") && Number(id.slice(1)) % 2 === 1);
          equal(
            stayed,
            counted(COUNT / 2, (index) => idOf(COUNT - 1 - 2 * index)),
            "those that stayed",
          );
        }
        isListing = false;
      };
      await Promise.all([write(), read().finally(() => (isListing = false))]);
    },
  },
  {
    name: "a thread is stalled when nothing was added to one of its drafts since",
    async run({ open }) {
      const store = await open();
      const stalled = async (stalledMs: number) => idsOf(await listed(store, { ...EVERYTHING, stalledMs }));
      await keep(store, at("a", 3000), at("b", 2000), at("c", 1000));
      await keep(store, draft("a", "d", 0, "x", 5000), draft("b", "d", 0, "", 4000), draft("b", "e", 0, "x", 6000));
      equal([await stalled(4000), await stalled(4001), await stalled(5001)], [[], ["b"], ["a", "b"]], "with their beginnings");
      await keep(store, draft("b", "d", 0, "later", 7000), draft("a", "d", 0, "x", 8000));
      equal(
        [await stalled(5000), await stalled(5001), await stalled(6001)],
        [[], ["a"], ["a", "b"]],
        "a piece again is no addition",
      );
      await keep(store, draft("a", "d", 1, "y", 9000), put("b", [], { ends: ["e"] }));
      equal([await stalled(7000), await stalled(7001), await stalled(9001)], [[], ["b"], ["a", "b"]], "after more, and an end");
    },
  },
];
