// Conformance of the thread store: shares, deletion, and that tenants have nothing in common.

import type { Share, ThreadStore, ThreadWrite } from "../index.ts";
import {
  beginning,
  draft,
  EVERYTHING,
  hitsOf,
  idsOf,
  keep,
  keyOf,
  listed,
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

const share = (id: string, more: Partial<Share> = {}): Share => ({
  id,
  tokenHash: `hash of ${id}`,
  by: "ann",
  createdMs: 1000,
  ...more,
});

const shareOf = (thread: string, each: Share, tenant = TENANT): ThreadWrite => ({
  kind: "share",
  key: keyOf(thread, tenant),
  share: each,
});

const NOTHING = { threads: 0, messages: 0, input: 0, cached: 0, output: 0, cost: 0 };

async function openedBy(store: ThreadStore, tokenHash: string): Promise<string | undefined> {
  const found = await store.find({ tokenHash });
  return found && `${found.thread.tenant}/${found.thread.id}`;
}

export const shareCases: readonly ThreadStoreCase[] = [
  {
    name: "shares are kept in their order, replaced by their id, and found by what opens them",
    async run({ open }) {
      const store = await open();
      const [a, b] = [share("a", { expiresMs: 5000 }), share("b")];
      await keep(store, put("t"), put("u"));
      const [kept] = await keep(store, shareOf("t", a));
      equal(kept, { kind: "written", version: 2, sequences: [], isNew: false }, "the first");
      await keep(store, shareOf("t", b), shareOf("u", share("a", { tokenHash: "of u" })));
      equal((await threadOf(store, "t")).shares, [a, b], "both");
      equal((await keep(store, shareOf("t", b)))[0]?.version, 3, "the same once more is no version");
      const revoked = { ...a, revokedMs: 6000 };
      await keep(store, shareOf("t", revoked));
      equal((await threadOf(store, "t")).shares, [revoked, b], "replaced in its place");
      equal(await openedBy(store, a.tokenHash), "acme/t", "revoked and expired, it is found");
      equal(await openedBy(store, "of u"), "acme/u", "the same id of another thread");
      equal(await openedBy(store, "none"), undefined, "an unknown one");
      const others = [share("b", { tokenHash: "1" }), share("b", { tokenHash: "2" }), share("c", { tokenHash: "3" })];
      await keep(store, ...others.map((each) => shareOf("t", each)));
      equal((await threadOf(store, "t")).shares, [revoked, others[1], others[2]], "replaced twice in one batch");
      const opened = [b.tokenHash, "1", "2", "3"].map((hash) => openedBy(store, hash));
      equal(await Promise.all(opened), [undefined, undefined, "acme/t", "acme/t"], "by hashes old and new");
      equal((await threadOf(store, "t")).activeMs, 1000, "a share is no activity");
    },
  },
  {
    name: "a share is found over tenants, and ends with its thread",
    async run({ open }) {
      const store = await open();
      const globex = { key: keyOf("t", "globex") };
      await keep(store, put("t"), put("t", [], globex));
      await keep(store, shareOf("t", share("s")), shareOf("t", share("s", { tokenHash: "of globex" }), "globex"));
      equal(await openedBy(store, "hash of s"), "acme/t", "of one tenant");
      equal(await openedBy(store, "of globex"), "globex/t", "of the other");
      await keep(store, remove("t"));
      equal(await openedBy(store, "hash of s"), undefined, "of a deleted thread");
      equal(await openedBy(store, "of globex"), "globex/t", "of the other, still");
    },
  },
  {
    name: "a deleted thread is nowhere, and its id is taken for good",
    async run({ open, settle }) {
      const store = await open();
      const create = beginning({ session: "s", visibility: "organisation" });
      const said = [message("1", "needle", { chain: "c", usage: { input: 1, cached: 1, output: 1, cost: 1 } })];
      await keep(store, put("t", said, { create }), put("stays", [message("1", "needle")]));
      await keep(store, shareOf("t", share("s")), draft("t", "d", 0, "x", 1));
      await settle();
      equal(await hitsOf(store, "needle"), ["stays:1", "t:1"], "found before");
      equal(await outcome(store, remove("t")), { kind: "written", version: 3, sequences: [], isNew: false }, "outcome");
      const check = async () => {
        equal(await hitsOf(store, "needle"), ["stays:1"], "search");
        equal(idsOf(await listed(store)), ["stays"], "listing");
        equal(idsOf(await listed(store, { ...EVERYTHING, stalledMs: 5000 })), [], "listing of stalled ones");
        equal(await store.totals(EVERYTHING), { ...NOTHING, threads: 1, messages: 1 }, "totals");
        equal(await store.messages(keyOf("t"), { after: 0, limit: 5 }), { messages: [], drafts: [] }, "messages");
        const lookups = [
          keyOf("t"),
          { tenant: TENANT, session: "s" },
          { tenant: TENANT, chains: ["c"] },
          { tokenHash: "hash of s" },
        ];
        for (const lookup of lookups) equal(await store.find(lookup), undefined, `found by ${Object.keys(lookup).join()}`);
      };
      await check();
      const again = [put("t", said, { create }), put("t", said, { ifVersion: 0 }), put("t", [], { ifVersion: 3 }), remove("t")];
      for (const write of [...again, draft("t", "d", 0, "x"), shareOf("t", share("s"))]) {
        equal(await outcome(store, write), { kind: "missing" }, `${write.kind} after it`);
      }
      await settle();
      await check();
    },
  },
  {
    name: "the same names in two tenants are two of everything",
    async run({ open, settle }) {
      const store = await open();
      const tenants = [TENANT, "globex", "a:b", "a", "a b", "ACME", "acme ", "%"];
      const usage = { input: 1, cached: 0, output: 0, cost: 0 };
      for (const [index, tenant] of tenants.entries()) {
        const create = beginning({ session: "s", visibility: "organisation", title: tenant });
        const said = message("1", `word ${tenant === TENANT ? "needle" : "hay"}`, {
          chain: "c",
          usage: { ...usage, input: index },
        });
        const key = keyOf("t", tenant);
        await keep(store, put("t", [said], { key, create }), { ...draft("t", "d", 0, tenant), key } as ThreadWrite);
      }
      await keep(
        store,
        put("b:t", [], { key: keyOf("b:t", "a"), create: beginning({ user: "bob" }) }),
        put("t", [], { key: keyOf("t", "a:b"), change: { title: "changed" } }),
      );
      await settle();
      for (const [index, tenant] of tenants.entries()) {
        const title = tenant === "a:b" ? "changed" : tenant;
        const lookups = [keyOf("t", tenant), { tenant, session: "s" }, { tenant, chains: ["c"] }];
        for (const lookup of lookups)
          equal((await store.find(lookup))?.thread.title, title, `${tenant} by ${Object.keys(lookup).join()}`);
        const { drafts } = await store.messages(keyOf("t", tenant), { after: 0, limit: 5 });
        equal(
          drafts.map(({ text }) => text),
          [tenant],
          `drafts of ${tenant}`,
        );
        for (const viewer of [undefined, { user: "ann", team: "core" }, { user: "bob", team: "core" }]) {
          const filter = { tenant, viewer };
          equal(
            idsOf(await listed(store, { ...filter, user: "ann", untilMs: 1001 })).includes("t"),
            true,
            `listing of ${tenant}`,
          );
          equal(
            (await listed(store, filter)).every((each) => each.tenant === tenant),
            true,
            `only threads of ${tenant}`,
          );
          equal(await hitsOf(store, "needle", filter), tenant === TENANT ? ["t:1"] : [], `needle in ${tenant}`);
          equal(await hitsOf(store, "word", filter), ["t:1"], `word in ${tenant}`);
          equal((await store.totals(filter)).input, index, `totals of ${tenant}`);
        }
      }
      const nobody = { tenant: "nobody", viewer: undefined };
      equal(
        [await listed(store, nobody), await hitsOf(store, "word", nobody), await store.totals(nobody)],
        [[], [], NOTHING],
        "nobody",
      );
      equal((await messagesOf(store, keyOf("t", "nobody"))).length, 0, "messages of nobody");
      equal((await threadOf(store, "b:t", "a")).user, "bob", "beside one whose names are the same side by side");
    },
  },
];
