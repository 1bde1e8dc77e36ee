// Flights whose producer has all there is as soon as it has a head: nothing is streamed, everything else holds.

import { describe, expect, test } from "bun:test";
import { Cancellation, VirtualClock } from "../../base/index.ts";
import { Flights, scopedKey } from "./index.ts";

const key = scopedKey("team", "a");
const never = new Cancellation();
const make = () => new Flights<number, string>({ weigh: (chunk) => chunk.length });
const settle = () => new VirtualClock().advance(0);

describe("a producer that has all there is with the head", () => {
  const atOnce = () => {
    const head = Promise.withResolvers<{ head: number; whole: string }>();
    const starts: Cancellation[] = [];
    const start = (signal: Cancellation) => {
      starts.push(signal);
      return head.promise;
    };
    return { start, starts, answer: () => head.resolve({ head: 200, whole: "all" }) };
  };

  test("gives it to all who joined, and to nobody later", async () => {
    const [flights, producer] = [make(), atOnce()];
    const joined = [flights.join(key, producer.start, never), flights.join(key, producer.start, never)];
    await settle();
    expect(flights.running).toBe(1);
    producer.answer();
    expect(await Promise.all(joined)).toEqual([
      { kind: "leader", head: 200, whole: "all" },
      { kind: "follower", head: 200, whole: "all" },
    ]);
    expect(flights.running).toBe(0);
    expect((await flights.join(key, producer.start, never)).kind).toBe("leader");
    expect(producer.starts.length).toBe(2);
  });

  test("is not aborted by callers who leave when it has answered", async () => {
    const [flights, producer, caller] = [make(), atOnce(), new Cancellation()];
    const joined = flights.join(key, producer.start, caller);
    producer.answer();
    await joined;
    caller.abort("left");
    expect(producer.starts[0]?.aborted).toBe(false);
  });

  test("is aborted when all have left before", async () => {
    const [flights, producer, caller] = [make(), atOnce(), new Cancellation()];
    const joined = flights.join(key, producer.start, caller);
    await settle();
    caller.abort("left");
    expect(await joined.catch((reason) => reason)).toBe("left");
    expect(producer.starts[0]?.reason).toBe("left");
    producer.answer();
    await settle();
    expect(flights.running).toBe(0);
  });
});
