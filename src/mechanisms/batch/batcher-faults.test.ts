// What goes wrong: callers who leave, items that are bad, engines that fail or hang, and the end.

import { describe, expect, test } from "bun:test";
import { Cancellation, MillraceError, VirtualClock } from "../../base/index.ts";
import { Batcher } from "./index.ts";
import { BAD, ids, make, RETRIABLE, type Write, watched } from "./testing.ts";

const codeOf = (error: unknown): string | undefined => (MillraceError.is(error) ? error.code : undefined);
const code = (expected: string) => expect.objectContaining({ code: expected });

describe("callers who leave", () => {
  test("are told at once and not committed while they wait; in a commit they stay", async () => {
    const { clock, engine, add, batcher } = make({ waitingMax: 1, whenFull: "wait" });
    const callers = ids(3).map(() => new Cancellation());
    const seen = callers.map(async (caller, id) => {
      await clock.advance(0);
      return add({ id, key: "same" }, caller);
    });
    const [running, waiting, outside] = [await seen[0], await seen[1], await seen[2]];
    await clock.advance(1);
    expect(batcher.stats()).toMatchObject({ committing: 1, waiting: 1, waitingForRoom: 1 });
    for (const caller of callers) caller.abort("left");
    await clock.advance(0);
    expect([running?.settled, waiting?.error, outside?.error]).toEqual([0, "left", "left"]);
    await clock.advance(20);
    expect(running?.value).toBe("result 0");
    expect(engine.asked).toEqual([[0]]);
    expect(batcher.stats()).toMatchObject({ left: 2, waiting: 0, waitingBytes: 0, waitingForRoom: 0 });
    expect(add({ id: 4 }, callers[0]).settled).toBe(0);
    expect(batcher.stats().added).toBe(3);
  });
});

test("whoever leaves makes room at once for who waits for it", async () => {
  const { clock, add, batcher } = make({ waitingMax: 1, whenFull: "wait" });
  add({ id: 0 });
  await clock.advance(1);
  const caller = new Cancellation();
  add({ id: 1 }, caller);
  add({ id: 2 });
  expect(batcher.stats()).toMatchObject({ waiting: 1, waitingForRoom: 1 });
  caller.abort("left");
  expect(batcher.stats()).toMatchObject({ waiting: 1, waitingForRoom: 0 });
  await clock.advance(20);
  expect(batcher.stats()).toMatchObject({ acknowledged: 2, left: 1 });
});

describe("failures", () => {
  test("a bad item fails alone; the others are committed in their order", async () => {
    const { clock, engine, add, batcher } = make();
    const seen = ids(16).map((id) => add({ id, key: "one", isBad: id === 5 }));
    await clock.advance(200);
    expect(engine.committed.map(({ id }) => id)).toEqual(ids(16).filter((id) => id !== 5));
    expect(seen.map(({ error }) => error)).toEqual(ids(16).map((id) => (id === 5 ? BAD : undefined)));
    // Halves: 2 for each of log2(16), and the whole.
    expect(engine.asked.length).toBe(9);
    expect(batcher.stats()).toMatchObject({ failed: 1, acknowledged: 15, splits: 4, unknown: 0 });
  });

  test("a commit that throws is a commit that rejects", async () => {
    const { clock, add } = make({
      commit: () => {
        throw BAD;
      },
    });
    const seen = add({ id: 1 });
    await clock.advance(0);
    expect(seen.error).toBe(BAD);
  });

  test("a retriable failure is tried again, ever later, while others wait and callers notice nothing", async () => {
    const { clock, engine, add, batcher } = make({ retry: { firstMs: 100, maxMs: 1000 } });
    engine.commitMs = 0;
    engine.isDown = true;
    const seen = add({ id: 1 });
    await clock.advance(5000);
    const other = add({ id: 2 });
    await clock.advance(5000);
    const pauses = engine.askedAtMs.map((ms, index) => ms - (engine.askedAtMs[index - 1] ?? 0)).slice(1);
    for (const [index, ms] of pauses.entries()) {
      const whole = Math.min(1000, 100 * 2 ** index);
      expect(ms).toBeGreaterThanOrEqual(whole / 2);
      expect(ms).toBeLessThanOrEqual(whole);
    }
    expect(new Set(pauses.slice(-5)).size).toBe(5);
    expect(batcher.stats()).toMatchObject({ failingMs: 10_000, retries: pauses.length, waiting: 1, committing: 1 });
    engine.isDown = false;
    await clock.advance(1000);
    expect([seen.value, other.value]).toEqual(["result 1", "result 2"]);
    expect(batcher.stats()).toMatchObject({ failingMs: 0, running: 0 });
    engine.failures.push(RETRIABLE);
    add({ id: 3 });
    await clock.advance(100);
    expect(batcher.stats()).toMatchObject({ acknowledged: 3 });
  });

  test("after too long those who were there all along are given up, and no sooner", async () => {
    const { clock, engine, add, batcher } = make({ retry: { firstMs: 100, maxMs: 1000, forMs: 10_000 } });
    engine.isDown = true;
    const tried = add({ id: 1 });
    await clock.advance(1);
    const waited = add({ id: 2 });
    await clock.advance(9000);
    const late = add({ id: 3 });
    await clock.advance(900);
    expect([tried.settled, waited.settled]).toEqual([0, 0]);
    await clock.advance(1200);
    expect(tried.error).toBe(RETRIABLE);
    expect(waited.error).toMatchObject({ code: "store_unavailable", cause: RETRIABLE });
    expect(late.settled).toBe(0);
    engine.isDown = false;
    await clock.advance(2000);
    expect(late.value).toBe("result 3");
    expect(engine.committed.map(({ id }) => id)).toEqual([3]);
    expect(batcher.stats()).toMatchObject({ failed: 2, unknown: 0 });
  });

  test("who came while the engine failed waits as long, and no longer", async () => {
    const { clock, engine, add } = make({ retry: { firstMs: 100, maxMs: 1000, forMs: 10_000 } });
    engine.isDown = true;
    add({ id: 1 });
    await clock.advance(9000);
    const late = add({ id: 2 });
    await clock.advance(9999);
    expect(late.settled).toBe(0);
    await clock.advance(1100);
    expect(late.error).toBe(RETRIABLE);
  });

  test("a batch that always fails is given up, though others beside it are committed", async () => {
    const commit = async (items: readonly Write[]) => {
      if (items.some(({ id }) => id === "cursed")) throw RETRIABLE;
      return items.map(({ id }) => `result ${id}`);
    };
    const { clock, add, batcher } = make({
      commit,
      commitsMax: 2,
      collectMsMax: 10,
      retry: { firstMs: 100, maxMs: 100, forMs: 5000 },
    });
    const cursed = add({ id: "cursed" });
    await clock.advance(0);
    const flushed = batcher.flush();
    const others = [];
    for (const id of ids(60)) {
      others.push(add({ id }));
      await clock.advance(100);
    }
    await flushed;
    expect(others.every(({ value }) => value !== undefined)).toBe(true);
    expect(cursed.error).toBe(RETRIABLE);
    expect(cursed.atMs).toBeLessThan(5200);
  });

  test("what succeeds or is found bad ends the count of failures: the other half of a batch has all of its time", async () => {
    const { clock, engine, add, batcher } = make({ retry: { firstMs: 100, maxMs: 100, forMs: 1000 } });
    engine.isDown = true;
    const [bad, good] = [add({ id: "bad", isBad: true }), add({ id: "good" })];
    await clock.advance(900);
    engine.isDown = false;
    while (bad.settled === 0) await clock.advance(1);
    expect([bad.error, batcher.stats().failingMs]).toEqual([BAD, 0]);
    engine.isDown = true;
    await clock.advance(950);
    expect(good.settled).toBe(0);
    engine.isDown = false;
    await clock.advance(200);
    expect(good.value).toBe("result good");
  });

  test("a rule for errors that throws is no reason to try again", async () => {
    const { clock, engine, add } = make({
      isRetriable: () => {
        throw new Error("no rule");
      },
    });
    engine.failures.push(RETRIABLE);
    const seen = add({ id: 1 });
    await clock.advance(10);
    expect(seen.error).toBe(RETRIABLE);
  });

  test("a backlog is not given up for one failure", async () => {
    const { clock, engine, add } = make({ itemsMax: 1, retry: { forMs: 1000 } });
    engine.commitMs = 900;
    const seen = ids(4).map((id) => add({ id }));
    await clock.advance(1500);
    engine.failures.push(RETRIABLE);
    await clock.advance(10_000);
    expect(seen.every(({ value }) => value !== undefined)).toBe(true);
  });

  test("a commit that hangs is left after its limit: what it held is unknown, and the next begins", async () => {
    const { clock, engine, add, batcher } = make({ commitMsMax: 1000 });
    engine.hangs = true;
    const seen = [add({ id: 1 }), add({ id: 2 })];
    await clock.advance(1);
    const next = add({ id: 3 });
    await clock.advance(998);
    engine.hangs = false;
    expect(seen[0]?.settled).toBe(0);
    await clock.advance(20);
    expect(seen.map(({ error }) => error)).toEqual([code("batch_unknown"), code("batch_unknown")]);
    expect(engine.aborts).toEqual([code("batch_unknown")]);
    expect(next.value).toBe("result 3");
    expect(batcher.stats()).toMatchObject({ unknown: 2, failed: 2, acknowledged: 1, failingMs: 0 });
    expect(clock.pendingCount).toBe(0);
  });

  test("one that ends soon after it was told to is believed; one that does not is left to itself", async () => {
    const { clock, engine, add, batcher } = make({ commitMsMax: 1000, abortMsMax: 100, commit: (items) => engine.commit(items) });
    engine.commitMs = 1050;
    const late = add({ id: 1 });
    await clock.advance(1050);
    expect(late.value).toBe("result 1");
    engine.commitMs = 5000;
    const [deaf, next] = [add({ id: 2 }), add({ id: 3, rank: 7 })];
    await clock.advance(1);
    const after = add({ id: 4 });
    await clock.advance(1098);
    expect([deaf.settled, next.settled, engine.asked.length]).toEqual([0, 0, 2]);
    engine.commitMs = 10;
    await clock.advance(50);
    expect([deaf.error, next.error]).toEqual([code("batch_unknown"), code("batch_unknown")]);
    expect(after.value).toBe("result 4");
    expect(batcher.stats()).toMatchObject({ unknown: 2, running: 0 });
    await clock.advance(5000);
    expect([deaf.settled, clock.pendingCount]).toEqual([1, 0]);
  });

  test("one that hangs is tried again where that is said to be safe", async () => {
    const { clock, engine, add } = make({ commitMsMax: 1000, isRetriable: (error) => MillraceError.is(error, "batch_unknown") });
    engine.hangs = true;
    const seen = add({ id: 1 });
    await clock.advance(1000);
    engine.hangs = false;
    await clock.advance(100);
    expect(seen.value).toBe("result 1");
  });

  test("without a word about errors, a store that is unavailable is tried again", async () => {
    const clock = new VirtualClock(0, setImmediate);
    const failures = [new MillraceError("store_unavailable", "away"), new MillraceError("store_corrupt", "torn")];
    const commit = async (items: readonly number[]) => {
      const failure = failures.shift();
      if (failure) throw failure;
      return items;
    };
    const batcher = new Batcher<number, number>({ commit, bytesOf: () => 1, clock });
    const seen = watched(batcher.add(1), clock);
    await clock.advance(100);
    expect(seen.error).toEqual(code("store_corrupt"));
  });
});

describe("flush and close", () => {
  test("flush waits for what was added before, and for nothing else", async () => {
    const { clock, add, batcher } = make({ itemsMax: 2 });
    await batcher.flush();
    for (const id of ids(5)) add({ id, rank: 5 });
    const flushed = watched(batcher.flush(), clock);
    await clock.advance(15);
    for (const id of ids(4, 5)) add({ id, rank: 0 });
    for (const id of ids(50, 9)) add({ id, rank: 6 });
    await clock.advance(34);
    expect([flushed.settled, batcher.stats().acknowledged]).toEqual([0, 8]);
    await clock.advance(1);
    expect(flushed.settled).toBe(1);
    expect(batcher.stats().waiting).toBeGreaterThan(40);
    const caller = new Cancellation();
    const left = watched(batcher.flush({ signal: caller }), clock);
    caller.abort("left");
    await clock.advance(0);
    expect(left.error).toBe("left");
    expect(await batcher.flush({ signal: caller }).catch((error) => error)).toBe("left");
  });

  test("close refuses what is new and commits what waits, also for room", async () => {
    const { clock, add, batcher } = make({ itemsMax: 2, waitingMax: 3, whenFull: "wait" });
    const seen = ids(7).map((id) => add({ id }));
    const closed = watched(batcher.close(), clock);
    const late = add({ id: "late" });
    await clock.advance(100);
    expect(late.error).toEqual(code("shutting_down"));
    expect(seen.every(({ value, settled }) => value !== undefined && settled === 1)).toBe(true);
    expect(closed.value).toBe(0);
    expect(clock.pendingCount).toBe(0);
    expect(await batcher.close()).toBe(0);
  });

  test("at its deadline a commit that runs is unknown, what waits was not committed, and all are told", async () => {
    const { clock, engine, add, batcher } = make({ itemsMax: 2, waitingMax: 3, whenFull: "wait" });
    engine.hangs = true;
    const seen = ids(6).map((id) => add({ id }));
    const closed = watched(batcher.close(500), clock);
    await clock.advance(499);
    expect(closed.settled).toBe(0);
    await clock.advance(1);
    expect(seen.map(({ error }) => codeOf(error))).toEqual([
      ...["batch_unknown", "batch_unknown"],
      ...["shutting_down", "shutting_down", "shutting_down", "shutting_down"],
    ]);
    expect(closed.value).toBe(6);
    expect([engine.asked.length, clock.pendingCount]).toEqual([1, 0]);
  });

  test("at its deadline what pauses is given up with the failure it had, and what is still in halves was not committed", async () => {
    const paused = make();
    paused.engine.isDown = true;
    const seen = paused.add({ id: 1 });
    const closed = watched(paused.batcher.close(1000), paused.clock);
    await paused.clock.advance(1000);
    expect([seen.error, closed.value, paused.clock.pendingCount]).toEqual([RETRIABLE, 1, 0]);

    const split = make();
    const halves = ids(4).map((id) => split.add({ id, isBad: id === 0 }));
    void split.batcher.close(25);
    await split.clock.advance(25);
    expect(halves.map(({ error }) => codeOf(error))).toEqual([
      ...["batch_unknown", "shutting_down", "shutting_down", "shutting_down"],
    ]);
  });
});
