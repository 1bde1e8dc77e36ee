import { describe, expect, test } from "bun:test";
import { FairShare } from "./fair-share.ts";
import { AdaptiveLimit, AdmissionQueue } from "./index.ts";
import { type Caller, make, newClock } from "./testing.ts";

const ODD = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 1e308];
const waiting = (...callers: Caller[]) => callers.map((caller) => caller.is);

describe("odd numbers", () => {
  test("in a request: refused at once, or as good as none", () => {
    const { queue, ask } = make({ seatsMax: 100, tokensMax: 1000 });
    expect(ODD.map((tokens) => ask({ tokens }).is)).toEqual(["too_large", "too_large", "admitted", "admitted", "too_large"]);
    expect(ODD.map((deadlineMs) => ask({ deadlineMs }).is)).toEqual(["hopeless", "admitted", "hopeless", "hopeless", "admitted"]);
    expect(ODD.map((neededMs) => ask({ neededMs }).is)).toEqual(["hopeless", "hopeless", "admitted", "admitted", "hopeless"]);
    expect(ask({ tokens: 0.3 }).is).toBe("admitted");
    expect(queue.stats()).toMatchObject({
      tokensInFlight: 2 + 200 + 200 + 1,
      shed: { too_large: 3, hopeless: 6, full: 0, replaced: 0, elsewhere: 0 },
    });
  });

  test("of real use: neither fairness nor what is in flight comes to harm", async () => {
    const { clock, queue, ask } = make({ tokensMax: 1000 });
    for (const odd of ODD) {
      const inside = ask({ tenant: "liar" });
      const callers = [ask({ tenant: "liar" }), ask({ tenant: "liar" }), ask({ tenant: "other" }), ask({ tenant: "other" })];
      inside.finish({ tokens: odd, firstTokenMs: odd, latency: odd, pushedBack: { retryAfterMs: odd } });
      for (let turn = 0; turn < callers.length; turn++) {
        await clock.advance(1);
        callers.find(({ is, finished }) => is === "admitted" && !finished)?.finish({ tokens: odd, firstTokenMs: odd });
      }
      expect(waiting(...callers)).toEqual(["admitted", "admitted", "admitted", "admitted"]);
    }
    expect(queue.stats()).toMatchObject({ inFlight: 0, tokensInFlight: 0, limits: { seats: 1, tokens: 1000 } });
    expect(queue.expectedWaitMs("low")).toBe(0);
  });

  test("of real use: the others still take turns after", async () => {
    const { clock, ask } = make();
    const first = ask({ tenant: "first" });
    const liar = ask({ tenant: "liar" });
    first.finish();
    await clock.advance(1);
    liar.finish({ tokens: 1e308 });
    const inside = ask({ tenant: "first" });
    const callers = ["liar", "a", "a", "a", "b", "b", "b"].map((tenant) => ({ tenant, caller: ask({ tenant }) }));
    inside.finish();
    const order: string[] = [];
    for (let turn = 0; turn < callers.length; turn++) {
      await clock.advance(1);
      const next = callers.find(({ caller }) => caller.is === "admitted" && !caller.finished);
      next?.caller.finish();
      if (next && next.tenant !== "liar") order.push(next.tenant);
    }
    expect(order.join("")).toMatch(/^(ab|ba){3}$/);
  });

  test("of times: nothing took longer than it was there", async () => {
    const { clock, ask } = make({ seatsMax: 3 });
    const [liar] = [ask(), ask()];
    await clock.advance(10);
    liar.finish({ firstTokenMs: 1e300 });
    expect(ask({ deadlineMs: 1000 }).is).toBe("admitted");
  });

  test("of fractions: what is in flight comes back to nothing", () => {
    const { queue, ask } = make({ seatsMax: 10 });
    for (const caller of [1.7, 2.9, 4.3].map((tokens) => ask({ tokens }))) caller.finish();
    expect(queue.stats().tokensInFlight).toBe(0);
  });

  test("of weights: as no weight", async () => {
    const weights: Record<string, number> = { nan: Number.NaN, zero: 0, minus: -1, endless: Number.POSITIVE_INFINITY };
    const { clock, ask } = make({ weightOf: (tenant) => weights[tenant] ?? 1 });
    const first = ask({ tenant: "first" });
    const callers = [...Object.keys(weights), "plain"].flatMap((tenant) => [ask({ tenant }), ask({ tenant })]);
    first.finish();
    for (let turn = 0; turn < callers.length; turn++) {
      await clock.advance(1);
      callers.find(({ is, finished }) => is === "admitted" && !finished)?.finish();
    }
    expect(callers.every(({ is }) => is === "admitted")).toBe(true);
  });

  test("a weight that throws fails its own request alone", async () => {
    const { clock, queue, ask } = make({
      weightOf: (tenant) => {
        if (tenant === "broken") throw new Error("no weight");
        return 1;
      },
    });
    const inside = ask();
    expect(() => ask({ tenant: "broken" })).toThrow("no weight");
    const next = ask();
    inside.finish();
    await clock.advance(1);
    expect(next.is).toBe("admitted");
    expect(queue.stats().waiting.normal).toEqual({ count: 0, tokens: 0 });
  });
});

test("a time to the first token that went wrong is not held against everyone for ever", async () => {
  const { clock, ask } = make({ seatsMax: 3 });
  const slow = ask();
  await clock.advance(50_000);
  slow.finish({ firstTokenMs: 50_000 });
  const soon = () => ask({ deadlineMs: clock.monotonic() + 10_000 });
  const probe = soon();
  expect(waiting(probe, soon())).toEqual(["admitted", "hopeless"]);
  for (let turn = 0, last = probe; turn < 30; turn++, last = soon()) {
    await clock.advance(100);
    last.finish({ firstTokenMs: 100 });
  }
  expect(waiting(soon(), soon())).toEqual(["admitted", "admitted"]);
});

describe("crowds", () => {
  test("a thousand callers that wait leave at once, half of them at one signal; nothing is left of them", async () => {
    const { clock, queue, ask } = make();
    const inside = ask();
    const controller = new AbortController();
    const request = (index: number) => ({ tenant: `${index % 7}`, user: `${index}`, tokens: 10, deadlineMs: 1e6 });
    const own = Array.from({ length: 500 }, (_, index) => ask(request(index)));
    const shared = Promise.allSettled(
      Array.from({ length: 500 }, (_, index) => queue.admit({ ...request(index), priority: "low" }, controller.signal)),
    );
    expect(queue.stats().waiting).toMatchObject({ normal: { count: 500 }, low: { count: 500 } });
    controller.abort("ejected");
    for (const caller of own) caller.cancellation.abort("ejected");
    const { waiting: left } = queue.stats();
    expect(Object.values(left).every(({ count, tokens }) => count === 0 && tokens === 0)).toBe(true);
    expect(queue.stats()).toMatchObject({ left: 1000, admitted: 1, inFlight: 1 });
    expect(clock.pendingCount).toBe(0);
    expect((await shared).every((result) => result.status === "rejected" && result.reason === "ejected")).toBe(true);
    inside.finish();
    expect(ask().is).toBe("admitted");
  });

  test("tenants without end: those in debt are remembered, a thousand at most", () => {
    const share = new FairShare<null>(() => null);
    for (let index = 0; index < 100_000; index++) {
      const owner = share.join(`${index}`);
      share.charge(owner, 1);
      share.leave(owner);
      share.join("other");
      share.settle(owner, 1000);
    }
    const known = Array.from({ length: 100_000 }, (_, index) => share.find(`${index}`)).filter(Boolean);
    expect(known.length).toBeLessThanOrEqual(1000);
  });

  test("tenants without end before a full queue: the line stays within its bounds", () => {
    const { queue, ask } = make({ waitingMax: 50 });
    ask();
    const callers = Array.from({ length: 5000 }, (_, index) => ask({ tenant: `${index}`, user: `${index}`, id: `${index}` }));
    expect(callers.slice(50).every(({ is }) => is === "full")).toBe(true);
    expect(queue.stats().waiting.normal.count).toBe(50);
  });
});

describe("odd moments", () => {
  test("what is known at once is no promise and leaves no timer", () => {
    const { clock, queue } = make({ waitingMax: 1 });
    const request = { priority: "normal", tenant: "a", user: "b", tokens: 1, deadlineMs: 1000 } as const;
    expect(queue.admit(request)).toMatchObject({ kind: "admitted", waitedMs: 0 });
    expect(queue.admit({ ...request, deadlineMs: 0 })).toMatchObject({ kind: "shed", reason: "hopeless" });
    expect(queue.admit({ ...request, tokens: 1e9 })).toMatchObject({ kind: "shed", reason: "too_large" });
    expect(clock.pendingCount).toBe(0);
    expect(queue.admit(request)).toBeInstanceOf(Promise);
    expect(clock.pendingCount).toBe(1);
    expect(queue.admit({ ...request, priority: "low" })).toMatchObject({ kind: "shed", reason: "full" });
    expect(clock.pendingCount).toBe(1);
  });

  test("an abort after the outcome changes nothing; one before is no request", async () => {
    const { clock, queue, ask } = make();
    const inside = ask();
    const expired = ask({ deadlineMs: 10 });
    await clock.advance(20);
    inside.cancellation.abort("late");
    expired.cancellation.abort("late");
    await clock.advance(0);
    expect(waiting(inside, expired)).toEqual(["admitted", "expired"]);
    expect(queue.stats()).toMatchObject({ left: 0, inFlight: 1 });
    const request = { priority: "high", tenant: "a", user: "b", tokens: 1, deadlineMs: 1e6 } as const;
    await expect(queue.admit(request, AbortSignal.abort("gone"))).rejects.toBe("gone");
    expect(queue.stats()).toMatchObject({ left: 1, inFlight: 1 });
  });

  test("the first attempt's abort does not take its retry out of the line", async () => {
    const { clock, ask } = make();
    const inside = ask();
    const first = ask({ id: "turn" });
    const retry = ask({ id: "turn" });
    first.cancellation.abort("gave up");
    await clock.advance(0);
    inside.finish();
    await clock.advance(0);
    expect(waiting(first, retry)).toEqual(["replaced", "admitted"]);
  });

  test("a retry of one that left stands at the end; of one that is in, in line", async () => {
    const { clock, ask } = make();
    const inside = ask({ id: "in" });
    const left = ask({ id: "turn" });
    const between = ask();
    left.cancellation.abort("gave up");
    const [again, second] = [ask({ id: "turn" }), ask({ id: "in" })];
    await clock.advance(0);
    expect(waiting(left, between, again, second)).toEqual(["left", "waits", "waits", "waits"]);
    inside.finish();
    await clock.advance(0);
    expect(waiting(between, again, second)).toEqual(["admitted", "waits", "waits"]);
  });

  test("a retry that is refused leaves the first attempt in its place", async () => {
    const { clock, ask } = make({ tokensMax: 1000 });
    const inside = ask();
    const first = ask({ id: "turn" });
    expect(ask({ id: "turn", tokens: 2000 }).is).toBe("too_large");
    expect(ask({ id: "turn", deadlineMs: 0 }).is).toBe("hopeless");
    inside.finish();
    await clock.advance(0);
    expect(first.is).toBe("admitted");
  });

  test("asking and finishing from within an abort, and from within a weight", async () => {
    let again: (() => void) | undefined;
    const { clock, queue, ask } = make({
      weightOf: () => {
        const run = again;
        again = undefined;
        run?.();
        return 1;
      },
    });
    const inside = ask();
    const [leaving, behind] = [ask({ tenant: "a" }), ask({ tenant: "b" })];
    const nested: Caller[] = [];
    leaving.cancellation.addEventListener("abort", () => {
      nested.push(ask({ tenant: "c" }));
      inside.finish();
    });
    leaving.cancellation.abort("left");
    again = () => {
      nested.push(ask({ tenant: "d" }));
      behind.finish();
    };
    await clock.advance(0);
    nested.push(ask({ tenant: "e" }));
    for (let turn = 0; turn < 5; turn++) {
      await clock.advance(1);
      for (const caller of nested) if (caller.is === "admitted" && !caller.finished) caller.finish();
    }
    expect(nested.map(({ is }) => is)).toEqual(["admitted", "admitted", "admitted"]);
    expect(queue.stats()).toMatchObject({ admitted: 5, finished: 5, inFlight: 0, tokensInFlight: 0, left: 1 });
    expect(clock.pendingCount).toBe(0);
  });
});

test("a clock that stands still: nobody is lost, nobody is told nonsense", async () => {
  const { queue, ask } = make({ seatsMax: 2 });
  const callers = Array.from({ length: 50 }, (_, index) => ask({ tenant: `${index % 3}` }));
  for (let turn = 0; turn < 200; turn++) {
    callers.find(({ is, finished }) => is === "admitted" && !finished)?.finish({ firstTokenMs: 0, latency: 0 });
    await Promise.resolve();
  }
  expect(callers.every(({ finished }) => finished)).toBe(true);
  expect(queue.expectedWaitMs("normal")).toBe(0);
});

test("a burst of push-backs before a limit that nobody had reached leaves what was in use, less a part", async () => {
  const clock = newClock();
  const queue = new AdmissionQueue({
    seats: new AdaptiveLimit({ floor: 1, ceiling: 10_000, initial: 10_000, clock }),
    tokens: new AdaptiveLimit({ floor: 1000, ceiling: 50_000_000, initial: 50_000_000, clock }),
    clock,
  });
  const inside = Array.from({ length: 60 }, () =>
    queue.admit({ priority: "normal", tenant: "a", user: "b", tokens: 1000, deadlineMs: 1e6 }),
  );
  await clock.advance(50);
  for (const admission of inside.slice(0, 20)) {
    if (admission instanceof Promise || admission.kind !== "admitted") throw new Error("Waits.");
    admission.finish({ tokens: 0, pushedBack: {} });
  }
  expect(queue.stats()).toMatchObject({ inFlight: 40, limits: { seats: 51, tokens: 50_000_000 } });
});
