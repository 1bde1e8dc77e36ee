// Conformance of the thread store: pages of messages, drafts, and that a reader sees whole writes and copies of its own.

import type { Draft, Json, ThreadFilter, ThreadLookup } from "../index.ts";
import {
  ALL,
  beginning,
  counted,
  draft,
  EVERYTHING,
  idsOf,
  keep,
  keyOf,
  message,
  messagesOf,
  outcome,
  put,
  remove,
  TENANT,
  type ThreadStoreCase,
  threadOf,
} from "./thread-store-case.ts";
import { equal } from "./verify.ts";

const COUNT = 25;
const upTo = (first: number, last: number) => counted(Math.max(0, last - first + 1), (index) => first + index);
const inOrder = (drafts: readonly Draft[]) => drafts.toSorted((one, other) => (one.id < other.id ? -1 : 1));

export const readingCases: readonly ThreadStoreCase[] = [
  {
    name: "pages of messages join forwards and backwards, and beyond the end there is nothing",
    async run({ open }) {
      const store = await open();
      const key = keyOf("t");
      await keep(
        store,
        put(
          "t",
          upTo(1, COUNT).map((each) => message(String(each))),
        ),
        put("empty"),
      );
      const read = async (after: number, limit: number, backwards: boolean) =>
        (await store.messages(key, { after, limit, backwards })).messages.map(({ sequence }) => sequence);
      for (const limit of [1, 7, COUNT - 1, COUNT, COUNT + 1]) {
        equal(
          (await messagesOf(store, key, limit)).map(({ clientId }) => Number(clientId)),
          upTo(1, COUNT),
          `pages of ${limit}`,
        );
        const back: number[] = [];
        for (let page = await read(0, limit, true); page.length > 0; page = await read(back.at(-1) ?? 0, limit, true)) {
          back.push(...page);
          if (back.at(-1) === 1) break; // Before the first one is 0, which is the end.
        }
        equal(back, upTo(1, COUNT).reverse(), `pages of ${limit}, backwards`);
      }
      equal(await read(COUNT, 5, false), [], "after the last one");
      equal(await read(COUNT + 100, 5, false), [], "after one that is not there");
      equal(await read(1, 5, true), [], "before the first one");
      equal(await read(COUNT + 100, 2, true), [COUNT, COUNT - 1], "before one that is not there");
      equal(await store.messages(keyOf("empty"), { after: 0, limit: 5 }), { messages: [], drafts: [] }, "no messages");
      equal(await store.messages(keyOf("none"), { after: 0, limit: 5 }), { messages: [], drafts: [] }, "no thread");
      equal(await store.messages(keyOf("t", "globex"), { after: 0, limit: 5 }), { messages: [], drafts: [] }, "another tenant's");
    },
  },
  {
    name: "a message is found by its chain, the last one of those asked for",
    async run({ open }) {
      const store = await open();
      const chained = (id: string) => message(id, id, { chain: `c${id}` });
      await keep(
        store,
        put("t", [chained("1"), chained("2"), message("3")]),
        put("u", [chained("4")]),
        put("gone", [chained("5")]),
      );
      await keep(store, remove("gone"));
      const find = async (...chains: string[]) => {
        const found = await store.find({ tenant: "acme", chains });
        return found && `${found.thread.id}:${found.sequence}`;
      };
      equal(await find("c1"), "t:1", "one");
      equal(await find("c1", "c2", "none", "c5"), "t:2", "the last that is there");
      equal(await find("c2", "c4", "c1"), "t:1", "the last as they are asked for");
      equal(await find("c4", "none"), "u:1", "of another thread");
      equal(await find("c5", "none"), undefined, "of a deleted thread, or none");
      equal(await find(), undefined, "none asked for");
      equal(await store.find({ tenant: "globex", chains: ["c1"] }), undefined, "of another tenant");
      equal(
        await find(...counted(500, (index) => `no${index}`), "c1", ...counted(500, (index) => `nor${index}`)),
        "t:1",
        "of many",
      );
    },
  },
  {
    name: "a name that no store can keep is asked for in vain, and is no failure",
    async run({ open }) {
      const store = await open();
      await keep(
        store,
        put("t", [message("1", "word", { chain: "c" })], { create: beginning({ session: "s", visibility: "team" }) }),
      );
      for (const name of ["\0", "t\0", "\ud83d", "t\ude00", "", "t".repeat(100_000)]) {
        const what = JSON.stringify(name.slice(0, 9));
        const lookups: readonly ThreadLookup[] = [
          keyOf(name),
          keyOf("t", name),
          { tenant: name, session: "s" },
          { tenant: "acme", session: name },
          { tenant: "acme", chains: [name] },
          { tokenHash: name },
        ];
        for (const lookup of lookups) equal(await store.find(lookup), undefined, `${what} by ${Object.keys(lookup).join()}`);
        equal((await store.find({ tenant: "acme", chains: ["c", name] }))?.sequence, 1, `${what} beside a chain that is there`);
        equal((await store.messages(keyOf(name), { after: 0, limit: 5 })).messages, [], `messages of ${what}`);
        const names = { user: name, team: name, client: name, model: name, repository: name };
        const filters: ThreadFilter[] = Object.entries(names).map(([field, value]) => ({ ...EVERYTHING, [field]: value }));
        filters.push({ tenant: name, viewer: undefined }, { tenant: TENANT, viewer: { user: name, team: name } });
        for (const filter of filters) {
          equal(await store.list(filter, { limit: 5 }), [], `a listing with ${what}`);
          equal((await store.totals(filter)).threads, 0, `totals with ${what}`);
          equal(await store.search(filter, "word", { limit: 5 }), { hits: [] }, `a search with ${what}`);
        }
        const after = { activeMs: 5000, id: name };
        equal(idsOf(await store.list(EVERYTHING, { limit: 5, after })), ["t"], `a listing after ${what}`);
      }
    },
  },
  {
    name: "pieces of drafts come after one another, and one that is sent again is not kept twice",
    async run({ open }) {
      const store = await open();
      const read = async () => inOrder((await store.messages(keyOf("t"), { after: 0, limit: 5 })).drafts);
      await keep(store, put("t"), draft("t", "a", 0, "One ", 2000));
      equal(await read(), [{ id: "a", text: "One ", startedMs: 2000 }], "the first piece");
      const text = "One \ud83d\ude00\0two";
      await keep(
        store,
        draft("t", "a", 4, "\ud83d", 3000),
        draft("t", "a", 5, "\ude00\0t", 3000),
        draft("t", "a", 8, "wo", 3000),
      );
      equal(await read(), [{ id: "a", text, startedMs: 2000 }], "cut within a character");
      await keep(
        store,
        draft("t", "a", 8, "wo", 4000),
        draft("t", "a", 2, "e \ud83d\ude00", 4000),
        draft("t", "a", 0, text, 4000),
      );
      equal(await read(), [{ id: "a", text, startedMs: 2000 }], "all of it sent again");
      await keep(store, draft("t", "a", 8, "wo and more", 4000), draft("t", "b", 0, "", 5000), draft("t", "b", 0, "B", 6000));
      const both = [
        { id: "a", text: `${text} and more`, startedMs: 2000 },
        { id: "b", text: "B", startedMs: 5000 },
      ];
      equal(await read(), both, "sent again with more, and beside an empty one");
      equal((await outcome(store, draft("t", "a", 100, "x"))).kind, "invalid", "a hole");
      equal(await read(), both, "after it");
      const { version, messages, activeMs } = await threadOf(store, "t");
      equal({ version, messages, activeMs }, { version: 1, messages: 0, activeMs: 1000 }, "the thread is as it was");
    },
  },
  {
    name: "messages take the place of drafts, and a draft of that name may begin anew",
    async run({ open }) {
      const store = await open();
      const read = async () => inOrder((await store.messages(keyOf("t"), { after: 0, limit: 5 })).drafts).map(({ text }) => text);
      await keep(store, put("t"), draft("t", "a", 0, "A"), draft("t", "b", 0, "B"), draft("t", "c", 0, "C"));
      await keep(store, put("t", [message("1")], { ends: ["a", "c", "none"] }));
      equal(await read(), ["B"], "after the answer");
      await keep(store, draft("t", "a", 0, "new"), put("t", [message("2")], { ends: ["b"] }), draft("t", "b", 0, "B2"));
      equal(await read(), ["new", "B2"], "begun anew");
      await keep(store, draft("t", "b", 2, "!"), put("t", [message("3")], { ends: ["a", "b"] }), draft("t", "b", 0, "B3"));
      equal(await read(), ["B3"], "ended and begun in one batch");
      await keep(store, put("t", [], { ends: ["b"] }));
      equal(await read(), [], "ended without a message");
    },
  },
  {
    name: "drafts are on the last page alone, and gone with their thread",
    async run({ open }) {
      const store = await open();
      const read = async (after: number, limit: number, backwards = false) =>
        (await store.messages(keyOf("t"), { after, limit, backwards })).drafts.length;
      await keep(
        store,
        put(
          "t",
          upTo(1, 6).map((each) => message(String(each))),
        ),
        draft("t", "d", 0, "x"),
      );
      equal(
        [await read(0, 5), await read(0, 6), await read(5, 1), await read(6, 1), await read(2, 3)],
        [0, 1, 1, 1, 0],
        "forwards",
      );
      equal([await read(0, 2, true), await read(5, 4, true), await read(3, 9, true)], [1, 0, 0], "backwards");
      await keep(store, remove("t"));
      equal(await read(0, 5), 0, "after deletion");
    },
  },
  {
    name: "a reader sees all of a write or nothing of it, while others write",
    async run({ open }) {
      const store = await open();
      await keep(store, put("t"));
      let isWriting = true;
      const write = async () => {
        for (let round = 1; round <= 40; round++) {
          const three = upTo(1, 3).map((part) => message(`${round}.${part}`));
          await keep(store, draft("t", `d${round}`, 0, "xyz"), put("u", three), put("t", three, { ends: [`d${round}`] }));
        }
        isWriting = false;
      };
      const read = async () => {
        for (let seen = 0; isWriting; ) {
          const [page, known] = [await store.messages(keyOf("t"), { after: 0, limit: ALL }), await threadOf(store, "t")];
          equal(page.messages.length % 3, 0, "messages of whole writes");
          equal(page.drafts, [], "no draft beside its message");
          equal(known.messages % 3 === 0 && known.messages >= page.messages.length, true, "the count of a later look");
          equal(page.messages.length >= seen, true, "nothing goes");
          seen = page.messages.length;
        }
      };
      await Promise.all([write(), read(), read()]);
      equal((await messagesOf(store, keyOf("t"))).length, 120, "messages");
    },
  },
  {
    name: "what is given and returned is the caller's own",
    async run({ open }) {
      const store = await open();
      const content: Record<string, Json>[] = [{ type: "text", text: "said" }];
      const tags = ["a"];
      const share = { id: "s", tokenHash: "h", by: "ann", createdMs: 1 };
      await keep(store, put("t", [message("1", "", { content })], { change: { tags } }), {
        kind: "share",
        key: keyOf("t"),
        share,
      });
      share.by = "bob";
      for (const block of content) block.text = "changed";
      tags.push("b");
      const [first] = await messagesOf(store, keyOf("t"));
      equal(first?.content, [{ type: "text", text: "said" }], "after the given content changed");
      for (const block of (first?.content ?? []) as Record<string, Json>[]) block.text = "changed";
      const known = await threadOf(store, "t");
      equal([known.tags, known.shares[0]?.by], [["a"], "ann"], "after the given tags and the share changed");
      (known.tags as string[]).push("c");
      equal(
        (await messagesOf(store, keyOf("t")))[0]?.content,
        [{ type: "text", text: "said" }],
        "after the returned one changed",
      );
      equal((await threadOf(store, "t")).tags, ["a"], "after the returned tags changed");
    },
  },
];
