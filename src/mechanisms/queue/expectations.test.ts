import { describe, expect, test } from "bun:test";
import { AdaptiveLimit } from "./index.ts";
import { type Caller, make, newClock } from "./testing.ts";

describe("expected wait", () => {
  test("is none with room, a seat's time when full, by the line's pace behind it, less for who has less in line", async () => {
    const { clock, queue, ask } = make({ seatsMax: 2 });
    const first = ask();
    expect(queue.expectedWaitMs("normal")).toBe(0);
    await clock.advance(1000);
    first.finish();
    ask();
    expect(queue.expectedWaitMs("low", "acme", "ann")).toBe(0);
    ask();
    // Two seats of a second each: one is free every half second.
    expect(queue.expectedWaitMs("normal")).toBe(500);
    for (let index = 0; index < 6; index++) ask();
    for (let index = 0; index < 2; index++) ask({ user: "bob" });
    expect(queue.expectedWaitMs("normal")).toBe(4500);
    expect(queue.expectedWaitMs("normal", "acme")).toBe(4500);
    expect(queue.expectedWaitMs("normal", "acme", "ann")).toBe(4500);
    expect(queue.expectedWaitMs("normal", "acme", "bob")).toBe(2500);
    expect(queue.expectedWaitMs("normal", "acme", "new")).toBe(500);
    expect(queue.expectedWaitMs("normal", "other", "ann")).toBe(500);
    expect(queue.expectedWaitMs("critical", "acme", "ann")).toBe(500);
    expect(queue.expectedWaitMs("low", "other", "ann")).toBe(4500);
  });

  test("counts shares by weight, no more than there is, and nothing of those who left", async () => {
    const { clock, queue, ask } = make({ seatsMax: 2, weightOf: (tenant) => (tenant === "heavy" ? 3 : 1) });
    const first = ask();
    await clock.advance(1000);
    first.finish();
    ask();
    ask();
    const leaving = Array.from({ length: 6 }, () => ask());
    for (let index = 0; index < 2; index++) ask({ user: "bob" });
    for (let index = 0; index < 20; index++) ask({ tenant: "heavy" });
    ask({ tenant: "gone" }).cancellation.abort("left");
    // What acme has waiting, and three times as much of the heavy one, which has but 20; each takes half a second.
    expect(queue.expectedWaitMs("normal", "acme", "ann")).toBe(500 * (6 + 2 + 20 + 1));
    expect(queue.expectedWaitMs("normal", "acme", "bob")).toBe(500 * (4 * 4 + 1));
    expect(queue.expectedWaitMs("normal", "heavy")).toBeCloseTo(500 * ((20 * 4) / 3 + 1));
    for (const caller of leaving.slice(1)) caller.cancellation.abort("left");
    expect(queue.expectedWaitMs("normal", "acme", "ann")).toBe(500 * (2 * 4 + 1));
    for (const caller of leaving) caller.cancellation.abort("left");
    expect(queue.expectedWaitMs("normal", "acme", "bob")).toBe(500 * (2 * 4 + 1));
    expect(queue.expectedWaitMs("normal", "acme", "ann")).toBe(500);
  });

  test("counts of a user no more than its tenant has", async () => {
    const { clock, queue, ask } = make({ seatsMax: 2 });
    const first = ask();
    await clock.advance(1000);
    first.finish();
    ask();
    ask();
    for (let index = 0; index < 6; index++) ask();
    ask({ user: "bob" });
    for (let index = 0; index < 20; index++) ask({ tenant: "other" });
    expect(queue.expectedWaitMs("normal", "acme", "ann")).toBe(500 * (7 * 2 + 1));
  });

  test("is told truly enough: within a factor of two of what it was", async () => {
    const { clock, queue, ask } = make({ seatsMax: 4, intervalMs: 1e6 });
    const inside: Caller[] = [];
    let expected = 0;
    let last: Caller | undefined;
    for (let second = 0; second < 40; second++) {
      if (second < 20) for (let index = 0; index < 6; index++) inside.push(ask({ user: "one", deadlineMs: 1e6 }));
      if (second === 20) {
        expected = queue.expectedWaitMs("normal", "acme", "one");
        last = ask({ user: "one", deadlineMs: 1e6 });
        inside.push(last);
      }
      await clock.advance(1000);
      for (const caller of inside.filter(({ is, finished }) => is === "admitted" && !finished)) caller.finish();
    }
    await clock.advance(0);
    if (last?.outcome?.kind !== "admitted") throw new Error(`Was ${last?.is}.`);
    expect(expected).toBeGreaterThan(last.outcome.waitedMs / 2);
    expect(expected).toBeLessThan(last.outcome.waitedMs * 2);
  });
});

test("room for a request is a seat, its tokens, and nobody in line", async () => {
  const { clock, queue, ask } = make({ seatsMax: 2, tokensMax: 1000 });
  expect(queue.hasRoomFor(5000)).toBe(true); // Alone; that it is too large is another matter.
  const first = ask({ tokens: 600 });
  expect([queue.hasRoomFor(400), queue.hasRoomFor(401)]).toEqual([true, false]);
  const waits = ask({ tokens: 500 });
  expect([queue.hasRoomFor(1), queue.expectedWaitMs("critical")]).toEqual([false, 0]);
  await clock.advance(1000);
  expect(queue.hasRoomFor(1)).toBe(false);
  first.finish();
  await clock.advance(0);
  expect([waits.is, queue.hasRoomFor(500), queue.hasRoomFor(501)]).toEqual(["admitted", true, false]);
  ask({ tokens: 1 });
  expect(queue.hasRoomFor(1)).toBe(false);
});

describe("what is learned", () => {
  const adaptive = () => {
    const clock = newClock();
    const seats = new AdaptiveLimit({ floor: 1, ceiling: 100, initial: 10, clock });
    const tokens = new AdaptiveLimit({ floor: 100, ceiling: 100_000, initial: 2000, clock });
    return { ...make({ seats, tokens }), seats, tokens };
  };

  test("of too much is learned by seats, by tokens when what is in flight is larger than usual", () => {
    for (const [usual, size, cut] of [
      [100, 100, "seats"],
      [100, 50, "seats"],
      [100, 110, "seats"],
      [50, 100, "tokens"],
    ] as const) {
      const { ask, seats, tokens } = adaptive();
      for (let turn = 0; turn < 10; turn++) ask({ tokens: usual }).finish();
      const callers = Array.from({ length: 9 }, () => ask({ tokens: size }));
      const before = { seats: seats.value, tokens: tokens.value };
      callers[0]?.finish({ pushedBack: {} });
      expect([cut, seats.value < before.seats, tokens.value < before.tokens]).toEqual([cut, cut === "seats", cut === "tokens"]);
    }
  });

  test("with tokens that are fixed, by the seats", () => {
    const clock = newClock();
    const seats = new AdaptiveLimit({ floor: 1, ceiling: 100, initial: 10, clock });
    const { ask } = make({ tokensMax: 1000, seats });
    const callers = Array.from({ length: 8 }, () => ask({ tokens: 125 }));
    callers[0]?.finish({ pushedBack: {} });
    expect(seats.value).toBeCloseTo(0.85 * 8);
  });

  test("with seats that are fixed, by the tokens", () => {
    const clock = newClock();
    const tokens = new AdaptiveLimit({ floor: 100, ceiling: 100_000, initial: 100_000, clock });
    const { ask } = make({ seatsMax: 10, tokens });
    const callers = Array.from({ length: 10 }, () => ask({ tokens: 100 }));
    callers[0]?.finish({ pushedBack: {} });
    expect(tokens.value).toBeCloseTo(850);
  });
});
