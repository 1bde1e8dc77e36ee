import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MillraceError, seededRandom, VirtualClock } from "../../base/index.ts";
import { Cache, type CacheOptions, type ScopedKey, scopedKey } from "./index.ts";

const key = (id: string, scope = "team"): ScopedKey => scopedKey(scope, id);

function make(options: Partial<CacheOptions<string>> = {}) {
  const clock = new VirtualClock();
  const cache = new Cache<string>({ weigh: (value) => value.length, clock, random: seededRandom(1), ...options });
  return { clock, cache };
}

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return MillraceError.is(error) ? error.code : "another error";
  }
  return undefined;
};

describe("keys", () => {
  test("a bare string is no key to the compiler", () => {
    const isRefused: string extends ScopedKey ? false : true = true;
    expect(isRefused).toBe(true);
  });

  test("two keys are equal only when scope and id are", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom("a", ":", "1", "2") }), {
          minLength: 4,
          maxLength: 4,
        }),
        (parts) => {
          const [scope, id, otherScope, otherId] = parts as [string, string, string, string];
          expect(scopedKey(scope, id) === scopedKey(otherScope, otherId)).toBe(scope === otherScope && id === otherId);
        },
      ),
    );
  });

  test("the same id in another scope is another value", () => {
    const { cache } = make();
    cache.set(key("x", "red"), "of red");
    expect(cache.get(key("x", "blue"))).toBeUndefined();
    expect(cache.get(key("x", "red"))).toBe("of red");
  });

  test("an empty or long part is refused", () => {
    expect(codeOf(() => scopedKey("", "x"))).toBe("key_invalid");
    expect(codeOf(() => scopedKey("x", ""))).toBe("key_invalid");
    expect(codeOf(() => scopedKey("x", "y".repeat(513)))).toBe("key_invalid");
  });
});

describe("bounds", () => {
  const unusable = [Number.NaN, Number.POSITIVE_INFINITY, -1];
  const names = ["entriesMax", "bytesMax", "ttlMs", "staleMs", "refreshMsMax", "loadsMax"] as const;
  test.each(names.flatMap((name) => unusable.map((value) => [name, value] as const)))("refuses %s = %p", (name, value) => {
    expect(codeOf(() => make({ [name]: value }))).toBe("option_invalid");
  });

  test.each(["entriesMax", "bytesMax", "ttlMs", "refreshMsMax", "loadsMax"] as const)("refuses %s = 0", (name) => {
    expect(codeOf(() => make({ [name]: 0 }))).toBe("option_invalid");
  });

  test.each([...unusable, 2e12])("refuses a cost of %p and a weight like it", (value) => {
    expect(codeOf(() => make({ cost: () => value }).cache.set(key("a"), "v"))).toBe("option_invalid");
    if (value !== 2e12) expect(codeOf(() => make({ weigh: () => value }).cache.set(key("a"), "v"))).toBe("option_invalid");
  });

  test("a value over bytesMax is not kept, and neither is what it replaces", () => {
    const { cache } = make({ bytesMax: 4 });
    expect(cache.set(key("a"), "1234")).toBe(true);
    expect(cache.set(key("a"), "12345")).toBe(false);
    expect(cache.get(key("a"))).toBeUndefined();
    expect(cache.stats()).toMatchObject({ rejected: 1, entries: 0, bytes: 0 });
  });

  test("evicts and counts when full", () => {
    const { cache } = make({ entriesMax: 2 });
    for (const id of ["a", "b", "c"]) cache.set(key(id), "v");
    expect(cache.stats()).toMatchObject({ entries: 2, bytes: 2, evictions: 1 });
    expect(cache.get(key("c"))).toBe("v");
  });

  test("replacing a value with one of another size counts it once", () => {
    const { cache } = make();
    cache.set(key("a"), "12345");
    cache.set(key("a"), "123");
    expect(cache.stats()).toMatchObject({ entries: 1, bytes: 3, evictions: 0 });
  });
});

describe("time", () => {
  test("a value lives for its time to live and no longer", async () => {
    const { cache, clock } = make({ ttlMs: 100 });
    cache.set(key("a"), "v");
    cache.set(key("b"), "v", { ttlMs: 300 });
    await clock.advance(99);
    expect(cache.get(key("a"))).toBe("v");
    await clock.advance(1);
    expect(cache.get(key("a"))).toBeUndefined();
    expect(cache.get(key("b"))).toBe("v");
    expect(cache.stats()).toMatchObject({ expirations: 1, entries: 1, bytes: 1 });
  });

  test("wall time that steps back changes neither age nor life", async () => {
    const { cache, clock } = make({ ttlMs: 100 });
    cache.set(key("a"), "v");
    clock.stepWall(-1_000_000);
    await clock.advance(40);
    expect(cache.peek(key("a"))).toMatchObject({ ageMs: 40, leftMs: 60 });
    await clock.advance(60);
    expect(cache.get(key("a"))).toBeUndefined();
  });

  test("an age that came with the value counts on", async () => {
    const { cache, clock } = make();
    cache.set(key("a"), "v", { ageMs: 500, ttlMs: 100 });
    await clock.advance(50);
    expect(cache.peek(key("a"))).toMatchObject({ ageMs: 550, leftMs: 50 });
  });
});

test("peek neither counts nor protects", () => {
  const { cache } = make();
  cache.set(key("a"), "v", { cost: 7, tags: ["t"] });
  expect(cache.peek(key("a"))).toEqual({ value: "v", ageMs: 0, leftMs: 3_600_000, hits: 0, cost: 7, tags: ["t"] });
  expect(cache.peek(key("b"))).toBeUndefined();
  expect(cache.stats()).toMatchObject({ hits: 0, misses: 0, costSaved: 0 });
  cache.get(key("a"));
  expect(cache.peek(key("a"))?.hits).toBe(1);
  expect(cache.stats()).toMatchObject({ hits: 1, costSaved: 7 });
});

describe("tags", () => {
  test("invalidates the tagged in every scope and nothing else", () => {
    const { cache } = make();
    cache.set(key("a", "red"), "1", { tags: ["model", "other"] });
    cache.set(key("a", "blue"), "2", { tags: ["model"] });
    cache.set(key("b"), "3", { tags: ["other"] });
    expect(cache.invalidateTag("model")).toBe(2);
    expect(cache.invalidateTag("model")).toBe(0);
    expect(cache.get(key("a", "red"))).toBeUndefined();
    expect(cache.get(key("b"))).toBe("3");
  });

  test("a replaced value has the new tags only", () => {
    const { cache } = make();
    cache.set(key("a"), "1", { tags: ["old"] });
    cache.set(key("a"), "2", { tags: ["new"] });
    expect(cache.invalidateTag("old")).toBe(0);
    expect(cache.get(key("a"))).toBe("2");
  });

  test("too many tags are refused", () => {
    const tags = Array.from({ length: 17 }, (_, index) => `${index}`);
    expect(codeOf(() => make().cache.set(key("a"), "v", { tags }))).toBe("option_invalid");
  });
});

test("clear leaves nothing behind", () => {
  const { cache } = make({ entriesMax: 3 });
  for (let id = 0; id < 20; id++) cache.set(key(`${id}`), "v", { tags: ["t"] });
  cache.clear();
  expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0, remembered: 0 });
  expect(cache.invalidateTag("t")).toBe(0);
});

type Command =
  | { name: "get" | "delete"; id: number }
  | { name: "set"; id: number; size: number; tag: boolean }
  | { name: "invalidate" | "wait"; id: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ name: fc.constant("get" as const), id: fc.nat(40) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      name: fc.constant("set" as const),
      id: fc.nat(40),
      size: fc.integer({ min: 0, max: 30 }),
      tag: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ name: fc.constantFrom("delete" as const), id: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constantFrom("invalidate" as const, "wait" as const), id: fc.nat(40) }) },
);

async function follow(commands: Command[], limits: { entriesMax: number; bytesMax: number }, mayEvict: boolean) {
  const { cache, clock } = make({ ...limits, ttlMs: 100, cost: (value) => value.length % 7 });
  const model = new Map<ScopedKey, { value: string; untilMs: number; tag: boolean }>();
  for (const step of commands) {
    const at = key(`${step.id}`);
    if (step.name === "set") {
      const value = `${step.id}:`.padEnd(step.size, "x");
      const isKept = cache.set(at, value, step.tag ? { tags: ["t"] } : {});
      expect(isKept).toBe(value.length <= limits.bytesMax);
      if (isKept) model.set(at, { value, untilMs: clock.monotonic() + 100, tag: step.tag });
      else model.delete(at);
      if (isKept) expect(cache.peek(at)?.value).toBe(value);
    } else if (step.name === "delete") {
      cache.delete(at);
      model.delete(at);
    } else if (step.name === "invalidate") {
      cache.invalidateTag("t");
      for (const [known, { tag }] of model) if (tag) model.delete(known);
    } else if (step.name === "wait") {
      await clock.advance(step.id * 2);
    } else {
      const held = model.get(at);
      const expected = held && held.untilMs > clock.monotonic() ? held.value : undefined;
      const found = cache.get(at);
      if (!mayEvict || found !== undefined) expect(found).toBe(expected as string);
    }
    const { entries, bytes, remembered } = cache.stats();
    expect(entries).toBeLessThanOrEqual(limits.entriesMax);
    expect(bytes).toBeLessThanOrEqual(limits.bytesMax);
    expect(bytes).toBeGreaterThanOrEqual(0);
    expect(entries + remembered).toBeLessThanOrEqual(3 * limits.entriesMax);
    expect(remembered).toBeGreaterThanOrEqual(0);
  }
}

describe("whatever is done", () => {
  test("with room for all, it answers as a map with expiry does", async () => {
    const limits = { entriesMax: 100, bytesMax: 10_000 };
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), (commands) => follow(commands, limits, false)),
      { numRuns: 60 },
    );
  });

  test("without room, bounds hold at every step and an answer is never wrong", async () => {
    const limits = fc.record({ entriesMax: fc.integer({ min: 1, max: 12 }), bytesMax: fc.integer({ min: 1, max: 120 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 120 }), limits, (commands, bounds) => follow(commands, bounds, true)),
      { numRuns: 100 },
    );
  });
});
