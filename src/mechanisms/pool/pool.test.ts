import { describe, expect, test } from "bun:test";
import { Cancellation, MillraceError } from "../../base/index.ts";
import { Pool, type PoolOptions } from "./index.ts";
import { make, type Thing, watched } from "./testing.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("in the ordinary way", () => {
  test("work gets a resource of its own, and the next caller the one that is warm", async () => {
    const { clock, factory, pool } = make();
    const first = watched(pool.use((thing) => thing.id));
    await clock.advance(100);
    expect(first.value).toBe(0);
    expect(await pool.use((thing) => thing.id)).toBe(0);
    expect(factory.made.length).toBe(1);
    expect(pool.stats()).toMatchObject({ size: 1, idle: 1, acquired: 2, created: 1, waitedMs: 100, waitedMsMax: 100 });
  });

  test("work that fails gives its resource back; one that broke it has it destroyed", async () => {
    const { clock, factory, pool } = make({ isBroken: (error) => error === "broken" });
    await clock.advance(0);
    const fail = (reason: string) => watched(pool.use(() => Promise.reject(reason)));
    const first = fail("failed");
    await clock.advance(100);
    expect([first.error, pool.stats().idle, factory.destroyed.length]).toEqual(["failed", 1, 0]);
    const second = fail("broken");
    await clock.advance(0);
    expect([second.error, pool.stats().size, factory.destroyed.length]).toEqual(["broken", 0, 1]);
  });

  test("a second release throws, and so does a release of what was destroyed", async () => {
    const { clock, pool } = make({ min: 1 });
    await clock.advance(100);
    const lease = await pool.acquire();
    lease.release();
    expect(() => lease.release()).toThrow(code("release_invalid"));
    const other = await pool.acquire();
    other.destroy();
    expect(() => other.release()).toThrow(code("release_invalid"));
    expect(pool.stats().size).toBe(0);
  });

  test("the newest idle resource is taken first, and the oldest end, down to the least", async () => {
    const { clock, factory, pool } = make({ min: 1, idleMsMax: 1000, validateAfterIdleMs: 10_000 });
    await clock.advance(100);
    const leases = [1, 2, 3].map(() => pool.acquire());
    await clock.advance(300);
    for (const lease of await Promise.all(leases)) {
      lease.release();
      await clock.advance(10);
    }
    expect((await pool.acquire()).resource.id).toBe(2);
    await clock.advance(2500);
    expect(factory.destroyed.map(({ id }) => id)).toEqual([0, 1]);
    expect(pool.stats().size).toBe(1);
  });
});

describe("waiting", () => {
  test("is first come, first served, and ends at an absolute deadline", async () => {
    const { clock, pool } = make({ max: 1, min: 1 });
    await clock.advance(100);
    const held = await pool.acquire();
    const [first, second] = [watched(pool.acquire({ deadlineMs: clock.monotonic() + 50 })), watched(pool.acquire())];
    await clock.advance(49);
    expect(first.isSettled).toBe(false);
    await clock.advance(1);
    expect(first.error).toEqual(code("pool_timeout"));
    held.release();
    await clock.advance(0);
    expect(second.value?.resource).toBe(held.resource);
    expect(pool.stats()).toMatchObject({ timeouts: 1, waiting: 0 });
  });

  test("ends when the signal aborts, and the resource goes to the next", async () => {
    const { clock, pool } = make({ max: 1, min: 1 });
    await clock.advance(100);
    const held = await pool.acquire();
    const caller = new Cancellation();
    const [gone, next] = [watched(pool.acquire({ signal: caller })), watched(pool.acquire())];
    caller.abort("left");
    await clock.advance(0);
    expect(gone.error).toBe("left");
    held.release();
    await clock.advance(0);
    expect(next.isSettled).toBe(true);
    expect(await pool.acquire({ signal: caller }).catch((error) => error)).toBe("left");
  });

  test("is bounded, in all and for a tenant", async () => {
    const { clock, pool } = make({ max: 1, min: 1, waitersMax: 3, tenantWaitersMax: 2 });
    await clock.advance(100);
    await pool.acquire();
    const waiting = ["a", "a", "a", "b", "b"].map((tenant) => watched(pool.acquire({ tenant })));
    await clock.advance(0);
    expect(waiting.map(({ error }) => (error as MillraceError | undefined)?.code)).toEqual([
      undefined,
      undefined,
      "pool_full",
      undefined,
      "pool_full",
    ]);
  });
});

describe("making", () => {
  test("a burst over idle resources needs at most one more (the HikariCP spike)", async () => {
    const { clock, factory, pool } = make({ max: 50, min: 5 }, 150);
    await clock.advance(300);
    const done = Array.from({ length: 50 }, () => watched(pool.use(() => clock.sleep(2))));
    await clock.advance(1000);
    expect(done.every(({ isSettled }) => isSettled)).toBe(true);
    expect(factory.made.length).toBeLessThanOrEqual(6);
    expect(pool.stats().waitedMsMax).toBeLessThanOrEqual(20);
  });

  test("experience that proves wrong is not waited on: more are made for those in line", async () => {
    const { clock, factory, pool } = make({ max: 3, min: 1 }, 100);
    await clock.advance(100);
    for (let round = 0; round < 5; round++) {
      const quick = watched(pool.use(() => clock.sleep(1)));
      await clock.advance(1);
      expect(quick.isSettled).toBe(true);
    }
    const slow = [1, 2, 3].map(() => watched(pool.use(() => clock.sleep(10_000))));
    await clock.advance(99);
    expect(factory.attempts.length).toBe(1);
    await clock.advance(300);
    expect(factory.made.length).toBe(3);
    await clock.advance(10_000);
    expect(slow.every(({ isSettled }) => isSettled)).toBe(true);
  });

  test("one that is freed first serves the caller, and what was made lies idle", async () => {
    const { clock, pool } = make({ max: 2, min: 1 });
    await clock.advance(100);
    const held = await pool.acquire();
    const waiting = watched(pool.acquire());
    await clock.advance(50);
    held.release();
    await clock.advance(0);
    expect(waiting.value?.resource).toBe(held.resource);
    await clock.advance(50);
    expect(pool.stats()).toMatchObject({ size: 2, idle: 1 });
  });

  test("a factory that fails for ten seconds is asked at most six times; who waits is refused, and later served", async () => {
    const { clock, factory, pool } = make({ max: 10 }, 1);
    factory.isFailing = true;
    const early = Array.from({ length: 20 }, () => watched(pool.acquire({ deadlineMs: clock.monotonic() + 5000 })));
    await clock.advance(5000);
    expect(early.map(({ error }) => (error as MillraceError).code)).toEqual(Array(20).fill("pool_failing"));
    const late = watched(pool.acquire());
    await clock.advance(5000);
    expect(factory.attempts.length).toBeLessThanOrEqual(6);
    expect(late.error).toEqual(code("pool_failing"));
    factory.isFailing = false;
    await clock.advance(30_000);
    const again = watched(pool.acquire());
    await clock.advance(100);
    expect(again.value?.resource.isGood).toBe(true);
  });

  test("what arrives after its limit is destroyed, and so is what arrives while draining", async () => {
    const { clock, factory, pool } = make({ createMsMax: 50 });
    const waiting = watched(pool.acquire({ deadlineMs: 60 }));
    await clock.advance(60);
    expect(waiting.error).toEqual(code("pool_timeout"));
    await clock.advance(50);
    expect(factory.destroyed.length).toBe(1);
    expect(pool.stats()).toMatchObject({ size: 0, createFailures: 1 });
  });

  test("a wait that proves longer than a making is seen once, however its times round", async () => {
    const { clock, pool } = make({ max: 2 }, 100 + Math.PI);
    watched(pool.use(() => {}));
    await clock.advance(200);
    for (let round = 0; round < 50; round++) {
      await clock.advance((1000 + round) * Math.PI);
      const holder = watched(pool.use(() => clock.sleep(150)));
      const second = watched(pool.use(() => {}));
      await clock.advance(150);
      expect([holder.isSettled, second.isSettled]).toEqual([true, true]);
    }
  });
});

describe("care", () => {
  test("only what lay idle for long is asked whether it works; what does not is replaced", async () => {
    let asked = 0;
    const validate = (thing: Thing) => {
      asked++;
      return thing.isGood;
    };
    const { clock, factory, pool } = make({ min: 1, validate });
    await clock.advance(100);
    await clock.advance(400);
    (await pool.acquire()).release();
    expect(asked).toBe(0);
    await clock.advance(501);
    const good = watched(pool.acquire());
    await clock.advance(0);
    expect([asked, good.value?.resource.id]).toEqual([1, 0]);
    good.value?.release();
    for (const thing of factory.made) thing.isGood = false;
    await clock.advance(501);
    const replaced = watched(pool.acquire());
    await clock.advance(100);
    expect(replaced.value?.resource.id).toBe(1);
    expect(factory.destroyed.map(({ id }) => id)).toEqual([0]);
  });

  test("whoever comes while a resource is checked, or whose own was no good, gets another that lies idle", async () => {
    const validate = (thing: Thing) => (thing.id === 2 ? clock.sleep(900).then(() => false) : true);
    const { clock, factory, pool } = make({ min: 3, validate });
    await clock.advance(100);
    await clock.advance(501);
    factory.isFailing = true;
    const first = watched(pool.acquire());
    const second = watched(pool.acquire());
    await clock.advance(0);
    expect([first.value?.resource.id, second.isSettled, pool.stats().idle]).toEqual([1, false, 1]);
    await clock.advance(900);
    expect([second.value?.resource.id, factory.destroyed.map(({ id }) => id)]).toEqual([0, [2]]);
  });

  test("a check or a reset that hangs ends the resource, not the caller", async () => {
    const hang = () => new Promise<never>(() => {});
    for (const options of [{ validate: hang }, { reset: hang }]) {
      const { clock, factory, pool } = make({ min: 1, max: 1, careMsMax: 50, ...options });
      await clock.advance(100);
      await clock.advance("reset" in options ? 0 : 501);
      watched(pool.use((thing) => thing.id));
      const next = watched(pool.use((thing) => thing.id));
      await clock.advance(500);
      expect(next.isSettled).toBe(true);
      expect(factory.destroyed.length).toBeGreaterThan(0);
    }
  });

  test("a resource is replaced at the end of its life, and not all in one moment", async () => {
    const { clock, factory, pool } = make({ min: 3, lifeMsMax: 10_000, idleMsMax: 100 });
    await clock.advance(100);
    await clock.advance(8900);
    expect(factory.destroyed.length).toBe(0);
    await clock.advance(2400);
    expect(factory.destroyed.length).toBe(3);
    expect(new Set(factory.attempts.slice(3)).size).toBeGreaterThan(1);
    expect(pool.stats().size).toBe(3);
  });

  test("what is held for too long is reported with the stack that took it", async () => {
    const leaks: string[] = [];
    const { clock, pool } = make({ min: 1, leakMs: 1000, on: { leaked: ({ stack }) => leaks.push(stack) } });
    await clock.advance(100);
    await pool.acquire();
    await clock.advance(1000);
    expect(leaks.length).toBe(1);
    expect(leaks[0]).toContain("pool.test.ts");
    expect(pool.stats().leaks).toBe(1);
  });
});

describe("draining", () => {
  test("refuses callers, waits for what is in use, and destroys all", async () => {
    const { clock, factory, pool } = make({ max: 1, min: 1 });
    await clock.advance(100);
    const held = await pool.acquire();
    const waiting = watched(pool.acquire());
    const drained = watched(pool.drain());
    await clock.advance(1000);
    expect(waiting.error).toEqual(code("shutting_down"));
    expect(drained.isSettled).toBe(false);
    held.release();
    await clock.advance(0);
    expect([drained.value, factory.destroyed.length]).toEqual([0, 1]);
    expect(await pool.acquire().catch((error) => error)).toEqual(code("shutting_down"));
    expect(factory.attempts.length).toBe(1);
  });

  test("leaves at its deadline what is still in use, and gives up what is being made", async () => {
    const { clock, factory, pool } = make({ max: 2, min: 1 });
    await clock.advance(100);
    const held = await pool.acquire();
    const waiting = watched(pool.acquire());
    await clock.advance(50);
    const drained = watched(pool.drain(clock.monotonic() + 10));
    await clock.advance(10);
    expect([drained.value, waiting.isSettled]).toEqual([1, true]);
    await clock.advance(100);
    held.release();
    await clock.advance(0);
    expect(factory.destroyed.length).toBe(2);
  });
});

const bad: Partial<PoolOptions<number>>[] = [
  { max: 0 },
  { max: Number.POSITIVE_INFINITY },
  { min: 2 },
  { waitersMax: 0.5 },
  { waitMsMax: Number.POSITIVE_INFINITY },
  { backoffMs: 0 },
];
test.each(bad)("%p bounds nothing and is refused", (options) => {
  const construct = () => new Pool<number>({ max: 1, create: async () => 1, destroy: () => {}, ...options });
  expect(construct).toThrow(MillraceError);
});
