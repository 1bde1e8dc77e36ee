// Conformance of the budget ledger: calls leased to nodes, and many nodes at once.

import { CALLS_MS, KEY_BYTES_MAX } from "../index.ts";
import { ask, type BudgetLedgerCase, exactly, granted, limitOf } from "./budget-ledger-case.ts";
import { equal, refuses } from "./verify.ts";

const NODES = 8;

const calls = (least: number, most = least, concurrent = 4) => ask("a", 0, { concurrent, calls: { least, most } });

export const callCases: readonly BudgetLedgerCase[] = [
  {
    name: "calls are leased to each node in all, and no more than the limit together",
    async run({ open }) {
      const ledger = await open("one");
      equal(granted(await ledger.lease("left", [calls(3)], []))[0]?.calls, 3, "left");
      equal(limitOf(await ledger.lease("right", [calls(2)], [])), "concurrent", "right, one too many");
      equal(granted(await ledger.lease("right", [calls(1)], []))[0]?.calls, 1, "right");
      equal(granted(await ledger.lease("left", [calls(2)], []))[0]?.calls, 2, "left wants fewer");
      equal(granted(await ledger.lease("right", [calls(2)], []))[0]?.calls, 2, "right again");
      equal((await ledger.usage("a")).concurrent, 4, "in all");
      equal(granted(await ledger.lease("left", [ask("a", 5, { concurrent: 4 })], []))[0]?.calls, undefined, "not asked for");
    },
  },
  {
    name: "beyond the least a part of the free calls is leased",
    async run({ open }) {
      const ledger = await open("one");
      equal(granted(await ledger.lease("left", [calls(1, 50, 81)], []))[0]?.calls, 11, "left");
      equal(granted(await ledger.lease("right", [calls(1, 3, 81)], []))[0]?.calls, 3, "right");
    },
  },
  {
    name: "reported calls replace those leased; 0 frees them",
    async run({ open }) {
      const ledger = await open("one");
      granted(await ledger.lease("left", [calls(4)], []));
      await ledger.report("left", [{ key: "a", calls: 1 }]);
      granted(await ledger.lease("right", [calls(3)], []));
      await ledger.report("left", [{ key: "a", calls: 0 }]);
      granted(await ledger.lease("right", [calls(4)], []));
      equal((await ledger.usage("a")).concurrent, 4, "in all");
    },
  },
  {
    name: "a dead node's calls come free, a living one's do not",
    async run({ open, elapse }) {
      const ledger = await open("one");
      granted(await ledger.lease("dead", [calls(2)], []));
      granted(await ledger.lease("alive", [calls(2)], []));
      await elapse(CALLS_MS - 5000);
      await ledger.report("alive", [{ key: "a", calls: 2 }]);
      equal(limitOf(await ledger.lease("new", [calls(1)], [])), "concurrent", "before");
      await elapse(6000);
      equal(limitOf(await ledger.lease("new", [calls(3)], [])), "concurrent", "more than the dead one had");
      granted(await ledger.lease("new", [calls(2)], []));
    },
  },
  {
    name: "many nodes at once, through two ledgers, are granted what there is and no token more",
    async run({ open }) {
      const ledgers = [await open("one"), await open("one")];
      const asks = Array.from({ length: 30 * NODES }, async (_, index) => {
        const node = `node ${index % NODES}`;
        const answer = await ledgers[index % 2]?.lease(
          node,
          [{ key: "a", tokensPerMinute: 1000, tokens: { least: 7, most: 70 } }],
          [],
        );
        return answer?.kind === "granted" ? (answer.grants[0]?.tokens ?? 0) : 0;
      });
      const sum = (await Promise.all(asks)).reduce((total, tokens) => total + tokens, 0);
      equal(sum <= 1000 && sum > 1000 - 7, true, `granted ${sum} of 1000`);
      equal((await ledgers[0]?.usage("a"))?.minute, sum, "used");
    },
  },
  {
    name: "large amounts are exact",
    async run({ open }) {
      const ledger = await open("one");
      const tokensPerDay = Number.MAX_SAFE_INTEGER;
      granted(await ledger.lease("node", [ask("a", tokensPerDay - 3, { tokensPerDay })], []));
      equal((await ledger.usage("a")).day, tokensPerDay - 3, "used");
      equal(limitOf(await ledger.lease("node", [ask("a", 4, { tokensPerDay })], [])), "tokensPerDay", "one too many");
      granted(await ledger.lease("node", [ask("a", 3, { tokensPerDay })], []));
    },
  },
  {
    name: "namespaces and awkward keys are each their own",
    async run({ open }) {
      const keys = ["a", "a:b", "{a}", "s:1", "d", "t", "é", "😀", "\0", "*", "k".repeat(KEY_BYTES_MAX)];
      const [left, right] = [await open("left"), await open("right")];
      for (const [index, key] of keys.entries()) granted(await left.lease(`${key.slice(0, 9)}:1`, [ask(key, index + 1)], []));
      for (const [index, key] of keys.entries()) equal((await left.usage(key)).minute, index + 1, key.slice(0, 9));
      for (const key of keys) equal((await right.usage(key)).minute, 0, key.slice(0, 9));
      granted(await left.lease("node:1:2", [ask("n", 0, { concurrent: 1, calls: exactly(1) })], []));
      equal(
        limitOf(await left.lease("node:1", [ask("n", 0, { concurrent: 1, calls: exactly(1) })], [])),
        "concurrent",
        "other node",
      );
    },
  },
  {
    name: "what cannot be is refused and changes nothing",
    async run({ open }) {
      const ledger = await open("one");
      for (const amount of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await refuses("key_invalid", ledger.lease("node", [ask("a", amount)], []), `tokens ${amount}`);
        await refuses("key_invalid", ledger.report("node", [{ key: "a", owed: amount }]), `owed ${amount}`);
        await refuses("key_invalid", ledger.lease("node", [calls(amount)], []), `calls ${amount}`);
      }
      await refuses("key_invalid", ledger.lease("node", [ask("", 1)], []), "no key");
      await refuses("key_invalid", ledger.lease("", [ask("a", 1)], []), "no node");
      await refuses("key_invalid", ledger.lease("node", [ask("a", 1), ask("a", 1)], []), "twice the same");
      await refuses("key_invalid", ledger.usage("\ud83d"), "an unpaired surrogate");
      const many = Array.from({ length: 501 }, (_, index) => ({ key: String(index), owed: 1 }));
      await refuses("key_invalid", ledger.report("node", many), "too many accounts");
      equal(await ledger.usage("a"), { minute: 0, day: 0, concurrent: 0 }, "used");
      await ledger.report("node", []);
      equal(granted(await ledger.lease("node", [], [])), [], "nothing asked for");
    },
  },
  {
    name: "after close every call is refused, and closing again is harmless",
    async run({ open }) {
      const ledger = await open("one");
      await ledger.close();
      await ledger.close();
      await refuses("store_unavailable", ledger.lease("node", [ask("a", 1)], []), "lease");
      await refuses("store_unavailable", ledger.report("node", [{ key: "a", owed: 1 }]), "report");
      await refuses("store_unavailable", ledger.usage("a"), "usage");
    },
  },
];
