import { describe, expect, test } from "bun:test";
import { AdaptiveLimit, type AdmissionRequest, type Usage } from "./index.ts";
import { type Caller, make, newClock } from "./testing.ts";

const states = (...callers: Caller[]) => callers.map((caller) => caller.is);

/** Finishes whoever is in, one after the other, and tells in which order they came in. */
async function order(clock: { advance(ms: number): Promise<void> }, callers: Record<string, Caller>): Promise<string[]> {
  const names: string[] = [];
  for (let turn = 0; turn < 100; turn++) {
    await clock.advance(10);
    const [name, caller] = Object.entries(callers).find(([, { is, finished }]) => is === "admitted" && !finished) ?? [];
    if (!name || !caller) return names;
    names.push(name);
    caller.finish();
  }
  return names;
}

describe("order", () => {
  test("priorities are strict", async () => {
    const { clock, ask } = make();
    const first = ask();
    const callers = {
      low: ask({ priority: "low" }),
      normal: ask(),
      critical: ask({ priority: "critical" }),
      high: ask({ priority: "high" }),
    };
    await clock.advance(1);
    first.finish();
    expect(await order(clock, callers)).toEqual(["critical", "high", "normal", "low"]);
  });

  test("tenants take turns, then their users, then the earliest deadline", async () => {
    const { clock, ask } = make();
    const first = ask({ tenant: "other" });
    const at = clock.monotonic();
    const callers = {
      late: ask({ deadlineMs: at + 9000 }),
      soon: ask({ deadlineMs: at + 5000 }),
      bob: ask({ user: "bob" }),
      small: ask({ tenant: "small" }),
    };
    await clock.advance(1);
    first.finish();
    expect(await order(clock, callers)).toEqual(["soon", "small", "bob", "late"]);
  });

  test("a tenant of double weight gets double the tokens", async () => {
    const { clock, ask } = make({ weightOf: (tenant) => (tenant === "big" ? 2 : 1) });
    const first = ask({ tenant: "other" });
    const callers: Record<string, Caller> = {};
    for (let at = 0; at < 20; at++) {
      callers[`big ${at}`] = ask({ tenant: "big" });
      callers[`small ${at}`] = ask({ tenant: "small" });
    }
    await clock.advance(1);
    first.finish();
    const served = (await order(clock, callers)).slice(0, 15);
    expect(served.filter((name) => name.startsWith("big"))).toHaveLength(10);
  });

  test("once the queue stands, the newest of a user goes first; after it was empty, the most urgent again", async () => {
    const { clock, ask } = make({ targetMs: 100, intervalMs: 1000 });
    const first = ask();
    const old = ask({ deadlineMs: 50_000 });
    await clock.advance(1500);
    const fresh = ask({ deadlineMs: 60_000 });
    await clock.advance(10);
    first.finish();
    expect(await order(clock, { old, fresh })).toEqual(["fresh", "old"]);
    const again = ask();
    const callers = { urgent: ask({ deadlineMs: clock.monotonic() + 5000 }), newest: ask() };
    await clock.advance(1);
    again.finish();
    expect(await order(clock, callers)).toEqual(["urgent", "newest"]);
  });

  test("real use counts: who used more than estimated waits for the other to catch up", async () => {
    const { clock, ask } = make();
    const first = ask({ tenant: "greedy" });
    const callers = { greedy: ask({ tenant: "greedy" }), one: ask({ tenant: "modest" }), two: ask({ tenant: "modest" }) };
    await clock.advance(1);
    first.finish({ tokens: 150 });
    expect(await order(clock, callers)).toEqual(["one", "greedy", "two"]);
  });
});

test("debts lose by what is let in while nobody waits", async () => {
  for (const [meanwhile, expected] of [
    [0, ["modest", "modest", "greedy"]],
    [10, ["modest", "greedy", "modest"]],
  ] as const) {
    const { clock, ask } = make();
    const first = ask({ tenant: "other" });
    const [greedy, behind] = [ask({ tenant: "greedy" }), ask({ tenant: "other" })];
    first.finish();
    await clock.advance(1);
    greedy.finish({ tokens: 900 });
    await clock.advance(1);
    behind.finish();
    for (let turn = 0; turn < meanwhile; turn++) ask({ tenant: "other" }).finish();
    const inside = ask({ tenant: "third" });
    const callers = { one: ask({ tenant: "modest" }), two: ask({ tenant: "modest" }), greedy: ask({ tenant: "greedy" }) };
    inside.finish();
    const names = (await order(clock, callers)).map((name) => (name === "greedy" ? name : "modest"));
    expect(names).toEqual([...expected]);
  }
});

describe("leaving", () => {
  test("at the deadline, not at the turn", async () => {
    const { clock, queue, ask } = make();
    ask();
    const short = ask({ deadlineMs: 500 });
    await clock.advance(499);
    expect(short.is).toBe("waits");
    await clock.advance(1);
    expect(short.outcome).toMatchObject({ kind: "expired", waitedMs: 500 });
    expect(queue.stats()).toMatchObject({ expired: 1, inFlight: 1 });
    expect(clock.pendingCount).toBe(0);
  });

  test("by the signal, with its reason and at once", async () => {
    const { clock, queue, ask } = make({ waitingMax: 1 });
    ask();
    const gone = ask();
    gone.cancellation.abort("left");
    const next = ask();
    await clock.advance(1);
    expect(gone.failure).toBe("left");
    expect(next.is).toBe("waits");
    expect(queue.stats()).toMatchObject({ left: 1, waiting: { normal: { count: 1, tokens: 100 } } });
  });

  test("a large request that leaves lets a small one pass", async () => {
    const { clock, ask } = make({ seatsMax: 5, tokensMax: 1000 });
    ask({ tokens: 500 });
    const large = ask({ tokens: 900 });
    const small = ask({ tokens: 400 });
    await clock.advance(1);
    expect(states(large, small)).toEqual(["waits", "waits"]);
    large.cancellation.abort("left");
    await clock.advance(1);
    expect(small.is).toBe("admitted");
  });

  test("of a tenant that fills the line: the lowest priority first, then the heaviest tenant's newest", async () => {
    const { clock, ask } = make({ waitingMax: 3 });
    const inside = ask();
    const low = ask({ priority: "low", tenant: "small" });
    const heavy = [ask({ tenant: "heavy" }), ask({ tenant: "heavy" })];
    const light = ask({ tenant: "light" });
    await clock.advance(1);
    expect(states(inside, low, ...heavy, light)).toEqual(["admitted", "full", "waits", "waits", "waits"]);
    const other = ask({ tenant: "other" });
    await clock.advance(1);
    expect(states(...heavy, light, other)).toEqual(["waits", "full", "waits", "waits"]);
  });
});

describe("refusal", () => {
  test("what never fits, or is no number", async () => {
    const { clock, ask } = make({ tokensMax: 1000 });
    const callers = [ask({ tokens: 1001 }), ask({ tokens: Number.NaN }), ask({ deadlineMs: Number.NaN }), ask({ deadlineMs: 0 })];
    await clock.advance(1);
    expect(states(...callers)).toEqual(["too_large", "too_large", "hopeless", "hopeless"]);
  });

  test("at once, when the line is too slow for the deadline", async () => {
    const { clock, ask } = make();
    let inside = ask();
    const waiting = Array.from({ length: 20 }, () => ask());
    for (let turn = 0; turn < 5; turn++) {
      await clock.advance(1000);
      inside.finish();
      await clock.advance(0);
      inside = waiting.find(({ is, finished }) => is === "admitted" && !finished) as Caller;
    }
    const hopeless = ask({ deadlineMs: clock.monotonic() + 10_000 });
    const patient = ask({ deadlineMs: clock.monotonic() + 30_000 });
    const elsewhere = ask({ tenant: "light", deadlineMs: clock.monotonic() + 10_000 });
    await clock.advance(0);
    expect(states(hopeless, patient, elsewhere)).toEqual(["hopeless", "waits", "waits"]);
  });

  test("never for what the tenant's other users have in line", async () => {
    const { clock, ask } = make();
    const slow = ask();
    await clock.advance(1000);
    slow.finish();
    ask();
    for (let index = 0; index < 30; index++) ask();
    const soon = clock.monotonic() + 10_000;
    expect(states(ask({ deadlineMs: soon }), ask({ user: "bob", deadlineMs: soon }))).toEqual(["hopeless", "waits"]);
  });

  test("once the line stands, of the user's own that the new one passes over and that is too late by that", async () => {
    const { clock, queue, ask } = make({ targetMs: 100, intervalMs: 1000 });
    ask().finish();
    let inside = ask();
    const waiting = Array.from({ length: 12 }, () => ask({ deadlineMs: 15_000 }));
    for (let turn = 0; turn < 3; turn++) {
      await clock.advance(1000);
      inside.finish();
      await clock.advance(0);
      inside = waiting.find(({ is, finished }) => is === "admitted" && !finished) as Caller;
    }
    const before = waiting.filter(({ is }) => is === "waits").length;
    const late = ask({ deadlineMs: clock.monotonic() + 9500 });
    await clock.advance(0);
    expect(late.is).toBe("waits");
    expect(waiting.filter(({ is }) => is === "hopeless")).toHaveLength(0);
    const crowd = Array.from({ length: 4 }, () => ask({ deadlineMs: clock.monotonic() + 9500 }));
    await clock.advance(0);
    expect(states(...crowd)).toEqual(["waits", "waits", "waits", "waits"]);
    expect(queue.stats().shed.hopeless).toBeGreaterThan(0);
    expect(waiting.filter(({ is }) => is === "waits").length).toBeLessThan(before);
  });

  test("and a priority whose only waiter is passed over again and again still gets its floor share", async () => {
    const { clock, queue, ask } = make({ floors: { critical: 0.1, high: 0.1, normal: 0.1, low: 0.1 }, intervalMs: 1000 });
    const deadlineMs = 1e6;
    const busy = [ask({ priority: "critical", deadlineMs })];
    const low: Caller[] = [];
    for (let turn = 0; turn < 100; turn++) {
      while (busy.filter(({ is }) => is === "waits").length < 3) busy.push(ask({ priority: "critical", deadlineMs }));
      if (turn % 4 === 0) low.push(ask({ priority: "low", deadlineMs: clock.monotonic() + 6000 }));
      await clock.advance(1000);
      [...busy, ...low].find(({ is, finished }) => is === "admitted" && !finished)?.finish();
      await clock.advance(0);
    }
    expect(queue.stats().shed.hopeless).toBeGreaterThan(10);
    expect(low.filter(({ is }) => is === "admitted").length).toBeGreaterThan(5);
  });

  test("comes back in whole seconds from 1 to 60, not all at once", async () => {
    const { clock, ask } = make({ waitingMax: 1 });
    ask();
    ask();
    const seconds = new Set<number>();
    for (let turn = 0; turn < 100; turn++) {
      const caller = ask();
      await clock.advance(0);
      if (caller.outcome?.kind === "shed") seconds.add(caller.outcome.retryAfterSeconds);
    }
    expect(seconds.size).toBeGreaterThan(2);
    for (const second of seconds) expect(Number.isInteger(second) && second >= 1 && second <= 60).toBe(true);
  });

  test("not all at once either where the line takes far longer than that", async () => {
    const { clock, ask } = make({ waitingMax: 20, waitMsMax: 1e7 });
    const callers = Array.from({ length: 21 }, () => ask({ deadlineMs: 1e7 }));
    for (let turn = 0; turn < 2; turn++) {
      await clock.advance(30_000);
      callers.find(({ is, finished }) => is === "admitted" && !finished)?.finish();
    }
    const counts = new Map<number, number>();
    const refused = 200;
    for (let turn = 0; turn < refused + 2; turn++) {
      const caller = ask({ deadlineMs: 1e7 });
      await clock.advance(0);
      if (caller.outcome?.kind !== "shed") continue;
      const { retryAfterSeconds } = caller.outcome;
      counts.set(retryAfterSeconds, (counts.get(retryAfterSeconds) ?? 0) + 1);
    }
    expect(counts.size).toBeGreaterThan(20);
    expect(Math.max(...counts.values())).toBeLessThan(refused / 10);
    expect(Math.max(...counts.keys())).toBeLessThanOrEqual(60);
  });
});

describe("retry", () => {
  test("takes the first one's place, within its tenant alone", async () => {
    const { clock, queue, ask } = make();
    const inside = ask();
    const first = ask({ id: "turn 1" });
    const between = ask();
    const stranger = ask({ id: "turn 1", tenant: "other", priority: "low" });
    const retry = ask({ id: "turn 1" });
    await clock.advance(1);
    expect(states(first, between, stranger, retry)).toEqual(["replaced", "waits", "waits", "waits"]);
    expect(queue.stats().waiting.normal.count).toBe(2);
    inside.finish();
    expect(await order(clock, { between, retry, stranger })).toEqual(["retry", "between", "stranger"]);
  });
});

test("who can go elsewhere is told so, in order of arrival; who cannot stays, and goes in if it fits now", async () => {
  const { clock, queue, ask } = make({ seatsMax: 2, tokensMax: 1000 });
  const inside = ask({ tokens: 900 });
  const told: string[] = [];
  const movable = (name: string, more: Partial<AdmissionRequest>) => {
    const whole = { priority: "normal", tenant: "acme", user: "ann", tokens: 100, deadlineMs: 60_000, ...more } as const;
    const waiting = Promise.resolve(queue.admit({ ...whole, canGoElsewhere: true }));
    void waiting.then((outcome) => told.push(`${name}: ${outcome.kind === "shed" && outcome.reason}`));
  };
  movable("first", { tokens: 200, priority: "critical" });
  const bound = ask();
  movable("second", { priority: "low" });
  movable("third", { deadlineMs: 10_000 });
  await clock.advance(1);
  expect([states(inside, bound), told]).toEqual([["admitted", "waits"], []]);
  queue.turnAway();
  await clock.advance(1);
  expect(told).toEqual(["first: elsewhere", "second: elsewhere", "third: elsewhere"]);
  expect(states(inside, bound)).toEqual(["admitted", "admitted"]);
  expect(queue.stats()).toMatchObject({ inFlight: 2, shed: { elsewhere: 3 }, waiting: { low: { count: 0 } } });
  queue.turnAway();
  expect(clock.pendingCount).toBe(0);
});

test("work that failed teaches nothing: no limit grows by it, and it is not taken for quick", async () => {
  const clock = newClock();
  const seats = new AdaptiveLimit({ floor: 1, ceiling: 100, initial: 10, clock });
  const { queue, ask } = make({ clock, seats });
  const round = async (usage: Usage) => {
    const callers = Array.from({ length: Math.floor(seats.value) }, () => ask());
    await clock.advance(1000);
    for (const caller of callers) caller.finish(usage);
  };
  for (let turn = 0; turn < 5; turn++) await round({ tokens: 0, hasFailed: true });
  expect(seats.value).toBe(10);
  for (let turn = 0; turn < 5; turn++) await round({ tokens: 100 });
  expect(seats.value).toBeGreaterThan(11);
  const grown = Array.from({ length: Math.floor(seats.value) }, () => ask());
  const waitMs = queue.expectedWaitMs("normal");
  expect(waitMs).toBeGreaterThan(0);
  grown[0]?.finish({ hasFailed: true });
  ask();
  expect(queue.expectedWaitMs("normal")).toBe(waitMs);
});

test("finishing twice gives one seat back", async () => {
  const { clock, queue, ask } = make();
  const inside = ask();
  const waiting = [ask(), ask()];
  await clock.advance(1);
  inside.finish();
  inside.finish();
  await clock.advance(1);
  expect(states(...waiting)).toEqual(["admitted", "waits"]);
  expect(queue.stats()).toMatchObject({ admitted: 2, finished: 1, inFlight: 1, tokensInFlight: 100 });
});

test("options that bound nothing are refused", () => {
  expect(() => make({ waitingMax: Number.POSITIVE_INFINITY })).toThrow("waitingMax");
  expect(() => make({ waitMsMax: Number.NaN })).toThrow("waitMsMax");
  expect(() => make({ floors: { critical: 0.5, high: 0.5, normal: 0, low: 0 } })).toThrow("floors");
});
