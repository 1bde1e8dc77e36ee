// Conformance of the thread store: what a thread is after a write, and what each write is told.

import type { Thread, ThreadWrite } from "../index.ts";
import {
  beginning,
  counted,
  draft,
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
import { equal, refuses } from "./verify.ts";

const USAGE = { input: 5, cached: 4, output: 3, cost: 2 };

const EMPTY: Thread = {
  ...keyOf("t"),
  ...beginning(),
  title: "",
  tags: [],
  archived: false,
  pinned: false,
  version: 1,
  activeMs: 1000,
  messages: 0,
  usage: { input: 0, cached: 0, output: 0, cost: 0 },
  excerpt: "",
  participants: [],
  shares: [],
};

export const writingCases: readonly ThreadStoreCase[] = [
  {
    name: "a thread begins with what its first write says; what is left out is empty",
    async run({ open }) {
      const store = await open();
      equal(await outcome(store, put("t")), { kind: "written", version: 1, sequences: [], isNew: true }, "outcome");
      equal(await threadOf(store, "t"), EMPTY, "a bare thread");
      const whole = {
        ...beginning({ visibility: "team" }),
        title: "A title",
        origin: { kind: "fork", thread: "t", sequence: 7 },
        session: "s",
        client: "claude-code",
        model: "large",
        repository: "github.com/acme/shop",
      } as const;
      await keep(store, put("whole", [], { create: { ...whole, tags: ["b", "a", "b"] } }));
      equal(await threadOf(store, "whole"), { ...EMPTY, ...whole, id: "whole", tags: ["a", "b"] }, "with all there is");
      await keep(store, put("whole", [], { create: beginning({ title: "Another" }), change: { pinned: true } }));
      equal((await threadOf(store, "whole")).title, "A title", "a thread begins once");
    },
  },
  {
    name: "a thread keeps what comes with its messages: count, time, usage, excerpt, and who took part",
    async run({ open }) {
      const store = await open();
      const one = message("1", "first", { atMs: 3000, author: "zoe", usage: USAGE, chain: "c1" });
      const two = message("2", "second\n  answer", { atMs: 2000, role: "assistant", author: "large", usage: USAGE });
      const three = message("3", "third", { atMs: 2500, author: "zoe", mark: "compaction", content: [{ type: "image" }] });
      const [first] = await keep(store, put("t", [one, two]));
      equal(first, { kind: "written", version: 1, sequences: [1, 2], isNew: true }, "two at once");
      equal(
        await threadOf(store, "t"),
        {
          ...EMPTY,
          messages: 2,
          activeMs: 3000,
          usage: { input: 10, cached: 8, output: 6, cost: 4 },
          excerpt: "second answer",
          participants: ["zoe", "large"],
        },
        "after two",
      );
      const [second] = await keep(store, put("t", [three]));
      equal(second, { kind: "written", version: 2, sequences: [3], isNew: false }, "the third");
      const { activeMs, excerpt, usage } = await threadOf(store, "t");
      equal(
        { activeMs, excerpt, usage },
        { activeMs: 3000, excerpt: "", usage: { input: 10, cached: 8, output: 6, cost: 4 } },
        "t",
      );
      const sequenced = [one, two, three].map((each, index) => ({ ...each, sequence: index + 1 }));
      equal(await messagesOf(store, keyOf("t")), sequenced, "the messages");
    },
  },
  {
    name: "the excerpt is the beginning of a long text",
    async run({ open }) {
      const store = await open();
      const long = counted(400, (index) => `word${index}`).join(" ");
      await keep(store, put("t", [message("1", long)]));
      const { excerpt } = await threadOf(store, "t");
      equal(long.startsWith(excerpt), true, `the beginning: ${excerpt.slice(0, 300)}`);
      equal(excerpt.length >= 80 && excerpt.length <= 400, true, `${excerpt.length} units`);
    },
  },
  {
    name: "time never goes back, whatever the clocks of the writers say",
    async run({ open }) {
      const store = await open();
      for (const [index, atMs] of [5000, 1, 4999, 5001, 0].entries()) {
        await keep(store, put("t", [message(String(index), "x", { atMs })]));
        equal((await threadOf(store, "t")).activeMs, index < 3 ? 5000 : 5001, `after ${atMs}`);
      }
      const times = (await messagesOf(store, keyOf("t"))).map(({ atMs }) => atMs);
      equal(times, [5000, 1, 4999, 5001, 0], "each message has its own");
    },
  },
  {
    name: "a message that is sent again adds nothing, and is told where the first one is",
    async run({ open }) {
      const store = await open();
      const [one, two, three] = [message("1", "one", { usage: USAGE }), message("2", "two"), message("3", "three")];
      await keep(store, put("t", [one, two]), put("other", [message("9"), two]));
      const before = await threadOf(store, "t");
      const [again] = await keep(store, put("t", [one, two]));
      equal(again, { kind: "written", version: 1, sequences: [1, 2], isNew: false }, "the same write");
      equal(await threadOf(store, "t"), before, "the thread after it");
      const [mixed] = await keep(store, put("t", [message("2", "not two"), three, message("1", "not one"), three]));
      equal(mixed, { kind: "written", version: 2, sequences: [2, 3, 1, 3], isNew: false }, "old and new, and one twice");
      const kept = (await messagesOf(store, keyOf("t"))).map(({ content }) => content);
      equal(kept, [one.content, two.content, three.content], "the first ones are kept");
      const [first, second] = await keep(store, put("t", [message("4")]), put("t", [message("4"), message("5")]));
      equal([first?.sequences, second?.sequences], [[4], [4, 5]], "within one batch");
      equal((await threadOf(store, "t")).usage, USAGE, "usage is counted once");
    },
  },
  {
    name: "a change is seen at once, and one that changes nothing is no version",
    async run({ open }) {
      const store = await open();
      await keep(store, put("t", [message("1", "said")]));
      const before = await threadOf(store, "t");
      const change = {
        title: "T",
        visibility: "organisation",
        model: "m",
        tags: ["z", "a", "z"],
        archived: true,
        pinned: true,
      } as const;
      const [changed] = await keep(store, put("t", [], { change }));
      equal(changed, { kind: "written", version: 2, sequences: [], isNew: false }, "outcome");
      equal(await threadOf(store, "t"), { ...before, ...change, tags: ["a", "z"], version: 2 }, "all of it changed");
      for (const same of [change, {}, { tags: ["z", "a"] }, { title: "T" }, { archived: true }]) {
        const [written] = await keep(store, put("t", [], { change: same }));
        equal(written?.version, 2, `after ${JSON.stringify(same)}`);
      }
      await keep(store, put("t", [], { change: { tags: [], archived: false, title: "", visibility: "private" } }));
      const { tags, archived, title, visibility, pinned, version } = await threadOf(store, "t");
      equal({ tags, archived, title, visibility }, { tags: [], archived: false, title: "", visibility: "private" }, "taken back");
      equal({ pinned, version }, { pinned: true, version: 3 }, "the rest");
    },
  },
  {
    name: "a write for one version is done for that version alone",
    async run({ open }) {
      const store = await open();
      const at = (ifVersion: number, title: string) => put("t", [message(title)], { ifVersion, change: { title } });
      equal(await outcome(store, at(1, "a")), { kind: "conflict", version: 0 }, "there is none");
      equal((await outcome(store, at(0, "b"))).kind, "written", "only when there is none");
      equal(await outcome(store, at(0, "c")), { kind: "conflict", version: 1 }, "there is one");
      equal((await outcome(store, at(1, "d"))).kind, "written", "of its version");
      const [first, second, third] = await store.write([at(2, "e"), at(2, "f"), at(3, "g")]);
      equal(first?.kind, "written", "first of the batch");
      equal(second, { kind: "conflict", version: 3 }, "second of the batch");
      equal(third?.kind, "written", "third of the batch");
      const { title, messages } = await threadOf(store, "t");
      equal({ title, messages }, { title: "g", messages: 4 }, "the thread");
    },
  },
  {
    name: "what is not there is missing, unless the write may begin it",
    async run({ open }) {
      const store = await open();
      const bare: ThreadWrite = { kind: "put", key: keyOf("t"), messages: [message("1")] };
      const share = { id: "s", tokenHash: "h", by: "ann", createdMs: 1 };
      const writes = [bare, draft("t", "d", 0, "x"), { kind: "share", key: keyOf("t"), share } as const, remove("t")];
      for (const write of writes) equal(await outcome(store, write), { kind: "missing" }, write.kind);
      equal(await outcome(store, { ...bare, ifVersion: 0 }), { kind: "missing" }, "put for version 0");
      const batch = await store.write([bare, put("t", [message("2")]), bare]);
      equal(
        batch.map(({ kind }) => kind),
        ["missing", "written", "written"],
        "in a batch",
      );
      equal(
        (await messagesOf(store, keyOf("t"))).map(({ clientId }) => clientId),
        ["2", "1"],
        "messages",
      );
      equal(await store.write([]), [], "no write");
    },
  },
  {
    name: "a session has one thread a tenant, and its deletion frees it",
    async run({ open }) {
      const store = await open();
      const begin = (id: string, session: string, tenant = TENANT) =>
        put(id, [message(id)], { key: keyOf(id, tenant), create: beginning({ session }) });
      const batch = await store.write([begin("a", "s"), begin("b", "s"), begin("a", "other"), begin("c", "s", "globex")]);
      equal(
        batch.map(({ kind }) => kind),
        ["written", "taken", "written", "written"],
        "in one batch",
      );
      equal(batch[1], { kind: "taken", thread: "a" }, "who has it");
      equal(await outcome(store, begin("b", "s")), { kind: "taken", thread: "a" }, "later");
      equal(await store.find(keyOf("b")), undefined, "who was refused it");
      equal((await store.find({ tenant: TENANT, session: "s" }))?.thread.id, "a", "found by it");
      equal((await store.find({ tenant: "globex", session: "s" }))?.thread.id, "c", "found by it in the other tenant");
      equal(await store.find({ tenant: TENANT, session: "other" }), undefined, "a session said too late");
      await keep(store, remove("a"), begin("b", "s"));
      equal((await store.find({ tenant: TENANT, session: "s" }))?.thread.id, "b", "after the deletion");
    },
  },
  {
    name: "after close every call is refused, and closing again is harmless",
    async run({ open }) {
      const store = await open();
      await keep(store, put("t"));
      await store.close();
      await store.close();
      const filter = { tenant: TENANT, viewer: undefined };
      await refuses("store_unavailable", store.write([put("t")]), "write");
      await refuses("store_unavailable", store.find(keyOf("t")), "find");
      await refuses("store_unavailable", store.messages(keyOf("t"), { after: 0, limit: 1 }), "messages");
      await refuses("store_unavailable", store.list(filter, { limit: 1 }), "list");
      await refuses("store_unavailable", store.search(filter, "x", { limit: 1 }), "search");
      await refuses("store_unavailable", store.changes(0, 1), "changes");
      await refuses("store_unavailable", store.totals(filter), "totals");
    },
  },
];
