import { describe, expect, test } from "bun:test";
import { Cancellation } from "../../base/index.ts";
import { MemoryBudgetLedger } from "../../stores/memory/index.ts";
import { SharedBudgets, type SharedBudgetsOptions } from "./index.ts";
import { account, makeNodes, NOON, outcomeOf, reserved } from "./testing.ts";

const make = (nodes = 1, options: Partial<SharedBudgetsOptions> = {}, startMs = NOON) =>
  makeNodes((clock) => new MemoryBudgetLedger({ clock, accountsMax: 1000 }), nodes, options, startMs);

const MINUTE = { tokensPerMinute: 1000 };

describe("a block", () => {
  test("is leased once, then spent without a promise", async () => {
    const { clock, node, way } = make();
    const first = node.reserve([account({ tokensPerMinute: 100_000 })], 100);
    expect(first).toBeInstanceOf(Promise);
    await reserved(clock, first);
    const second = node.reserve([account({ tokensPerMinute: 100_000 })], 100);
    expect(second).toMatchObject({ kind: "reserved" });
    expect(way.calls).toBe(1);
  });

  test("grows with what is spent: a steady stream seldom asks", async () => {
    const { clock, node } = make();
    for (let at = 0; at < 2000; at++) {
      await reserved(clock, node.reserve([account({ tokensPerMinute: 10_000_000 })], 100));
      await clock.advance(10);
    }
    expect(node.stats().reserved).toBe(2000);
    expect(node.stats().leases).toBeLessThan(40);
  });

  test("is given back when it ends, and when the node closes", async () => {
    const { clock, ledger, node } = make();
    (await reserved(clock, node.reserve([account(MINUTE)], 100))).settle(30);
    expect((await ledger.usage("a")).minute).toBeGreaterThan(30);
    await clock.advance(4000);
    expect(await ledger.usage("a")).toEqual({ minute: 30, day: 30, concurrent: 0 });
    (await reserved(clock, node.reserve([account(MINUTE)], 100))).release();
    await node.close();
    expect(await ledger.usage("a")).toEqual({ minute: 30, day: 30, concurrent: 0 });
    expect(clock.pendingCount).toBe(0);
  });

  test("leaves no timer behind when all is told", async () => {
    const { clock, node } = make();
    const accounts = [account({ ...MINUTE, concurrent: 5 })];
    (await reserved(clock, node.reserve(accounts, 100))).settle(10);
    await clock.advance(10_000);
    expect(clock.pendingCount).toBe(0);
  });
});

describe("the end of a block", () => {
  test("is not passed, whenever it is told of", async () => {
    const { clock, node } = make();
    await reserved(clock, node.reserve([account(MINUTE, "other")], 1)); // From now on it tells each second.
    await clock.advance(500);
    (await reserved(clock, node.reserve([account(MINUTE)], 500))).release();
    await clock.advance(1999);
    expect(node.reserve([account(MINUTE)], 100)).toMatchObject({ kind: "reserved" });
    await clock.advance(1);
    expect(node.reserve([account(MINUTE)], 100)).toBeInstanceOf(Promise);
  });

  test("and the edge of a second: what is spent at the very last moment counts for 60 seconds", async () => {
    const { clock, node } = make();
    await clock.advance(999);
    (await reserved(clock, node.reserve([account(MINUTE)], 500))).release();
    await clock.advance(1990);
    expect(node.reserve([account(MINUTE)], 500)).toMatchObject({ kind: "reserved" });
    await clock.advance(59_999); // To 62,988 ms, from 2,989 ms.
    expect(await outcomeOf(clock, node.reserve([account(MINUTE)], 501))).toMatchObject({ kind: "refused" });
    await clock.advance(200);
    await reserved(clock, node.reserve([account(MINUTE)], 501));
  });
});

describe("limits", () => {
  test("are refused as in process, with when there is room", async () => {
    const { clock, nodes } = make(2);
    for (const node of nodes) await reserved(clock, node.reserve([account(MINUTE)], 400));
    for (const node of nodes) {
      const refused = await outcomeOf(clock, node.reserve([account(MINUTE)], 900));
      expect(refused).toMatchObject({ kind: "refused", account: "a", limit: "tokensPerMinute" });
      expect(node.reserve([account(MINUTE)], 1001)).toMatchObject({ limit: "too_large" });
    }
    await clock.advance(63_000);
    await reserved(clock, nodes[0]?.reserve([account(MINUTE)], 900) ?? Promise.reject());
  });

  test("a herd that is refused does not ask the ledger each", async () => {
    const { clock, node, way } = make();
    await reserved(clock, node.reserve([account(MINUTE)], 1000));
    const before = way.calls;
    const herd = Array.from({ length: 500 }, () => node.reserve([account(MINUTE)], 10));
    await clock.advance(1);
    const outcomes = await Promise.all(herd);
    expect(outcomes.every(({ kind }) => kind === "refused")).toBe(true);
    expect(way.calls - before).toBe(1);
    expect(node.reserve([account(MINUTE)], 10)).toMatchObject({ kind: "refused", limit: "tokensPerMinute" });
  });

  test("what one gives back another has at once", async () => {
    const { clock, node } = make();
    const first = await reserved(clock, node.reserve([account(MINUTE)], 1000));
    expect(await outcomeOf(clock, node.reserve([account(MINUTE)], 500))).toMatchObject({ kind: "refused" });
    first.settle(100);
    expect(node.reserve([account(MINUTE)], 500)).toMatchObject({ kind: "reserved" });
  });

  test("several accounts are reserved all or none", async () => {
    const { clock, ledger, node } = make();
    const accounts = [account({ tokensPerMinute: 5000 }, "tenant"), account({ concurrent: 1 }, "team"), account(MINUTE, "user")];
    const first = await reserved(clock, node.reserve(accounts, 100));
    expect(await outcomeOf(clock, node.reserve(accounts, 100))).toMatchObject({ account: "team", limit: "concurrent" });
    first.release();
    await clock.advance(5000);
    for (const key of ["tenant", "team", "user"]) {
      expect(await ledger.usage(key)).toEqual({ minute: 0, day: 0, concurrent: 0 });
    }
  });

  test("an account named twice is charged once", async () => {
    const { clock, ledger, node } = make();
    await reserved(clock, node.reserve([account(MINUTE), account(MINUTE)], 700));
    await node.close();
    expect((await ledger.usage("a")).minute).toBe(700);
  });

  test("limits and tokens that are no whole numbers, and keys of any kind, are no error", async () => {
    const { clock, node } = make();
    const odd = [Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY, 1e300, 10.7];
    for (const limit of odd) {
      for (const tokens of odd) {
        const limits = { tokensPerMinute: limit, tokensPerDay: limit, concurrent: limit };
        const outcome = await outcomeOf(clock, node.reserve([account(limits, `${limit}`)], tokens));
        if (outcome.kind === "reserved") outcome.settle(tokens);
      }
    }
    for (const key of ["", "\ud83d", "k".repeat(5000), "\0"]) await reserved(clock, node.reserve([account(MINUTE, key)], 1));
    expect(node.stats().failures).toBe(0);
  });

  test("a day ends at midnight of the ledger, its blocks too", async () => {
    const { clock, ledger, node } = make(1, {}, NOON + 12 * 3_600_000 - 1000);
    const day = [account({ tokensPerDay: 10_000 })];
    await reserved(clock, node.reserve(day, 100));
    expect(node.reserve(day, 50)).toMatchObject({ kind: "reserved" });
    await clock.advance(1000);
    expect(node.reserve(day, 10)).toBeInstanceOf(Promise);
    await reserved(clock, node.reserve(day, 9900));
    await node.close();
    expect((await ledger.usage("a")).day).toBe(9910);
  });
});

describe("calls at once", () => {
  test("are counted over all nodes, and come free when a node is gone", async () => {
    const { clock, nodes } = make(2);
    const [left, right] = nodes as [SharedBudgets, SharedBudgets];
    const accounts = [account({ concurrent: 2 })];
    const first = await reserved(clock, left.reserve(accounts, 0));
    const second = await reserved(clock, right.reserve(accounts, 0));
    expect(await outcomeOf(clock, left.reserve(accounts, 0))).toMatchObject({ kind: "refused", limit: "concurrent" });
    first.release();
    await clock.advance(3000); // The lease is given back within a second or two.
    const third = await reserved(clock, right.reserve(accounts, 0));
    // While their calls are open the nodes renew them.
    await clock.advance(120_000);
    expect(await outcomeOf(clock, left.reserve(accounts, 0))).toMatchObject({ limit: "concurrent" });
    second.settle(1);
    third.settle(1);
    await clock.advance(3000);
    await reserved(clock, left.reserve(accounts, 0));
  });

  test("a node that could not renew lets in no new ones, and tells of its own once it can", async () => {
    const { clock, ledger, node, way } = make();
    const accounts = [account({ concurrent: 2 })];
    const open = await reserved(clock, node.reserve(accounts, 0));
    way.is = "cut";
    await clock.advance(20_000);
    expect(await ledger.usage("a")).toMatchObject({ concurrent: 0 });
    expect(await outcomeOf(clock, node.reserve(accounts, 0))).toMatchObject({ kind: "away" });
    way.is = "open";
    await clock.advance(3000);
    expect(await ledger.usage("a")).toMatchObject({ concurrent: 1 });
    open.release();
    await clock.advance(3000);
    expect(await ledger.usage("a")).toMatchObject({ concurrent: 0 });
  });
});

describe("more than was reserved", () => {
  test("is owed at once, and nothing is let in until it is paid", async () => {
    const { clock, ledger, nodes } = make(2);
    const [left, right] = nodes as [SharedBudgets, SharedBudgets];
    (await reserved(clock, left.reserve([account(MINUTE)], 100))).settle(3000);
    await clock.advance(1);
    expect((await ledger.usage("a")).minute).toBe(3000);
    for (const node of [left, right]) {
      expect(await outcomeOf(clock, node.reserve([account(MINUTE)], 1))).toMatchObject({ limit: "tokensPerMinute" });
    }
  });

  test("is not forgotten while the ledger is away", async () => {
    const { clock, ledger, node, way } = make();
    const call = await reserved(clock, node.reserve([account(MINUTE)], 100));
    way.is = "cut";
    call.settle(3000);
    await clock.advance(30_000);
    way.is = "open";
    await clock.advance(3000);
    expect((await ledger.usage("a")).day).toBeGreaterThanOrEqual(2800);
  });
});

describe("a ledger that is away", () => {
  test("is noticed after 50 ms, left alone for a second, and used again", async () => {
    const { clock, node, way } = make();
    way.delayMs = 5000;
    const waiting = node.reserve([account(MINUTE)], 100);
    const startedAt = clock.monotonic();
    expect(await outcomeOf(clock, waiting)).toMatchObject({ kind: "away" });
    expect(clock.monotonic() - startedAt).toBeLessThanOrEqual(51);
    const calls = way.calls;
    for (let at = 0; at < 100; at++) {
      const outcome = node.reserve([account(MINUTE)], 100);
      expect(outcome).toMatchObject({ kind: "away" });
      if (!(outcome instanceof Promise) && outcome.kind === "away") expect(outcome.retryAfterMs).toBeLessThanOrEqual(1000);
    }
    expect(way.calls).toBe(calls);
    way.delayMs = 0;
    await clock.advance(1000);
    await reserved(clock, node.reserve([account(MINUTE)], 100));
  });

  test("what is leased may be spent on until it ends", async () => {
    const { clock, node, way } = make();
    const accounts = [account({ tokensPerMinute: 100_000 })];
    (await reserved(clock, node.reserve(accounts, 1000))).settle(0);
    way.is = "cut";
    expect(node.reserve(accounts, 1000)).toMatchObject({ kind: "reserved" });
    await clock.advance(2000);
    expect(await outcomeOf(clock, node.reserve(accounts, 1000))).toMatchObject({ kind: "away" });
  });

  test("with a share, each node goes on alone within it, and tells afterwards what it used", async () => {
    const { clock, ledger, nodes, way } = make(2, { awayShare: 0.5 });
    way.is = "cut";
    const accounts = [account({ tokensPerMinute: 1000, concurrent: 4 })];
    for (const node of nodes) {
      (await reserved(clock, node.reserve(accounts, 500))).settle(200);
      (await reserved(clock, node.reserve(accounts, 300))).settle(250);
      expect(await outcomeOf(clock, node.reserve(accounts, 100))).toMatchObject({ kind: "refused", limit: "tokensPerMinute" });
      expect(await outcomeOf(clock, node.reserve(accounts, 600))).toMatchObject({ kind: "away" });
      expect(node.stats().unleased).toBe(2);
    }
    way.is = "open";
    await clock.advance(3000);
    expect(await ledger.usage("a")).toEqual({ minute: 900, day: 900, concurrent: 0 });
  });

  test("a lease whose answer was lost is charged, and nothing else goes wrong", async () => {
    const { clock, ledger, node, way } = make();
    const accounts = [account({ ...MINUTE, concurrent: 3 })];
    way.is = "lost";
    expect(await outcomeOf(clock, node.reserve(accounts, 100))).toMatchObject({ kind: "away" });
    way.is = "open";
    await clock.advance(3000);
    expect(await ledger.usage("a")).toMatchObject({ concurrent: 0 });
    await reserved(clock, node.reserve(accounts, 100));
  });

  test("an answer that comes too late is given back", async () => {
    const { clock, ledger, node, way } = make();
    way.delayMs = 40;
    expect(await outcomeOf(clock, node.reserve([account({ ...MINUTE, concurrent: 3 })], 100))).toMatchObject({ kind: "away" });
    await clock.advance(100);
    way.delayMs = 0;
    await clock.advance(5000);
    expect(await ledger.usage("a")).toEqual({ minute: 0, day: 0, concurrent: 0 });
  });
});

describe("a caller that leaves", () => {
  test("before it asks, or while it waits, leaves nothing reserved", async () => {
    const { clock, ledger, node, way } = make();
    way.delayMs = 10;
    const gone = new Cancellation();
    const waiting = node.reserve([account({ ...MINUTE, concurrent: 2 })], 100, gone);
    const seen = outcomeOf(clock, waiting);
    gone.abort("left");
    expect(seen).rejects.toBe("left");
    expect(node.reserve([account(MINUTE)], 100, gone)).rejects.toBe("left");
    await clock.advance(10_000);
    expect(await ledger.usage("a")).toEqual({ minute: 0, day: 0, concurrent: 0 });
  });

  test("after close everyone is told that it is away", async () => {
    const { clock, node } = make();
    await reserved(clock, node.reserve([account(MINUTE)], 100));
    await node.close();
    expect(node.reserve([account(MINUTE)], 10_0)).toMatchObject({ kind: "away" });
  });
});

test("a kept account stays; what is forgotten is free of calls", async () => {
  const { clock, node } = make(1, { accountsMax: 3 });
  const kept = await reserved(clock, node.reserve([account({ concurrent: 1 }, "kept")], 0));
  for (let at = 0; at < 20; at++) (await reserved(clock, node.reserve([account(MINUTE, `user ${at}`)], 1))).settle(1);
  expect(node.stats()).toMatchObject({ accounts: 3, forgotten: 18 });
  expect(await outcomeOf(clock, node.reserve([account({ concurrent: 1 }, "kept")], 0))).toMatchObject({ limit: "concurrent" });
  kept.release();
});

test("unbounded options are refused", () => {
  const { ledger } = make();
  for (const odd of [
    { callMsMax: Number.POSITIVE_INFINITY },
    { accountsMax: 0 },
    { awayShare: 2 },
    { nodeId: "" },
    { coolDownMs: 0 },
  ]) {
    expect(() => new SharedBudgets({ ledger, ...odd })).toThrow("Shared budgets");
  }
});
