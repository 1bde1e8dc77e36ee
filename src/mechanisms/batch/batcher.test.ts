import { describe, expect, test } from "bun:test";
import { Cancellation, MillraceError } from "../../base/index.ts";
import type { BatcherOptions } from "./index.ts";
import { ids, make, watched } from "./testing.ts";

const codeOf = (error: unknown): string | undefined => (MillraceError.is(error) ? error.code : undefined);
const code = (expected: string) => expect.objectContaining({ code: expected });

describe("grouping", () => {
  test("an idle batcher commits at once, and arms no timer but the commit's own limit", async () => {
    const { clock, engine, add, batcher } = make();
    const seen = add({ id: 1 });
    await clock.advance(0);
    expect(engine.asked).toEqual([[1]]);
    // The limit, and the engine's own work.
    expect(clock.pendingCount).toBe(2);
    await clock.advance(10);
    expect(seen).toMatchObject({ value: "result 1", atMs: 10 });
    expect(clock.pendingCount).toBe(0);
    expect(batcher.stats()).toMatchObject({ waiting: 0, committing: 0, running: 0, acknowledged: 1, commits: 1, tookMs: 10 });
  });

  test("what is added in one go is committed in one; what comes meanwhile, in the next, right after", async () => {
    const { clock, engine, add } = make();
    for (const id of ids(3)) add({ id });
    await clock.advance(4);
    const later = ids(3, 3).map((id) => add({ id }));
    await clock.advance(5);
    expect(engine.asked).toEqual([[0, 1, 2]]);
    await clock.advance(1);
    expect(engine.asked).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(engine.askedAtMs).toEqual([0, 10]);
    await clock.advance(10);
    expect(later.map(({ value }) => value)).toEqual(["result 3", "result 4", "result 5"]);
  });

  test("callers who come again as soon as they are told are in the very next commit", async () => {
    const { clock, engine, batcher } = make();
    const loop = async (id: string) => {
      for (let round = 0; round < 3; round++) await batcher.add({ id });
    };
    const done = Promise.all(["a", "b", "c"].map(loop));
    await clock.advance(30);
    await done;
    expect(engine.asked).toEqual([
      ["a", "b", "c"],
      ["a", "b", "c"],
      ["a", "b", "c"],
    ]);
  });

  test("a batch is bounded in items and bytes; what is larger goes alone", async () => {
    const { clock, engine, add } = make({ itemsMax: 3, bytesMax: 1000 });
    for (const id of ids(7)) add({ id });
    await clock.advance(100);
    expect(engine.asked.map(({ length }) => length)).toEqual([3, 3, 1]);
    for (const [id, bytes] of [600, 500, 400, 5000, 10].entries()) add({ id, bytes });
    await clock.advance(100);
    expect(engine.asked.slice(3)).toEqual([[0], [1, 2, 4], [3]]);
  });

  test("each gets its own result; a commit that gives too few leaves all unknown", async () => {
    const { clock, add, batcher } = make({ commit: async (items) => items.slice(1).map(({ id }) => `result ${id}`) });
    const seen = [add({ id: 1 }), add({ id: 2 })];
    await clock.advance(0);
    expect(seen.map(({ error }) => error)).toEqual([code("batch_unknown"), code("batch_unknown")]);
    expect(batcher.stats()).toMatchObject({ failed: 2, unknown: 2, committing: 0 });
  });
});

describe("several commits at once", () => {
  test("a full batch begins beside a running one; others are held back, for so long at most", async () => {
    const { clock, engine, add } = make({ commitsMax: 2, itemsMax: 3, collectMsMax: 1000 });
    engine.commitMs = 5000;
    add({ id: 0 });
    await clock.advance(1);
    for (const id of ids(3, 1)) add({ id });
    expect(engine.asked).toEqual([[0], [1, 2, 3]]);
    await clock.advance(4999);
    engine.commitMs = 10_000;
    add({ id: 4 });
    await clock.advance(500);
    add({ id: 5 });
    await clock.advance(499);
    expect(engine.asked.length).toBe(3);
    await clock.advance(500);
    expect(engine.asked.length).toBe(3);
    await clock.advance(1);
    expect(engine.asked.slice(2)).toEqual([[4], [5]]);
    expect(engine.runningMax).toBe(2);
    await clock.advance(10_000);
    expect(clock.pendingCount).toBe(0);
  });

  test("what waits begins when any commit is done, though others run; no timer is left for what has gone", async () => {
    const { clock, engine, add } = make({ commitsMax: 3, itemsMax: 2, collectMsMax: 60_000 });
    engine.commitMs = 1000;
    add({ id: 0 });
    await clock.advance(1);
    engine.commitMs = 10;
    for (const id of [1, 2, 3]) add({ id });
    await clock.advance(9);
    expect(engine.asked).toEqual([[0], [1, 2]]);
    await clock.advance(1);
    expect(engine.asked).toEqual([[0], [1, 2], [3]]);
    await clock.advance(10);
    const caller = new Cancellation();
    add({ id: 4 }, caller);
    // Of the first commit its limit and the engine's work; and the one that waits for more.
    expect(clock.pendingCount).toBe(3);
    caller.abort("left");
    expect(clock.pendingCount).toBe(2);
    await clock.advance(0);
  });

  test("a batch begins when any commit is done; flush holds nothing back", async () => {
    const { clock, engine, add, batcher } = make({ commitsMax: 3, collectMsMax: 60_000 });
    engine.commitMs = 1000;
    add({ id: 0 });
    await clock.advance(1);
    add({ id: 1 });
    await clock.advance(1);
    expect(engine.asked).toEqual([[0]]);
    const flushed = watched(batcher.flush(), clock);
    expect(engine.asked).toEqual([[0], [1]]);
    await clock.advance(998);
    add({ id: 2 });
    await clock.advance(1);
    expect(flushed).toMatchObject({ settled: 0 });
    await clock.advance(1);
    expect(flushed).toMatchObject({ settled: 1, atMs: 1002 });
    expect(engine.asked.length).toBe(3);
  });

  test("the next items of a key wait until the commit with the former is done", async () => {
    const { clock, engine, add } = make({ commitsMax: 3, itemsMax: 2 });
    add({ id: "a1", key: "a" });
    await clock.advance(1);
    for (const id of ["a2", "a3", "b1", "b2"]) add({ id, key: id.slice(0, 1) });
    await clock.advance(1);
    expect(engine.asked).toEqual([["a1"], ["b1", "b2"]]);
    await clock.advance(7);
    // Two limits and the engine's work for two; nothing is held back that could not go.
    expect([engine.running, clock.pendingCount]).toEqual([2, 4]);
    await clock.advance(50);
    expect(engine.asked.slice(2)).toEqual([["a2", "a3"]]);
    expect(clock.pendingCount).toBe(0);
  });
});

describe("who goes first", () => {
  const ordered = async (
    writes: Parameters<ReturnType<typeof make>["add"]>[0][],
    options: Partial<BatcherOptions<never, never>> = {},
  ) => {
    const { clock, engine, add } = make({ ...(options as object), itemsMax: 2 });
    add({ id: "first" });
    await clock.advance(1);
    for (const write of writes) add(write);
    await clock.advance(1000);
    return engine.asked.slice(1).flat().join(" ");
  };

  test("rank before size, small before large, else as they came", async () => {
    const writes = [
      { id: "low", rank: 7 },
      { id: "huge", rank: 1, bytes: 2_000_000 },
      { id: "one", rank: 1, bytes: 3000 },
      { id: "two", rank: 1, bytes: 10 },
      { id: "large", rank: 1, bytes: 70_000 },
      { id: "high", rank: 0, bytes: 5_000_000 },
    ];
    expect(await ordered(writes)).toBe("high one two large huge low");
  });

  test("of one key as they came, and the best rank of a key is that of all before it", async () => {
    const writes = [
      { id: "x", rank: 3 },
      { id: "a1", key: "a", rank: 5, bytes: 9_000_000 },
      { id: "a2", key: "a", rank: 0 },
      { id: "a3", key: "a", rank: 5 },
      { id: "y", rank: 1 },
    ];
    expect(await ordered(writes, { bytesMax: 100_000_000 })).toBe("a1 a2 a3 y x");
  });

  test("keys take turns", async () => {
    const writes = ["a1", "a2", "a3", "b1", "c1", "b2"].map((id) => ({ id, key: id.slice(0, 1) }));
    expect(await ordered(writes)).toBe("a1 b1 c1 a2 b2 a3");
  });

  test("what waited for long goes before any rank: nothing starves", async () => {
    const { clock, engine, add } = make({ itemsMax: 1, holdMsMax: 100 });
    const urgent = async () => {
      for (let id = 0; id < 30; id++) {
        add({ id, rank: 0 });
        await clock.advance(10);
      }
    };
    add({ id: "before", rank: 0 });
    const low = add({ id: "low", rank: 7, bytes: 4_000_000 });
    await urgent();
    expect(low.atMs).toBeLessThanOrEqual(120);
    expect(engine.asked.flat().indexOf("low")).toBeGreaterThan(5);
  });
});

describe("bounds", () => {
  test("one more than may wait is refused at once, in items and in bytes", async () => {
    const { clock, add, batcher } = make({ waitingMax: 3, waitingBytesMax: 1000 });
    add({ id: "runs" });
    await clock.advance(1);
    add({ id: 1, bytes: 800 });
    const tooMuch = add({ id: 2, bytes: 201 });
    add({ id: 3, bytes: 100 });
    add({ id: 4, bytes: 100 });
    const tooMany = add({ id: 5, bytes: 0 });
    await clock.advance(0);
    expect([tooMuch.error, tooMany.error]).toEqual([code("batch_full"), code("batch_full")]);
    expect(batcher.stats()).toMatchObject({ waiting: 3, waitingBytes: 1000, refused: 2, added: 4 });
    await clock.advance(20);
    expect(batcher.stats()).toMatchObject({ waiting: 0, waitingBytes: 0, acknowledged: 4 });
  });

  test("an idle batcher begins rather than refuse", async () => {
    const { clock, add, batcher } = make({ waitingMax: 2, itemsMax: 50 });
    const seen = ids(5).map((id) => add({ id }));
    await clock.advance(100);
    expect(seen.map(({ error, value }) => codeOf(error) ?? value)).toEqual([
      "result 0",
      "result 1",
      "result 2",
      "result 3",
      "batch_full",
    ]);
    expect(batcher.stats().commits).toBe(2);
  });

  test("or it waits for room, in turn; as many again may, and what could never have room is refused", async () => {
    const { clock, engine, add, batcher } = make({ whenFull: "wait", waitingMax: 2, waitingBytesMax: 1000 });
    add({ id: "runs" });
    await clock.advance(1);
    const never = add({ id: "never", bytes: 1001 });
    await clock.advance(0);
    expect(never.error).toEqual(code("batch_full"));
    const seen = ids(5, 1).map((id) => add({ id, bytes: 900 }));
    const small = add({ id: "small", bytes: 1 });
    await clock.advance(0);
    expect(batcher.stats()).toMatchObject({ waiting: 1, waitingForRoom: 2, refused: 4 });
    expect(small.error).toEqual(code("batch_full"));
    await clock.advance(100);
    expect(engine.asked).toEqual([["runs"], [1], [2], [3]]);
    expect(seen.map(({ value }) => value !== undefined)).toEqual([true, true, true, false, false]);
  });

  test("an item whose size or rank is none is refused, and so is one whose size cannot be told", async () => {
    const { add, clock, batcher } = make({
      bytesOf: ({ bytes = 1 }) => {
        if (bytes === 7) throw new Error("no size");
        return bytes;
      },
    });
    const seen = [{ bytes: Number.NaN }, { bytes: -1 }, { rank: 8 }, { rank: 0.5 }].map((what) => add({ id: 1, ...what }));
    const none = add({ id: 1, bytes: 7 });
    await clock.advance(0);
    for (const { error } of seen) expect(error).toEqual(code("option_invalid"));
    expect(none.error).toEqual(new Error("no size"));
    expect(batcher.stats()).toMatchObject({ added: 0, waiting: 0, running: 0 });
  });

  test.each([
    ["itemsMax", 0],
    ["bytesMax", Number.POSITIVE_INFINITY],
    ["commitsMax", 1.5],
    ["waitingMax", Number.POSITIVE_INFINITY],
    ["waitingBytesMax", -1],
    ["holdMsMax", Number.POSITIVE_INFINITY],
    ["commitMsMax", 0],
    ["retry", { forMs: Number.POSITIVE_INFINITY }],
    ["whenFull", "drop"],
  ])("`%s` of %p is refused", (name, value) => {
    expect(() => make({ [name]: value })).toThrow(code("option_invalid"));
  });
});
