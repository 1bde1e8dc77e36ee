import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Cancellation, MillraceError, VirtualClock } from "../../base/index.ts";
import { type FlightSink, Flights, type FlightsOptions, type Joined, scopedKey } from "./index.ts";

const key = scopedKey("team", "a");
const never = new AbortController().signal;

const make = (options: Partial<FlightsOptions<string>> = {}) =>
  new Flights<number, string>({ weigh: (chunk) => chunk.length, ...options });

/** Lets promise chains run to rest. */
const settle = () => new VirtualClock().advance(0);

/** A producer that a test drives by hand. */
function scripted() {
  const done = Promise.withResolvers<void>();
  const starts: Cancellation[] = [];
  let sink: FlightSink<string> | undefined;
  const start = async (signal: Cancellation) => {
    starts.push(signal);
    signal.addEventListener("abort", () => done.reject(signal.reason));
    const run = (into: FlightSink<string>): Promise<void> => {
      sink = into;
      return done.promise;
    };
    return { head: 200, run };
  };
  // Unknown, so that a test may look at the pause or leave it.
  const write = (chunk: string): unknown => (sink as FlightSink<string>).write(chunk);
  return { start, starts, write, end: () => done.resolve(), fail: (error: unknown) => done.reject(error) };
}

type Boarded = Extract<Joined<number, string>, { body: unknown }>;

function boarded(joined: Joined<number, string>): Boarded {
  if (!("body" in joined)) throw new Error(`expected a flight to be read, got ${joined.kind}`);
  return joined;
}

/** Runs the body into a list. `pause` makes the sink slow: each chunk waits until the test says. */
function read(joined: Joined<number, string>, options: { slow?: boolean; signal?: AbortSignal } = {}) {
  const chunks: string[] = [];
  const waiting: (() => void)[] = [];
  const write = (chunk: string): void | Promise<void> => {
    chunks.push(chunk);
    if (options.slow) return new Promise<void>((resolve) => waiting.push(resolve));
  };
  const outcome = boarded(joined)
    .body({ write }, options.signal ?? never)
    .then(
      () => "whole",
      (error: unknown) => error,
    );
  const next = async () => {
    waiting.shift()?.();
    await settle();
  };
  return { chunks, outcome, next };
}

describe("one producer, many readers", () => {
  test("a late joiner gets the chunks so far and then the live ones; there is one start", async () => {
    const [flights, producer] = [make(), scripted()];
    const leader = await flights.join(key, producer.start, never);
    const first = read(leader);
    producer.write("a");
    producer.write("b");
    const follower = await flights.join(key, producer.start, never);
    const second = read(follower);
    expect(second.chunks).toEqual(["a", "b"]);
    producer.write("c");
    producer.end();
    expect([await first.outcome, await second.outcome]).toEqual(["whole", "whole"]);
    expect([first.chunks, second.chunks]).toEqual([
      ["a", "b", "c"],
      ["a", "b", "c"],
    ]);
    expect([leader.kind, follower.kind]).toEqual(["leader", "follower"]);
    expect([boarded(leader).head, boarded(follower).head]).toEqual([200, 200]);
    expect(producer.starts.length).toBe(1);
    expect(flights.running).toBe(0);
  });

  test("a hundred at once share one start and get all of it", async () => {
    const [flights, producer] = [make(), scripted()];
    const joined = await Promise.all(Array.from({ length: 100 }, () => flights.join(key, producer.start, never)));
    const readers = joined.map((each) => read(each));
    for (let chunk = 0; chunk < 20; chunk++) producer.write(`${chunk};`);
    producer.end();
    for (const reader of readers) expect(await reader.outcome).toBe("whole");
    expect(new Set(readers.map((reader) => reader.chunks.join(""))).size).toBe(1);
    expect(producer.starts.length).toBe(1);
    expect(joined.filter(({ kind }) => kind === "leader").length).toBe(1);
  });

  test("while no sink is slow, writing gives no promise", async () => {
    const [flights, producer] = [make(), scripted()];
    read(await flights.join(key, producer.start, never));
    read(await flights.join(key, producer.start, never));
    expect(producer.write("a")).toBeUndefined();
    producer.end();
  });

  test("a slow reader holds nobody up within the buffer", async () => {
    const [flights, producer] = [make(), scripted()];
    const slow = read(await flights.join(key, producer.start, never), { slow: true });
    const fast = read(await flights.join(key, producer.start, never));
    for (const chunk of ["a", "b", "c"]) expect(producer.write(chunk)).toBeUndefined();
    producer.end();
    expect(await fast.outcome).toBe("whole");
    expect(slow.chunks).toEqual(["a"]);
    for (let step = 0; step < 3; step++) await slow.next();
    expect(await slow.outcome).toBe("whole");
    expect(slow.chunks).toEqual(["a", "b", "c"]);
  });

  test("after the end the next caller leads a new flight", async () => {
    const [flights, producer, next] = [make(), scripted(), scripted()];
    const first = read(await flights.join(key, producer.start, never));
    producer.end();
    await first.outcome;
    expect((await flights.join(key, next.start, never)).kind).toBe("leader");
    next.end();
  });

  test("other keys are other flights", async () => {
    const [flights, one, two] = [make(), scripted(), scripted()];
    await flights.join(key, one.start, never);
    expect((await flights.join(scopedKey("other", "a"), two.start, never)).kind).toBe("leader");
    one.end();
    two.end();
  });

  test("a body runs once", async () => {
    const [flights, producer] = [make(), scripted()];
    const joined = boarded(await flights.join(key, producer.start, never));
    const first = read(joined);
    const again = await read(joined).outcome;
    expect(MillraceError.is(again, "option_invalid")).toBe(true);
    producer.end();
    expect(await first.outcome).toBe("whole");
  });
});

describe("leaving", () => {
  test("a leader that leaves does not cut its follower off", async () => {
    const [flights, producer, leaving] = [make(), scripted(), new AbortController()];
    const leader = read(await flights.join(key, producer.start, leaving.signal));
    const follower = read(await flights.join(key, producer.start, never));
    producer.write("a");
    leaving.abort("gone");
    expect(await leader.outcome).toBe("gone");
    expect(producer.starts[0]?.aborted).toBe(false);
    producer.write("b");
    producer.end();
    expect(await follower.outcome).toBe("whole");
    expect([leader.chunks, follower.chunks]).toEqual([["a"], ["a", "b"]]);
  });

  test("the producer is aborted when the last has left, whichever signal it left by", async () => {
    const [flights, producer] = [make(), scripted()];
    const [one, two] = [new AbortController(), new AbortController()];
    const first = read(await flights.join(key, producer.start, one.signal));
    const second = read(await flights.join(key, producer.start, never), { signal: two.signal });
    one.abort("one");
    two.abort("two");
    expect([await first.outcome, await second.outcome]).toEqual(["one", "two"]);
    expect(producer.starts[0]?.aborted).toBe(true);
    expect(() => producer.write("late")).toThrow();
    await settle();
    expect(flights.running).toBe(0);
    const next = scripted();
    expect((await flights.join(key, next.start, never)).kind).toBe("leader");
    next.end();
  });

  test("one that never ran its body leaves by its signal", async () => {
    const [flights, producer, leaving] = [make(), scripted(), new AbortController()];
    const joined = await flights.join(key, producer.start, leaving.signal);
    leaving.abort("gone");
    expect(producer.starts[0]?.aborted).toBe(true);
    expect(await read(joined).outcome).toBe("gone");
  });

  test("a sink that throws or rejects ends its own reading only", async () => {
    const [flights, producer] = [make(), scripted()];
    const broken = new Error("broken sink");
    const failing = [
      () => {
        throw broken;
      },
      () => Promise.reject(broken),
    ];
    const healthy = read(await flights.join(key, producer.start, never));
    const failures: Promise<unknown>[] = [];
    for (const write of failing) {
      const { body } = boarded(await flights.join(key, producer.start, never));
      failures.push(body({ write }, never).catch((error: unknown) => error));
    }
    producer.write("a");
    expect(await Promise.all(failures)).toEqual([broken, broken]);
    producer.write("b");
    producer.end();
    expect(await healthy.outcome).toBe("whole");
    expect(healthy.chunks).toEqual(["a", "b"]);
  });
});

describe("failures", () => {
  test("before there is a head, all who joined get the error as a value", async () => {
    const flights = make();
    const broken = new Error("no upstream");
    const gate = Promise.withResolvers<void>();
    const start = async () => {
      await gate.promise;
      throw broken;
    };
    const joined = [flights.join(key, start, never), flights.join(key, start, never)];
    gate.resolve();
    expect(await Promise.all(joined)).toEqual([
      { kind: "failed", error: broken },
      { kind: "failed", error: broken },
    ]);
    expect(flights.running).toBe(0);
  });

  test("a joiner that leaves before there is a head gets its own reason", async () => {
    const flights = make();
    const leaving = new AbortController();
    const seen: Cancellation[] = [];
    const start = (signal: Cancellation) => {
      seen.push(signal);
      return new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    const outcome = flights.join(key, start, leaving.signal).catch((error: unknown) => error);
    await settle();
    leaving.abort("gone");
    expect(await outcome).toBe("gone");
    expect(seen[0]?.aborted).toBe(true);
    await settle();
    expect(flights.running).toBe(0);
  });

  test("in the middle, each reader gets the chunks so far and then the failure", async () => {
    const [flights, producer] = [make(), scripted()];
    const fast = read(await flights.join(key, producer.start, never));
    const slow = read(await flights.join(key, producer.start, never), { slow: true });
    producer.write("a");
    producer.write("b");
    const cut = new Error("cut");
    producer.fail(cut);
    expect(await fast.outcome).toBe(cut);
    await slow.next();
    await slow.next();
    expect(await slow.outcome).toBe(cut);
    expect([fast.chunks, slow.chunks]).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
  });

  test("a source that fails without a reason is not taken for whole", async () => {
    const [flights, producer] = [make(), scripted()];
    const reader = read(await flights.join(key, producer.start, never));
    producer.fail(undefined);
    expect(MillraceError.is(await reader.outcome, "upstream_cut")).toBe(true);
  });
});

describe("past the buffer", () => {
  test("nobody joins any more, and the producer goes at the pace of the slowest", async () => {
    const [flights, producer, other] = [make({ bytesMax: 3 }), scripted(), scripted()];
    const slow = read(await flights.join(key, producer.start, never), { slow: true });
    const fast = read(await flights.join(key, producer.start, never));
    expect(producer.write("aa")).toBeUndefined();
    // One chunk is in the slow sink's hands; of those behind it 3 bytes may wait.
    expect(producer.write("bb")).toBeUndefined();
    const pause = producer.write("cc");
    expect(pause).toBeInstanceOf(Promise);
    expect((await flights.join(key, other.start, never)).kind).toBe("leader");
    let isResumed = false;
    void (pause as Promise<void>).then(() => {
      isResumed = true;
    });
    await settle();
    expect(isResumed).toBe(false);
    expect(fast.chunks).toEqual(["aa", "bb", "cc"]);
    await slow.next();
    expect(isResumed).toBe(true);
    producer.end();
    await slow.next();
    await slow.next();
    expect([await slow.outcome, await fast.outcome]).toEqual(["whole", "whole"]);
    expect(slow.chunks).toEqual(["aa", "bb", "cc"]);
    other.end();
  });

  test("a slow reader that leaves lets the producer go on", async () => {
    const [flights, producer, leaving] = [make({ bytesMax: 1 }), scripted(), new AbortController()];
    read(await flights.join(key, producer.start, leaving.signal), { slow: true });
    const fast = read(await flights.join(key, producer.start, never));
    producer.write("a");
    const pause = producer.write("b");
    leaving.abort("gone");
    await pause;
    producer.end();
    expect(await fast.outcome).toBe("whole");
  });

  test("with readers that keep up there is no pause however long the stream", async () => {
    const [flights, producer] = [make({ bytesMax: 10 }), scripted()];
    const reader = read(await flights.join(key, producer.start, never));
    for (let chunk = 0; chunk < 1000; chunk++) expect(producer.write("xx")).toBeUndefined();
    producer.end();
    expect(await reader.outcome).toBe("whole");
    expect(reader.chunks.length).toBe(1000);
  });
});

describe("limits", () => {
  test("at the limit of flights or joiners nothing is started", async () => {
    const [flights, producer, other] = [make({ flightsMax: 1, joinersMax: 2 }), scripted(), scripted()];
    await flights.join(key, producer.start, never);
    expect(await flights.join(scopedKey("team", "b"), other.start, never)).toEqual({ kind: "full" });
    await flights.join(key, producer.start, never);
    expect(await flights.join(key, producer.start, never)).toEqual({ kind: "full" });
    expect([producer.starts.length, other.starts.length]).toEqual([1, 0]);
    producer.end();
  });

  test.each(["bytesMax", "flightsMax", "joinersMax"] as const)("refuses an unusable %s", (name) => {
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => make({ [name]: value })).toThrow(MillraceError);
  });
});

test("whatever the pace, the bound and the hour of joining, each reader gets every chunk in order", async () => {
  const plan = fc.record({
    chunks: fc.integer({ min: 1, max: 12 }),
    bytesMax: fc.integer({ min: 1, max: 30 }),
    readers: fc.array(fc.record({ joinsAt: fc.nat(12), isSlow: fc.boolean() }), { minLength: 1, maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ chunks, bytesMax, readers }) => {
      const flights = make({ bytesMax });
      const whole = Array.from({ length: chunks }, (_, index) => `${index};`).join("");
      const start = async () => ({
        head: 1,
        run: async (sink: FlightSink<string>) => {
          for (let index = 0; index < chunks; index++) {
            await settle();
            await sink.write(`${index};`);
          }
        },
      });
      const outcomes = readers.map(async ({ joinsAt, isSlow }) => {
        for (let turn = 0; turn < joinsAt; turn++) await settle();
        let got = "";
        const write = (chunk: string): void | Promise<void> => {
          got += chunk;
          if (isSlow) return settle();
        };
        await boarded(await flights.join(key, start, never)).body({ write }, never);
        return got;
      });
      expect(new Set(await Promise.all(outcomes))).toEqual(new Set([whole]));
      expect(flights.running).toBe(0);
    }),
    { numRuns: 40 },
  );
});
