// Conformance of the budget ledger: tokens of the minute and the day, charged, refused, given back and owed.

import { BLOCK_MS } from "../index.ts";
import { ask, type BudgetLedgerCase, granted, limitOf } from "./budget-ledger-case.ts";
import { equal } from "./verify.ts";

const MINUTE = { tokensPerMinute: 100 };
const DAY = { tokensPerDay: 100 };
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export const tokenCases: readonly BudgetLedgerCase[] = [
  {
    name: "a minute holds its tokens, and says when there is room again",
    async run({ open, elapse }) {
      const ledger = await open("one");
      granted(await ledger.lease("node", [ask("a", 60, MINUTE)], []));
      await elapse(20_000);
      granted(await ledger.lease("node", [ask("a", 40, MINUTE)], []));
      const refused = await ledger.lease("node", [ask("a", 1, MINUTE)], []);
      equal(limitOf(refused), "tokensPerMinute", "the limit");
      const retryAfterMs = refused.kind === "refused" ? refused.retryAfterMs : 0;
      const soonest = MINUTE_MS - 20_000;
      equal(retryAfterMs > soonest && retryAfterMs <= soonest + BLOCK_MS + 1000, true, `retry after ${retryAfterMs}`);
      await elapse(Math.ceil(retryAfterMs / 1000) * 1000);
      equal(limitOf(await ledger.lease("node", [ask("a", 61, MINUTE)], [])), "tokensPerMinute", "more than is free again");
      granted(await ledger.lease("node", [ask("a", 60, MINUTE)], []));
    },
  },
  {
    name: "a charge counts for a minute from when its block may last be spent",
    async run({ open, elapse }) {
      const ledger = await open("one");
      const [grant] = granted(await ledger.lease("node", [ask("a", 100, MINUTE)], []));
      equal(grant?.lifeMs !== undefined && grant.lifeMs <= BLOCK_MS && grant.lifeMs > 0, true, "life of the block");
      await elapse(MINUTE_MS + BLOCK_MS - 1000);
      equal(limitOf(await ledger.lease("node", [ask("a", 1, MINUTE)], [])), "tokensPerMinute", "just before");
      await elapse(3000);
      granted(await ledger.lease("node", [ask("a", 100, MINUTE)], []));
    },
  },
  {
    name: "a day holds its tokens, for as long as it lasts",
    async run({ open, elapse }) {
      const ledger = await open("one");
      granted(await ledger.lease("node", [ask("a", 100, DAY)], []));
      await elapse(2 * MINUTE_MS);
      const refused = await ledger.lease("node", [ask("a", 1, DAY)], []);
      equal(limitOf(refused), "tokensPerDay", "the limit");
      const retryAfterMs = refused.kind === "refused" ? refused.retryAfterMs : 0;
      equal(retryAfterMs > 0 && retryAfterMs <= 24 * HOUR_MS, true, `retry after ${retryAfterMs}`);
      await elapse(24 * HOUR_MS);
      granted(await ledger.lease("node", [ask("a", 100, DAY)], []));
    },
  },
  {
    name: "beyond the least a part of the room is granted, and never more than the most",
    async run({ open }) {
      const ledger = await open("one");
      const lease = async (least: number, most: number) => {
        const asks = [{ key: "a", tokensPerMinute: 8000, tokens: { least, most } }];
        return granted(await ledger.lease("node", asks, []))[0]?.tokens;
      };
      equal(await lease(10, 500), 500, "the most");
      equal(await lease(0, 500_000), Math.floor(7500 / 8), "a part");
      equal(await lease(5000, 500_000), 5000, "the least");
      equal(await lease(0, 0), 0, "nothing");
      const { minute } = await ledger.usage("a");
      equal(minute, 500 + 937 + 5000, "used");
    },
  },
  {
    name: "what is given back is free again at once, where its second and day still count",
    async run({ open, elapse }) {
      const ledger = await open("one");
      const limits = { tokensPerMinute: 100, tokensPerDay: 150 };
      const [first] = granted(await ledger.lease("node", [ask("a", 100, limits)], []));
      if (!first) throw new Error("no grant");
      const back = [{ second: first.second, day: first.day, tokens: 60 }];
      await ledger.report("node", [{ key: "a", back }]);
      equal(await ledger.usage("a"), { minute: 40, day: 40, concurrent: 0 }, "after giving back");
      await elapse(2 * MINUTE_MS);
      granted(await ledger.lease("node", [ask("a", 50, limits)], []));
      await ledger.report("node", [{ key: "a", back: [{ second: first.second, day: first.day, tokens: 10 }] }]);
      equal(await ledger.usage("a"), { minute: 50, day: 80, concurrent: 0 }, "of a second that is over: the day's alone");
      await elapse(24 * HOUR_MS);
      granted(await ledger.lease("node", [ask("a", 100, limits)], []));
      await ledger.report("node", [{ key: "a", back: [{ second: first.second, day: first.day, tokens: 10 }] }]);
      equal((await ledger.usage("a")).day, 100, "of a day that is over: nothing");
    },
  },
  {
    name: "giving back more than was charged frees no more than was charged",
    async run({ open }) {
      const ledger = await open("one");
      const [first] = granted(await ledger.lease("node", [ask("a", 30)], []));
      if (!first) throw new Error("no grant");
      await ledger.report("node", [{ key: "a", back: [{ second: first.second, day: first.day, tokens: 500 }] }]);
      await ledger.report("node", [{ key: "b", back: [{ second: first.second, day: first.day, tokens: 500 }] }]);
      equal(await ledger.usage("a"), { minute: 0, day: 0, concurrent: 0 }, "a");
      equal(await ledger.usage("b"), { minute: 0, day: 0, concurrent: 0 }, "b");
    },
  },
  {
    name: "what is owed is charged whatever the limit, and nothing is granted until there is room again",
    async run({ open, elapse }) {
      const ledger = await open("one");
      granted(await ledger.lease("node", [ask("a", 90, MINUTE)], []));
      await ledger.report("node", [{ key: "a", owed: 500 }]);
      equal((await ledger.usage("a")).minute, 590, "used");
      equal(limitOf(await ledger.lease("node", [ask("a", 0, MINUTE)], [])), "tokensPerMinute", "at once");
      await elapse(2 * MINUTE_MS);
      granted(await ledger.lease("node", [ask("a", 100, MINUTE)], []));
    },
  },
  {
    name: "reports that come with a lease are taken first, and also when it is refused",
    async run({ open }) {
      const ledger = await open("one");
      const [first] = granted(await ledger.lease("node", [ask("a", 100, MINUTE)], []));
      if (!first) throw new Error("no grant");
      const back = [{ second: first.second, day: first.day, tokens: 100 }];
      granted(await ledger.lease("node", [ask("a", 100, MINUTE)], [{ key: "a", back }]));
      const answer = await ledger.lease("node", [ask("a", 1, MINUTE)], [{ key: "b", owed: 7 }]);
      equal(limitOf(answer), "tokensPerMinute", "the lease");
      equal((await ledger.usage("b")).minute, 7, "the report");
    },
  },
  {
    name: "several accounts are granted all or none",
    async run({ open }) {
      const ledger = await open("one");
      granted(await ledger.lease("node", [ask("c", 95, MINUTE)], []));
      const answer = await ledger.lease("node", [ask("a", 10, MINUTE), ask("b", 10, DAY), ask("c", 10, MINUTE)], []);
      equal(answer.kind === "refused" && answer.key, "c", "the account in the way");
      for (const key of ["a", "b"]) equal((await ledger.usage(key)).minute, 0, key);
      const grants = granted(await ledger.lease("node", [ask("a", 1, MINUTE), ask("b", 2, DAY), ask("c", 3, MINUTE)], []));
      equal(
        grants.map(({ tokens }) => tokens),
        [1, 2, 3],
        "in the order of asking",
      );
    },
  },
];
